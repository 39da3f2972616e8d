"""The sender across restarts, lost stores, changed tenant files, and an intake that cannot be asked."""

import logging
from pathlib import Path

import pytest

from services.embedded import compose
from services.notifier import operations
from shared.contracts.notification_events import NotificationAbandoned, NotificationFailed
from shared.runtime.backends import Backend
from shared.runtime.settings import Settings
from tests.clock import StandingClock
from tests.conftest import Running, StartInstallation
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_alone import TOPICS, DistantContactBook, alone
from tests.services.notifier_receivers import MailServer
from tests.services.notifier_scenes import (
    PROMPT,
    Complaint,
    became,
    email_table,
    the,
    told,
    write_tenant,
)
from tests.waiting import wait_until


@pytest.fixture
def tenants(tmp_path: Path, server: MailServer) -> Path:
    return write_tenant(tmp_path / "tenants", email_table(server.port))


@pytest.fixture
def installation(start: StartInstallation, tenants: Path) -> Running:
    return start(tenants_dir=tenants, **PROMPT)


def submitted(installation: Running, *, tenant: str = "default", user: str = "u-1") -> Complaint:
    body = {"complainant": {"name": NAMES[0], "email": EMAILS[0]}, "preferred_medium": "email"}
    complaint = installation.api.as_app(user, tenant=tenant).submit(body, description=TEXTS[0])
    installation.settle()
    return complaint


def stop(installation: Running) -> Path:
    """Stop an installation and return where its data lies."""
    installation.embedded.process.stop()
    installation.backend.release_directory()
    return installation.backend.settings.data_dir


def test_what_was_sent_before_a_restart_is_not_sent_after_it(
    installation: Running, start: StartInstallation, tenants: Path, server: MailServer
) -> None:
    complaint = submitted(installation)
    again = start(stop(installation), tenants_dir=tenants, **PROMPT)
    again.clock.advance(hours=12)
    again.settle()
    assert the(again, complaint, "acknowledgement").outcome == ["sent"]
    assert len(server.mails) == 1


def test_what_was_due_before_a_restart_is_sent_after_it(
    installation: Running, start: StartInstallation, tenants: Path, server: MailServer
) -> None:
    server.to_content.append("451 later")
    complaint = submitted(installation)
    again = start(stop(installation), tenants_dir=tenants, **PROMPT)
    again.clock.advance(minutes=1)
    again.settle()
    assert the(again, complaint, "acknowledgement").outcome == ["failed", "sent"]
    assert len(server.mails) == 1


def _restored(data_dir: Path, settings: Settings, clock: StandingClock) -> Path:
    """Lose the store of notifier, and put it back from the log."""
    for file in data_dir.glob("notifier.db*"):
        file.unlink()
    backend = Backend(settings, clock, clock.steady)
    embedded = compose(backend, serve=False)
    restored = operations.restore(embedded.notifier, backend.log, lambda _: None)
    embedded.process.stop()
    assert restored > 0
    return data_dir


@pytest.mark.on_files
def test_a_notifier_restored_from_the_log_sends_nothing_again(
    installation: Running, start: StartInstallation, tenants: Path, server: MailServer
) -> None:
    complaint = submitted(installation)
    settings, clock = installation.backend.settings, installation.clock
    again = start(_restored(stop(installation), settings, clock), tenants_dir=tenants, **PROMPT)
    again.clock.advance(minutes=1)
    again.settle()
    assert (the(again, complaint, "acknowledgement").outcome, len(server.mails)) == (["sent"], 1)


@pytest.mark.on_files
def test_a_restored_notifier_still_knows_whom_to_tell(
    installation: Running, start: StartInstallation, tenants: Path, server: MailServer
) -> None:
    complaint = submitted(installation)
    installation.api.as_app("u-1").command(complaint, "change-contact", {"language": "en"})
    installation.settle()
    settings, clock = installation.backend.settings, installation.clock
    again = start(_restored(stop(installation), settings, clock), tenants_dir=tenants, **PROMPT)
    again.clock.advance(minutes=1)
    again.api.as_handler().command(complaint, "request-information", {"items": ["bank-record"]})
    again.settle()
    assert server.mails[-1].text.startswith(f"Dear {NAMES[0]},")


