"""One process: its roles run in threads, stop in order, and if one of them dies the process ends."""

import gc
import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from types import FrameType

logger = logging.getLogger(__name__)


class StopOrder(IntEnum):
    """First nobody new is let in, then the loops end, then the writers answer what they accepted."""

    DOORS = 0
    LOOPS = 1
    WRITERS = 2


@dataclass
class Role:
    """One loop of a process; `run` returns soon after the event is set or `stop` was called."""

    name: str
    run: Callable[[threading.Event], None]
    order: StopOrder = StopOrder.LOOPS
    stop: Callable[[], None] = lambda: None
    is_well: Callable[[], bool] = lambda: True
    stopping: threading.Event = field(default_factory=threading.Event)


class Process:
    """Runs roles until a signal comes or a role dies; `closers` run last."""

    def __init__(self, roles: Sequence[Role], *, drain_seconds: float, closers: Sequence[Callable[[], None]]) -> None:
        self._roles = roles
        self._drain_seconds = drain_seconds
        self._closers = closers
        self._over = threading.Event()
        self._died: list[str] = []
        self._threads = {
            role.name: threading.Thread(target=self._guard, args=(role,), name=role.name, daemon=True) for role in roles
        }

    def start(self) -> None:
        for thread in self._threads.values():
            thread.start()

    def run(self) -> int:
        """Start, wait for SIGINT or SIGTERM or the death of a role, drain; return the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        leave_out_of_collections()
        self.start()
        self._over.wait()
        self.stop()
        return 1 if self._died or any(thread.is_alive() for thread in self._threads.values()) else 0

    def stop(self) -> None:
        """Stop the roles in order, within the drain time; nothing is closed that a role still uses."""
        deadline = time.monotonic() + self._drain_seconds
        for order in StopOrder:
            roles = [role for role in self._roles if role.order == order]
            for role in roles:
                role.stopping.set()
                role.stop()
            for role in roles:
                self._join(role, deadline)
        if not any(thread.is_alive() for thread in self._threads.values()):
            for close in self._closers:
                close()

    def health(self) -> dict[str, bool]:
        """Tell of each role whether it runs and is well."""
        return {role.name: self._threads[role.name].is_alive() and role.is_well() for role in self._roles}

    def _join(self, role: Role, deadline: float) -> None:
        thread = self._threads[role.name]
        if thread.ident is not None:
            thread.join(max(deadline - time.monotonic(), 0.1))
        if thread.is_alive():
            logger.error("%s did not stop in time", role.name)

    def _guard(self, role: Role) -> None:
        try:
            role.run(role.stopping)
        except SystemExit:  # a server that finds its port taken has said so
            logger.critical("%s cannot go on", role.name)
        except BaseException:
            logger.exception("%s died", role.name)
        if not role.stopping.is_set():
            self._died.append(role.name)
            self._over.set()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._over.set()


def leave_out_of_collections() -> None:
    """What was made until now stays as long as the process: no collection need look through it again."""
    gc.collect()
    gc.freeze()
