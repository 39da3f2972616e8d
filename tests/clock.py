"""A clock that stands still until a test moves it."""

import threading
from datetime import UTC, datetime, timedelta


class StandingClock:
    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """Every reading is a microsecond later, as two readings of a real clock are."""
        with self._lock:
            self._now += timedelta(microseconds=1)
            return self._now

    def advance(self, **duration: float) -> None:
        with self._lock:
            self._now += timedelta(**duration)

    def set(self, now: datetime) -> None:
        with self._lock:
            self._now = now.astimezone(UTC)
