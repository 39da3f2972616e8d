"""How fast intake's relay brings what was recorded to Kafka, beside its producer alone with the same messages.

It starts a broker of its own; RECOURSE_TEST_KAFKA names another. The two take turns, and the median of each counts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from statistics import median

from bench.house import house, seconds
from services.intake.publishing import publisher
from services.intake.views.complaint_list import ComplaintList
from shared.contracts.topics import ALL_TOPICS, COMPLAINT_EVENTS
from shared.eventstore.store import Store
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import Outgoing
from shared.messaging.relay import MOST_EVENTS, Publish, Relay, mark_published
from tests.kafka_broker import some_broker, way
from tests.kafka_logs import kafka_log, own_prefix
from tests.services.archive import lease_of

COMPLAINTS = 5_000
AT_ONCE = 500
TURNS = 3


def line(scale: float) -> str:
    with house() as here, topics() as log:
        store, publish = here.intake.store, publisher(here.intake.name, ComplaintList(here.intake.store))
        with here.running("intake-writer"):
            for _ in range(max(int(COMPLAINTS * scale) // AT_ONCE, 1)):
                here.submit_at_once(AT_ONCE)
        events, pages = store.recorder.max_notification_id(), list(_pages(store, publish))
        took = [
            (seconds(partial(_relay, store, log, publish)), seconds(partial(_send, log, pages))) for _ in range(TURNS)
        ]
    messages = sum(map(len, pages))
    relayed, alone = (messages / median(each) for each in zip(*took, strict=True))
    return (
        f"{relayed:,.0f} messages/s of {events} events to Kafka ({way()}), {relayed / alone:.2f} of the producer alone"
        f" with {alone:,.0f} messages/s; by turns {', '.join(f'{by / of:.2f}' for of, by in took)}"
    )


@contextmanager
def topics() -> Iterator[KafkaLog]:
    """Topics of their own on a broker, and a producer that is connected."""
    with some_broker() as bootstrap:
        log = kafka_log(bootstrap, own_prefix(), ALL_TOPICS)
        log.create_topics()
        log.append([Outgoing(COMPLAINT_EVENTS, "warm", (), b"")])
        try:
            yield log
        finally:
            log.close()


def _pages(store: Store, publish: Publish) -> Iterator[Sequence[Outgoing]]:
    """The same messages, translated before the producer's clock starts."""
    position = 0
    while events := store.follow(position, MOST_EVENTS):
        yield [message for of_event in publish(events) for message in of_event]
        position = events[-1].position


def _relay(store: Store, log: KafkaLog, publish: Publish) -> None:
    with store.write() as transaction:
        mark_published(transaction, store.application, 0)
    relay = Relay(store, log, publish, lease_of(store), poll_seconds=0.01)
    while relay.round():
        pass


def _send(log: KafkaLog, pages: Sequence[Sequence[Outgoing]]) -> None:
    for page in pages:
        sent = 0
        while sent < len(page):
            sent += log.append(list(islice(page, sent, None)))
