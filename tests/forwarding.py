"""A log before a real one that passes everything on: what a test's own log begins with."""

from collections.abc import Iterator, Mapping, Sequence

from typing_extensions import override

from shared.messaging.log import Incoming, Outgoing, Partition, Subscription, TopicLog


class ForwardingLog(TopicLog):
    """Every call passes `before` with its name first."""

    def __init__(self, log: TopicLog) -> None:
        self._log = log

    def before(self, call: str) -> None:
        """What happens before a call is passed on."""

    @override
    def append(self, messages: Sequence[Outgoing]) -> int:
        self.before("append")
        return self._log.append(messages)

    @override
    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        self.before("subscribe")
        return ForwardingSubscription(self._log.subscribe(group, topics), self)

    @override
    def read(self, topics: Sequence[str]) -> Iterator[Incoming]:
        self.before("read")
        return self._log.read(topics)

    @override
    def ends(self) -> Mapping[Partition, int]:
        self.before("ends")
        return self._log.ends()

    @override
    def committed(self, group: str) -> Mapping[Partition, int]:
        self.before("committed")
        return self._log.committed(group)

    @override
    def begin_at(self, group: str, next_offsets: Mapping[Partition, int]) -> None:
        self.before("begin_at")
        self._log.begin_at(group, next_offsets)

    @override
    def create_topics(self, replication: int | None = None) -> Sequence[str]:
        self.before("create_topics")
        return self._log.create_topics(replication)

    @override
    def differences(self) -> Sequence[str]:
        self.before("differences")
        return self._log.differences()

    @override
    def close(self) -> None:
        self._log.close()


class ForwardingSubscription(Subscription):
    def __init__(self, subscription: Subscription, log: ForwardingLog) -> None:
        self._subscription = subscription
        self._log = log

    @override
    def poll(self, limit: int) -> Sequence[Incoming]:
        self._log.before("poll")
        return self._subscription.poll(limit)

    @override
    def taken_away(self) -> set[Partition]:
        return self._subscription.taken_away()

    @override
    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        self._log.before("commit")
        self._subscription.commit(next_offsets)

    @override
    def pause(self, partition: Partition) -> None:
        self._subscription.pause(partition)

    @override
    def resume(self, partition: Partition) -> None:
        self._subscription.resume(partition)

    @override
    def close(self) -> None:
        self._subscription.close()
