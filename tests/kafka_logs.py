"""Topic logs on a real Kafka, each with topics and groups of its own."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from shared.contracts.topics import ALL_TOPICS, Topic
from shared.messaging.kafka.access import KafkaAccess
from shared.messaging.kafka.log import KafkaLog

FEW = 2
"""Partitions of a topic: hundreds of tests share one broker, and each makes every topic."""


def few_topics() -> list[Topic]:
    return [replace(topic, partitions=FEW) for topic in ALL_TOPICS]


def own_prefix() -> str:
    return f"test-{uuid4().hex[:8]}."


def kafka_log(bootstrap: str, prefix: str, topics: Iterable[Topic], **limits: Any) -> KafkaLog:
    return KafkaLog(KafkaAccess(bootstrap=(bootstrap,), prefix=prefix, **limits), topics)
