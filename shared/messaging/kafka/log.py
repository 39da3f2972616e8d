"""The topic log of several processes: Apache Kafka."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from shared.contracts.topics import Topic
from shared.messaging.kafka.access import KafkaAccess
from shared.messaging.kafka.cluster import Cluster
from shared.messaging.kafka.producer import Producer
from shared.messaging.kafka.subscription import KafkaSubscription, read
from shared.messaging.log import (
    Incoming,
    LogUnavailableError,
    Outgoing,
    Partition,
    TopicLog,
    UnknownTopicError,
    require_known,
)


class KafkaLog(TopicLog):
    """Clients are made when they are needed first, so that a service starts while its broker is away."""

    def __init__(self, access: KafkaAccess, topics: Iterable[Topic]) -> None:
        self._access = access
        self._topics = {topic.name: topic for topic in topics}
        self._cluster = Cluster(access, self._topics)
        self._producer = Producer(access)
        self._is_doubtful = True

    def append(self, messages: Sequence[Outgoing]) -> int:
        """After a failure a broker must answer first: what is sent to nobody takes seconds to be given up."""
        require_known(messages, self._topics)
        if self._is_doubtful and messages:
            self._cluster.require()
        try:
            safe = self._producer.send(messages)
        except LogUnavailableError:
            self._is_doubtful = True
            raise
        self._is_doubtful = safe < len(messages)
        return safe

    def subscribe(self, group: str, topics: Sequence[str]) -> KafkaSubscription:
        self._require_topics(topics)
        return KafkaSubscription(self._access, group, topics)

    def read(self, topics: Sequence[str]) -> Iterator[Incoming]:
        self._require_topics(topics)
        names = dict.fromkeys(topics)
        return read(
            self._access,
            [Partition(name, number) for name in names for number in range(self._topics[name].partitions)],
        )

    def ends(self) -> dict[Partition, int]:
        return self._cluster.ends()

    def committed(self, group: str) -> dict[Partition, int]:
        return self._cluster.committed(group)

    def begin_at(self, group: str, next_offsets: Mapping[Partition, int]) -> None:
        self._cluster.begin_at(group, next_offsets)

    def create_topics(self, replication: int | None = None) -> list[str]:
        return self._cluster.create_topics(replication)

    def differences(self) -> list[str]:
        return self._cluster.differences()

    def close(self) -> None:
        self._producer.close()
        self._cluster.close()

    def _require_topics(self, topics: Sequence[str]) -> None:
        for name in topics:
            if name not in self._topics:
                raise UnknownTopicError(name)
