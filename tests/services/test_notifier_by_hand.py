"""What no channel can tell the complainant, a handler is asked to tell them: nothing is silently not told."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client import answered
from tests.conftest import Running
from tests.services.notifier_matters import RESOLUTION, after, so_far, submitted
from tests.services.notifier_scenes import installed, write_tenant

BY_HAND = ("front_line", "staff-tell-by-hand")
HOLE_OR_CODE = re.compile(r"None|[{}]|\b[a-z]+[-_][a-z-_]+\b")
WORDS = {
    "zh-CN": ("处理结果", "需要投诉人补充的材料", "信函"),
    "en": ("what was decided", "what we need from them", "by letter"),
}


@pytest.fixture(scope="module", params=list(WORDS))
def language(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, language: str) -> Iterator[Running]:
    directory: Path = tmp_path_factory.mktemp("by-hand")
    other = {"zh-CN": "en", "en": "zh-CN"}[language]
    changes = {'languages = ["zh-CN", "en"]': f'languages = ["{language}", "{other}"]'}
    with installed(directory, write_tenant(directory / "tenants", changes=changes)) as running:
        yield running


def test_a_handler_reads_what_to_tell_and_how_the_complainant_wants_to_hear_it(
    installation: Running, language: str
) -> None:
    complaint = submitted(installation, preferred_medium="letter")
    handler = installation.api.as_handler()
    handler.command(complaint, "request-information", {"items": ["bank-record"]})
    handler.decide(complaint, "resolve", RESOLUTION)
    assert after(installation, complaint, 0) == [BY_HAND, BY_HAND]
    notices = answered(handler.get("/v1/outbox", params={"complaint_id": complaint["id"]}))["data"]
    decided, needed, medium = WORDS[language]
    assert [(decided in each["text"], needed in each["text"]) for each in notices] == [(True, False), (False, True)]
    assert all(medium in each["text"] and complaint["number"] in each["subject"] for each in notices)
    assert [each for each in notices if HOLE_OR_CODE.search(each["subject"] + each["text"])] == []


def test_from_beginning_to_end_nothing_is_silently_not_told(installation: Running) -> None:
    complaint = submitted(installation, preferred_medium="phone", category="account.takeover")
    handler, supervisor = installation.api.as_handler(), installation.api.as_supervisor()
    installation.settle()
    before = so_far(installation, complaint)
    handler.command(complaint, "confirm-freeze")
    handler.decide(complaint, "resolve", RESOLUTION)
    installation.api.as_app("u-1").command(complaint, "accept-resolution")
    supervisor.command(complaint, "reopen", {"reason": "review"})
    reached = after(installation, complaint, before)
    assert [each for each in reached if each == BY_HAND] == [BY_HAND] * 4
