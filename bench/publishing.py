"""How long after its answer a submission is on its topic, at half of what the whole process can take."""

import threading
import time
from collections.abc import Iterable
from statistics import quantiles
from typing import Self
from uuid import UUID, uuid4

from bench.house import House, house, seconds
from shared.contracts.topics import COMPLAINT_EVENTS
from tests.waiting import wait_until

SUBMISSIONS = 600
POLL_SECONDS = 0.001
MILLISECONDS = 1000
LONGEST_SECONDS = 120.0


class Watch:
    """When each complaint was given, answered, and seen on its topic."""

    def __init__(self, here: House) -> None:
        self._here = here
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.given: dict[UUID, float] = {}
        self.answered: dict[UUID, float] = {}
        self.seen: dict[UUID, float] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        subscription = self._here.backend.log.subscribe("bench", (COMPLAINT_EVENTS,))
        while not self._over.wait(POLL_SECONDS):
            for incoming in subscription.poll(1000):
                self.seen.setdefault(UUID(incoming.key), time.perf_counter())

    def give(self) -> None:
        complaint_id = uuid4()
        self.given[complaint_id] = time.perf_counter()
        answer = self._here.submit(complaint_id)
        answer.add_done_callback(lambda _: self.answered.setdefault(complaint_id, time.perf_counter()))

    def wait(self) -> None:
        wait_until(lambda: self.given.keys() <= self.seen.keys(), seconds=LONGEST_SECONDS)

    def forget(self) -> None:
        self.given.clear()


def line(scale: float) -> str:
    count = int(SUBMISSIONS * scale)
    with house() as here, here.running(), Watch(here) as watch:
        full = count / seconds(lambda: _give(watch, count, every=0))
        watch.forget()
        _give(watch, count, every=2 / full)
    answering = _milliseconds(watch.answered[each] - at for each, at in watch.given.items())
    delay = _milliseconds(watch.seen[each] - watch.answered[each] for each in watch.given)
    return (
        f"on the topic {delay[49]:.0f} ms after the answer (p99 {delay[98]:.0f} ms) at {full / 2:.0f} a second:"
        f" {delay[49] / answering[49]:.1f} times the {answering[49]:.0f} ms of the answer"
    )


def _give(watch: Watch, count: int, *, every: float) -> None:
    """Give submissions, one every so many seconds, and wait until all are on the topic."""
    begun = time.perf_counter()
    for number in range(count):
        time.sleep(max(begun + number * every - time.perf_counter(), 0))
        watch.give()
    watch.wait()


def _milliseconds(durations: Iterable[float]) -> list[float]:
    return [MILLISECONDS * each for each in quantiles(durations, n=100)]
