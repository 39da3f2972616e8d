"""An installation with a history behind it, taken apart: what is derived beside what is replayed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.embedded import Embedded, compose
from shared.eventstore.application import EventSourced
from shared.eventstore.store import RecordedEvent, Store
from shared.runtime.backends import Backend
from shared.runtime.settings import Settings
from tests.clock import StandingClock
from tests.conftest import Running
from tests.waiting import wait_until

PROMISE = {"kind": "refund", "due_on": "2025-10-10", "amount": {"amount": "500.00", "currency": "CNY"}}
RESOLUTION = {"decision": "upheld", "reason": "error-confirmed", "explanation": "已查明原因", "remedies": [PROMISE]}
NEVER_ENDING = 1_000_000


def live_through(running: Running) -> dict[str, Any]:
    """Let complaints of several kinds happen; return the one that is still open."""
    app, anna, root = running.api.as_app("u-1"), running.api.as_handler(), running.api.as_staff("administrator", "root")
    solved = app.submit(complainant={"name": "王小明", "email": "xiaoming@example.com"}, preferred_medium="email")
    anna.command(solved, "assign", {"handler_id": "anna"})
    anna.command(solved, "answer", {"text": "我们正在调查", "kind": "interim", "medium": "email"})
    app.command(solved, "follow-up", {"text": "商家说已经退款"})
    anna.decide(solved, "resolve", RESOLUTION)
    app.command(solved, "accept-resolution")
    running.settle()
    root.decide(solved, "erase-personal-data", {"reason": "person-request"})
    stolen = running.api.as_app("u-2").submit(category="account.takeover", description="我的账户被盗了")
    running.api.as_staff("service", "payments-ledger").command(stolen, "confirm-freeze")
    waiting = running.api.as_app("u-3").submit(description="提现三天了还在审核", preferred_medium="letter")
    anna.command(waiting, "request-information", {"items": ["bank-record"], "text": "请提供银行记录"})
    running.settle()
    running.clock.advance(hours=2)
    settle_clocks(running)
    return waiting


def settle_clocks(running: Running) -> None:
    """Wait until every clock that is due has fired, and everybody has heard of it."""
    due = running.embedded.escalation.due_clocks.due
    wait_until(lambda: not due(running.clock(), 1), what="the clocks to fire")
    running.settle()


class Taken:
    """An installation that does not run: its services on a directory, to be looked at and replayed."""

    def __init__(self, settings: Settings, clock: StandingClock) -> None:
        self.backend = Backend(settings, clock, clock.steady)
        self.embedded: Embedded = compose(self.backend, serve=False)

    def store(self, name: str) -> Store:
        return self.application(name).store

    def application(self, name: str) -> EventSourced:
        services = (self.embedded.intake, self.embedded.escalation, self.embedded.notifier)
        return next(service.application for service in services if service.application.name == name)

    def events(self, name: str) -> list[RecordedEvent]:
        return list(self.store(name).follow(0, NEVER_ENDING))

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """Every row of a table, in an order of its own."""
        with self.store(name.partition("_")[0]).read() as reader:
            return sorted((tuple(row.values()) for row in reader.execute(f"SELECT * FROM {name}")), key=repr)

    def close(self) -> None:
        self.embedded.process.stop()


def stop(running: Running) -> None:
    running.embedded.process.stop()
    running.backend.release_directory()


@contextmanager
def taken(running: Running) -> Iterator[Taken]:
    """What a stopped installation has left."""
    left = Taken(running.backend.settings, running.clock)
    try:
        yield left
    finally:
        left.close()


def lose(directory: Path, name: str) -> None:
    """Delete the database of one service."""
    for file in directory.glob(f"{name}.db*"):
        file.unlink()


def pause(running: Running, name: str) -> None:
    """Stop one role while everything else goes on."""
    services = (running.embedded.intake, running.embedded.escalation, running.embedded.notifier)
    role = next(role for service in services for role in service.roles if role.name == name)
    role.stopping.set()
    wait_until(lambda: not running.embedded.process.health()[name], what=f"{name} to end")


def wait_until_published(running: Running) -> None:
    """Wait until everything that was recorded is on its topic."""
    wait_until(lambda: all(_is_published(store) for store in running.stores), what="everything to be published")


def _is_published(store: Store) -> bool:
    with store.read() as reader:
        position = int(reader.execute(f"SELECT position FROM {store.application}_relay")[0]["position"])
    return not store.follow(position, 1)
