"""A notifier without the services around it: what it hears, and whom it asks, is the test's to decide."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from typing_extensions import override

from services.letter_rules import letter_rules
from services.notifier.wiring import NotifierService, wire
from shared.contracts.contact_book import Contact, ContactBook, LetterMatter, LetterParts, StoredLetter
from shared.contracts.topics import COMPLAINT_EVENTS, DEADLINE_EVENTS
from shared.messaging.log import Incoming, Outgoing
from shared.runtime.backends import Backend, development_settings
from shared.runtime.process import Process
from shared.runtime.settings import Settings
from tests.conftest import Running
from tests.services.unreliable import UnreliableStore
from tests.waiting import wait_until

TOPICS = (COMPLAINT_EVENTS, DEADLINE_EVENTS)


class UnreliableBackend(Backend):
    """The store fails when a test says so."""

    @override
    def store(self, application: str) -> UnreliableStore:
        self.unreliable = UnreliableStore(super().store(application))
        return self.unreliable


@dataclass(frozen=True)
class Alone:
    """A notifier that reads a log of its own, in which the test puts the facts of an installation as it likes."""

    backend: UnreliableBackend
    service: NotifierService

    def hear(self, messages: Sequence[Incoming]) -> None:
        copies = [Outgoing(each.partition.topic, each.key, each.headers, each.value) for each in messages]
        assert self.backend.log.append(copies) == len(copies)

    def settle(self) -> None:
        wait_until(self.has_heard_everything, what="the notifier to hear everything")

    def has_heard_everything(self) -> bool:
        ends, committed = self.backend.log.ends(), self.backend.log.committed("notifier")
        return all(committed.get(each, 0) == end for each, end in ends.items() if each.topic in TOPICS)

    def events(self) -> list[str]:
        """What became of its notifications, in order."""
        topics = [event.topic for event in self.service.application.store.follow(0, 1000)]
        return [topic for topic in topics if topic.startswith("notification.")]

    def told(self) -> list[tuple[str, str, str]]:
        """Every notification that was planned: of which fact, to whom, with which template."""
        store = self.service.application.store
        planned = [event for event in store.follow(0, 1000) if event.topic == "notification.planned"]
        plans = [self.service.application.notification(UUID(str(each.originator_id))) for each in planned]
        return [(str(each.how.fact_id), each.how.recipient.id, each.how.template) for each in plans if each]


@contextmanager
def alone(running: Running, directory: Path, contacts: ContactBook | None = None, **settings: Any) -> Iterator[Alone]:
    """Run a notifier beside an installation, with a store and a log of its own."""
    values: dict[str, Any] = {"data_dir": directory / "alone", "sender_poll_ms": 10, **settings}
    backend = UnreliableBackend(development_settings(Settings(**values)), running.clock, running.clock.steady)
    service = wire(backend, contacts or running.embedded.intake.contact_book, letter_rules(backend))
    process = Process(service.roles, drain_seconds=8, closers=[service.application.close, backend.log.close])
    process.start()
    try:
        yield Alone(backend, service)
    finally:
        process.stop()


class DistantContactBook(ContactBook):
    """The real contact book, over a line that can be cut."""

    def __init__(self, real: ContactBook) -> None:
        self._real = real
        self.is_away = True

    def _reach(self) -> ContactBook:
        if self.is_away:
            raise ConnectionError("intake is away")
        return self._real

    @override
    def contact(self, complaint_id: UUID, party_id: UUID) -> Contact | None:
        return self._reach().contact(complaint_id, party_id)

    @override
    def letter_parts(self, complaint_id: UUID, event_id: UUID) -> LetterParts | None:
        return self._reach().letter_parts(complaint_id, event_id)

    @override
    def letter_matter(self, complaint_id: UUID) -> LetterMatter | None:
        return self._reach().letter_matter(complaint_id)

    @override
    def store_letter(self, complaint_id: UUID, letter_id: UUID, content: bytes, media_type: str) -> StoredLetter | None:
        return self._reach().store_letter(complaint_id, letter_id, content, media_type)
