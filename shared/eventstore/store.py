"""The port to one service's database: its events, and every row that must commit with them."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

Row = Mapping[str, Any]
Parameters = Mapping[str, object]

CREATED = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\{app\}_\w+)")


class StaleError(Exception):
    """Something changed between decision and append: decide again."""


class SchemaMismatchError(Exception):
    """The tables of a database are not those of this release; says which, and what to do."""


class Reader(Protocol):
    """A consistent snapshot; every statement is SQL that SQLite and PostgreSQL both take, with `:named` parameters."""

    def execute(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]: ...

    def scan(self, sql: str) -> Iterator[Row]:
        """Yield the rows of one query, which may be more than memory holds; nothing else is asked meanwhile."""


class Transaction(Reader, Protocol):
    """One atomic change, made under the write lock of the store.

    The error of a statement that answers nothing may come with a later one, but before the commit.
    """

    @property
    def recorded_at(self) -> datetime:
        """The time of everything recorded here: from the database, after that of every earlier change."""

    def versions(self, stream_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """Return the current version of each of these streams, 0 where it has none."""

    def version(self, stream_id: UUID) -> int:
        return self.versions([stream_id])[stream_id]

    def append(self, events: Sequence[StoredEvent]) -> Sequence[int]:
        """Append events and return their notification ids; raises IntegrityError where a version is taken."""

    def scrub(self) -> None:
        """Let no file of the database hold what is deleted here, as soon as its readers and its own vacuum permit."""

    def restore(self, events: Sequence["RecordedEvent"]) -> None:
        """Put back events at their own places, with the times at which they were recorded first."""


class Contraction(str):
    """A statement that takes away what an earlier release needs: one that does not know it refuses to start."""

    __slots__ = ()


@dataclass(frozen=True)
class Schema:
    """The tables of one part of a service: statements that each database takes once, in this order.

    A statement that was released is never edited; a change is a further statement at the end. `{app}`
    stands for the service's name. A statement only adds, so that the release before it works on: tables,
    indexes, columns that may be absent. What takes away is a Contraction, one release after nobody needs it.
    """

    name: str
    statements: tuple[str, ...]

    def tables(self, application: str) -> list[str]:
        """The names of the tables that these statements make."""
        made = (CREATED.match(statement) for statement in self.statements)
        return [each[1].format(app=application) for each in made if each]


class Store(Protocol):
    """Raises the errors of `eventsourcing.persistence`: OperationalError and InterfaceError mean try again later."""

    @property
    def application(self) -> str: ...

    @property
    def recorder(self) -> ApplicationRecorder: ...

    def read(self) -> AbstractContextManager[Reader]: ...

    def reading_together(self) -> AbstractContextManager[None]:
        """What this thread reads in here it may read from one snapshot, where each by itself is dear."""

    def write(self) -> AbstractContextManager[Transaction]: ...

    def stream(self, stream_id: UUID, *, up_to: int | None = None) -> Sequence["RecordedEvent"]:
        """Return the events of one stream in order, up to a version."""

    def streams(self, stream_ids: Collection[UUID]) -> Mapping[UUID, Sequence["RecordedEvent"]]:
        """Return the events of each of these streams in order, in one query; an empty stream has none."""

    def follow(self, position: int, limit: int) -> Sequence["RecordedEvent"]:
        """Return what was recorded after a notification id, in that order, `limit` at most."""

    def prepare(self, *schemas: Schema) -> None:
        """Make sure that the tables are those of this release: all that the service has, in one call.

        A store that owns its database makes what is missing; another raises SchemaMismatchError.
        """

    def close(self) -> None: ...


@dataclass(frozen=True)
class RecordedEvent(StoredEvent):
    """A stored event with its place: `recorded_at` and the notification id."""

    recorded_at: datetime
    position: int


def by_stream(stream_ids: Iterable[UUID], events: Iterable[RecordedEvent]) -> dict[UUID, list[RecordedEvent]]:
    """Give each of these streams its own of many events."""
    found: dict[UUID, list[RecordedEvent]] = {stream_id: [] for stream_id in stream_ids}
    for event in events:
        found[UUID(str(event.originator_id))].append(event)
    return found
