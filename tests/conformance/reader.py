"""A member of a group, which knows when it has read everything."""

from collections.abc import Sequence

from shared.messaging.log import Incoming, Partition, TopicLog
from tests.waiting import wait_until


class Reader:
    def __init__(self, log: TopicLog, group: str, topics: Sequence[str]) -> None:
        self._log = log
        self._topics = topics
        self._reached = dict(log.committed(group))
        self.subscription = log.subscribe(group, topics)

    def drain(self, *, but: Partition | None = None) -> list[Incoming]:
        """Read on to the ends of all partitions but one."""
        ends = {at: end for at, end in self._log.ends().items() if at.topic in self._topics and at != but}
        read: list[Incoming] = []

        def is_done() -> bool:
            for each in self.subscription.poll(7):
                read.append(each)
                self._reached[each.partition] = each.offset + 1
            return all(self._reached.get(at, 0) >= end for at, end in ends.items())

        wait_until(is_done, seconds=60, what="everything to be read")
        return read
