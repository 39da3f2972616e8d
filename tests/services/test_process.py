"""One process: its parts stop in order and in time, and nothing is closed under a part that still runs."""

import threading

import pytest

from shared.runtime.process import Process, Role, StopOrder

NO_TIME_SECONDS = 0.2


class Hanging:
    """A part that does not stop when it is asked to, as one that waits for a mail server."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def run(self, _stopping: threading.Event) -> None:
        self.released.wait()


def waits(stopping: threading.Event) -> None:
    stopping.wait()


def test_parts_stop_in_order_and_then_all_is_closed() -> None:
    seen: list[str] = []

    def part(name: str, order: StopOrder) -> Role:
        def run(stopping: threading.Event) -> None:
            stopping.wait()
            seen.append(name)

        return Role(name, run, order)

    roles = [part("writer", StopOrder.WRITERS), part("loop", StopOrder.LOOPS), part("door", StopOrder.DOORS)]
    process = Process(roles, drain_seconds=30, closers=[lambda: seen.append("closed")])
    process.start()
    process.stop()
    assert seen == ["door", "loop", "writer", "closed"]


def test_a_part_that_hangs_holds_nobody_up_and_keeps_what_it_uses() -> None:
    hanging, closed = Hanging(), threading.Event()
    process = Process([Role("hanging", hanging.run)], drain_seconds=NO_TIME_SECONDS, closers=[closed.set])
    process.start()
    process.stop()
    assert not closed.is_set()
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "hanging")
    hanging.released.set()


@pytest.mark.parametrize("is_well", [True, False])
def test_a_part_tells_whether_it_is_well(*, is_well: bool) -> None:
    process = Process([Role("part", waits, is_well=lambda: is_well)], drain_seconds=30, closers=[])
    process.start()
    assert process.health() == {"part": is_well}
    process.stop()
    assert process.health() == {"part": False}
