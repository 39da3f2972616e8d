"""The clocks that run, by when there is something to do for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from services.escalation.domain.case import Case
from services.escalation.domain.case_events import CaseStream
from services.escalation.domain.clocks import ClockState
from shared.eventstore.command import Projection, Recorded
from shared.eventstore.store import Schema, Store, Transaction

DUE_CLOCKS = Schema(
    "due_clocks",
    (
        """CREATE TABLE IF NOT EXISTS {app}_due_clocks (
            clock_id TEXT PRIMARY KEY, complaint_id TEXT NOT NULL, next_at TIMESTAMPTZ NOT NULL,
            due_at TIMESTAMPTZ NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS {app}_due_clocks_next ON {app}_due_clocks (next_at)",
    ),
)


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
                    f"INSERT INTO {self._table} VALUES (:clock_id, :complaint_id, :next_at, :due_at)",
                    {**row, "next_at": clock.next_at, "due_at": clock.due_at},
                )

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")

    def due(self, now: datetime, limit: int, *, after: DueClock | None = None) -> list[DueClock]:
        """Return up to `limit` clocks that are due, the oldest first, from behind the one given."""
        condition = "next_at <= :now"
        parameters: dict[str, object] = {"now": now, "limit": limit}
        if after:
            condition += " AND (next_at > :at OR (next_at = :at AND clock_id > :id))"
            parameters |= {"at": after.next_at, "id": str(after.clock_id)}
        sql = f"SELECT * FROM {self._table} WHERE {condition} ORDER BY next_at, clock_id LIMIT :limit"
        with self._store.read() as reader:
            rows = reader.execute(sql, parameters)
        return [DueClock(row["next_at"], UUID(row["clock_id"]), UUID(row["complaint_id"])) for row in rows]