def test_a_queue_shown_anew_holds_what_it_held(installation: Running, server: MailServer) -> None:
    server.to_recipient.append("450 later")
    complaint = submitted(installation)
    submitted(installation, user="u-2")
    service, much_later = installation.embedded.notifier, installation.clock()
    installation.clock.advance(seconds=3)
    operations.replay_queue(service, lambda _: None)
    assert service.queue.due(much_later, 10) == []
    installation.clock.advance(seconds=3)
    installation.settle()
    assert the(installation, complaint, "acknowledgement").outcome == ["failed", "sent"]


def test_a_mail_server_taken_out_of_the_tenant_file_is_waited_for(
    installation: Running, start: StartInstallation, tenants: Path, server: MailServer
) -> None:
    server.to_recipient.append("450 later")
    complaint = submitted(installation)
    without = start(stop(installation), tenants_dir=write_tenant(tenants.parent / "without"), **PROMPT)
    without.clock.advance(minutes=1)
    without.settle()
    assert _last_failure(without, complaint).reason == "channel-not-configured"
    with_again = start(stop(without), tenants_dir=tenants, **PROMPT)
    with_again.clock.advance(hours=1)
    with_again.settle()
    assert len(server.mails) == 1


def _last_failure(installation: Running, complaint: Complaint) -> NotificationFailed:
    last = the(installation, complaint, "acknowledgement").became[-1]
    assert isinstance(last, NotificationFailed)
    return last


def test_a_tenant_without_a_file_is_given_up_in_the_end_and_stops_nobody_else(
    start: StartInstallation, tmp_path: Path, server: MailServer
) -> None:
    table = email_table(server.port)
    both = write_tenant(write_tenant(tmp_path / "both", table), table, tenant="other")
    installation = start(tenants_dir=both, **PROMPT)
    server.to_recipient.append("450 later")
    lost = submitted(installation, tenant="other")
    again = start(stop(installation), tenants_dir=write_tenant(tmp_path / "one", table), **PROMPT)
    for _ in range(5):
        again.clock.advance(hours=7)
        again.settle()
    submitted(again, user="u-2")
    assert len(server.mails) == 1
    abandoned = became(the(again, lost, "acknowledgement"), NotificationAbandoned)
    assert (abandoned.attempt, abandoned.reason) == (6, "unexpected-KeyError")


def test_an_unexpected_failure_is_logged_without_what_it_was_about(
    start: StartInstallation, tmp_path: Path, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    table = email_table(server.port)
    both = write_tenant(write_tenant(tmp_path / "both", table), table, tenant="other")
    installation = start(tenants_dir=both, **PROMPT)
    server.to_recipient.append("450 later")
    lost = submitted(installation, tenant="other")
    with caplog.at_level(logging.WARNING):
        again = start(stop(installation), tenants_dir=write_tenant(tmp_path / "one", table), **PROMPT)
        again.clock.advance(minutes=1)
        again.settle()
    assert f"{told(again, lost)[0].id} failed: KeyError" in caplog.text
    assert [text for text in (*NAMES, *EMAILS) if text in caplog.text] == []


@pytest.mark.on_files
def test_an_intake_that_cannot_be_asked_is_waited_for_and_no_attempt_is_counted(
    start: StartInstallation, tenants: Path, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    installation = start(**PROMPT)
    submitted(installation)
    contacts = DistantContactBook(installation.embedded.intake.contact_book)
    with alone(installation, tenants.parent, contacts, tenants_dir=tenants) as notifier:
        notifier.hear(list(installation.backend.log.read(TOPICS)))
        wait_until(lambda: "the sender waits: intake is away" in caplog.text, what="the sender to wait")
        contacts.is_away = False
        wait_until(lambda: server.mails, what="the letter")
        wait_until(lambda: notifier.events()[-1:] == ["notification.sent"], what="the letter to be recorded")
        assert notifier.events() == ["notification.planned", "notification.sent"]
