"""What the app was to tell its user and never took, a handler is asked to tell."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.notifier.domain.notification import STANDARD_WEBHOOKS
from tests.client import answered
from tests.conftest import Running, StartInstallation
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_matters import RESOLUTION
from tests.services.notifier_receivers import App
from tests.services.notifier_scenes import (
    PROMPT,
    Complaint,
    reached,
    reported,
    told,
    webhook_table,
    write_tenant,
)
from tests.stories.stage import state_of

BY_HAND = ("front_line", "staff-tell-by-hand")
GONE = 410


@pytest.fixture
def app() -> Iterator[App]:
    with App() as app:
        yield app


@pytest.fixture
def installation(start: StartInstallation, tmp_path: Path, app: App) -> Running:
    secret_file = tmp_path / "webhook.secret"
    secret_file.write_text("whsec_" + b64encode(b"a secret of 24 bytes ...").decode(), encoding="utf-8")
    return start(tenants_dir=write_tenant(tmp_path / "tenants", webhook_table(app.host, secret_file)), **PROMPT)


def submitted(installation: Running, **changes: Any) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0]}
    complaint = installation.api.as_app("u-1").submit(complainant=person, description=TEXTS[0], **changes)
    installation.settle()
    return complaint


def notices(installation: Running, complaint: Complaint) -> list[str]:
    asked = installation.api.as_handler().get("/v1/outbox", params={"complaint_id": complaint["id"]})
    return [each["text"] for each in answered(asked)["data"]]


def test_a_decision_that_the_app_never_took_is_told_by_a_handler(installation: Running, app: App) -> None:
    complaint = submitted(installation)
    app.statuses.append(GONE)
    installation.api.as_handler().decide(complaint, "resolve", RESOLUTION)
    installation.settle()
    assert reached(installation, complaint)[-1] == BY_HAND
    (notice,) = notices(installation, complaint)
    assert ("处理结果" in notice, "应用内" in notice) == (True, True)


def test_an_app_that_fails_for_three_days_is_followed_by_a_notice(installation: Running, app: App) -> None:
    complaint = submitted(installation)
    app.statuses.extend([500] * (len(STANDARD_WEBHOOKS) + 1))
    installation.api.as_handler().command(complaint, "request-information", {"items": ["bank-record"]})
    installation.settle()
    for wait in STANDARD_WEBHOOKS:
        assert BY_HAND not in reached(installation, complaint)
        installation.clock.advance(seconds=wait.total_seconds() + 1)
        installation.settle()
    assert reached(installation, complaint).count(BY_HAND) == 1
    assert "需要投诉人补充的材料" in notices(installation, complaint)[-1]


def test_a_letter_in_the_app_that_is_given_up_is_owed_again_and_a_task(installation: Running, app: App) -> None:
    complaint = submitted(installation)
    app.statuses.append(GONE)
    handler = installation.api.as_handler()
    handler.command(complaint, "answer", {"text": TEXTS[3], "kind": "interim", "medium": "in_app"})
    installation.settle()
    last = reported(installation, complaint)[-1]
    assert (last.medium, last.outcome, last.is_last) == ("in_app", "failed", True)
    assert reached(installation, complaint).count(BY_HAND) == 1
    assert "我们的答复" in notices(installation, complaint)[-1]
    assert state_of(handler.read(complaint), "first_answer") == "running"
    tasks = answered(handler.get("/v1/tasks"))["data"]
    assert [task["kind"] for task in tasks if task["complaint_id"] == complaint["id"]] == ["deliver-letter"]


def test_what_the_complainant_reads_elsewhere_needs_no_notice(installation: Running, app: App) -> None:
    """Here e-mails stand in the outbox."""
    complaint = submitted(installation, preferred_medium="email")
    app.statuses.append(GONE)
    installation.api.as_handler().decide(complaint, "resolve", RESOLUTION)
    installation.settle()
    assert told(installation, complaint)[-1].outcome == ["abandoned"]
    assert BY_HAND not in reached(installation, complaint)


def test_what_the_complainant_did_needs_no_notice(installation: Running, app: App) -> None:
    complaint = submitted(installation)
    app.statuses.append(GONE)
    installation.api.as_app("u-1").command(complaint, "follow-up", {"text": TEXTS[1]})
    installation.settle()
    assert told(installation, complaint)[-1].outcome == ["abandoned"]
    assert BY_HAND not in reached(installation, complaint)
