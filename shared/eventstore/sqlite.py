"""One SQLite file per service: an event table that only grows, and the rows that commit with it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteCursor,
    SQLiteDatastore,
)

from shared.eventstore.migrations import STEPS, STEPS_TABLE, steps_missing, steps_of, steps_taken, take_steps
from shared.eventstore.portable_sql import one_of
from shared.eventstore.sqlite_connections import Datastore, Now, text
from shared.eventstore.store import (
    Parameters,
    Reader,
    RecordedEvent,
    Row,
    Schema,
    Store,
    Transaction,
    by_stream,
)

REFUSE = "BEGIN SELECT RAISE(ABORT, '{app}_events is append-only'); END"

EVENTS = Schema(
    "events",
    (
        """CREATE TABLE IF NOT EXISTS {app}_events (
            originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB,
            recorded_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (originator_id, originator_version))""",
        "CREATE TRIGGER IF NOT EXISTS {app}_events_no_update BEFORE UPDATE ON {app}_events " + REFUSE,
        "CREATE TRIGGER IF NOT EXISTS {app}_events_no_delete BEFORE DELETE ON {app}_events " + REFUSE,
        "CREATE TABLE IF NOT EXISTS {app}_time (id INTEGER PRIMARY KEY, recorded_at TIMESTAMPTZ NOT NULL)",
        "INSERT INTO {app}_time VALUES (1, '1970-01-01T00:00:00.000000+00:00') ON CONFLICT DO NOTHING",
    ),
)


class EventRecorder(SQLiteApplicationRecorder):
    """The library's recorder with `recorded_at` beside each event, and triggers that refuse change."""

    def __init__(self, datastore: SQLiteDatastore, application: str) -> None:
        self.time_table_name = f"{application}_time"
        super().__init__(datastore, events_table_name=f"{application}_events")

    def take_time(self, c: SQLiteCursor) -> datetime:
        """Return the time of this transaction, from the database's clock, always after the last one."""
        c.execute(f"UPDATE {self.time_table_name} SET recorded_at = recourse_next(recorded_at)")
        c.execute(f"SELECT recorded_at FROM {self.time_table_name}")
        taken: datetime = c.fetchone()["recorded_at"]
        return taken

    def _insert_events(self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        recorded_at = kwargs.get("recorded_at") or self.take_time(c)
        columns = "originator_id, originator_version, topic, state, recorded_at"
        statement = f"INSERT INTO {self.events_table_name} ({columns}) VALUES (?,?,?,?,?)"
        positions = []
        for event in stored_events:
            key = _hex(event.originator_id)
            c.execute(statement, (key, event.originator_version, event.topic, event.state, text(recorded_at)))
            positions.append(c.lastrowid)
        return positions


def _scrub(connection: SQLiteConnection) -> bool:
    """Empty the write-ahead log, which holds old pages; tell whether readers let it happen."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return bool(cursor.fetchone()["busy"] == 0)


class SQLiteReader(Reader):
    def __init__(self, cursor: SQLiteCursor) -> None:
        self._cursor = cursor

    def execute(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        values = {
            name: text(value) if isinstance(value, datetime) else value for name, value in (parameters or {}).items()
        }
        self._cursor.execute(sql, values)
        return [dict(row) for row in self._cursor.fetchall()]

    def scan(self, sql: str) -> Iterator[Row]:
        self._cursor.execute(sql)
        while (row := self._cursor.fetchone()) is not None:
            yield dict(row)


class SQLiteWriting(SQLiteReader, Transaction):
    def __init__(self, cursor: SQLiteCursor, recorder: EventRecorder) -> None:
        super().__init__(cursor)
        self._recorder = recorder
        self._recorded_at: datetime | None = None
        self.is_to_scrub = False

    @property
    def recorded_at(self) -> datetime:
        if self._recorded_at is None:
            self._recorded_at = self._recorder.take_time(self._cursor)
        return self._recorded_at

    def versions(self, stream_ids: Collection[UUID]) -> dict[UUID, int]:
        sql = f"SELECT max(originator_version) AS version FROM {self._recorder.events_table_name}"
        newest = f"{sql} WHERE originator_id = :id"
        return {each: int(self.execute(newest, {"id": each.hex})[0]["version"] or 0) for each in stream_ids}

    def append(self, events: Sequence[StoredEvent]) -> Sequence[int]:
        return self._recorder._insert_events(self._cursor, events, recorded_at=self.recorded_at)  # noqa: SLF001

    def scrub(self) -> None:
        self.is_to_scrub = True

    def restore(self, events: Sequence[RecordedEvent]) -> None:
        for event in events:
            self._restore(event)

    def _restore(self, event: RecordedEvent) -> None:
        columns = "rowid, originator_id, originator_version, topic, state, recorded_at"
        self.execute(
            f"INSERT INTO {self._recorder.events_table_name} ({columns})"
            " VALUES (:position, :id, :version, :topic, :state, :recorded_at)",
            {
                "position": event.position,
                "id": _hex(event.originator_id),
                "version": event.originator_version,
                "topic": event.topic,
                "state": event.state,
                "recorded_at": event.recorded_at,
            },
        )
        self.execute(
            f"UPDATE {self._recorder.time_table_name} SET recorded_at = max(recorded_at, :recorded_at)",
            {"recorded_at": event.recorded_at},
        )


class SQLiteStore(Store):
    """The store of the embedded mode; `now` is its database clock."""

    def __init__(self, file: Path, application: str, now: Now) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._application = application
        self._datastore = Datastore(str(file), now)
        self._recorder = EventRecorder(self._datastore, application)
        self._is_to_scrub = False

    @property
    def application(self) -> str:
        return self._application

    @property
    def recorder(self) -> EventRecorder:
        return self._recorder

    @contextmanager
    def read(self) -> Iterator[Reader]:
        with self._datastore.transaction(commit=False) as cursor:
            yield SQLiteReader(cursor)

    def reading_together(self) -> AbstractContextManager[None]:
        return nullcontext()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        with self._datastore.get_connection(commit=True) as connection:
            with connection.transaction(commit=True) as cursor:
                writing = SQLiteWriting(cursor, self._recorder)
                yield writing
            self._is_to_scrub |= writing.is_to_scrub
            if self._is_to_scrub:
                self._is_to_scrub = not _scrub(connection)

    def stream(self, stream_id: UUID, *, up_to: int | None = None) -> list[RecordedEvent]:
        bound = "" if up_to is None else "AND originator_version <= :up_to"
        return self._select(
            f"WHERE originator_id = :id {bound} ORDER BY originator_version", {"id": stream_id.hex, "up_to": up_to}
        )

    def streams(self, stream_ids: Collection[UUID]) -> dict[UUID, list[RecordedEvent]]:
        listed, parameters = one_of("id", (stream_id.hex for stream_id in stream_ids))
        condition = f"WHERE originator_id IN {listed} ORDER BY originator_id, originator_version"
        return by_stream(stream_ids, self._select(condition, parameters))

    def follow(self, position: int, limit: int) -> list[RecordedEvent]:
        return self._select(
            "WHERE rowid > :position ORDER BY rowid LIMIT :limit", {"position": position, "limit": limit}
        )

    def _select(self, condition: str, parameters: Parameters) -> list[RecordedEvent]:
        with self.read() as reader:
            sql = f"SELECT rowid, * FROM {self._application}_events {condition}"
            return [_recorded(row) for row in reader.execute(sql, parameters)]

    def prepare(self, *schemas: Schema) -> None:
        steps = steps_of(self._application, (STEPS, EVENTS, *schemas))
        with self.write() as transaction:
            transaction.execute(STEPS_TABLE.format(app=self._application))
            taken = steps_taken(transaction, self._application)
            take_steps(transaction, self._application, steps_missing(self._application, steps, taken))

    def close(self) -> None:
        self._datastore.close()


def _recorded(row: Row) -> RecordedEvent:
    return RecordedEvent(
        originator_id=UUID(row["originator_id"]),
        originator_version=row["originator_version"],
        topic=row["topic"],
        state=row["state"],
        recorded_at=row["recorded_at"],
        position=row["rowid"],
    )


def _hex(originator_id: UUID | str) -> str:
    return originator_id.hex if isinstance(originator_id, UUID) else originator_id
