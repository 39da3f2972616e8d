"""An installation that kills itself with SIGKILL at one point of the walk: `RECOURSE_KILL_AT=before-publish:3`."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from typing_extensions import override

from services.embedded import compose
from shared.messaging.log import Incoming, Outgoing, Partition, Subscription, TopicLog
from shared.runtime import logs
from shared.runtime.backends import Backend, development_settings
from shared.runtime.settings import Settings

BEFORE_PUBLISH = "before-publish"
AFTER_PUBLISH = "after-publish"
BEFORE_OFFSET = "before-offset"


class KillingLog(TopicLog):
    """The real log; the n-th call of one kind ends the process before or after it is done."""

    def __init__(self, log: TopicLog, point: str, calls_left: int) -> None:
        self._log = log
        self._point = point
        self._calls_left = calls_left

    def reach(self, point: str) -> None:
        if point == self._point:
            self._calls_left -= 1
            if self._calls_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    @override
    def append(self, messages: Sequence[Outgoing]) -> int:
        self.reach(BEFORE_PUBLISH)
        safe = self._log.append(messages)
        self.reach(AFTER_PUBLISH)
        return safe

    @override
    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        return KillingSubscription(self._log.subscribe(group, topics), self)

    @override
    def read(self, topics: Sequence[str]) -> Iterator[Incoming]:
        return self._log.read(topics)

    @override
    def ends(self) -> Mapping[Partition, int]:
        return self._log.ends()

    @override
    def committed(self, group: str) -> Mapping[Partition, int]:
        return self._log.committed(group)

    @override
    def create_topics(self, replication: int | None = None) -> Sequence[str]:
        return self._log.create_topics(replication)

    @override
    def differences(self) -> Sequence[str]:
        return self._log.differences()

    @override
    def close(self) -> None:
        self._log.close()


class KillingSubscription(Subscription):
    """Ends the process when effects are recorded and the offset is not."""

    def __init__(self, subscription: Subscription, log: KillingLog) -> None:
        self._subscription = subscription
        self._log = log

    @override
    def poll(self, limit: int) -> Sequence[Incoming]:
        return self._subscription.poll(limit)

    @override
    def taken_away(self) -> set[Partition]:
        return self._subscription.taken_away()

    @override
    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        self._log.reach(BEFORE_OFFSET)
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


class KillingBackend(Backend):
    @cached_property
    def log(self) -> TopicLog:
        point, _, count = os.environ["RECOURSE_KILL_AT"].partition(":")
        return KillingLog(super().log, point, int(count))


def main() -> int:
    settings = Settings()
    logs.configure(level=settings.log_level, as_json=settings.log_json)
    backend = KillingBackend(development_settings(settings))
    backend.take_directory()
    return compose(backend).process.run()


if __name__ == "__main__":
    sys.exit(main())
