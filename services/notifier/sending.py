"""The sender: gives every receiver its turn, so that whoever is slow to take a message holds up nobody else."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial

from eventsourcing.persistence import PersistenceError

from services.notifier.attempting import WAITING
from services.notifier.domain.notification import ChannelName
from services.notifier.lanes import Lane
from services.notifier.views.queue import Queue
from shared.contracts.tenant import LONGEST_SEND_SECONDS
from shared.messaging.lease import Lease
from shared.runtime.clock import Clock

logger = logging.getLogger(__name__)

LANES = 8
SLOW_LANES = LANES // 2
"""So many receivers are served at once, and of the slow ones only half as many: the others always find room."""
LEAVING_SECONDS = 2.0
TURN_SECONDS = 2 * LONGEST_SEND_SECONDS

Running = dict[str, "Future[int]"]


class Sender:
    """One for each kind of channel; of several processes one has its turn with a kind."""

    def __init__(
        self,
        queue: Queue,
        lane: Callable[[str], Lane],
        clock: Clock,
        *,
        over: ChannelName,
        lease: Lease,
        poll_seconds: float,
    ) -> None:
        """`lane` makes the lane of a receiver."""
        self._queue = queue
        self._make_lane = lane
        self._clock = clock
        self._over = over
        self._lease = lease
        self._asking = threading.Lock()
        self._poll_seconds = poll_seconds
        self._lanes: dict[str, Lane] = {}
        self._running: Running = {}

    def run(self, stop: threading.Event) -> None:
        with ThreadPoolExecutor(LANES, thread_name_prefix=f"notifier-sender-{self._over}") as workers:
            while not stop.is_set():
                if not self._tried(lambda: self._round(workers, stop)):
                    stop.wait(self._poll_seconds)
        while self._running:
            self._tried(self._ended)
        self._record_at_last()
        with suppress(PersistenceError):  # it runs out by itself
            self._lease.release()

    def _round(self, workers: ThreadPoolExecutor, stop: threading.Event) -> int:
        """Give a turn to whoever can have one; return how many notifications had theirs in the turns that ended."""
        if self._may_go_on(stop):
            waiting = self._queue.receivers(self._clock(), over=self._over)
            self._begin(workers, [each for each in waiting if each not in self._running], stop)
        return self._ended()

    def _begin(self, workers: ThreadPoolExecutor, waiting: list[str], stop: threading.Event) -> None:
        """Who has waited longest since its last turn comes first."""
        for receiver in sorted(waiting, key=lambda each: self._lane(each).last_turn):
            lane = self._lane(receiver)
            if self._has_room(lane):
                lane.last_turn = time.monotonic()
                self._running[receiver] = workers.submit(lane.turn, partial(self._may_go_on, stop))

    def _has_room(self, lane: Lane) -> bool:
        slow = sum(self._lanes[receiver].is_slow for receiver in self._running)
        return len(self._running) < LANES and not (lane.is_slow and slow >= SLOW_LANES)

    def _lane(self, receiver: str) -> Lane:
        if receiver not in self._lanes:
            self._lanes[receiver] = self._make_lane(receiver)
        return self._lanes[receiver]

    def _ended(self) -> int:
        """Wait a little for a turn to end; of several that could not go on one is told at a time."""
        ended, _ = wait(self._running.values(), timeout=self._poll_seconds, return_when=FIRST_COMPLETED)
        done = 0
        for receiver in [receiver for receiver, turn in self._running.items() if turn in ended]:
            done += self._running.pop(receiver).result()
        return done

    def _may_go_on(self, stop: threading.Event) -> bool:
        with self._asking:
            return not stop.is_set() and self._lease.hold(for_seconds=TURN_SECONDS) is not None

    def _tried(self, step: Callable[[], int]) -> int:
        try:
            return step()
        except WAITING as error:
            logger.warning("the sender waits: %s", error)
            return 0

    def _record_at_last(self) -> None:
        """The writer still runs while a sender leaves: what was just sent must not be sent again after a restart."""
        deadline = time.monotonic() + LEAVING_SECONDS
        while time.monotonic() < deadline:
            unrecorded = [lane for lane in self._lanes.values() if not lane.is_recorded]
            if not unrecorded:
                return
            if not sum(self._tried(lane.record) for lane in unrecorded):
                time.sleep(self._poll_seconds)
