"""A move that kills itself with SIGKILL at one point: `RECOURSE_KILL_AT=append:2`, or `write:7` of a store."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from typing_extensions import override

from services import moving
from services.opening import named
from shared.eventstore.store import Store, Transaction
from shared.messaging.log import TopicLog
from shared.runtime.backends import Backend
from tests.forwarding import ForwardingLog
from tests.services.unreliable import UnreliableStore

calls: Counter[str] = Counter()


def reach(call: str) -> None:
    """Count a call; the one that the environment names is the last thing this process does."""
    calls[call] += 1
    if f"{call}:{calls[call]}" == os.environ["RECOURSE_KILL_AT"]:
        os.kill(os.getpid(), signal.SIGKILL)


class KillingLog(ForwardingLog):
    @override
    def before(self, call: str) -> None:
        reach(call)


class KillingStore(UnreliableStore):
    """Ends the process when everything of a change is written and nothing is committed."""

    @override
    @contextmanager
    def write(self) -> Iterator[Transaction]:
        with super().write() as transaction:
            yield transaction
            reach("write")


class KillingBackend(Backend):
    @cached_property
    def log(self) -> TopicLog:
        return KillingLog(super().log)

    @override
    def store(self, application: str) -> Store:
        return KillingStore(super().store(application))


def main() -> None:
    target = named(database_timeout_ms=60_000).settings
    source = Backend(target.model_copy(update={"database_url": None, "kafka_bootstrap": ""}))
    source.lock_directory()
    moving.Moving(source, KillingBackend(target)).carry(lambda _: None)


if __name__ == "__main__":
    main()
