"""The clocks that run, by when there is something to do for them, and which ticker has taken which of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from services.escalation.domain.case import Case
from services.escalation.domain.case_events import CaseStream
from services.escalation.domain.clocks import ClockState
from shared.eventstore.command import Projection, Recorded, Step
from shared.eventstore.store import Reader, Schema, Store, Transaction

DUE_CLOCKS = Schema(
    "due_clocks",
    (
        """CREATE TABLE IF NOT EXISTS {app}_due_clocks (
            clock_id TEXT PRIMARY KEY, complaint_id TEXT NOT NULL, next_at TIMESTAMPTZ NOT NULL,
            due_at TIMESTAMPTZ NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS {app}_due_clocks_next ON {app}_due_clocks (next_at)",
        "CREATE INDEX IF NOT EXISTS {app}_due_clocks_in_order ON {app}_due_clocks (next_at, clock_id)",
        "DROP INDEX IF EXISTS {app}_due_clocks_next",
    ),
)

DUE_CLAIMS = Schema(
    "due_claims",
    (
        """CREATE TABLE IF NOT EXISTS {app}_due_claims (
            complaint_id TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at TIMESTAMPTZ NOT NULL)""",
    ),
)

CLAIMED_FOR = timedelta(seconds=20)


@dataclass(frozen=True)
class DueClock:
    next_at: datetime
    clock_id: UUID
    complaint_id: UUID


class DueClocks(Projection):
    """Holds running clocks only: its size is what is open, the cost of asking is what is due."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = f"{store.application}_due_clocks"
        self._claims = f"{store.application}_due_claims"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        if not isinstance(aggregate, Case):
            return
        events = [each.event for each in recorded if isinstance(each.event, CaseStream.Event)]
        for clock_id in dict.fromkeys(event.clock_id for event in events):
            clock = aggregate.clocks[clock_id]
            row = {"clock_id": str(clock_id), "complaint_id": str(events[0].complaint_id)}
            transaction.execute(f"DELETE FROM {self._table} WHERE clock_id = :clock_id", {"clock_id": str(clock_id)})
            if clock.state == ClockState.RUNNING:
                transaction.execute(
                    f"INSERT INTO {self._table} (clock_id, complaint_id, next_at, due_at)"
                    " VALUES (:clock_id, :complaint_id, :next_at, :due_at)",
                    {**row, "next_at": clock.next_at, "due_at": clock.due_at},
                )

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")

    def due(self, now: datetime, limit: int, *, after: DueClock | None = None) -> list[DueClock]:
        """Return up to `limit` clocks that are due, the oldest first, from behind the one given."""
        with self._store.read() as reader:
            return self._due(reader, now, limit, after)

    def claim(self, holder: str, now: datetime, limit: int, *, after: DueClock | None = None) -> list[DueClock]:
        """Take what is due and no other ticker has taken, the oldest first, instead of what this one had.

        Whoever is killed keeps its share for as long as claims last; that a clock fires once does not hang on them.
        """
        with self._store.write() as transaction:
            self._give_back(transaction, holder, before=transaction.recorded_at)
            taken = f"SELECT 1 FROM {self._claims} WHERE {self._claims}.complaint_id = {self._table}.complaint_id"
            due = self._due(transaction, now, limit, after, f" AND NOT EXISTS ({taken})")
            for complaint_id in {each.complaint_id for each in due}:
                transaction.execute(
                    f"INSERT INTO {self._claims} (complaint_id, holder, expires_at)"
                    " VALUES (:complaint_id, :holder, :until)",
                    {
                        "complaint_id": str(complaint_id),
                        "holder": holder,
                        "until": transaction.recorded_at + CLAIMED_FOR,
                    },
                )
        return due

    def give_back(self, holder: str) -> None:
        """Leave what this ticker had taken to the others."""
        with self._store.write() as transaction:
            self.given_back(holder)(transaction)

    def given_back(self, holder: str) -> Step:
        """The step that leaves what this ticker had taken to the others."""
        return lambda transaction: self._give_back(transaction, holder, before=transaction.recorded_at)

    def _give_back(self, transaction: Transaction, holder: str, *, before: datetime) -> None:
        sql = f"DELETE FROM {self._claims} WHERE holder = :holder OR expires_at < :before"
        transaction.execute(sql, {"holder": holder, "before": before})

    def _due(
        self, reader: Reader, now: datetime, limit: int, after: DueClock | None, condition: str = ""
    ) -> list[DueClock]:
        asked: dict[str, object] = {"now": now, "limit": limit}
        if after:
            condition += " AND (next_at, clock_id) > (:at, :id)"
            asked |= {"at": after.next_at, "id": str(after.clock_id)}
        sql = f"SELECT * FROM {self._table} WHERE next_at <= :now{condition}"
        rows = reader.execute(f"{sql} ORDER BY next_at, clock_id LIMIT :limit", asked)
        return [DueClock(row["next_at"], UUID(row["clock_id"]), UUID(row["complaint_id"])) for row in rows]
