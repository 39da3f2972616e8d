"""What a writer is asked, what it records, and what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from eventsourcing.domain import DomainEvent

from shared.eventstore.idempotency import CommandKey
from shared.eventstore.store import RecordedEvent, Transaction

Step = Callable[[Transaction], None]
"""What must still be true and be written in the same transaction; raises StaleError where it is not true."""


class StoreUnavailableError(Exception):
    """The store cannot be reached or is full; nothing was recorded, try again later."""

    code = "store-unavailable"


class WriterBusyError(Exception):
    """Too many commands are waiting, or the service is stopping; try again later."""

    code = "too-busy"


class Changed(Protocol):
    """An aggregate with pending events."""

    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    def collect_events(self) -> Sequence[object]: ...


@dataclass(frozen=True)
class Change:
    """What one append adds to one stream, and the aggregate as it is after it."""

    events: tuple[DomainEvent, ...]
    aggregate: Changed | None = None

    @classmethod
    def of(cls, changed: Changed | DomainEvent) -> "Change":
        if isinstance(changed, DomainEvent):
            return cls((changed,))
        return cls(tuple(event for event in changed.collect_events() if isinstance(event, DomainEvent)), changed)


@dataclass(frozen=True)
class Decision:
    """What a command decided: the stream that answers, the events of all, and what commits beside them."""

    stream_id: UUID
    version: int
    changes: tuple["Change", ...] = ()
    steps: tuple[Step, ...] = ()

    @classmethod
    def of(cls, aggregate: Changed, *others: Changed | DomainEvent, steps: tuple[Step, ...] = ()) -> "Decision":
        """Gather the pending events of aggregates, and events that are streams of their own."""
        changes = tuple(Change.of(changed) for changed in (aggregate, *others))
        return cls(aggregate.id, aggregate.version, tuple(change for change in changes if change.events), steps)

    @classmethod
    def of_event(cls, event: DomainEvent, *, steps: tuple[Step, ...] = ()) -> "Decision":
        """Record one event that is a stream of its own."""
        return cls(event.originator_id, event.originator_version, (Change.of(event),), steps)

    @property
    def events(self) -> list[DomainEvent]:
        return [event for change in self.changes for event in change.events]


@dataclass(frozen=True)
class Receipt:
    """Where the answer to a command stands: the stream, its version, and the revision of what is shown with it."""

    stream_id: UUID
    version: int
    revision: int
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class Command:
    """`decide` may run several times; no two commands of a batch share one of `streams`."""

    decide: Callable[[], Decision]
    streams: tuple[UUID, ...] = ()
    key: CommandKey | None = None


@dataclass(frozen=True)
class Recorded:
    """A domain event as it was recorded."""

    event: DomainEvent
    stored: RecordedEvent

    @property
    def recorded_at(self) -> datetime:
        return self.stored.recorded_at


class Projection(Protocol):
    """A view that commits together with the events it shows."""

    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        """Show what one append added to one stream; `aggregate` is None for streams of one event."""

    def clear(self, transaction: Transaction) -> None:
        """Forget everything, so that it can be shown anew."""
