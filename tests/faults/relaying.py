"""A relay in a process of its own that sends itself a signal at a point: `URL BOOTSTRAP PREFIX POINT COUNT SIGNAL`."""

import signal
import sys
import threading
from datetime import timedelta

from services.intake.publishing import publisher
from services.intake.views.complaint_list import ComplaintList
from shared.eventstore.postgres import PostgresStore
from shared.messaging.lease import Lease
from shared.messaging.log import TopicLog
from shared.messaging.relay import Relay
from tests.faults.killing import KillingLog
from tests.kafka_logs import few_topics, kafka_log
from tests.postgres import PATIENT

TURN = timedelta(seconds=2)


def relay_of(store: PostgresStore, log: TopicLog, holder: str) -> Relay:
    """Intake's relay, with turns that are short enough to wait for."""
    lease = Lease(store, "relay", holder, TURN)
    return Relay(store, log, publisher("intake", ComplaintList(store)), lease, poll_seconds=0.02)


def main(url: str, bootstrap: str, prefix: str, point: str, count: str, number: str) -> None:
    log = KillingLog(kafka_log(bootstrap, prefix, few_topics()), point, int(count), signal.Signals[number])
    relay_of(PostgresStore(url, "intake", limits=PATIENT), log, "victim").run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
