"""What is asked of the cluster itself: its topics, where they end, how far groups have come."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, OffsetAndMetadata, OffsetSpec, TopicPartition
from kafka.admin import ConfigFilterType, ConfigResource, ConfigResourceType
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NoError,
    NotCoordinatorError,
)

from shared.contracts.topics import Topic
from shared.messaging.kafka.access import KafkaAccess, connect, reaching_brokers
from shared.messaging.kafka.topics import Found, configuration, difference
from shared.messaging.log import Partition, TopicsDifferError

MOST_REPLICAS = 3
ELECTING = (CoordinatorNotAvailableError, NotCoordinatorError, CoordinatorLoadInProgressError)
ELECTION_SECONDS = 5.0
AGAIN_SECONDS = 0.1


class Cluster:
    """Questions of many threads are asked one after another."""

    def __init__(self, access: KafkaAccess, topics: Mapping[str, Topic]) -> None:
        self._access = access
        self._topics = topics
        self._client: KafkaAdminClient | None = None
        self._asking = threading.Lock()

    def require(self) -> None:
        """Raise LogUnavailableError, soon, where no broker answers."""
        self._ask(lambda client: client.describe_cluster())

    def ends(self) -> dict[Partition, int]:
        latest = {
            TopicPartition(self._access.prefix + topic.name, number): OffsetSpec.LATEST
            for topic in self._topics.values()
            for number in range(topic.partitions)
        }
        found = self._ask(lambda client: client.list_partition_offsets(latest))
        return {self._partition(at): end.offset for at, end in sorted(found.items())}

    def committed(self, group: str) -> dict[Partition, int]:
        name = self._access.prefix + group
        found = self._ask(lambda client: client.list_group_offsets({name: None}))[name]
        return {self._partition(at): stored.offset for at, stored in found.items() if stored.offset >= 0}

    def begin_at(self, group: str, next_offsets: Mapping[Partition, int]) -> None:
        offsets = {
            TopicPartition(self._access.prefix + at.topic, at.number): OffsetAndMetadata(offset, "", -1)
            for at, offset in next_offsets.items()
        }
        self._ask(lambda client: _begin_at(client, self._access.prefix + group, offsets))

    def create_topics(self, replication: int | None) -> list[str]:
        found = self._found()
        missing = [topic for topic in self._topics.values() if topic.name not in found]
        if differ := self._differences({**found, **dict.fromkeys(each.name for each in missing)}, ignore=missing):
            raise TopicsDifferError("\n".join(differ))
        if missing:
            copies = replication or min(MOST_REPLICAS, self._brokers())
            wanted = {self._access.prefix + topic.name: _wanted(topic, copies) for topic in missing}
            self._ask(lambda client: client.create_topics(wanted, wait_for_metadata=True))
        return [self._access.prefix + topic.name for topic in missing]

    def differences(self) -> list[str]:
        return self._differences(self._found())

    def _differences(self, found: Mapping[str, Found | None], ignore: Sequence[Topic] = ()) -> list[str]:
        bootstrap = ",".join(self._access.bootstrap)
        return [
            said
            for topic in self._topics.values()
            if topic not in ignore
            for said in difference(topic, self._access.prefix + topic.name, found.get(topic.name), bootstrap)
        ]

    def _found(self) -> dict[str, Found]:
        """The topics that exist, by our name for them."""
        names = [self._access.prefix + topic for topic in self._topics]
        described = [each for each in self._ask(lambda client: client.describe_topics(names)) if not each["error_code"]]
        settings = self._settings([each["name"] for each in described])
        return {
            each["name"].removeprefix(self._access.prefix): Found(
                len(each["partitions"]), len(each["partitions"][0]["replica_nodes"]), settings[each["name"]]
            )
            for each in described
        }

    def _settings(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        answer = self._ask(lambda client: client.describe_configs(resources, config_filter=ConfigFilterType.ALL))
        return {
            name: {each: setting["value"] for each, setting in found.items()} for name, found in answer["topic"].items()
        }

    def _brokers(self) -> int:
        return len(self._ask(lambda client: client.describe_cluster())["brokers"])

    def _partition(self, at: TopicPartition) -> Partition:
        return Partition(at.topic.removeprefix(self._access.prefix), at.partition)

    def _ask(self, question: Callable[[KafkaAdminClient], Any]) -> Any:
        with self._asking:
            if self._client is None:
                self._client, _ = connect(KafkaAdminClient, self._options())
            with reaching_brokers():
                return _answer(question, self._client)

    def _options(self) -> dict[str, Any]:
        """This client always measures itself; it has no switch for that."""
        return {name: value for name, value in self._access.options().items() if name != "metrics_enabled"}

    def close(self) -> None:
        with self._asking:
            client, self._client = self._client, None
        if client:
            client.close()


def _begin_at(client: KafkaAdminClient, group: str, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
    """Raise what the library only returns, of each partition; a group that is made by this is elected a coordinator."""
    for error in client.alter_group_offsets(group, offsets).values():
        if error is not NoError:
            raise error


def _answer(question: Callable[[KafkaAdminClient], Any], client: KafkaAdminClient) -> Any:
    """Ask again while the cluster elects who answers, as it does for the very first group."""
    deadline = time.monotonic() + ELECTION_SECONDS
    while True:
        try:
            return question(client)
        except ELECTING:
            if time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_SECONDS)


def _wanted(topic: Topic, copies: int) -> dict[str, Any]:
    return {
        "num_partitions": topic.partitions,
        "replication_factor": copies,
        "configs": configuration(topic, copies),
    }
