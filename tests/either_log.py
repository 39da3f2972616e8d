"""One suite on both topic logs: a SQLite file, and a real Kafka with topics of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient, OffsetAndMetadata, TopicPartition

from shared.contracts.topics import ALL_TOPICS
from shared.messaging.log import TopicLog
from shared.messaging.sqlite_log import SQLiteLog
from tests.kafka_logs import few_topics, kafka_log, own_prefix


@dataclass(frozen=True)
class EitherLog:
    """`rewind` lets a group whose members have left read everything again."""

    log: TopicLog
    rewind: Callable[[str], None]


def on_sqlite(directory: Path) -> EitherLog:
    log = SQLiteLog(directory / "topics.db", ALL_TOPICS)

    def rewind(group: str) -> None:
        log.subscribe(group, ()).commit(dict.fromkeys(log.ends(), 0))

    return EitherLog(log, rewind)


def on_kafka(bootstrap: str) -> EitherLog:
    prefix = own_prefix()
    log = kafka_log(bootstrap, prefix, few_topics())
    log.create_topics()

    def rewind(group: str) -> None:
        begins = {TopicPartition(prefix + at.topic, at.number): OffsetAndMetadata(0, "", -1) for at in log.ends()}
        with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
            admin.alter_group_offsets(prefix + group, begins)

    return EitherLog(log, rewind)
