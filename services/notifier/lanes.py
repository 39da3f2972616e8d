"""A lane: what goes to one receiver, one message after another, each recorded before the next."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from services.notifier.application import Attempt, Notifier
from services.notifier.attempting import WAITING, Attempts
from services.notifier.domain.notification import ChannelName, State
from services.notifier.views.queue import Queue
from shared.runtime.clock import Clock

MOST_NOTIFICATIONS = 50
LONGEST_TURN_SECONDS = 1.0
"""Then it is the turn of another receiver; what is under way is ended first."""
SLOW_SECONDS = 1.0
LOOK_AGAIN = timedelta(minutes=1)


class Lane:
    """One thread at a time works in it; `is_slow` says that the last message was not taken quickly."""

    def __init__(
        self, notifier: Notifier, queue: Queue, attempts: Attempts, clock: Clock, *, over: ChannelName, receiver: str
    ) -> None:
        self._notifier = notifier
        self._queue = queue
        self._attempts = attempts
        self._clock = clock
        self._over = over
        self._receiver = receiver
        self._unrecorded: Attempt | None = None
        self._looked_at: dict[UUID, datetime] = {}
        self.is_slow = False
        self.last_turn = float("-inf")

    def turn(self, may_go_on: Callable[[], bool]) -> int:
        """Send what is due; return how many notifications had their turn.

        Where one has to wait for the store or intake, the others are tried before that is raised: a letter waits for
        the place of its copy, a notice has none.
        """
        self.record()
        done, waits, end = 0, None, time.monotonic() + LONGEST_TURN_SECONDS
        for stream_id in self._waiting():
            if time.monotonic() > end or not may_go_on():
                break
            try:
                done += self._take(stream_id)
            except WAITING as error:
                if not self.is_recorded:
                    raise
                waits = error
        if waits:
            raise waits
        return done

    def _waiting(self) -> list[UUID]:
        now = self._clock()
        due = self._queue.due(now, MOST_NOTIFICATIONS, over=self._over, receiver=self._receiver)
        return [*due, *self._held(now)]

    def record(self) -> int:
        """Record the last attempt; until that is done nothing else is sent, and the message is not sent again."""
        if self._unrecorded is None:
            return 0
        self._notifier.record(self._unrecorded).result()
        self._unrecorded = None
        return 1

    @property
    def is_recorded(self) -> bool:
        return self._unrecorded is None

    def _held(self, now: datetime) -> list[UUID]:
        """The letters that lacked something, each once a minute: what it was may have come."""
        held = self._queue.held(over=self._over, receiver=self._receiver)
        self._looked_at = {each: at for each, at in self._looked_at.items() if each in set(held)}
        again = [each for each in held if self._looked_at.get(each, now - LOOK_AGAIN) <= now - LOOK_AGAIN]
        return again[:MOST_NOTIFICATIONS]

    def _take(self, stream_id: UUID) -> int:
        """Return 1, or 0 where the notification keeps its place: it lacks what is on its way, or what it lacked."""
        notification = self._notifier.notification(stream_id)
        if notification is None or notification.state != State.PLANNED:
            return 0
        attempt = self._attempts.of(notification)
        if notification.missing:
            self._looked_at[stream_id] = self._clock()
        if attempt is None or (attempt.missing and attempt.missing == notification.missing):
            return 0
        self.is_slow = attempt.seconds > SLOW_SECONDS
        self._unrecorded = attempt
        return self.record()
