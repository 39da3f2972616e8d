"""The broker is away, hangs, or comes back: the log says so soon and loses nothing that it counted."""

import signal
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from shared.contracts.topics import Topic
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import Incoming, LogUnavailableError, Outgoing, Subscription
from tests.kafka_broker import JvmBroker, has_jvm, jvm_broker
from tests.kafka_logs import kafka_log
from tests.waiting import wait_until

EVENTS = "shop.events.v1"
TOPICS = (Topic(EVENTS, "shop", "", partitions=4),)
GIVE_UP_SECONDS = 15.0
SOON_SECONDS = 4.0

pytestmark = pytest.mark.skipif(not has_jvm(), reason="stops brokers of its own: needs Java and Maven")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[JvmBroker]:
    broker = jvm_broker(tmp_path / "kafka")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def log(broker: JvmBroker) -> Iterator[KafkaLog]:
    log = kafka_log(broker.bootstrap, "", TOPICS)
    log.create_topics()
    yield log
    log.close()


def message(number: int) -> Outgoing:
    return Outgoing(EVENTS, f"k{number % 7}", (), str(number).encode())


def is_back(broker: JvmBroker, prefix: str = "", topics: Iterable[Topic] = TOPICS) -> bool:
    fresh = kafka_log(broker.bootstrap, prefix, topics)
    try:
        return bool(fresh.ends())
    except LogUnavailableError:
        return False
    finally:
        fresh.close()


class Sending:
    """Appends numbered messages as a relay does: again from the first that was not counted."""

    def __init__(self, log: KafkaLog) -> None:
        self._log = log
        self._stop = threading.Event()
        self.safe = 0
        self.refused = 0
        self._thread = threading.Thread(target=self._run, name="sending")
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.safe += self._log.append([message(self.safe + each) for each in range(20)])
            except LogUnavailableError:
                self.refused += 1

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return self.safe


def numbers(read: list[Incoming], key: str) -> list[int]:
    return [int(each.value) for each in read if each.key == key]


def require_everything(log: KafkaLog, safe: int) -> None:
    """Everything counted is there, and of each key the first copies are in order."""
    read = list(log.read((EVENTS,)))
    assert {int(each.value) for each in read} >= set(range(safe))
    for key in {each.key for each in read}:
        first = list(dict.fromkeys(numbers(read, key)))
        assert first == sorted(first)


@pytest.mark.parametrize("end", [JvmBroker.stop, JvmBroker.kill])
def test_a_broker_that_goes_and_comes_back_under_load_loses_nothing(log: KafkaLog, broker: JvmBroker, end) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - a method of the broker
    sending = Sending(log)
    wait_until(lambda: sending.safe > 100, seconds=60, what="some messages")
    end(broker)
    wait_until(lambda: sending.refused > 1, seconds=GIVE_UP_SECONDS, what="the absence to be known")
    broker.start()
    wait_until(lambda: is_back(broker), seconds=60, what="the broker to answer somebody new")
    back, before = time.monotonic(), sending.safe
    wait_until(lambda: sending.safe > before, seconds=30, what="the producer to be back")
    took = time.monotonic() - back
    require_everything(log, sending.stop())
    assert took < SOON_SECONDS


def test_a_broker_that_does_not_answer_is_given_up_within_seconds(log: KafkaLog, broker: JvmBroker) -> None:
    log.append([message(0)])
    broker.send(signal.SIGSTOP)
    try:
        for most in (GIVE_UP_SECONDS, SOON_SECONDS):
            begun = time.monotonic()
            with pytest.raises(LogUnavailableError):
                log.append([message(1)])
            assert time.monotonic() - begun < most
    finally:
        broker.send(signal.SIGCONT)
    sending = Sending(log)
    wait_until(lambda: sending.safe > 20, seconds=30, what="messages after the pause")
    require_everything(log, sending.stop())


def test_every_question_to_a_broker_that_is_away_is_answered_soon(log: KafkaLog, broker: JvmBroker) -> None:
    log.append([message(0)])
    broker.stop()
    for ask in (log.ends, lambda: log.committed("g"), lambda: log.subscribe("g", (EVENTS,)), log.differences):
        begun = time.monotonic()
        with pytest.raises(LogUnavailableError):
            ask()
        assert time.monotonic() - begun < SOON_SECONDS
    with pytest.raises(LogUnavailableError):
        list(log.read((EVENTS,)))


def append(log: KafkaLog, sent: Outgoing) -> bool:
    try:
        return log.append([sent]) == 1
    except LogUnavailableError:
        return False


def _read_on(subscription: Subscription, read: list[Incoming], count: int) -> bool:
    try:
        read.extend(subscription.poll(100))
    except LogUnavailableError:
        return False
    return len(read) >= count


def test_a_member_says_that_the_broker_is_away_and_goes_on_where_it_was(log: KafkaLog, broker: JvmBroker) -> None:
    log.append([message(number) for number in range(10)])
    subscription, read = log.subscribe("reader", (EVENTS,)), list[Incoming]()
    wait_until(lambda: _read_on(subscription, read, 10), seconds=30, what="the first messages")
    broker.kill()
    away: list[LogUnavailableError] = []

    def is_away() -> bool:
        try:
            subscription.poll(1)
            subscription.commit({read[0].partition: read[0].offset + 1})
        except LogUnavailableError as error:
            away.append(error)
        return bool(away)

    wait_until(is_away, seconds=GIVE_UP_SECONDS, what="the absence to be known")
    broker.start()
    wait_until(lambda: is_back(broker), seconds=60, what="the broker to answer somebody new")
    wait_until(lambda: append(log, message(10)), seconds=30, what="another message")
    wait_until(lambda: _read_on(subscription, read, 11), seconds=60, what="the message after the outage")
    assert [int(each.value) for each in read[10:]] == [10]
    subscription.close()
