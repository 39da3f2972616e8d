"""A consumer in a process of its own, on the store that other members share; it may send itself a signal."""

import os
import signal
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from typing_extensions import override

from shared.contracts.message import Message
from shared.contracts.topics import COMPLAINT_EVENTS
from shared.eventstore.command import Receipt
from shared.messaging.dispatch import Delivery
from tests.builders import NOW
from tests.clock import StandingClock
from tests.kafka_logs import few_topics, kafka_log
from tests.services.reading import Reading

NEVER = 0
SHORTEST_SESSION_MS = 6_000
"""The least that a broker takes."""


class Interrupted(Reading):
    """Sends its process a signal in the middle of a reaction."""

    def __init__(self, *arguments: Any, reactions_left: int, number: signal.Signals, **named: Any) -> None:
        self._reactions_left = reactions_left
        self._number = number
        super().__init__(*arguments, **named)

    @override
    def _react(self, delivery: Delivery[Message]) -> "Future[Receipt]":
        self._reactions_left -= 1
        if self._reactions_left == 0:
            os.kill(os.getpid(), self._number)
        return super()._react(delivery)


def main() -> None:
    directory, bootstrap, prefix, reactions_left, number = sys.argv[1:]
    log = kafka_log(bootstrap, prefix, few_topics(), session_ms=SHORTEST_SESSION_MS)
    reading = Interrupted(
        Path(directory),
        StandingClock(NOW),
        log,
        topics=(COMPLAINT_EVENTS,),
        reactions_left=int(reactions_left),
        number=signal.Signals[number],
    )
    reading.consumer.run(threading.Event())


if __name__ == "__main__":
    main()
