"""One schema of a PostgreSQL database per service: an event table that only grows, and the rows that commit with it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, ProgrammingError, StoredEvent, Subscription
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import Cursor
from psycopg.rows import DictRow
from typing_extensions import override

from shared.eventstore.migrations import STEPS, steps_missing, steps_of, steps_taken
from shared.eventstore.portable_sql import answers, for_psycopg
from shared.eventstore.postgres_connections import Datastore, Limits
from shared.eventstore.store import (
    Parameters,
    Reader,
    RecordedEvent,
    Row,
    Schema,
    SchemaMismatchError,
    Store,
    Transaction,
    by_stream,
)

Now = Callable[[], datetime]

MOST_UNSENT = 500

EVENTS = Schema(
    "events",
    (
        """CREATE TABLE {app}_events (
            originator_id UUID NOT NULL, originator_version BIGINT NOT NULL, topic TEXT NOT NULL,
            state BYTEA NOT NULL, recorded_at TIMESTAMPTZ NOT NULL, notification_id BIGINT NOT NULL,
            PRIMARY KEY (originator_id, originator_version))""",
        "CREATE UNIQUE INDEX {app}_events_in_order ON {app}_events (notification_id)",
        """CREATE FUNCTION {app}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
        """CREATE TRIGGER {app}_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {app}_events
            FOR EACH STATEMENT EXECUTE FUNCTION {app}_refuse_change()""",
        "ALTER TABLE {app}_events ENABLE ALWAYS TRIGGER {app}_events_append_only",
        "CREATE TABLE {app}_time (id INTEGER PRIMARY KEY, recorded_at TIMESTAMPTZ NOT NULL)",
        "INSERT INTO {app}_time VALUES (1, 'epoch')",
    ),
)


class EventRecorder(PostgresApplicationRecorder):
    """The library's recorder on our table: each event has its time, and its id under a lock that needs no right.

    The library locks the table, which an insert-only role may not and which waits behind VACUUM; and it
    tries everything ten times, which makes callers wait for minutes.
    """

    def __init__(self, datastore: Datastore, application: str, now: Now | None) -> None:
        super().__init__(datastore, events_table_name=f"{application}_events")
        self._ours = datastore
        self._now = now
        self._time_table_name = f"{application}_time"

    select_events = PostgresApplicationRecorder.select_events.__wrapped__
    select_notifications = PostgresApplicationRecorder.select_notifications.__wrapped__
    max_notification_id = PostgresApplicationRecorder.max_notification_id.__wrapped__

    @override
    def create_table(self) -> None:
        raise NotImplementedError("the owner of the database makes the tables: `recourse migrate`")

    @override
    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        raise NotImplementedError("what was recorded is followed by position")

    @override
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        with self._ours.writing() as connection, connection.cursor() as cursor:
            self.lock(cursor)
            return self.insert(cursor, stored_events, self.take_time(cursor))

    def lock(self, cursor: Cursor[DictRow]) -> None:
        """Wait until no other process writes for this service; the end of the transaction gives the lock back."""
        name = f"{self._ours.schema}.{self.events_table_name}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

    def take_time(self, cursor: Cursor[DictRow]) -> datetime:
        """Return the time of this transaction, from the database's clock, always after the last one."""
        sql = f"""UPDATE {self._time_table_name} SET recorded_at =
            greatest(coalesce(:now, clock_timestamp()), recorded_at + interval '1 microsecond') RETURNING recorded_at"""
        cursor.execute(for_psycopg(sql), {"now": self._now() if self._now else None})
        (row,) = cursor.fetchall()
        taken: datetime = row["recorded_at"]
        return taken

    def insert(self, cursor: Cursor[DictRow], events: Sequence[StoredEvent], recorded_at: datetime) -> list[int]:
        """Append under the lock; ids follow the last without a gap, so that a hole in them means something."""
        table = self.events_table_name
        sql = f"""INSERT INTO {table} (originator_id, originator_version, topic, state, recorded_at, notification_id)
            SELECT id, version, topic, state, :recorded_at, last + place
            FROM unnest(:ids::uuid[], :versions::bigint[], :topics::text[], :states::bytea[])
                WITH ORDINALITY AS e (id, version, topic, state, place),
                (SELECT coalesce(max(notification_id), 0) AS last FROM {table}) AS before
            RETURNING notification_id"""
        parameters = {
            "recorded_at": recorded_at,
            "ids": [event.originator_id for event in events],
            "versions": [event.originator_version for event in events],
            "topics": [event.topic for event in events],
            "states": [event.state for event in events],
        }
        cursor.execute(for_psycopg(sql), parameters)
        return sorted(row["notification_id"] for row in cursor.fetchall())

    def insert_back(self, cursor: Cursor[DictRow], events: Sequence[RecordedEvent]) -> None:
        """Put events at their own places; no later change is given an earlier time."""
        sql = f"""INSERT INTO {self.events_table_name}
            (originator_id, originator_version, topic, state, recorded_at, notification_id)
            VALUES (:originator_id, :originator_version, :topic, :state, :recorded_at, :position)"""
        cursor.executemany(for_psycopg(sql), [vars(event) for event in events])
        sql = f"UPDATE {self._time_table_name} SET recorded_at = greatest(recorded_at, :recorded_at)"
        cursor.execute(for_psycopg(sql), {"recorded_at": max(event.recorded_at for event in events)})


