"""One loop of one consumer group: keeps the order, holds what must wait, commits what is done."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Sequence

from eventsourcing.persistence import InterfaceError, OperationalError

from shared.eventstore.application import EventSourced
from shared.messaging.dispatch import Dispatcher, Fate
from shared.messaging.log import Incoming, LogUnavailableError, Partition, Subscription, TopicLog

logger = logging.getLogger(__name__)

MOST_MESSAGES = 100
FIRST_BACKOFF_SECONDS = 0.1
LONGEST_BACKOFF_SECONDS = 10.0
MOST_PARKED_KEYS = 20
PARKING_WINDOW_SECONDS = 300.0


class _Lane:
    """The messages of one partition that are polled and not done, in order."""

    def __init__(self) -> None:
        self.messages: deque[Incoming] = deque()
        self.backoff_seconds = 0.0
        self.resumes_at = 0.0

    def hold(self) -> None:
        longer = min(max(self.backoff_seconds * 2, FIRST_BACKOFF_SECONDS), LONGEST_BACKOFF_SECONDS)
        self.backoff_seconds = longer
        self.resumes_at = time.monotonic() + longer * random.uniform(0.5, 1.0)  # noqa: S311 - jitter

    def release(self) -> None:
        self.backoff_seconds = self.resumes_at = 0.0


class Consumer:
    """Messages of one partition are handled one after another, partitions side by side."""

    def __init__(
        self,
        application: EventSourced,
        log: TopicLog,
        dispatcher: Dispatcher,
        *,
        group: str,
        topics: Sequence[str],
        poll_seconds: float,
    ) -> None:
        self._application = application
        self._log = log
        self._dispatcher = dispatcher
        self._group = group
        self._topics = tuple(topics)
        self._poll_seconds = poll_seconds
        self._subscription: Subscription | None = None
        self._lanes: dict[Partition, _Lane] = {}
        self._uncommitted: dict[Partition, int] = {}
        self._is_waiting = False
        self._parked: deque[tuple[float, str]] = deque()
        self.halted = False

    def run(self, stop: threading.Event) -> None:
        """Consume until stopped; halts, and stays halted, when too many complaints are parked at once."""
        while not stop.is_set():
            busy = False if self.halted else self.round()
            if not busy:
                stop.wait(self._poll_seconds)
        self.close()

    def close(self) -> None:
        """Leave the group, so that others get the partitions at once."""
        if self._subscription:
            self._subscription.close()
        self._subscription = None

    def round(self) -> bool:
        """Redrive, poll and handle what is there once; tell whether anything was done."""
        try:
            redriven = self._redrive()
            self._poll()
            done = self._handle()
            self._commit()
        except (LogUnavailableError, OperationalError, InterfaceError) as error:
            self._wait(error)
            return False
        self._is_waiting = False
        return redriven or done

    def _poll(self) -> None:
        if self._subscription is None:
            self._subscription = self._log.subscribe(self._group, self._topics)
        messages = self._subscription.poll(MOST_MESSAGES)
        for partition in self._subscription.taken_away():
            self._lanes.pop(partition, None)
            self._uncommitted.pop(partition, None)
        for incoming in messages:
            self._lanes.setdefault(incoming.partition, _Lane()).messages.append(incoming)

    def _handle(self) -> bool:
        done = False
        now = time.monotonic()
        active = {at: lane for at, lane in self._lanes.items() if lane.messages and lane.resumes_at <= now}
        while active:
            with self._application.store.reading_together():
                begun = [(at, lane, self._dispatcher.begin(lane.messages[0])) for at, lane in active.items()]
            for at, lane, beginning in begun:
                fate = self._dispatcher.settle(lane.messages[0], beginning)
                if fate == Fate.RETRY:
                    self._hold(at, lane)
                    del active[at]
                    continue
                if fate == Fate.PARKED:
                    self._count_parked(lane.messages[0].key)
                self._uncommitted[at] = lane.messages.popleft().offset + 1
                done = True
                if not lane.messages or self.halted:
                    self._release(at, lane)
                    del active[at]
        return done

    def _hold(self, at: Partition, lane: _Lane) -> None:
        lane.hold()
        if self._subscription:
            self._subscription.pause(at)

    def _release(self, at: Partition, lane: _Lane) -> None:
        lane.release()
        if self._subscription:
            self._subscription.resume(at)

    def _commit(self) -> None:
        """Store how far this got; where the log is away, that is stored with what is done next."""
        if self._uncommitted and self._subscription:
            self._subscription.commit(self._uncommitted)
            self._uncommitted = {}

    def _wait(self, error: Exception) -> None:
        if not self._is_waiting:
            logger.warning("%s waits: %s", self._group, error)
        self._is_waiting = True

    def _redrive(self) -> bool:
        """Take what waits no more or is to be tried again, in version order, past the position."""
        with self._application.store.read() as reader:
            messages = self._dispatcher.parking.to_redrive(reader)
        done = 0
        failed: set[str] = set()
        for incoming in (parked.incoming for parked in messages if parked.incoming.partition.topic in self._topics):
            if incoming.key not in failed:
                beginning = self._dispatcher.begin(incoming, redriven=True)
                fate = self._dispatcher.settle(incoming, beginning)
                done += fate == Fate.DONE
                failed |= set() if fate == Fate.DONE else {incoming.key}
        return done > 0

    def _count_parked(self, key: str) -> None:
        now = time.monotonic()
        self._parked.append((now, key))
        while self._parked[0][0] < now - PARKING_WINDOW_SECONDS:
            self._parked.popleft()
        if len({parked for _, parked in self._parked}) > MOST_PARKED_KEYS:
            self.halted = True
            logger.critical("%s halts: more than %d complaints parked in 5 minutes", self._group, MOST_PARKED_KEYS)
