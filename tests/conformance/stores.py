"""Every implementation of the store, each on a database of the test's own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.eventstore.postgres import PostgresStore
from shared.eventstore.postgres_migration import migrate
from shared.eventstore.sqlite import SQLiteStore
from shared.eventstore.store import Schema, Store
from tests.clock import StandingClock
from tests.postgres import PATIENT, Database
from tests.services.unreliable import UnreliableStore

OpenStore = Callable[[], Store]
NOTES = Schema(
    "notes",
    (
        """CREATE TABLE IF NOT EXISTS {app}_notes (
            number BIGINT PRIMARY KEY, at TIMESTAMPTZ, done BOOLEAN, content BYTEA, amount TEXT)""",
    ),
)


@dataclass(frozen=True)
class Place:
    """Where a test may put a database of its own."""

    directory: Path
    clock: StandingClock
    request: pytest.FixtureRequest


def _sqlite(place: Place) -> OpenStore:
    return lambda: SQLiteStore(place.directory / "shop.db", "shop", place.clock)


def _postgres(place: Place) -> OpenStore:
    database: Database = place.request.getfixturevalue("database")

    def begin() -> Store:
        migrate(database.owner_url, database.role, "shop", NOTES)
        return PostgresStore(database.url, "shop", now=place.clock, limits=PATIENT)

    return begin


def _behind_a_line(place: Place) -> OpenStore:
    return lambda: UnreliableStore(_sqlite(place)())


IMPLEMENTATIONS: dict[str, Callable[[Place], OpenStore]] = {
    "sqlite": _sqlite,
    "sqlite, behind a line": _behind_a_line,
    "postgres": _postgres,
}
