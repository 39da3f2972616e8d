"""The time of a process; every other module is handed it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Steady = Callable[[], float]
"""Seconds of a clock that nobody sets: it tells how much time passed, and not what time it is."""


def system_clock() -> datetime:
    return datetime.now(UTC)
