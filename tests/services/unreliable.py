"""A log and a store on which things go wrong when a test says so: before real ones, keeping the ports' promises."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, OperationalError
from typing_extensions import override

from shared.eventstore.store import Reader, RecordedEvent, Schema, Store, Transaction
from shared.messaging.log import LogUnavailableError, Outgoing, TopicLog
from tests.forwarding import ForwardingLog


class UnreliableLog(ForwardingLog):
    """`takes` is how many messages of one append become safe, None for all; while `away`, all is refused."""

    def __init__(self, log: TopicLog, *, takes: int | None = None) -> None:
        super().__init__(log)
        self.takes = takes
        self.away = False
        self.refused = 0

    @override
    def before(self, call: str) -> None:
        if self.away:
            self.refused += 1
            raise LogUnavailableError("the broker is away")

    @override
    def append(self, messages: Sequence[Outgoing]) -> int:
        return super().append(messages[: self.takes])


class UnreliableStore(Store):
    """`loses_reply`: what is asked next is committed, and the caller hears that it failed; `loses_replies`: always so.

    While `is_full` nothing can be written, as on a full disk; `refused` counts what was tried. `overtaken_by` happens
    once, between the decision of a change and its append.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.loses_reply = False
        self.loses_replies = False
        self.is_full = False
        self.refused = 0
        self.overtaken_by: Callable[[], None] | None = None

    @property
    @override
    def application(self) -> str:
        return self._store.application

    @property
    @override
    def recorder(self) -> ApplicationRecorder:
        return self._store.recorder

    @override
    def read(self) -> AbstractContextManager[Reader]:
        return self._store.read()

    @override
    def reading_together(self) -> AbstractContextManager[None]:
        return self._store.reading_together()

    @override
    @contextmanager
    def write(self) -> Iterator[Transaction]:
        if self.is_full:
            self.refused += 1
            raise OperationalError("database or disk is full")
        overtake, self.overtaken_by = self.overtaken_by, None
        if overtake:
            overtake()
        with self._store.write() as transaction:
            yield transaction
        if self.loses_reply or self.loses_replies:
            self.loses_reply = False
            raise OperationalError("the connection broke while the reply was under way")

    @override
    def stream(self, stream_id: UUID, *, up_to: int | None = None) -> Sequence[RecordedEvent]:
        return self._store.stream(stream_id, up_to=up_to)

    @override
    def streams(self, stream_ids: Collection[UUID]) -> Mapping[UUID, Sequence[RecordedEvent]]:
        return self._store.streams(stream_ids)

    @override
    def follow(self, position: int, limit: int) -> Sequence[RecordedEvent]:
        return self._store.follow(position, limit)

    @override
    def prepare(self, *schemas: Schema) -> None:
        self._store.prepare(*schemas)

    @override
    def close(self) -> None:
        self._store.close()