class PostgresReader(Reader):
    def __init__(self, cursor: Cursor[DictRow]) -> None:
        self._cursor = cursor

    @override
    def execute(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        self._cursor.execute(for_psycopg(sql), dict(parameters or {}))
        return self._cursor.fetchall() if self._cursor.description else []

    @override
    def scan(self, sql: str) -> Iterator[Row]:
        yield from self._cursor.stream(for_psycopg(sql))


class PostgresWriting(PostgresReader, Transaction):
    """Statements that answer nothing are sent many at a time, and before any that answers.

    They wait here and not in an open pipeline: in the middle of one the server knows of no idle transaction,
    and a client that the network has cut off would keep the write lock.
    """

    def __init__(self, cursor: Cursor[DictRow], recorder: EventRecorder) -> None:
        super().__init__(cursor)
        self._recorder = recorder
        self._recorded_at: datetime | None = None
        self._unsent: list[tuple[str, Parameters]] = []

    @override
    def execute(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        if answers(sql):
            self.send()
            return super().execute(sql, parameters)
        self._unsent.append((sql, dict(parameters or {})))
        if len(self._unsent) >= MOST_UNSENT:
            self.send()
        return []

    @override
    def scan(self, sql: str) -> Iterator[Row]:
        self.send()
        return super().scan(sql)

    def send(self) -> None:
        unsent, self._unsent = self._unsent, []
        if unsent:
            with self._cursor.connection.pipeline():
                for sql, alike in groupby(unsent, key=itemgetter(0)):
                    self._cursor.connection.cursor().executemany(for_psycopg(sql), [each for _, each in alike])

    @property
    @override
    def recorded_at(self) -> datetime:
        if self._recorded_at is None:
            self._recorded_at = self._recorder.take_time(self._cursor)
        return self._recorded_at

    @override
    def versions(self, stream_ids: Collection[UUID]) -> Mapping[UUID, int]:
        newest = f"SELECT max(originator_version) FROM {self._recorder.events_table_name} WHERE originator_id = id"
        sql = f"SELECT id, coalesce(({newest}), 0) AS version FROM unnest(:ids::uuid[]) AS id"
        return {row["id"]: row["version"] for row in self.execute(sql, {"ids": list(stream_ids)})}

    @override
    def append(self, events: Sequence[StoredEvent]) -> Sequence[int]:
        return self._recorder.insert(self._cursor, events, self.recorded_at)

    @override
    def scrub(self) -> None:
        """The vacuum of PostgreSQL does it; old pages stand in its log and in backups until they are recycled."""

    @override
    def restore(self, events: Sequence[RecordedEvent]) -> None:
        self._recorder.insert_back(self._cursor, events)


class PostgresStore(Store):
    """The store of several processes; `now` stands in for the clock of the database, in tests."""

    def __init__(self, url: str, application: str, *, now: Now | None = None, limits: Limits | None = None) -> None:
        self._application = application
        self._datastore = Datastore(url, application, limits or Limits())
        self._recorder = EventRecorder(self._datastore, application, now)

    @property
    @override
    def application(self) -> str:
        return self._application

    @property
    @override
    def recorder(self) -> EventRecorder:
        return self._recorder

    @override
    @contextmanager
    def read(self) -> Iterator[Reader]:
        with self._datastore.reading() as connection:
            yield PostgresReader(connection.cursor())

    @override
    def reading_together(self) -> AbstractContextManager[None]:
        return self._datastore.reading_together()

    @override
    @contextmanager
    def write(self) -> Iterator[Transaction]:
        with self._datastore.writing() as connection, connection.cursor() as cursor:
            self._recorder.lock(cursor)
            writing = PostgresWriting(cursor, self._recorder)
            yield writing
            writing.send()

    @override
    def stream(self, stream_id: UUID, *, up_to: int | None = None) -> list[RecordedEvent]:
        bound = "" if up_to is None else "AND originator_version <= :up_to"
        condition = f"WHERE originator_id = :id {bound} ORDER BY originator_version"
        return self._select(condition, {"id": stream_id, "up_to": up_to})

    @override
    def streams(self, stream_ids: Collection[UUID]) -> dict[UUID, list[RecordedEvent]]:
        condition = "WHERE originator_id = ANY(:ids) ORDER BY originator_id, originator_version"
        return by_stream(stream_ids, self._select(condition, {"ids": list(stream_ids)}))

    @override
    def follow(self, position: int, limit: int) -> list[RecordedEvent]:
        condition = "WHERE notification_id > :position ORDER BY notification_id LIMIT :limit"
        return self._select(condition, {"position": position, "limit": limit})

    def _select(self, condition: str, parameters: Parameters) -> list[RecordedEvent]:
        with self.read() as reader:
            rows = reader.execute(f"SELECT * FROM {self._recorder.events_table_name} {condition}", parameters)
        return [_recorded(row) for row in rows]

    @override
    def prepare(self, *schemas: Schema) -> None:
        """Check what the owner of the database has made: this role may change no table."""
        self._datastore.open()
        try:
            with self.read() as reader:
                taken = steps_taken(reader, self._application)
        except ProgrammingError as error:
            raise _behind(self._application, "it has none") from error
        missing = steps_missing(self._application, steps_of(self._application, (STEPS, EVENTS, *schemas)), taken)
        if missing:
            parts = ", ".join(dict.fromkeys(step.part for step in missing))
            raise _behind(self._application, f"{parts} must be brought up to date")

    @override
    def close(self) -> None:
        self._datastore.close()


def _behind(application: str, what: str) -> SchemaMismatchError:
    return SchemaMismatchError(f"the tables of {application} are not those of this release ({what}): recourse migrate")


def _recorded(row: Row) -> RecordedEvent:
    return RecordedEvent(
        originator_id=row["originator_id"],
        originator_version=row["originator_version"],
        topic=row["topic"],
        state=row["state"],
        recorded_at=row["recorded_at"],
        position=row["notification_id"],
    )
