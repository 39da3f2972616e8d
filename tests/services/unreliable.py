"""A log and a store on which things go wrong when a test says so: before real ones, keeping the ports' promises."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, OperationalError
from typing_extensions import override

from shared.eventstore.store import Reader, RecordedEvent, Schema, Store, Transaction
from shared.messaging.log import Incoming, LogUnavailableError, Outgoing, Partition, Subscription, TopicLog


class UnreliableLog(TopicLog):
    """`takes` is how many messages of one append become safe, None for all; while `away`, all is refused."""

    def __init__(self, log: TopicLog, *, takes: int | None = None) -> None:
        self._log = log
        self.takes = takes
        self.away = False
        self.refused = 0

    def require(self) -> None:
        if self.away:
            self.refused += 1
            raise LogUnavailableError("the broker is away")

    @override
    def append(self, messages: Sequence[Outgoing]) -> int:
        self.require()
        return self._log.append(messages[: self.takes])

    @override
    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        self.require()
        return UnreliableSubscription(self, self._log.subscribe(group, topics))

    @override
    def read(self, topics: Sequence[str]) -> Iterator[Incoming]:
        self.require()
        return self._log.read(topics)

    @override
    def ends(self) -> Mapping[Partition, int]:
        self.require()
        return self._log.ends()

    @override
    def committed(self, group: str) -> Mapping[Partition, int]:
        self.require()
        return self._log.committed(group)

    @override
    def create_topics(self, replication: int | None = None) -> Sequence[str]:
        return self._log.create_topics(replication)

    @override
    def differences(self) -> Sequence[str]:
        return self._log.differences()

    @override
    def close(self) -> None:
        self._log.close()


class UnreliableSubscription(Subscription):
    def __init__(self, log: UnreliableLog, subscription: Subscription) -> None:
        self._log = log
        self._subscription = subscription

    @override
    def poll(self, limit: int) -> Sequence[Incoming]:
        self._log.require()
        return self._subscription.poll(limit)

    @override
    def taken_away(self) -> set[Partition]:
        return self._subscription.taken_away()

    @override
    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        self._log.require()
        self._subscription.commit(next_offsets)

    @override
    def pause(self, partition: Partition) -> None:
        self._subscription.pause(partition)

    @override
    def resume(self, partition: Partition) -> None:
        self._subscription.resume(partition)

    @override
    def close(self) -> None:
        self._subscription.close()


class UnreliableStore(Store):
    """`loses_reply`: what is asked next is committed, and the caller hears that it failed; `loses_replies`: always so.

    While `is_full` nothing can be written, as on a full disk; `refused` counts what was tried.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.loses_reply = False
        self.loses_replies = False
        self.is_full = False
        self.refused = 0

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
    @contextmanager
    def write(self) -> Iterator[Transaction]:
        if self.is_full:
            self.refused += 1
            raise OperationalError("database or disk is full")
        with self._store.write() as transaction:
            yield transaction
        if self.loses_reply or self.loses_replies:
            self.loses_reply = False
            raise OperationalError("the connection broke while the reply was under way")

    @override
    def stream(self, stream_id: UUID, *, up_to: int | None = None) -> Sequence[RecordedEvent]:
        return self._store.stream(stream_id, up_to=up_to)

    @override
    def follow(self, position: int, limit: int) -> Sequence[RecordedEvent]:
        return self._store.follow(position, limit)

    @override
    def prepare(self, *schemas: Schema) -> None:
        self._store.prepare(*schemas)

    @override
    def close(self) -> None:
        self._store.close()
