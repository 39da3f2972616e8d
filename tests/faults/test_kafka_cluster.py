"""Three brokers, three copies: the leader is killed under load, and nothing that was counted is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from shared.messaging.kafka.access import KafkaAccess
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import LogUnavailableError
from tests.faults.test_kafka_away import EVENTS, TOPICS, Sending, require_everything
from tests.kafka_broker import JvmBroker, jvm_cluster, way
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(way() is None, reason="no Kafka: neither Docker nor Java and Maven")


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[list[JvmBroker]]:
    brokers = jvm_cluster(tmp_path)
    for broker in brokers:
        broker.launch()
    yield brokers
    for broker in brokers:
        broker.kill()


@pytest.fixture
def log(brokers: list[JvmBroker]) -> Iterator[KafkaLog]:
    log = KafkaLog(KafkaAccess(bootstrap=tuple(broker.bootstrap for broker in brokers)), TOPICS)
    wait_until(lambda: _has_topics(log), seconds=120, what="three brokers")
    yield log
    log.close()


def _has_topics(log: KafkaLog) -> bool:
    try:
        log.create_topics(replication=3)
    except LogUnavailableError:
        return False
    return True


def _leader(brokers: list[JvmBroker]) -> JvmBroker:
    with KafkaAdminClient(bootstrap_servers=[broker.bootstrap for broker in brokers]) as admin:
        (topic,) = admin.describe_topics([EVENTS])
    node_id: int = topic["partitions"][0]["leader_id"]
    return brokers[node_id - 1]


def test_the_leader_killed_under_load_loses_nothing(log: KafkaLog, brokers: list[JvmBroker]) -> None:
    assert log.differences() == []
    sending = Sending(log)
    wait_until(lambda: sending.safe > 100, seconds=60, what="some messages")
    _leader(brokers).kill()
    before = sending.safe
    wait_until(lambda: sending.safe > before + 500, seconds=90, what="a new leader")
    require_everything(log, sending.stop())
