"""Shows a projection anew from the events of its own store."""

from collections.abc import Callable, Iterator
from itertools import groupby
from uuid import UUID

from shared.eventstore.application import EventSourced
from shared.eventstore.command import Projection, Recorded
from shared.eventstore.store import RecordedEvent, Store

PAGE = 1000

AggregateAt = Callable[[UUID, int], object | None]
"""The aggregate of a stream as it was at a version; None for a stream of one event."""


def rebuild(
    application: EventSourced, projection: Projection, aggregate_at: AggregateAt, progress: Callable[[int], None]
) -> None:
    """Clear a projection and show every append again, in one transaction; `progress` is told each position."""
    with application.store.write() as transaction:
        projection.clear(transaction)
        for stored in _appends(application.store):
            stream_id = UUID(str(stored[0].originator_id))
            keys = application.sealed.keys.of_stream(stream_id)
            recorded = [Recorded(application.sealed.reveal(each, keys), each) for each in stored]
            projection.apply(transaction, recorded, aggregate_at(stream_id, stored[-1].originator_version))
            progress(stored[-1].position)


def all_events(store: Store) -> Iterator[RecordedEvent]:
    position = 0
    while page := store.follow(position, PAGE):
        yield from page
        position = page[-1].position


def _appends(store: Store) -> Iterator[list[RecordedEvent]]:
    """Events of one stream that stand together and were recorded at one time are one append."""
    for _, events in groupby(all_events(store), key=lambda event: (event.originator_id, event.recorded_at)):
        yield list(events)
