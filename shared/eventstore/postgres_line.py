"""Whether the database answers: once it does not, everybody hears so at once, and one thread asks until it does."""

import logging
import threading
from collections.abc import Callable
from enum import Enum, auto

from eventsourcing.persistence import OperationalError

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.1


class _State(Enum):
    UP = auto()
    DOUBTED = auto()
    AWAY = auto()


class Line:
    """`ask` raises where the database does not answer; `recovered` is called before anybody is let through again."""

    def __init__(self, ask: Callable[[], None], recovered: Callable[[], None], *, patience_seconds: float) -> None:
        self._ask = ask
        self._recovered = recovered
        self._patience_seconds = patience_seconds
        self._changed = threading.Condition()
        self._state = _State.UP
        self._closed = threading.Event()

    def require(self) -> None:
        """Return at once while the database answers; raises OperationalError while it does not.

        After a first failure the caller waits a moment: most often one connection broke, and not the database.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._state != _State.DOUBTED, self._patience_seconds):
                self._state = _State.AWAY
            if self._state == _State.AWAY:
                raise OperationalError("the database does not answer; it is asked again until it does")

    def doubt(self) -> None:
        """A connection broke or could not be had: find out whether that is so of all."""
        with self._changed:
            if self._state != _State.UP or self._closed.is_set():
                return
            self._state = _State.DOUBTED
        threading.Thread(target=self._ask_until_answered, name="database-line", daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def _ask_until_answered(self) -> None:
        while not self._closed.is_set() and not self._is_answered():
            self._closed.wait(PAUSE_SECONDS)

    def _is_answered(self) -> bool:
        try:
            self._ask()
            self._recovered()
        except Exception as error:  # noqa: BLE001 - whatever it is, the database cannot be used
            self._turn(_State.AWAY)
            logger.warning("the database does not answer: %s", error)
            return False
        self._turn(_State.UP)
        return True

    def _turn(self, state: _State) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()
