"""Three brokers, three copies: the leader is killed under load, copies are missing, and nothing counted is lost."""

from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from shared.messaging.kafka.access import KafkaAccess
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import LogUnavailableError
from tests.faults.test_kafka_away import EVENTS, TOPICS, Sending, append, message, require_everything
from tests.kafka_broker import JvmBroker, has_jvm, jvm_cluster
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(not has_jvm(), reason="stops brokers of its own: needs Java and Maven")


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[JvmBroker]]:
    brokers = jvm_cluster(tmp_path_factory.mktemp("cluster"))
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
    leader = _leader(brokers)
    leader.kill()
    before = sending.safe
    wait_until(lambda: sending.safe > before + 500, seconds=90, what="a new leader")
    safe = sending.stop()
    leader.start()
    require_everything(log, safe)


def test_what_too_few_brokers_would_keep_is_refused_until_they_are_back(
    log: KafkaLog, brokers: list[JvmBroker]
) -> None:
    bootstrap = [broker.bootstrap for broker in brokers]
    with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
        every_copy = {"min.insync.replicas": str(len(brokers))}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, EVENTS, configs=every_copy)])
    wait_until(lambda: append(log, message(0)), seconds=60, what="a message while all are there")
    brokers[-1].kill()
    safe = 1
    with pytest.raises(LogUnavailableError):  # noqa: PT012 - the first ones may be taken before the absence is known
        while True:
            safe += log.append([message(safe)])
    brokers[-1].start()
    wait_until(lambda: append(log, message(safe)), seconds=60, what="a message after the return")
    require_everything(log, safe + 1)
