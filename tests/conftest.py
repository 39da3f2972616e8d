"""What every suite shares: a running installation in this process, with a clock that tests move."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.dependencies import models as dependency_models

from services.embedded import Embedded, compose
from services.tables import TABLES
from shared.access.principals import Principal
from shared.contracts.topics import READ_BY
from shared.eventstore.store import Store
from shared.runtime.backends import Backend, development_settings
from shared.runtime.process import leave_out_of_collections
from shared.runtime.settings import Settings
from tests import kafka_broker, s3_server
from tests.builders import NOW
from tests.client import Client
from tests.clock import StandingClock
from tests.network import answers, free_port
from tests.postgres import Database, Server, serving
from tests.waiting import wait_until

TOKEN_LIFE = timedelta(days=3650)


@dataclass
class Running:
    """One installation, served on a port of its own."""

    backend: Backend
    embedded: Embedded
    clock: StandingClock
    url: str

    @property
    def api(self) -> Client:
        return Client(self.url, self.sign)

    def sign(self, principal: Principal) -> str:
        return self.backend.signer.sign(principal, TOKEN_LIFE)

    def settle(self) -> None:
        """Wait until every fact was applied by everybody who reads it, and every due notification was sent."""
        seen: list[object] = []

        def settled() -> bool:
            before = self._fingerprint()
            quiet = self._nothing_to_do()
            seen.append(before)
            return quiet and before == self._fingerprint() == seen[-2 if len(seen) > 1 else -1]

        wait_until(settled, what="the services to settle")

    @property
    def stores(self) -> list[Store]:
        services = (self.embedded.intake, self.embedded.escalation, self.embedded.notifier)
        return [service.application.store for service in services]

    def _fingerprint(self) -> object:
        recorded = [store.recorder.max_notification_id() for store in self.stores]
        return recorded, self.backend.log.ends()

    def _nothing_to_do(self) -> bool:
        published = all(not store.follow(_relay_position(store), 1) for store in self.stores)
        sent = not self.embedded.notifier.queue.due(self.clock(), 1)
        return published and sent and _nothing_behind(self.backend)


def _relay_position(store: Store) -> int:
    with store.read() as reader:
        return int(reader.execute(f"SELECT position FROM {store.application}_relay")[0]["position"])


def _nothing_behind(backend: Backend) -> bool:
    ends = backend.log.ends()
    for topic, groups in READ_BY.items():
        for group in groups:
            committed = backend.log.committed(group)
            if any(ends[each] > committed.get(each, 0) for each in ends if each.topic == topic):
                return False
    return True


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The PostgreSQL server of this run, started when the first test asks for it."""
    with serving() as server:
        yield server


@pytest.fixture
def database(postgres: Server) -> Iterator[Database]:
    """An empty database of the test's own."""
    made = postgres.database()
    yield made
    postgres.drop(made)


@pytest.fixture
def on_postgres(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Installations that a test makes, here or in processes, keep their events in a database of the test's own."""
    stand_on(database, monkeypatch)
    return database


def stand_on(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    backend = Backend(Settings())
    for application, schemas in TABLES.items():
        backend.migrate(application, schemas)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--stores", choices=("sqlite", "postgres"), default="sqlite", help="what installations stand on")


def pytest_collection_finish() -> None:
    leave_out_of_collections()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("stores") == "postgres":
        for item in items:
            if item.get_closest_marker("on_files"):
                item.add_marker(pytest.mark.skip(reason="stands on files of its own"))


@pytest.fixture(scope="module", autouse=True)
def _stores_of_module(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.config.getoption("stores") == "sqlite":
        yield
        return
    server: Server = request.getfixturevalue("postgres")
    database = server.database()
    with pytest.MonkeyPatch.context() as monkeypatch:
        stand_on(database, monkeypatch)
        yield
    server.drop(database)


@pytest.fixture(autouse=True)
def _stores_of_test(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("stores") == "postgres":
        request.getfixturevalue("on_postgres")


@contextmanager
def running_installation(
    data_dir: Path, *, now: datetime = NOW, made: type[Backend] = Backend, **settings: Any
) -> Iterator[Running]:
    """A whole installation in this process, served, and stopped at the end."""
    values = {"data_dir": data_dir, "port": free_port(), "ticker_poll_ms": 20, **settings}
    clock = StandingClock(now)
    backend = made(development_settings(Settings(**values)), clock, clock.steady)
    backend.take_directory()
    backend.log.create_topics()
    running = Running(backend, compose(backend), clock, f"http://127.0.0.1:{values['port']}")
    running.embedded.process.start()
    try:
        wait_until(lambda: answers(running.url), seconds=60, what="the API to answer")
        yield running
    finally:
        running.embedded.process.stop()
        backend.release_directory()
        _forget_served()


def _forget_served() -> None:
    """FastAPI remembers every function that it was given, and by them whole installations."""
    for remembered in vars(dependency_models).values():
        if hasattr(remembered, "cache_clear"):
            remembered.cache_clear()


StartInstallation = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartInstallation]:
    """Start installations; each is stopped when the test ends."""
    with ExitStack() as started:

        def begin(data_dir: Path | None = None, **chosen: Any) -> Running:
            return started.enter_context(running_installation(data_dir or tmp_path / "data", **chosen))

        yield begin


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of a real broker; many tests share it, each with a prefix of its own."""
    if kafka_broker.way() is None:
        pytest.skip("no Kafka: neither RECOURSE_TEST_KAFKA, nor Docker, nor Java and Maven")
    with kafka_broker.some_broker() as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def s3() -> Iterator[s3_server.S3Server]:
    """A server that speaks S3; many tests share it, each with a bucket of its own."""
    if s3_server.way() is None:
        pytest.skip("no S3: neither RECOURSE_TEST_S3, nor Java and Maven")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in s3_server.CREDENTIALS.items():
            monkeypatch.setenv(name, os.environ.get(name, value))
        with s3_server.some_server() as server:
            yield server


@pytest.fixture
def running(start: StartInstallation) -> Running:
    return start()
