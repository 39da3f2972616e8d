"""Follows what one service recorded, publishes it, and only then remembers how far it came."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from shared.contracts.registry import REGISTRY
from shared.contracts.topics import ALL_TOPICS
from shared.eventstore.mapper import UnknownStoredNameError
from shared.eventstore.store import RecordedEvent, Schema, Store, Transaction
from shared.messaging.lease import Lease, LeaseLostError
from shared.messaging.log import LogUnavailableError, Outgoing, TopicLog

logger = logging.getLogger(__name__)

RELAY = Schema(
    "relay",
    (
        "CREATE TABLE IF NOT EXISTS {app}_relay (id INTEGER PRIMARY KEY, position BIGINT NOT NULL)",
        "INSERT INTO {app}_relay VALUES (1, 0) ON CONFLICT DO NOTHING",
    ),
)

MOST_EVENTS = 1000
LONGEST_APPEND_SECONDS = 8.0  # so that one that loses its turn has nothing under way when the next begins

COMPACTED = frozenset(topic.name for topic in ALL_TOPICS if topic.compacted)

Publish = Callable[[Sequence[RecordedEvent]], Sequence[Sequence[Outgoing]]]
"""The messages of each event of a page."""


@dataclass(frozen=True)
class _Page:
    """What comes next and can be published by this release, each message with its event."""

    events: Sequence[RecordedEvent]
    messages: Sequence[tuple[RecordedEvent, Outgoing]]

    @property
    def end(self) -> int:
        return self.events[-1].position

    def done(self, safe: int) -> list[int]:
        """Return the positions of the events all of whose messages are among the first that are safe."""
        first_unsafe = self.messages[safe][0].position if safe < len(self.messages) else self.end + 1
        return [event.position for event in self.events if event.position < first_unsafe]


class Relay:
    """A crash between publishing and remembering publishes again, with the same ids.

    One that stalls past its turn may put old messages behind newer ones. Facts have versions; of a compacted
    topic only the last message stays, so it puts the newest behind them once it finds out.

    Before an event that only a later release knows it stops, and lets a relay of that release take its turn.

    While a full page is under way, the one that follows is read and translated. It is used only where the position
    then is the one it follows; whatever went wrong before has left another position, and it is forgotten.
    """

    def __init__(self, store: Store, log: TopicLog, publish: Publish, lease: Lease, *, poll_seconds: float) -> None:
        self._store = store
        self._log = log
        self._lease = lease
        self._publish = publish
        self._poll_seconds = poll_seconds
        self._table = f"{store.application}_relay"
        self._is_waiting = False
        self._sent: set[UUID] = set()
        self._sent_under: int | None = None
        self._reader = ThreadPoolExecutor(1, f"{store.application}-relay-reader")
        self._ahead: tuple[int, Future[_Page]] | None = None

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                published = self.round()
                self._is_waiting = False
            except UnknownStoredNameError as error:
                self._wait(error)
                self._release()
                published = 0
            except (LogUnavailableError, LeaseLostError, PersistenceError) as error:
                self._wait(error)
                published = 0
            if not published:
                stop.wait(self._poll_seconds)
        self._reader.shutdown()
        self._release()

    def round(self) -> int:
        """Publish what is next where it is this relay's turn; return how many events are safely on their topics."""
        epoch = self._lease.hold(for_seconds=LONGEST_APPEND_SECONDS)
        if self._sent and epoch != self._sent_under:
            self._put_newest_last()
        page = self._next() if epoch else None
        if epoch is None or page is None or not page.events:
            return 0
        self._sent_under = epoch
        self._sent |= {UUID(str(event.originator_id)) for event in page.events}
        if len(page.events) == MOST_EVENTS:
            self._ahead = page.end, self._reader.submit(self._read, page.end)
        done = page.done(self._log.append([message for _, message in page.messages]))
        self._remember(done, epoch)
        return len(done)

    def _next(self) -> _Page:
        position = self.position()
        after, ahead = self._ahead or (None, None)
        self._ahead = None
        return ahead.result() if ahead and after == position else self._read(position)

    def _read(self, position: int) -> _Page:
        """Return what this release can publish next; what a later one wrote is for that one to publish, in its turn."""
        events = self._store.follow(position, MOST_EVENTS)
        known = list(takewhile(_is_known, events))
        if events and not known:
            raise UnknownStoredNameError(f"this release knows no {events[0].topic}, which a later one recorded")
        return _Page(known, self._translated(known))

    def _translated(self, events: Sequence[RecordedEvent]) -> list[tuple[RecordedEvent, Outgoing]]:
        messages = zip(events, self._publish(events), strict=True)
        return [(event, message) for event, of_event in messages for message in of_event]

    def _put_newest_last(self) -> None:
        """Append the newest again to each compacted topic, until nothing newer was recorded meanwhile."""
        last: list[RecordedEvent] = []
        while last != (newest := [self._store.stream(stream_id)[-1] for stream_id in sorted(self._sent)]):
            known = list(filter(_is_known, newest))
            messages = [each for _, each in self._translated(known) if each.topic in COMPACTED]
            if self._log.append(messages) < len(messages):
                raise LogUnavailableError("not every newest state is safe")
            last = newest
        self._sent.clear()

    def _wait(self, error: Exception) -> None:
        if not self._is_waiting:
            logger.warning("relay of %s waits: %s", self._store.application, error)
        self._is_waiting = True

    def position(self) -> int:
        with self._store.read() as reader:
            return int(reader.execute(f"SELECT position FROM {self._table}")[0]["position"])

    def _remember(self, done: Sequence[int], epoch: int) -> None:
        if done:
            with self._store.write() as transaction:
                self._lease.require(transaction, epoch)
                mark_published(transaction, self._store.application, done[-1])
            self._sent.clear()

    def _release(self) -> None:
        with suppress(PersistenceError):  # it runs out by itself
            self._lease.release()


def mark_published(transaction: Transaction, application: str, position: int) -> None:
    """Remember that everything up to a notification id is on its topic."""
    transaction.execute(f"UPDATE {application}_relay SET position = :position", {"position": position})


def _is_known(event: RecordedEvent) -> bool:
    return event.topic in REGISTRY.by_stored_name
