"""The tenant's app hears of every event that its user may see: once it is well, in order, as the standard says."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook as Signer

from services.notifier.domain.notification import STANDARD_WEBHOOKS
from shared.contracts.envelope import event_id
from tests.conftest import Running, StartInstallation
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_receivers import App, Request
from tests.services.notifier_scenes import (
    PROMPT,
    Complaint,
    email_table,
    reported,
    told,
    webhook_table,
    write_tenant,
)

SECRET = "whsec_" + b64encode(b"a secret of 24 bytes ...").decode()


@pytest.fixture
def app() -> Iterator[App]:
    with App() as app:
        yield app


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "webhook.secret"
    file.write_text(SECRET, encoding="utf-8")
    return file


@pytest.fixture
def installation(start: StartInstallation, tmp_path: Path, app: App, secret_file: Path) -> Running:
    return start(tenants_dir=write_tenant(tmp_path / "tenants", webhook_table(app.host, secret_file)), **PROMPT)


def submitted(installation: Running, **changes: Any) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0]}
    complaint = installation.api.as_app("u-1").submit(complainant=person, description=TEXTS[0], **changes)
    installation.settle()
    return complaint


def data(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body)["data"]
    return found


def told_about(app: App) -> list[str]:
    """The short names of the events that the app took or refused, in order."""
    return [json.loads(request.body)["type"].split(".")[2] for request in app.requests]


def test_a_webhook_names_the_event_its_complaint_and_its_version(installation: Running, app: App) -> None:
    complaint = submitted(installation)
    request, id_ = app.requests[0], event_id(UUID(complaint["id"]), "complaint", 1)
    assert request.headers["webhook-id"] == str(id_)
    assert json.loads(request.body) == {
        "type": "recourse.complaint.submitted.v1",
        "timestamp": complaint["received_at"].replace("Z", "+00:00"),
        "data": {
            "event_id": str(id_),
            "complaint_id": complaint["id"],
            "number": complaint["number"],
            "version": 1,
        },
    }


def test_a_webhook_is_signed_at_the_time_it_is_sent(installation: Running, app: App) -> None:
    submitted(installation)
    (request, *_) = app.requests
    signed_at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
    assert abs((signed_at - installation.clock()).total_seconds()) < 60
    signature = Signer(SECRET).sign(request.headers["webhook-id"], signed_at, request.body)
    assert request.headers["webhook-signature"] == signature


def test_the_app_hears_of_what_its_user_may_see_and_of_nothing_else(installation: Running, app: App) -> None:
    complaint = submitted(installation)
    handler = installation.api.as_handler()
    handler.command(complaint, "add-note", {"text": TEXTS[5]})
    handler.command(complaint, "assign", {"handler_id": "anna"})
    handler.command(complaint, "request-information", {"items": ["bank-record"]})
    installation.settle()
    seen = [entry["type"].split(".")[2] for entry in installation.api.as_app("u-1").history(complaint)]
    assert told_about(app) == seen == ["submitted", "acknowledged", "delivery-recorded", "information-requested"]


def test_nothing_personal_is_in_a_webhook(installation: Running, app: App) -> None:
    submitted(installation)
    assert not [text for request in app.requests for text in (NAMES[0], EMAILS[0], TEXTS[0]) if text in request.body]


def test_later_events_wait_while_an_earlier_one_fails(installation: Running, app: App) -> None:
    app.statuses.extend([500, 503])
    complaint = submitted(installation)
    installation.api.as_app("u-1").command(complaint, "follow-up", {"text": TEXTS[1]})
    installation.settle()
    assert told_about(app) == ["submitted"]
    installation.clock.advance(seconds=6)
    installation.settle()
    assert told_about(app) == ["submitted"] * 2
    installation.clock.advance(minutes=6)
    installation.settle()
    assert told_about(app)[2:4] == ["submitted", "acknowledged"]
    versions = [data(request)["version"] for request in app.requests[2:]]
    assert versions == sorted(set(versions))
    assert told_about(app)[-1] == "delivery-recorded"


def test_a_complaint_whose_webhook_fails_does_not_hold_back_another(installation: Running, app: App) -> None:
    app.statuses.append(500)
    first = submitted(installation)
    second = installation.api.as_app("u-2").submit()
    installation.settle()
    heard = [data(request)["complaint_id"] for request in app.requests]
    assert heard[0] == first["id"]
    assert set(heard[1:]) == {second["id"]}


def test_a_repeat_has_the_id_of_the_event_and_a_new_time(installation: Running, app: App) -> None:
    app.statuses.append(500)
    submitted(installation)
    installation.clock.advance(minutes=1)
    installation.settle()
    first, second = app.requests[:2]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) >= 60


def test_a_failing_webhook_is_tried_again_by_the_schedule_of_the_standard_and_then_given_up(
    installation: Running, app: App
) -> None:
    app.statuses.extend([500] * (len(STANDARD_WEBHOOKS) + 1))
    complaint = submitted(installation)
    for attempts, wait in enumerate(STANDARD_WEBHOOKS, start=1):
        installation.clock.advance(seconds=wait.total_seconds() - 1)
        installation.settle()
        assert len(app.requests) == attempts
        installation.clock.advance(seconds=2)
        installation.settle()
    assert set(told_about(app)[: len(STANDARD_WEBHOOKS) + 1]) == {"submitted"}
    assert told(installation, complaint)[0].outcome == ["failed"] * len(STANDARD_WEBHOOKS) + ["abandoned"]
    assert "acknowledged" in told_about(app)


def test_an_app_that_is_gone_is_not_told_of_that_event_again(installation: Running, app: App) -> None:
    app.statuses.append(410)
    complaint = submitted(installation)
    installation.clock.advance(minutes=10)
    installation.settle()
    assert told(installation, complaint)[0].outcome == ["abandoned"]
    assert told_about(app).count("submitted") == 1


def test_a_redirect_is_recorded_as_a_failure(installation: Running, app: App) -> None:
    app.statuses.append(302)
    app.location = f"http://{app.host}/elsewhere"
    complaint = submitted(installation)
    assert told(installation, complaint)[0].outcome == ["failed"]
    assert {request.path for request in app.requests} == {"/hook"}


def test_an_acknowledgement_in_the_app_is_delivered_by_the_webhook(installation: Running) -> None:
    complaint = submitted(installation, preferred_medium="in_app")
    acknowledgement = event_id(UUID(complaint["id"]), "complaint", 3)
    (delivery,) = reported(installation, complaint)
    assert (delivery.letter_id, delivery.medium, delivery.outcome) == (acknowledgement, "in_app", "sent")
    assert {str(each.plan.recipient.kind) for each in told(installation, complaint)} == {"app"}


def test_a_letter_that_goes_elsewhere_is_not_delivered_by_the_webhook(
    start: StartInstallation, tmp_path: Path, app: App, secret_file: Path
) -> None:
    """No mail server listens here: the letter fails although the webhook arrives."""
    tables = (webhook_table(app.host, secret_file), email_table(port=9))
    installation = start(tenants_dir=write_tenant(tmp_path / "tenants", *tables), **PROMPT)
    complaint = submitted(installation, preferred_medium="email")
    assert "acknowledged" in told_about(app)
    assert [(each.medium, each.outcome) for each in reported(installation, complaint)] == [("email", "failed")]
