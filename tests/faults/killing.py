"""An installation that kills itself with SIGKILL at one point of the walk: `RECOURSE_KILL_AT=before-publish:3`."""

import os
import signal
import sys
from collections.abc import Sequence
from functools import cached_property

from typing_extensions import override

from services.embedded import compose
from shared.messaging.log import Outgoing, TopicLog
from shared.runtime import logs
from shared.runtime.backends import Backend, development_settings
from shared.runtime.settings import Settings
from tests.forwarding import ForwardingLog

BEFORE_PUBLISH = "before-publish"
AFTER_PUBLISH = "after-publish"
BEFORE_OFFSET = "before-offset"


POINT_BEFORE = {"append": BEFORE_PUBLISH, "commit": BEFORE_OFFSET}


class KillingLog(ForwardingLog):
    """The real log; the n-th call of one kind ends, or stops, the process before or after it is done."""

    def __init__(self, log: TopicLog, point: str, calls_left: int, number: signal.Signals = signal.SIGKILL) -> None:
        super().__init__(log)
        self._point = point
        self._calls_left = calls_left
        self._number = number

    @override
    def before(self, call: str) -> None:
        self._reach(POINT_BEFORE.get(call, ""))

    @override
    def append(self, messages: Sequence[Outgoing]) -> int:
        safe = super().append(messages)
        self._reach(AFTER_PUBLISH)
        return safe

    def _reach(self, point: str) -> None:
        if point == self._point:
            self._calls_left -= 1
            if self._calls_left == 0:
                os.kill(os.getpid(), self._number)


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
