"""How many complaints stand in each queue: rows that change with the complaints, so that no count counts them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.intake.domain.lifecycle import Status
from services.intake.views.work_filter import NEVER, NOBODY
from shared.eventstore.store import Row, Schema, Store, Transaction

QUEUE_COUNTS = Schema(
    "queue_counts",
    (
        """CREATE TABLE IF NOT EXISTS {app}_queue_counts (
            tenant TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, level INTEGER NOT NULL,
            due_by TIMESTAMPTZ NOT NULL, complaints BIGINT NOT NULL,
            PRIMARY KEY (tenant, kind, name, level, due_by))""",
    ),
)

MINUTE = timedelta(minutes=1)
WAITING = frozenset({Status.WAITING_ON_COMPLAINANT.value, Status.WAITING_ON_THIRD_PARTY.value})


class Kind(StrEnum):
    """What a row counts: all of a tenant, or those of one handler, team or waiting status."""

    ALL = "all"
    HANDLER = "handler"
    TEAM = "team"
    STATUS = "status"


@dataclass(frozen=True)
class Count:
    """How many complaints at one level: in the queue, of these late, of these due later today."""

    level: int
    complaints: int
    late: int
    due_today: int


def this_minute(now: datetime) -> datetime:
    """Counts and queues look at whole minutes, so that they agree."""
    return now.replace(second=0, microsecond=0)


def whole_minute(due_at: datetime) -> datetime:
    """The whole minute at which something due then is late."""
    begun = this_minute(due_at)
    return begun if begun == due_at else begun + MINUTE


class QueueCounts:
    """A row per queue, level and minute of the due times: as many as there are dates, however many complaints."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = f"{store.application}_queue_counts"

    def move(self, transaction: Transaction, before: Row | None, after: Row) -> None:
        """Count a complaint where it stands now, and no longer where it stood."""
        left, entered = set(_places(before)), set(_places(after))
        for place in sorted(left - entered):
            self._leave(transaction, place)
        for place in sorted(entered - left):
            self._enter(transaction, place)

    def _enter(self, transaction: Transaction, place: "Place") -> None:
        transaction.execute(
            f"INSERT INTO {self._table} (tenant, kind, name, level, due_by, complaints)"
            " VALUES (:tenant, :kind, :name, :level, :due_by, 1)"
            " ON CONFLICT (tenant, kind, name, level, due_by)"
            f" DO UPDATE SET complaints = {self._table}.complaints + 1",
            dict(zip(PLACE, place, strict=True)),
        )

    def _leave(self, transaction: Transaction, place: "Place") -> None:
        where = " AND ".join(f"{name} = :{name}" for name in PLACE)
        named = dict(zip(PLACE, place, strict=True))
        transaction.execute(f"UPDATE {self._table} SET complaints = complaints - 1 WHERE {where}", named)
        transaction.execute(f"DELETE FROM {self._table} WHERE {where} AND complaints = 0", named)

    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")

    def of(self, tenant: str, kind: Kind, name: str = NOBODY, *, now: datetime, tonight: datetime) -> list[Count]:
        """Return the counts of one queue by level; `tonight` is the end of the tenant's local day."""
        late = "CASE WHEN due_by <= :now THEN complaints ELSE 0 END"
        today = "CASE WHEN due_by > :now AND due_by <= :tonight THEN complaints ELSE 0 END"
        sums = f"SUM(complaints) AS complaints, SUM({late}) AS late, SUM({today}) AS due_today"
        sql = (
            f"SELECT level, {sums} FROM {self._table} WHERE tenant = :tenant AND kind = :kind AND name = :name"
            " GROUP BY level ORDER BY level"
        )
        asked = {"tenant": tenant, "kind": kind.value, "name": name, "now": this_minute(now), "tonight": tonight}
        with self._store.read() as reader:
            rows = reader.execute(sql, asked)
        return [Count(**{column: int(value) for column, value in row.items()}) for row in rows]

    def loads(self, tenant: str) -> dict[str, int]:
        """How many complaints each handler has to work on."""
        sql = (
            f"SELECT name, SUM(complaints) AS complaints FROM {self._table}"
            " WHERE tenant = :tenant AND kind = :kind AND name <> :nobody GROUP BY name"
        )
        with self._store.read() as reader:
            rows = reader.execute(sql, {"tenant": tenant, "kind": Kind.HANDLER.value, "nobody": NOBODY})
        return {row["name"]: int(row["complaints"]) for row in rows}


PLACE = ("tenant", "kind", "name", "level", "due_by")
Place = tuple[str, str, str, int, datetime]


def _places(row: Row | None) -> Iterator[Place]:
    """Where a complaint counts: nowhere once nobody has to work on it."""
    if row is None or not row["on_desk"]:
        return
    due_by = row["due_at"] if row["due_at"] == NEVER else whole_minute(row["due_at"])
    names = {Kind.ALL: NOBODY, Kind.HANDLER: row["assigned_to"]}
    names |= {Kind.TEAM: row["team"]} if row["team"] else {}
    names |= {Kind.STATUS: row["status"]} if row["status"] in WAITING else {}
    for kind, name in names.items():
        yield row["tenant"], kind.value, name, row["level"], due_by
