"""Carries the database of a service to another one as it is, and says where the two differ.

What is carried is whole or not there: one transaction for each service, and a mark that keeps others from serving it
before the last one is done.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain, islice
from typing import TypeVar

from shared.eventstore.rebuild import PAGE, all_events
from shared.eventstore.store import Reader, Row, Schema, Store, Transaction

T = TypeVar("T")

MOVE = Schema(
    "move",
    ("CREATE TABLE IF NOT EXISTS {app}_move (id INTEGER PRIMARY KEY, move_id TEXT NOT NULL, state TEXT NOT NULL)",),
)
ROWS = 200
"""So many rows are written with one statement."""

RowsOf = Callable[[Reader, str], Iterator[Row]]
"""The rows of a table as they are to stand in the new place."""


class MoveState(StrEnum):
    BEGUN = "begun"
    CARRIED = "carried"
    DONE = "done"


class HalfMovedError(Exception):
    """An installation is on its way into this database; `recourse move` again ends it, and only then it can run."""


def require_whole(store: Store) -> None:
    """Raise HalfMovedError where a move into this database is not done."""
    mark = mark_of(store)
    if mark and mark[1] != MoveState.DONE:
        raise HalfMovedError


def mark_of(store: Store) -> tuple[str, MoveState] | None:
    """The id of the move that filled this store, and how far it came."""
    with store.read() as reader:
        rows = reader.execute(f"SELECT move_id, state FROM {store.application}_move")
    return (rows[0]["move_id"], MoveState(rows[0]["state"])) if rows else None


def mark(transaction: Transaction, application: str, move_id: str, state: MoveState) -> None:
    transaction.execute(
        f"INSERT INTO {application}_move (id, move_id, state) VALUES (1, :move_id, :state)"
        " ON CONFLICT (id) DO UPDATE SET move_id = excluded.move_id, state = excluded.state",
        {"move_id": move_id, "state": state},
    )


def tables_of(application: str, schemas: Iterable[Schema]) -> list[str]:
    """The tables beside the events that belong to what was recorded, and not to the processes that run."""
    left = {f"{application}_leases", f"{application}_move"}
    tables = chain.from_iterable(schema.tables(application) for schema in schemas)
    return [table for table in tables if table not in left]


def count_rows(store: Store, tables: Iterable[str]) -> dict[str, int]:
    with store.read() as reader:
        return {table: _count(reader, table) for table in tables}


def _count(reader: Reader, table: str) -> int:
    return int(reader.execute(f"SELECT count(*) AS rows FROM {table}")[0]["rows"])


def holdings(store: Store, schemas: Sequence[Schema]) -> dict[str, int]:
    """What a store holds that a new one does not: rows by table, nothing where it is as its migration made it."""
    application = store.application
    tables = {*tables_of(application, schemas), f"{application}_leases", f"{application}_move"}
    rows = count_rows(store, [f"{application}_events", *sorted(tables - {f"{application}_relay"})])
    return {table: count for table, count in rows.items() if count}


def carry(
    source: Store, target: Store, tables: Sequence[str], rows_of: RowsOf, *, move_id: str, moved: Callable[[int], None]
) -> None:
    """Fill an empty store; `moved` is told of every so many events and rows."""
    application = source.application
    with source.read() as reader, target.write() as transaction:
        for page in _pages(all_events(source), PAGE):
            transaction.restore(page)
            moved(len(page))
        for table in tables:
            transaction.execute(f"DELETE FROM {table}")
            for rows in _pages(rows_of(reader, table), ROWS):
                _insert(transaction, table, rows)
                moved(len(rows))
        _carry_time(reader, transaction, application)
        mark(transaction, application, move_id, MoveState.CARRIED)


def _insert(transaction: Transaction, table: str, rows: Sequence[Row]) -> None:
    columns = list(rows[0])
    marks = (", ".join(f":{column}_{number}" for column in columns) for number in range(len(rows)))
    values = ", ".join(f"({each})" for each in marks)
    parameters = {f"{column}_{number}": row[column] for number, row in enumerate(rows) for column in columns}
    transaction.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values}", parameters)


def _carry_time(reader: Reader, transaction: Transaction, application: str) -> None:
    """No change is given an earlier time than the last one before the move."""
    (row,) = reader.execute(f"SELECT recorded_at FROM {application}_time")
    transaction.execute(
        f"UPDATE {application}_time SET recorded_at = :at WHERE recorded_at < :at", {"at": row["recorded_at"]}
    )


def differing_events(source: Store, target: Store, moved: Callable[[int], None]) -> list[str]:
    """Say where the events of the old store are not those of the new one, byte for byte and at the same places."""
    there = all_events(target)
    for event in all_events(source):
        found = next(there, None)
        if found != event:
            at = f"{source.application}: event {event.position}, version {event.originator_version} of"
            return [f"{at} {event.originator_id}, {'is missing' if found is None else 'is another'}"]
        moved(1)
    return []


def differing_tables(
    source: Store, target: Store, tables: Sequence[str], rows_of: RowsOf, moved: Callable[[int], None]
) -> list[str]:
    """Name the tables that do not hold the same rows."""
    with source.read() as reader, target.read() as there:
        return [
            f"{table} holds other rows"
            for table in tables
            if _summed(rows_of(reader, table), moved) != _summed(there.scan(f"SELECT * FROM {table}"))
        ]


def _summed(rows: Iterator[Row], moved: Callable[[int], None] = lambda _: None) -> tuple[int, int]:
    """How many rows there are, and a sum over them in whatever order they come."""
    count = total = 0
    for row in rows:
        text = repr(sorted((column, _plain(value)) for column, value in row.items()))
        total += int.from_bytes(hashlib.sha256(text.encode()).digest())
        count += 1
        moved(1)
    return count, total


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _pages(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while page := list(islice(items, size)):
        yield page
