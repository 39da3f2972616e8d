"""What is owed and by when, across complaints: the table that supervisors look at first in the morning."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from services.escalation.domain.case import Case
from services.escalation.domain.clocks import Clock
from services.escalation.domain.policy import PolicyBook
from services.escalation.domain.situation import Situation
from shared.eventstore.command import Step
from shared.eventstore.portable_sql import one_of
from shared.eventstore.store import Row, Schema, Store, Transaction

DUE_BOARD = Schema(
    "due_board",
    (
        """CREATE TABLE IF NOT EXISTS {app}_due_board (
            clock_id TEXT PRIMARY KEY, complaint_id TEXT NOT NULL, tenant TEXT NOT NULL, clock TEXT NOT NULL,
            owner TEXT NOT NULL, source TEXT NOT NULL, policy TEXT NOT NULL, policy_version TEXT NOT NULL,
            state TEXT NOT NULL, due_at TIMESTAMPTZ NOT NULL, due_on TEXT NOT NULL, time_zone TEXT NOT NULL,
            verified BOOLEAN NOT NULL, beyond_calendar BOOLEAN NOT NULL, level INTEGER NOT NULL, handler TEXT)""",
        "CREATE INDEX IF NOT EXISTS {app}_due_board_due ON {app}_due_board (tenant, due_at, clock_id)",
        "CREATE INDEX IF NOT EXISTS {app}_due_board_complaint ON {app}_due_board (complaint_id)",
    ),
)


class Standing(StrEnum):
    """Where a promise stands; `overdue` is past its due time and still owed."""

    OVERDUE = "overdue"
    DUE_TODAY = "due_today"
    PAUSED = "paused"
    LATER = "later"


CONDITIONS = {
    Standing.OVERDUE: "state <> 'paused' AND due_at <= :now",
    Standing.DUE_TODAY: "state <> 'paused' AND due_at > :now AND due_at <= :tonight",
    Standing.PAUSED: "state = 'paused'",
    Standing.LATER: "state <> 'paused' AND due_at > :tonight",
}


@dataclass(frozen=True, kw_only=True)
class BoardRow:
    clock_id: UUID
    complaint_id: UUID
    clock: str
    owner: str
    source: str
    policy: str
    policy_version: str
    state: str
    due_at: datetime
    due_on: date
    time_zone: str
    verified: bool
    beyond_calendar: bool
    level: int
    handler: str | None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rows of a tenant; `tonight` is the end of its local day, `after` the last row of the page before."""

    tenant: str
    now: datetime
    tonight: datetime
    standing: Standing | None = None
    level: int | None = None
    handler: str | None = None
    after: tuple[datetime, UUID] | None = None
    limit: int = 50


@dataclass(frozen=True)
class Watched:
    """One complaint as it is now."""

    complaint_id: UUID
    tenant: str
    case: Case
    situation: Situation


@dataclass(frozen=True)
class Count:
    standing: Standing
    level: int
    handler: str | None
    clocks: int


def tonight(now: datetime, time_zone: str) -> datetime:
    """The end of the local day."""
    zone = ZoneInfo(time_zone)
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone).astimezone(UTC)


class DueBoard:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = f"{store.application}_due_board"

    def show(self, book: PolicyBook, *complaints: Watched) -> Step:
        """The step that shows complaints as they are from now on."""
        listed, parameters = one_of("id", (str(each.complaint_id) for each in complaints))
        rows = [row for each in complaints for row in _rows(each, book)]

        def step(transaction: Transaction) -> None:
            transaction.execute(f"DELETE FROM {self._table} WHERE complaint_id IN {listed}", parameters)
            for row in rows:
                transaction.execute(
                    f"INSERT INTO {self._table} (clock_id, complaint_id, tenant, clock, owner, source, policy,"
                    " policy_version, state, due_at, due_on, time_zone, verified, beyond_calendar, level, handler)"
                    " VALUES (:clock_id, :complaint_id, :tenant, :clock, :owner, :source,"
                    " :policy, :policy_version, :state, :due_at, :due_on, :time_zone, :verified, :beyond_calendar,"
                    " :level, :handler)",
                    row,
                )

        return step

    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")

    def rows(self, wanted: Wanted) -> list[BoardRow]:
        """The rows wanted, the first due first."""
        conditions, parameters = _filtered(wanted)
        if wanted.after:
            conditions += " AND (due_at > :at OR (due_at = :at AND clock_id > :id))"
            parameters |= {"at": wanted.after[0], "id": str(wanted.after[1])}
        sql = f"SELECT * FROM {self._table} WHERE {conditions} ORDER BY due_at, clock_id LIMIT :limit"
        with self._store.read() as reader:
            return [_row(row) for row in reader.execute(sql, {**parameters, "limit": wanted.limit})]

    def counts(self, wanted: Wanted) -> list[Count]:
        """How many clocks stand where, by level and handler."""
        conditions, parameters = _filtered(wanted)
        cases = " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in CONDITIONS.items())
        sql = (
            f"SELECT CASE {cases} END AS standing, level, handler, COUNT(*) AS clocks FROM {self._table}"
            f" WHERE {conditions} GROUP BY 1, 2, 3 ORDER BY 1, 2 DESC, 3"
        )
        with self._store.read() as reader:
            rows = reader.execute(sql, {"now": wanted.now, "tonight": wanted.tonight, **parameters})
        return [Count(Standing(row["standing"]), row["level"], row["handler"], row["clocks"]) for row in rows]

    def beyond_calendar(self) -> Sequence[UUID]:
        """Every complaint that has a date beyond its calendar on the board."""
        sql = f"SELECT DISTINCT complaint_id FROM {self._table} WHERE beyond_calendar = :beyond ORDER BY complaint_id"
        with self._store.read() as reader:
            return [UUID(row["complaint_id"]) for row in reader.execute(sql, {"beyond": True})]


def _filtered(wanted: Wanted) -> tuple[str, dict[str, object]]:
    conditions = ["tenant = :tenant"]
    found: dict[str, object] = {"tenant": wanted.tenant}
    if wanted.standing:
        condition = CONDITIONS[wanted.standing]
        conditions.append(f"({condition})")
        found |= {name: getattr(wanted, name) for name in ("now", "tonight") if f":{name}" in condition}
    for name in ("level", "handler"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(f"{name} = :{name}")
            found[name] = value
    return " AND ".join(conditions), found


def _rows(watched: Watched, book: PolicyBook) -> list[dict[str, object]]:
    fixed = {
        "complaint_id": str(watched.complaint_id),
        "tenant": watched.tenant,
        "level": watched.situation.level,
        "handler": watched.situation.handler,
    }
    return [{**_columns(clock), **fixed} for clock in watched.case.owed(watched.situation, book)]


def _columns(clock: Clock) -> dict[str, object]:
    return {
        "clock_id": str(clock.clock_id),
        "clock": clock.name,
        "owner": str(clock.owner),
        "source": str(clock.source),
        "policy": clock.policy,
        "policy_version": clock.policy_version,
        "state": str(clock.state),
        "due_at": clock.due_at,
        "due_on": clock.due_on.isoformat(),
        "time_zone": clock.time_zone,
        "verified": clock.verified,
        "beyond_calendar": clock.beyond_calendar,
    }


def _row(row: Row) -> BoardRow:
    plain = {name: row[name] for name in BoardRow.__dataclass_fields__}
    due_on = date.fromisoformat(row["due_on"])
    ids = {name: UUID(row[name]) for name in ("clock_id", "complaint_id")}
    return BoardRow(**{**plain, **ids, "due_on": due_on, "verified": bool(row["verified"])})
