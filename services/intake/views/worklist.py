"""The worklist: one row per complaint as it is now, with what is due first; what queues and searches read."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from typing_extensions import override

from services.intake.domain.complaint import Complaint
from services.intake.domain.lifecycle import Stage
from services.intake.views.promised_dates import PromisedDates
from services.intake.views.queue_counts import QueueCounts
from services.intake.views.work_filter import NEVER, NOBODY, Place, Sort, WorkFilter, conditions_of, source_of
from services.intake.views.work_owed import Kept, due_first, kept_by
from shared.eventstore.command import Projection, Recorded, Step
from shared.eventstore.store import Parameters, Reader, Row, Schema, Store, Transaction

OPEN_FIRST_DUE = " ON {app}_worklist (tenant, $, due_at, complaint_id) WHERE on_desk"
WORKLIST = Schema(
    "worklist",
    (
        """CREATE TABLE IF NOT EXISTS {app}_worklist (
            complaint_id TEXT PRIMARY KEY, version BIGINT NOT NULL, tenant TEXT NOT NULL, number TEXT NOT NULL,
            status TEXT NOT NULL, on_desk BOOLEAN NOT NULL, level INTEGER NOT NULL, category TEXT NOT NULL,
            urgent BOOLEAN NOT NULL, language TEXT NOT NULL, assigned_to TEXT NOT NULL, team TEXT NOT NULL,
            received_at TIMESTAMPTZ NOT NULL, submitted_at TIMESTAMPTZ NOT NULL, updated_at TIMESTAMPTZ NOT NULL,
            ended_at TIMESTAMPTZ, decision TEXT, reason TEXT, currency TEXT, amount TEXT, kept TEXT NOT NULL,
            due_at TIMESTAMPTZ NOT NULL, due_on TEXT, clock TEXT)""",
        "CREATE INDEX IF NOT EXISTS {app}_worklist_due ON {app}_worklist (tenant, due_at, complaint_id) WHERE on_desk",
        *(
            f"CREATE INDEX IF NOT EXISTS {{app}}_worklist_{name}{OPEN_FIRST_DUE.replace('$', columns)}"
            for name, columns in (
                ("level", "level"),
                ("handler", "assigned_to"),
                ("handler_level", "assigned_to, level"),
                ("team", "team"),
                ("team_level", "team, level"),
                ("status", "status"),
                ("status_level", "status, level"),
            )
        ),
        """CREATE INDEX IF NOT EXISTS {app}_worklist_received ON {app}_worklist
            (tenant, received_at, complaint_id)""",
        "CREATE INDEX IF NOT EXISTS {app}_worklist_number ON {app}_worklist (tenant, number)",
    ),
)

SHOWN = (
    "complaint_id, version, number, status, level, category, urgent, language, assigned_to, team, received_at,"
    " submitted_at, updated_at, ended_at, decision, reason, due_at, due_on, clock"
)
DECIDES = (Complaint.Resolved, Complaint.Withdrawn, Complaint.Declined)


class Worklist(Projection):
    """Rows and counts commit with the events and dates that change them."""

    def __init__(self, store: Store, dates: PromisedDates) -> None:
        self._store = store
        self._dates = dates
        self._table = f"{store.application}_worklist"
        self.counts = QueueCounts(store)

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        if not isinstance(aggregate, Complaint):
            return
        is_new = isinstance(recorded[0].event, Complaint.Submitted)
        before = None if is_new else self._row(transaction, aggregate.id)
        kept = {**(json.loads(before["kept"]) if before else {}), **kept_by(recorded)}
        row = {
            **_said(recorded, before),
            **_state(aggregate),
            "updated_at": recorded[-1].recorded_at,
            "kept": json.dumps(kept),
        }
        dates = () if is_new else self._dates.promised(transaction, aggregate.id)
        self._show(transaction, before, {**row, **_due(row["on_desk"], kept, dates)})

    def show_dates(self, complaint_id: UUID) -> Step:
        """The step that shows what is due first, after the dates of a complaint have changed."""

        def step(transaction: Transaction) -> None:
            if before := self._row(transaction, complaint_id):
                dates = self._dates.promised(transaction, complaint_id)
                row = {**before, **_due(before["on_desk"], json.loads(before["kept"]), dates)}
                if row != before:
                    self._show(transaction, before, row)

        return step

    def _row(self, reader: Reader, complaint_id: UUID) -> Row | None:
        rows = reader.execute(f"SELECT * FROM {self._table} WHERE complaint_id = :id", {"id": str(complaint_id)})
        return rows[0] if rows else None

    def _show(self, transaction: Transaction, before: Row | None, row: Row) -> None:
        self.counts.move(transaction, before, row)
        columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        changes = ", ".join(f"{name} = excluded.{name}" for name in row if name != "complaint_id")
        insert = f"INSERT INTO {self._table} ({columns}) VALUES ({values})"
        transaction.execute(f"{insert} ON CONFLICT (complaint_id) DO UPDATE SET {changes}", row)

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")
        self.counts.clear(transaction)

    def page(self, wanted: WorkFilter, *, sort: Sort, after: Place | None, limit: int) -> list[Row]:
        """Return up to `limit` rows from behind a place: what is due first, or what was received last."""
        sql, parameters = page_question(self._store.application, wanted, sort=sort, after=after, limit=limit)
        with self._store.read() as reader:
            return list(reader.execute(sql, parameters))

    def count(self, wanted: WorkFilter, *, at_most: int) -> int:
        """Count the rows of any filter, and stop at `at_most`: what lies beyond costs nothing."""
        application = self._store.application
        conditions, parameters = conditions_of(wanted, application)
        found = f"SELECT 1 FROM {source_of(wanted, application)} WHERE {conditions} LIMIT :at_most"
        with self._store.read() as reader:
            rows = reader.execute(
                f"SELECT COUNT(*) AS found FROM ({found}) AS wanted", {**parameters, "at_most": at_most}
            )
        return int(rows[0]["found"])


def page_question(
    application: str, wanted: WorkFilter, *, sort: Sort, after: Place | None, limit: int
) -> tuple[str, Parameters]:
    """The SQL of one page, and its parameters."""
    conditions, parameters = conditions_of(wanted, application)
    if after:
        conditions += f" AND ({sort.column}, complaint_id) {sort.beyond} (:after_at, :after_id)"
        parameters |= {"after_at": after.at, "after_id": str(after.complaint_id)}
    order = f"ORDER BY {sort.column} {sort.direction}, complaint_id {sort.direction} LIMIT :limit"
    sql = f"SELECT {SHOWN} FROM {source_of(wanted, application)} WHERE {conditions} {order}"
    return sql, {**parameters, "limit": limit}


def place_of(row: Row, sort: Sort) -> Place:
    """Where a row stands, for the page behind it."""
    return Place(row[sort.column], UUID(row["complaint_id"]))


def _state(complaint: Complaint) -> dict[str, Any]:
    classification = complaint.classification
    if classification is None:
        raise ValueError("a complaint is classified in the append that submits it")
    awaits_supervisor = complaint.stage == Stage.RESOLVED and complaint.rejected
    return {
        "complaint_id": str(complaint.id),
        "version": complaint.version,
        "tenant": complaint.tenant,
        "number": complaint.number,
        "status": complaint.status.value,
        "on_desk": complaint.stage == Stage.OPEN or awaits_supervisor,
        "level": complaint.level,
        "category": classification.category,
        "urgent": classification.urgent,
        "language": complaint.language,
        "assigned_to": complaint.assigned_to or NOBODY,
        "team": complaint.team or NOBODY,
        "received_at": complaint.received_at,
        "submitted_at": complaint.created_on,
        "ended_at": complaint.ended_at,
    }


SAID = ("decision", "reason", "currency", "amount")


def _said(recorded: Sequence[Recorded], before: Row | None) -> dict[str, Any]:
    """What the aggregate does not keep: the amount in dispute, and the newest decision."""
    said = {name: before[name] if before else None for name in SAID}
    for each in recorded:
        event: Any = each.event
        if isinstance(event, Complaint.Submitted):
            said |= _amount(event)
        elif isinstance(event, DECIDES):
            said |= {"decision": getattr(event, "decision", None), "reason": event.reason}
        elif isinstance(event, Complaint.Reopened):
            said |= {"decision": None, "reason": None}
    return said


def _amount(event: Complaint.Submitted) -> dict[str, Any]:
    """What is in dispute or, where nobody said, what is wanted."""
    wanted = event.desired_outcome.amount if event.desired_outcome else None
    money = event.disputed_amount or wanted
    return {"currency": money.currency, "amount": sortable(money.amount)} if money else {}


def sortable(amount: Decimal) -> str:
    """Write an amount so that text compares as the number does, in every database and collation."""
    whole, _, fraction = f"{amount:f}".partition(".")
    return f"{whole:0>38}{fraction:0<38}"


def _due(on_desk: bool, kept: Kept, dates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = due_first(dates, kept) if on_desk else None
    if first is None:
        return {"due_at": NEVER, "due_on": None, "clock": None}
    return {"due_at": datetime.fromisoformat(first["due_at"]), "due_on": first["due_on"], "clock": first["clock"]}
