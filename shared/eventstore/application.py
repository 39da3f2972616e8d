"""The base of every service's application: the library's, on our store, with the writer as its only way to append."""

import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent, DomainEventProtocol
from eventsourcing.persistence import ApplicationRecorder, EventStore
from typing_extensions import override

from shared.contracts.registry import REGISTRY
from shared.eventstore.command import Command, Projection, Receipt, Recorded
from shared.eventstore.keys import KeyRing
from shared.eventstore.mapper import EventMapper, NoKeys
from shared.eventstore.store import RecordedEvent, Store
from shared.eventstore.writer import RevisionsOf, Writer, no_revisions


class SealedEvents(EventStore[UUID]):
    """The library's event store, reading the keys of a stream once and not once per event.

    The keys are read after the events: a key that came with an event must not be missed.
    """

    def __init__(self, mapper: EventMapper, recorder: ApplicationRecorder) -> None:
        super().__init__(mapper, recorder)
        self._mapper = mapper

    @override
    def get(
        self,
        originator_id: UUID,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Iterator[DomainEventProtocol[UUID]]:
        stored_events = self.recorder.select_events(originator_id, gt=gt, lte=lte, desc=desc, limit=limit)
        keys = self._mapper.keys.of_stream(originator_id)
        for stored in stored_events:
            yield self._mapper.reveal(stored, keys)


class EventSourced(Application[UUID]):
    """Reads through the library's repository; every change goes through `execute` to the writer."""

    def __init__(
        self,
        store: Store,
        event_classes: Sequence[type[DomainEvent]],
        *,
        keys: KeyRing | None = None,
        projections: Sequence[Projection] = (),
        revisions_of: RevisionsOf = no_revisions,
    ) -> None:
        self.store = store
        self.sealed = EventMapper(event_classes, REGISTRY, keys or NoKeys())
        super().__init__()
        self.writer = Writer(
            store,
            self.sealed,
            keep_keys=keys.keep if keys else lambda _transaction, _keys: None,
            projections=projections,
            revisions_of=revisions_of,
        )

    def execute(self, command: Command) -> "Future[Receipt]":
        """Hand a command to the writer; raises WriterBusyError."""
        return self.writer.submit(command)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run the writer meanwhile: for a command of this machine, while no role of the service runs."""
        thread = threading.Thread(target=self.writer.run, name=f"{self.name}-writer")
        thread.start()
        try:
            yield
        finally:
            self.writer.stop()
            thread.join()

    def histories(self, stream_ids: Collection[UUID]) -> dict[UUID, list[DomainEvent]]:
        """Return the events of many streams, read in one query; what belongs to erased people reads as None."""
        return {at: self._revealed(at, stored) for at, stored in self.store.streams(stream_ids).items()}

    def _revealed(self, stream_id: UUID, stored: Sequence[RecordedEvent]) -> list[DomainEvent]:
        keys = self.sealed.keys.of_stream(stream_id)
        return [self.sealed.reveal(each, keys) for each in stored]

    def recorded(self, stream_id: UUID, *, up_to: int | None = None) -> list[Recorded]:
        """Return one stream with times and places; what belongs to erased people reads as None."""
        stored_events = self.store.stream(stream_id, up_to=up_to)
        keys = self.sealed.keys.of_stream(stream_id)
        return [Recorded(self.sealed.reveal(stored, keys), stored) for stored in stored_events]

    @override
    def construct_mapper(self) -> EventMapper:
        return self.sealed

    @override
    def construct_recorder(self) -> ApplicationRecorder:
        return self.store.recorder

    @override
    def construct_event_store(self) -> EventStore[UUID]:
        return SealedEvents(self.sealed, self.recorder)

    @override
    def close(self) -> None:
        super().close()
        self.store.close()
