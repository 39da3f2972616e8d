"""A consumer in a process of its own, on the store that other members share; a test kills it."""

import sys
import threading
from pathlib import Path

from shared.contracts.topics import COMPLAINT_EVENTS
from tests.builders import NOW
from tests.clock import StandingClock
from tests.kafka_logs import few_topics, kafka_log
from tests.services.reading import Reading


def main() -> None:
    directory, bootstrap, prefix = sys.argv[1:]
    log = kafka_log(bootstrap, prefix, few_topics())
    reading = Reading(Path(directory), StandingClock(NOW), log, topics=(COMPLAINT_EVENTS,))
    reading.consumer.run(threading.Event())


if __name__ == "__main__":
    main()
