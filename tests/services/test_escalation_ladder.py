"""The ladder: each missed promise raises the level by one and tells whoever stands there; at the top, again."""

from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import Running, StartInstallation
from tests.services.escalation_scenes import AN_HOUR_MS, clock_of, tick_through


@pytest.fixture
def quiet(start: StartInstallation) -> Running:
    """An installation whose ticker leaves the ticking to the test."""
    return start(ticker_poll_ms=AN_HOUR_MS)


def _miss(running: Running, complaint: dict[str, Any], clock: str) -> None:
    running.clock.set(clock_of(running, complaint, clock).due_at + timedelta(minutes=1))
    tick_through(running)
    running.settle()


def _climbed(running: Running, complaint: dict[str, Any]) -> list[tuple[int, int, str]]:
    history = running.api.as_handler().history(complaint)
    raised = [entry["fields"] for entry in history if entry["type"] == "recourse.complaint.escalated.v1"]
    return [(fields["from_level"], fields["to_level"], fields["reason"]) for fields in raised]


def _told(running: Running, template: str) -> list[str]:
    outbox = running.api.as_handler().get("/v1/outbox?limit=100").json()["data"]
    return sorted(notice["recipient"] for notice in outbox if notice["template"] == template)


def test_each_miss_climbs_one_step_and_tells_the_team_of_that_level(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit()
    quiet.settle()
    _miss(quiet, complaint, "first_answer")
    assert (_climbed(quiet, complaint), _told(quiet, "staff-escalated")) == ([(0, 1, "clock-missed")], ["team senior"])
    _miss(quiet, complaint, "final")
    assert _climbed(quiet, complaint)[1:] == [(1, 2, "clock-missed")]
    assert _told(quiet, "staff-escalated") == ["team compliance", "team senior"]


def test_at_the_highest_level_compliance_is_told_again(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit({"category": "account.takeover", "description": "我的账户被盗了"})
    quiet.settle()
    assert _climbed(quiet, complaint) == [(0, 1, "urgent")]
    _miss(quiet, complaint, "freeze")
    assert _climbed(quiet, complaint)[1:] == [(1, 2, "clock-missed"), (2, 2, "clock-missed")]
    assert _told(quiet, "staff-escalated") == ["team compliance", "team compliance", "team senior"]


def test_a_handler_is_warned_before_and_told_of_the_miss(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit()
    quiet.settle()
    quiet.clock.set(clock_of(quiet, complaint, "first_answer").next_at)
    tick_through(quiet)
    quiet.settle()
    assert (_told(quiet, "staff-clock-warned"), _told(quiet, "staff-clock-missed")) == (["team front_line"], [])
    _miss(quiet, complaint, "first_answer")
    assert _told(quiet, "staff-clock-missed") == ["team front_line"]


def test_a_window_of_the_complainant_raises_nothing(quiet: Running) -> None:
    app = quiet.api.as_app("u-1")
    complaint = app.submit()
    handler = quiet.api.as_handler()
    handler.decide(complaint, "resolve", {"decision": "upheld", "reason": "error-confirmed", "explanation": "已核实"})
    final = {"text": "处理结果如下。", "kind": "final", "medium": "in_app"}
    handler.command(complaint, "answer", final)
    quiet.settle()
    _miss(quiet, complaint, "acceptance")
    assert (_climbed(quiet, complaint), app.read(complaint)["status"]["code"]) == ([], "closed")
