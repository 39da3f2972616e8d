"""Where there is a safe contact it is used, or nothing: the registered phone and mailbox may be the thief's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.notification_events import NotificationAbandoned
from tests.conftest import Running, StartInstallation
from tests.people import EMAILS, NAMES, PHONES, TEXTS
from tests.services.notifier_receivers import App, MailServer
from tests.services.notifier_scenes import (
    PROMPT,
    Complaint,
    became,
    email_table,
    reached,
    reported,
    sms_table,
    the,
    write_tenant,
)

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SAFE_PHONE, SAFE_EMAIL = PHONES[1], EMAILS[2]
SAFE_PATH = "/sms/+8613911112222"
BY_HAND = ("front_line", "staff-tell-by-hand")


@pytest.fixture
def gateway() -> Iterator[App]:
    with App() as app:
        yield app


@pytest.fixture
def tables(server: MailServer, gateway: App) -> dict[str, str]:
    return {"email": email_table(server.port), "sms": sms_table(gateway.host)}


@pytest.fixture
def installation(start: StartInstallation, tmp_path: Path, tables: dict[str, str]) -> Running:
    return start(tenants_dir=write_tenant(tmp_path / "tenants", *tables.values()), **PROMPT)


def stolen(installation: Running, safe_contact: str, medium: str) -> Complaint:
    """A takeover, told by somebody whose phone and mailbox are known, and whose account is frozen."""
    person = {"name": NAMES[0], "phone": PHONES[0], "email": EMAILS[0], "safe_contact": safe_contact}
    body: dict[str, Any] = {"category": "account.takeover", "complainant": person, "description": TEXTS[2]}
    complaint = installation.api.as_app("u-1").submit(body, preferred_medium=medium)
    installation.api.as_handler().command(complaint, "confirm-freeze")
    installation.settle()
    return complaint


@pytest.mark.parametrize("medium", ["email", "sms"])
def test_a_safe_mailbox_is_written_to_whatever_was_preferred(
    installation: Running, server: MailServer, gateway: App, medium: str
) -> None:
    complaint = stolen(installation, SAFE_EMAIL, medium)
    assert {mail.to for mail in server.mails} == {(SAFE_EMAIL,)}
    assert (len(server.mails), gateway.requests) == (2, [])
    assert [(each.medium, each.outcome) for each in reported(installation, complaint)] == [("email", "sent")]


@pytest.mark.parametrize("medium", ["email", "sms"])
def test_a_safe_phone_is_written_to_whatever_was_preferred(
    installation: Running, server: MailServer, gateway: App, medium: str
) -> None:
    complaint = stolen(installation, SAFE_PHONE, medium)
    assert [request.path for request in gateway.requests] == [SAFE_PATH] * 2
    assert server.asked_for == []
    assert [(each.medium, each.outcome) for each in reported(installation, complaint)] == [("sms", "sent")]


@pytest.mark.parametrize(
    ("medium", "safe_contact"),
    [("email", SAFE_PHONE), ("sms", SAFE_EMAIL), ("email", "王小明的姐姐"), ("sms", "Anna, 139 1111 2222")],
)
def test_without_a_channel_to_the_safe_contact_nobody_is_written_to_and_a_handler_is_asked_to_call(
    start: StartInstallation,
    tmp_path: Path,
    tables: dict[str, str],
    server: MailServer,
    gateway: App,
    medium: str,
    safe_contact: str,
) -> None:
    installation = start(tenants_dir=write_tenant(tmp_path / "tenants", tables[medium]), **PROMPT)
    complaint = stolen(installation, safe_contact, medium)
    assert (server.asked_for, gateway.requests) == ([], [])
    for template in ("acknowledgement", "freeze-confirmed"):
        abandoned = became(the(installation, complaint, template), NotificationAbandoned)
        assert (abandoned.attempt, abandoned.reason) == (1, "no-channel-to-safe-contact")
    assert reached(installation, complaint).count(BY_HAND) == 2
    assert [(each.medium, each.outcome) for each in reported(installation, complaint)] == [(medium, "failed")]
