"""The event sourcing library's own suites, run on our recorders; those have no subscriptions: nothing asks for them."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import eventsourcing.cryptography
import pytest
from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from shared.eventstore.postgres import PostgresStore
from shared.eventstore.postgres_migration import migrate
from shared.eventstore.sqlite import SQLiteStore
from shared.eventstore.store import Store
from tests.builders import COMPLAINT_ID, NOW
from tests.clock import StandingClock
from tests.postgres import PATIENT, Database

# The module of the suites imports the cipher that stands on pycryptodome; its twin stands on what is installed here.
sys.modules.setdefault("eventsourcing.cipher", eventsourcing.cryptography)

from eventsourcing.tests import persistence as suites  # noqa: E402 - only now can it be imported

if TYPE_CHECKING:
    RecorderSuite = suites.ApplicationRecorderTestCase[ApplicationRecorder]
else:
    RecorderSuite = suites.ApplicationRecorderTestCase


PATIENCE_SECONDS = 30


class _OnOurRecorder:
    """Gives a suite of the library a recorder on a database of its own."""

    store: Store

    def create_recorder(self) -> ApplicationRecorder:
        self.store.prepare()
        return self.store.recorder

    def tearDown(self) -> None:
        """The suites tell their readers to stop and do not wait: a store must not be closed under one."""
        for thread in threading.enumerate():
            if thread.name.startswith("Thread-"):
                thread.join(PATIENCE_SECONDS)
        self.store.close()


class _OnSQLite(_OnOurRecorder):
    @pytest.fixture(autouse=True)
    def _open(self, tmp_path: Path) -> None:
        self.store = sqlite(tmp_path)


class _OnPostgres(_OnOurRecorder):
    @pytest.fixture(autouse=True)
    def _open(self, database: Database) -> None:
        self.store = postgres(database)


def sqlite(directory: Path) -> SQLiteStore:
    return SQLiteStore(directory / "shop.db", "shop", StandingClock(NOW))


def postgres(database: Database) -> PostgresStore:
    migrate(database.owner_url, database.role, "shop")
    return PostgresStore(database.url, "shop", now=StandingClock(NOW), limits=PATIENT)


class _WithoutMeasurements(RecorderSuite):
    """The library's measurements cannot fail: they are no tests."""

    test_performance = None  # type: ignore[assignment] # takes an inherited test out of collection
    test_concurrent_throughput = None  # type: ignore[assignment]


class TestSQLiteRecorder(_OnSQLite, _WithoutMeasurements):
    pass


class TestSQLiteNonInterleavingNotificationIds(_OnSQLite, suites.NonInterleavingNotificationIDsBaseCase):
    pass


class TestPostgresRecorder(_OnPostgres, _WithoutMeasurements):
    pass


class TestPostgresNonInterleavingNotificationIds(_OnPostgres, suites.NonInterleavingNotificationIDsBaseCase):
    pass


del RecorderSuite


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("database"))
    opened.prepare()
    yield opened
    opened.close()


def test_the_recorder_says_that_it_has_no_subscriptions(store: Store) -> None:
    with pytest.raises(NotImplementedError):
        store.recorder.subscribe()


def test_what_the_library_inserts_has_a_recorded_time_like_everything_else(store: Store) -> None:
    store.recorder.insert_events([StoredEvent(COMPLAINT_ID, 1, "shop.sold", b"{}")])
    (stored,) = store.follow(0, 10)
    assert stored.recorded_at > NOW
