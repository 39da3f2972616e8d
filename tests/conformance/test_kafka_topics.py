"""Topics that would lose or mix up messages are refused, with the words that mend them."""

from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient
from kafka.admin import AlterConfigOp, ConfigResource, ConfigResourceType

from shared.contracts.topics import Topic
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import LogUnavailableError, TopicsDifferError
from shared.runtime.backends import require_topics
from tests.kafka_logs import kafka_log, own_prefix
from tests.waiting import wait_until

EVENTS, STATE = "shop.events.v1", "shop.state.v1"
TOPICS = (Topic(EVENTS, "shop", "", partitions=3), Topic(STATE, "shop", "", compacted=True, partitions=2))


@pytest.fixture
def prefix() -> str:
    return own_prefix()


@pytest.fixture
def log(kafka: str, prefix: str) -> Iterator[KafkaLog]:
    log = kafka_log(kafka, prefix, TOPICS)
    yield log
    log.close()


@pytest.fixture
def admin(kafka: str) -> Iterator[KafkaAdminClient]:
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        yield admin


def test_topics_are_made_once_and_then_are_as_they_must_be(log: KafkaLog, prefix: str) -> None:
    assert len(log.differences()) == 2
    assert log.create_topics() == [prefix + EVENTS, prefix + STATE]
    assert log.create_topics() == []
    assert log.differences() == []
    require_topics(log)


def test_only_what_is_missing_is_made(kafka: str, log: KafkaLog, prefix: str) -> None:
    one = kafka_log(kafka, prefix, TOPICS[:1])
    one.create_topics()
    one.close()
    assert log.create_topics() == [prefix + STATE]


def test_a_process_refuses_to_start_where_a_topic_is_missing(log: KafkaLog) -> None:
    with pytest.raises(TopicsDifferError, match="recourse topics create"):
        require_topics(log)


def test_a_topic_that_forgets_is_refused_with_the_command_that_mends_it(
    log: KafkaLog, prefix: str, admin: KafkaAdminClient
) -> None:
    log.create_topics()
    wrong = {"retention.ms": (AlterConfigOp.SET, "604800000"), "cleanup.policy": (AlterConfigOp.SET, "compact")}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, prefix + EVENTS, wrong)])
    wait_until(log.differences, what="the configuration to be there")
    with pytest.raises(TopicsDifferError) as refused:
        log.create_topics()
    assert "retention.ms=604800000" in str(refused.value)
    assert f"--entity-name {prefix}{EVENTS} --add-config" in str(refused.value)
    assert "cleanup.policy=delete" in str(refused.value)


def test_a_topic_with_another_number_of_partitions_is_refused(
    log: KafkaLog, prefix: str, admin: KafkaAdminClient
) -> None:
    log.create_topics()
    admin.create_partitions({prefix + EVENTS: 5})
    wait_until(log.differences, what="the partitions to be there")
    with pytest.raises(TopicsDifferError, match="has 5 partitions, not 3"):
        require_topics(log)


def test_a_service_starts_while_the_broker_is_away() -> None:
    log = kafka_log("127.0.0.1:1", "", TOPICS)
    require_topics(log)
    with pytest.raises(LogUnavailableError):
        log.create_topics()
    log.close()
