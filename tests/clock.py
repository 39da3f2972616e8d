"""A clock that stands still until a test moves it."""

import threading
from datetime import UTC, datetime, timedelta


class StandingClock:
    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)
        self._passed = timedelta()
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """Every reading is a microsecond later, as two readings of a real clock are."""
        with self._lock:
            self._now += timedelta(microseconds=1)
            return self._now

    def advance(self, **duration: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now += timedelta(**duration)
            self._passed += timedelta(**duration)

    def set(self, now: datetime) -> None:
        """Let time pass until then."""
        with self._lock:
            self._passed += now - self._now
            self._now = now.astimezone(UTC)

    def jump(self, **duration: float) -> None:
        """Set the clock without any time passing."""
        with self._lock:
            self._now += timedelta(**duration)

    def steady(self) -> float:
        with self._lock:
            return self._passed.total_seconds()
