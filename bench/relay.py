"""How fast a relay brings events from a store to Kafka, beside what its producer does alone in the same run.

It starts a broker of its own; RECOURSE_TEST_KAFKA names another.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from shared.contracts.topics import ALL_TOPICS, COMPLAINT_EVENTS
from shared.messaging.facts import publish
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import Outgoing
from shared.messaging.relay import MOST_EVENTS, Relay
from tests.builders import NOW
from tests.clock import StandingClock
from tests.kafka_broker import some_broker, way
from tests.kafka_logs import kafka_log, own_prefix
from tests.services.archive import Archive, lease_of, opened

COMPLAINTS = 10_000


def line(scale: float) -> str:
    with (
        tempfile.TemporaryDirectory() as directory,
        some_broker() as bootstrap,
        opened(Path(directory), StandingClock(NOW)) as archive,
    ):
        archive.begin()
        events = _fill(archive, int(COMPLAINTS * scale))
        log = kafka_log(bootstrap, own_prefix(), ALL_TOPICS)
        log.create_topics()
        log.append([Outgoing(COMPLAINT_EVENTS, "warm", (), b"")])
        relay = Relay(
            archive.store, log, lambda stored: [publish(stored, "intake")], lease_of(archive.store), poll_seconds=0.01
        )
        relayed = _rate(events, lambda: _drain(relay))
        pages = _pages(archive)
        alone = _rate(events, lambda: _send(log, pages))
        log.close()
    beside = f"the producer alone {alone:,.0f} records/s"
    return f"{relayed:,.0f} events/s to Kafka ({way()}), {relayed / alone:.2f} of {beside}, {events} events"


def _fill(archive: Archive, complaints: int) -> int:
    for begin in range(0, complaints, 500):
        given = [archive.give(archive.submit(uuid4())) for _ in range(begin, min(begin + 500, complaints))]
        for answer in given:
            answer.result()
    return archive.store.recorder.max_notification_id() or 0


def _drain(relay: Relay) -> None:
    while relay.round():
        pass


def _pages(archive: Archive) -> list[list[Outgoing]]:
    """The same messages, translated before the producer's clock starts."""
    last = archive.store.recorder.max_notification_id() or 0
    return [
        [publish(stored, "intake") for stored in archive.store.follow(position, MOST_EVENTS)]
        for position in range(0, last, MOST_EVENTS)
    ]


def _send(log: KafkaLog, pages: list[list[Outgoing]]) -> None:
    for page in pages:
        left = page
        while left:
            left = left[log.append(left) :]


def _rate(events: int, work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return events / (time.perf_counter() - begun)
