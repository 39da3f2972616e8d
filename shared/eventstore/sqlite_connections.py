"""Connections to SQLite: they know instants, lock when they begin to write, and tell the time of the next change."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from eventsourcing.persistence import InterfaceError, OperationalError
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)

Now = Callable[[], datetime]

TICK = timedelta(microseconds=1)


class ImmediateTransaction(SQLiteTransaction):
    """Takes the write lock when it begins, so that no writer fails half way because its snapshot is old."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        return cursor


class Connection(SQLiteConnection):
    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with ImmediateTransaction(self, commit=commit) as cursor, cursor:
            yield cursor


SWITCH_SECONDS = 5.0
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "recursive_triggers=ON",  # without it INSERT OR REPLACE deletes past the trigger that refuses to
)


class ConnectionPool(SQLiteConnectionPool):
    """Connections that know instants, overwrite what is deleted, and tell the time of the next change."""

    def __init__(self, *, db_name: str, now: Now) -> None:
        self._now = now
        super().__init__(db_name=db_name, lock_timeout=10, pool_size=8, max_overflow=24, pool_timeout=10)

    def _create_connection(self) -> SQLiteConnection:
        try:
            return Connection(self._connect(), max_age=None)
        except sqlite3.Error as error:
            raise InterfaceError(error) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.db_name,
            isolation_level=None,
            check_same_thread=False,
            detect_types=sqlite3.PARSE_DECLTYPES,
            timeout=self.lock_timeout or 0,
        )
        for pragma in PRAGMAS:
            _set(connection, pragma)
        connection.create_function("recourse_next", 1, self._next)
        connection.row_factory = sqlite3.Row
        return connection

    def _next(self, last: str) -> str:
        """Return the time by the clock, and a tick after the last one where the clock stood or went back."""
        return text(max(self._now(), datetime.fromisoformat(last) + TICK))


def _set(connection: sqlite3.Connection, pragma: str) -> None:
    """Try again for a while: the switch to a write-ahead log does not wait for others who make the same switch."""
    deadline = time.monotonic() + SWITCH_SECONDS
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(SWITCH_SECONDS / 500)
        else:
            return


class Datastore(SQLiteDatastore):
    def __init__(self, db_name: str, now: Now) -> None:
        sqlite3.register_converter("TIMESTAMPTZ", lambda text: datetime.fromisoformat(text.decode()))
        sqlite3.register_converter("BOOLEAN", lambda text: text == b"1")
        self.pool = ConnectionPool(db_name=db_name, now=now)
        self.single_row_tracking = True
        self.originator_id_type = "uuid"


def text(at: datetime) -> str:
    """An instant as it is stored: in UTC and always of one length, so that text compares as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
