"""What was attempted is recorded, however long the store cannot take note of it, and nothing is sent twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clock import StandingClock
from tests.conftest import StartInstallation
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_alone import TOPICS, Alone, DistantContactBook, alone
from tests.services.notifier_receivers import MailServer
from tests.services.notifier_scenes import PROMPT, email_table, write_tenant
from tests.services.unreliable import UnreliableStore
from tests.waiting import wait_until

PATIENCE_SECONDS = 60
ROUNDS = 5


@dataclass
class Held:
    """A notifier with a letter to send, which it sends once `let_go`; its store can fail before that."""

    notifier: Alone
    contacts: DistantContactBook
    clock: StandingClock

    @property
    def store(self) -> UnreliableStore:
        return self.notifier.backend.unreliable

    def let_go(self) -> None:
        self.contacts.is_away = False

    def wait_for(self, *events: str) -> None:
        wanted = [f"notification.{event}" for event in events]
        wait_until(lambda: self.notifier.events() == wanted, seconds=PATIENCE_SECONDS, what=f"{events} to be recorded")

    def wait_while_full(self) -> None:
        """Until the sender has looked several times at a store that is full."""
        enough = self.store.refused + ROUNDS
        wait_until(lambda: self.store.refused >= enough, seconds=PATIENCE_SECONDS, what="the store to be asked again")

    def ask_the_senders_to_leave(self) -> None:
        for role in self.notifier.service.roles:
            if "sender" in role.name:
                role.stopping.set()


@pytest.fixture
def held(start: StartInstallation, tmp_path: Path, server: MailServer) -> Iterator[Held]:
    installation = start(**PROMPT)
    person = {"name": NAMES[0], "email": EMAILS[0]}
    installation.api.as_app("u-1").submit(complainant=person, description=TEXTS[0], preferred_medium="email")
    installation.settle()
    contacts = DistantContactBook(installation.embedded.intake.contact_book)
    tenants = write_tenant(tmp_path / "tenants", email_table(server.port))
    with alone(installation, tmp_path, contacts, tenants_dir=tenants) as notifier:
        held = Held(notifier, contacts, installation.clock)
        notifier.hear(list(installation.backend.log.read(TOPICS)))
        notifier.settle()
        held.wait_for("planned")
        yield held


def test_a_message_is_sent_once_however_long_the_disk_is_full(held: Held, server: MailServer) -> None:
    held.store.is_full = True
    held.let_go()
    wait_until(lambda: server.mails, seconds=PATIENCE_SECONDS, what="the letter")
    held.wait_while_full()
    assert len(server.mails) == 1
    held.store.is_full = False
    held.wait_for("planned", "sent")
    assert len(server.mails) == 1


def test_a_refusal_is_asked_for_once_however_long_the_disk_is_full(held: Held, server: MailServer) -> None:
    server.to_recipient.extend(["450 later"] * ROUNDS)
    held.store.is_full = True
    held.let_go()
    wait_until(lambda: server.asked_for, seconds=PATIENCE_SECONDS, what="the recipient to be refused")
    held.wait_while_full()
    held.store.is_full = False
    held.wait_for("planned", "failed")
    assert len(server.asked_for) == 1


def test_an_attempt_whose_record_was_committed_in_silence_is_recorded_once(held: Held, server: MailServer) -> None:
    server.to_recipient.extend(["450 later"] * ROUNDS)
    held.store.loses_replies = True
    held.let_go()
    held.wait_for("planned", "failed")
    held.store.loses_replies = False
    held.clock.advance(seconds=6)
    wait_until(lambda: len(server.asked_for) == 2, seconds=PATIENCE_SECONDS, what="the second attempt")
    held.wait_for("planned", "failed", "failed")


def test_a_sender_that_leaves_records_what_it_has_just_sent(held: Held, server: MailServer) -> None:
    held.store.is_full = True
    held.let_go()
    wait_until(lambda: server.mails, seconds=PATIENCE_SECONDS, what="the letter")
    held.ask_the_senders_to_leave()
    held.store.is_full = False
    held.wait_for("planned", "sent")
    assert len(server.mails) == 1
