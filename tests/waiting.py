"""Waiting for something to become true, with a deadline and never a fixed sleep."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE_SECONDS = 0.01


def wait_until(condition: Callable[[], T], *, seconds: float = 15.0, what: str = "") -> T:
    """Return the first true value of a condition; fail when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(PAUSE_SECONDS)


def here(seconds: float) -> float:
    """What a promise of so many seconds is on a machine that is asked for more than it has."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
