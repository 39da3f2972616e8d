"""A provider says what became of a letter: believed if signed, counted once, the newest word last."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from standardwebhooks.webhooks import Webhook as Signer

from shared.contracts.notification_events import NotificationFailed, NotificationReported, NotificationSent
from shared.runtime.clock import system_clock
from tests.client import answered, refused
from tests.conftest import Running, StartInstallation
from tests.network import NO_CERTIFICATES
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_receivers import MailServer, SlowMailServer
from tests.services.notifier_scenes import (
    PROMPT,
    Complaint,
    became,
    email_table,
    reached,
    the,
    wait_until_reached,
    write_tenant,
)

SECRET, ANOTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
ANSWER = {"text": TEXTS[3], "medium": "email"}
FIRST = datetime(2025, 9, 26, 3, 0, tzinfo=UTC)


@pytest.fixture
def callbacks(tmp_path: Path) -> str:
    (tmp_path / "provider").write_text(SECRET, encoding="utf-8")
    return f'[callbacks.post]\nsecret_file = "{tmp_path / "provider"}"'


@pytest.fixture
def installation(start: StartInstallation, tmp_path: Path, server: MailServer, callbacks: str) -> Running:
    return start(tenants_dir=write_tenant(tmp_path / "tenants", email_table(server.port), callbacks), **PROMPT)


def answered_letter(installation: Running) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0]}
    body = {"complainant": person, "preferred_medium": "email", "description": TEXTS[0]}
    complaint = installation.api.as_app("u-1").submit(body)
    installation.api.as_handler().command(complaint, "answer", ANSWER)
    installation.settle()
    return complaint


def report(message_id: str, kind: str, at: datetime = FIRST) -> str:
    body = {"type": f"message.{kind}", "timestamp": at.isoformat(), "data": {"message_id": message_id}}
    return json.dumps(body)


def post(installation: Running, text: str, *, secret: str = SECRET, provider: str = "post", **headers: str) -> Any:
    at, key = system_clock(), str(uuid4())
    signed = {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(secret).sign(key, at, text),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    url = f"{installation.url}/v1/notifications/callbacks/{provider}"
    return httpx.post(url, content=text, headers=signed, verify=NO_CERTIFICATES, timeout=30)


def say(installation: Running, message_id: str, kind: str, at: datetime = FIRST) -> None:
    assert post(installation, report(message_id, kind, at)).status_code == 204
    installation.settle()


def outcomes(installation: Running, complaint: Complaint) -> list[str]:
    (letter,) = [each for each in installation.api.as_handler().read(complaint)["letters"] if each["text"]]
    return [each["outcome"] for each in letter["deliveries"]]


def first_answer(installation: Running, complaint: Complaint) -> str:
    promises = installation.api.as_handler().read(complaint)["promises"]
    return next(str(each["state"]) for each in promises if each["clock"] == "first_answer")


def message_id(server: MailServer) -> str:
    return str(server.mails[-1].message["Message-ID"])


def open_tasks(installation: Running) -> list[str]:
    return [task["kind"] for task in answered(installation.api.as_handler().get("/v1/tasks"))["data"]]


def test_a_letter_that_bounced_is_owed_again_and_is_a_task(installation: Running, server: MailServer) -> None:
    complaint = answered_letter(installation)
    assert first_answer(installation, complaint) == "met"
    say(installation, message_id(server), "bounced")
    assert outcomes(installation, complaint) == ["sent", "failed"]
    assert first_answer(installation, complaint) == "running"
    assert open_tasks(installation) == ["deliver-letter"]
    assert reached(installation, complaint)[-1] == ("front_line", "staff-tell-by-hand")


def test_a_letter_that_arrived_is_recorded_as_delivered(installation: Running, server: MailServer) -> None:
    complaint = answered_letter(installation)
    say(installation, message_id(server), "delivered")
    assert outcomes(installation, complaint) == ["sent", "delivered"]
    assert became(the(installation, complaint, "answer"), NotificationReported).outcome == "delivered"


def test_a_complaint_about_the_mail_means_that_it_arrived_and_somebody_calls(
    installation: Running, server: MailServer
) -> None:
    complaint = answered_letter(installation)
    say(installation, message_id(server), "complained")
    assert outcomes(installation, complaint) == ["sent", "delivered"]
    assert reached(installation, complaint)[-1] == ("front_line", "staff-tell-by-hand")


def test_a_report_that_is_repeated_has_no_second_effect(installation: Running, server: MailServer) -> None:
    complaint = answered_letter(installation)
    for _ in range(2):
        say(installation, message_id(server), "bounced")
    say(installation, message_id(server), "bounced", FIRST + timedelta(minutes=1))
    assert outcomes(installation, complaint) == ["sent", "failed"]


def test_the_newest_report_counts_in_whatever_order_they_come(installation: Running, server: MailServer) -> None:
    complaint = answered_letter(installation)
    say(installation, message_id(server), "bounced", FIRST + timedelta(minutes=1))
    say(installation, message_id(server), "delivered", FIRST)
    assert outcomes(installation, complaint) == ["sent", "failed"]
    say(installation, message_id(server), "delivered", FIRST + timedelta(minutes=2))
    assert outcomes(installation, complaint) == ["sent", "failed", "delivered"]
    assert (first_answer(installation, complaint), open_tasks(installation)) == ("met", [])


@pytest.mark.parametrize(
    ("secret", "provider", "headers"),
    [
        (ANOTHER, "post", {}),
        (SECRET, "nobody", {}),
        (SECRET, "post", {"webhook_signature": "v1"}),
        (SECRET, "post", {"webhook_timestamp": "1"}),
        (SECRET, "post", {"webhook_id": "another"}),
    ],
)
def test_a_forged_report_is_refused(
    installation: Running, server: MailServer, secret: str, provider: str, headers: dict[str, str]
) -> None:
    complaint = answered_letter(installation)
    forged = post(installation, report(message_id(server), "bounced"), secret=secret, provider=provider, **headers)
    refused(forged, 401, "signature-invalid")
    installation.settle()
    assert outcomes(installation, complaint) == ["sent"]


@pytest.mark.parametrize(
    "text",
    ["{", "[]", report("poem", "bounced"), report(str(uuid4()), "opened"), '{"type": "message.bounced"}'],
)
def test_a_report_that_says_nothing_known_is_refused(installation: Running, text: str) -> None:
    refused(post(installation, text), 422, "report-invalid")


def test_a_report_on_no_message_of_ours_is_refused(installation: Running) -> None:
    refused(post(installation, report(f"<{uuid4()}@wallet.example>", "bounced")), 404, "message-not-found")


def test_a_report_on_the_message_of_another_tenant_is_refused(
    start: StartInstallation, tmp_path: Path, server: MailServer, callbacks: str
) -> None:
    (tmp_path / "other").write_text(ANOTHER, encoding="utf-8")
    other = f'[callbacks.post]\nsecret_file = "{tmp_path / "other"}"'
    directory = write_tenant(tmp_path / "tenants", email_table(server.port), callbacks)
    installation = start(tenants_dir=write_tenant(directory, other, tenant="other"), **PROMPT)
    answered_letter(installation)
    refused(post(installation, report(message_id(server), "bounced"), secret=ANOTHER), 404, "message-not-found")


def test_a_report_before_any_attempt_is_to_be_repeated(
    start: StartInstallation, tmp_path: Path, server: MailServer, callbacks: str
) -> None:
    directory = write_tenant(tmp_path / "tenants", email_table(server.port), callbacks)
    installation = start(tenants_dir=directory, sender_poll_ms=3_600_000)
    person = {"name": NAMES[0], "email": EMAILS[0]}
    body = {"complainant": person, "preferred_medium": "email", "description": TEXTS[0]}
    complaint = installation.api.as_app("u-1").submit(body)
    wait_until_reached(installation, complaint, "complainant", "acknowledgement")
    planned = the(installation, complaint, "acknowledgement")
    refused(post(installation, report(str(planned.id), "delivered")), 409, "message-not-sent")


def test_what_a_server_took_without_saying_so_is_settled_by_a_report(
    start: StartInstallation, tmp_path: Path, callbacks: str
) -> None:
    greeting = ("220 hello", "250 hello", "250 sender", "250 recipient", "354 go on")
    with SlowMailServer(greeting) as silent:
        table = email_table(silent.port, "timeout_seconds = 0.5")
        installation = start(tenants_dir=write_tenant(tmp_path / "tenants", table, callbacks), **PROMPT)
        person = {"name": NAMES[0], "email": EMAILS[0]}
        body = {"complainant": person, "preferred_medium": "email", "description": TEXTS[0]}
        complaint = installation.api.as_app("u-1").submit(body)
        installation.settle()
        notification = the(installation, complaint, "acknowledgement")
        failed = became(notification, NotificationFailed)
        assert (failed.reason, (failed.retry_at - failed.occurred_at).total_seconds()) == ("unclear", 600)
        say(installation, str(notification.id), "delivered")
        visits = silent.visits
        installation.clock.advance(minutes=11)
        installation.settle()
        assert silent.visits == visits
    sent = became(the(installation, complaint, "acknowledgement"), NotificationSent)
    assert sent.provider_key == str(notification.id)
