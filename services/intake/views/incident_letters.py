"""Incidents, and how far their answers have come: one row for each complaint that an answer goes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from typing_extensions import override

from services.intake.domain.complaint import Complaint
from services.intake.domain.incident import Incident
from services.intake.domain.refusals import CommandRefused
from shared.eventstore.command import Projection, Recorded
from shared.eventstore.store import Row, Schema, Store, Transaction

INCIDENT_LETTERS = Schema(
    "incident_letters",
    (
        """CREATE TABLE IF NOT EXISTS {app}_incidents (
            incident_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, opened_at TIMESTAMPTZ NOT NULL,
            closed_at TIMESTAMPTZ)""",
        "CREATE INDEX IF NOT EXISTS {app}_incidents_of ON {app}_incidents (tenant, opened_at, incident_id)",
        """CREATE TABLE IF NOT EXISTS {app}_incident_letters (
            command_id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, answer_id TEXT NOT NULL,
            complaint_id TEXT NOT NULL, state TEXT NOT NULL, code TEXT)""",
        """CREATE INDEX IF NOT EXISTS {app}_incident_letters_of ON {app}_incident_letters
            (incident_id, state, complaint_id)""",
        """CREATE INDEX IF NOT EXISTS {app}_incident_letters_due ON {app}_incident_letters (command_id)
            WHERE state = 'remaining'""",
    ),
)

ANSWER_COMPLAINT = "recourse.command.answer-complaint.v1"
RESOLVE_COMPLAINT = "recourse.command.resolve-complaint.v1"
ROWS_AT_ONCE = 200


class LetterState(StrEnum):
    REMAINING = "remaining"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True)
class Letter:
    """What one complaint is to be told by one answer; `command_id` is the id of the command that does it."""

    command_id: UUID
    incident_id: UUID
    answer_id: UUID
    complaint_id: UUID


def command_type(answer: Incident.Answered) -> str:
    return RESOLVE_COMPLAINT if answer.decision else ANSWER_COMPLAINT


class IncidentLetters(Projection):
    def __init__(self, store: Store) -> None:
        self._store = store
        self._incidents = f"{store.application}_incidents"
        self._letters = f"{store.application}_incident_letters"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        for each in recorded:
            if isinstance(each.event, Complaint.Answered | Complaint.Resolved):
                self._settle(transaction, each.event.causation_id, LetterState.DONE, None)
            elif isinstance(each.event, CommandRefused):
                self._settle(transaction, each.event.command_id, LetterState.REFUSED, each.event.code)
            elif isinstance(aggregate, Incident):
                self._show(transaction, each, aggregate)

    @override
    def clear(self, transaction: Transaction) -> None:
        for table in (self._incidents, self._letters):
            transaction.execute(f"DELETE FROM {table}")

    def _show(self, transaction: Transaction, recorded: Recorded, incident: Incident) -> None:
        event, at = recorded.event, {"id": str(incident.id), "at": recorded.recorded_at}
        if isinstance(event, Incident.Opened):
            columns = "(incident_id, tenant, name, opened_at)"
            sql = f"INSERT INTO {self._incidents} {columns} VALUES (:id, :tenant, :name, :at)"
            transaction.execute(sql, {**at, "tenant": incident.tenant, "name": incident.name})
        elif isinstance(event, Incident.Closed):
            transaction.execute(f"UPDATE {self._incidents} SET closed_at = :at WHERE incident_id = :id", at)
        elif isinstance(event, Incident.Answered):
            self._order(transaction, incident, event)

    def _order(self, transaction: Transaction, incident: Incident, answer: Incident.Answered) -> None:
        told = incident.told(answer.event_id)
        for start in range(0, len(told), ROWS_AT_ONCE):
            some = list(enumerate(told[start : start + ROWS_AT_ONCE]))
            rows = ", ".join(f"(:command_{n}, :incident, :answer, :complaint_{n}, 'remaining')" for n, _ in some)
            parameters: dict[str, object] = {"incident": str(incident.id), "answer": str(answer.event_id)}
            for n, complaint_id in some:
                parameters[f"complaint_{n}"] = str(complaint_id)
                parameters[f"command_{n}"] = str(uuid5(answer.event_id, f"{command_type(answer)}:{complaint_id}"))
            columns = "(command_id, incident_id, answer_id, complaint_id, state)"
            transaction.execute(f"INSERT INTO {self._letters} {columns} VALUES {rows}", parameters)

    def _settle(self, transaction: Transaction, command_id: UUID | None, state: LetterState, code: str | None) -> None:
        if command_id is not None:
            transaction.execute(
                f"UPDATE {self._letters} SET state = :state, code = :code WHERE command_id = :id",
                {"state": state.value, "code": code, "id": str(command_id)},
            )

    def remaining(self, limit: int, *, after: UUID | None) -> list[Letter]:
        """Return up to `limit` letters that are still to be written, in the order of their commands' ids."""
        sql = (
            f"SELECT command_id, incident_id, answer_id, complaint_id FROM {self._letters}"
            " WHERE state = 'remaining' AND command_id > :after ORDER BY command_id LIMIT :limit"
        )
        with self._store.read() as reader:
            rows = reader.execute(sql, {"after": str(after or ""), "limit": limit})
        return [Letter(**{name: UUID(value) for name, value in row.items()}) for row in rows]

    def counts(self, incident_id: UUID) -> Mapping[UUID, Mapping[LetterState, int]]:
        """Return of each answer how many letters are in which state."""
        sql = (
            f"SELECT answer_id, state, count(*) AS letters FROM {self._letters}"
            " WHERE incident_id = :id GROUP BY answer_id, state"
        )
        counted: dict[UUID, dict[LetterState, int]] = {}
        with self._store.read() as reader:
            for row in reader.execute(sql, {"id": str(incident_id)}):
                states = counted.setdefault(UUID(row["answer_id"]), dict.fromkeys(LetterState, 0))
                states[LetterState(row["state"])] = row["letters"]
        return counted

    def page(self, incident_id: UUID, state: LetterState, *, after: str, limit: int) -> list[Row]:
        """Return the letters in one state, by complaint and command."""
        sql = (
            f"SELECT command_id, answer_id, complaint_id, code FROM {self._letters} WHERE incident_id = :id"
            " AND state = :state AND command_id > :after ORDER BY command_id LIMIT :limit"
        )
        asked: dict[str, Any] = {"id": str(incident_id), "state": state.value, "after": after, "limit": limit}
        with self._store.read() as reader:
            return list(reader.execute(sql, asked))

    def newest(
        self,
        tenant: str,
        *,
        is_open: bool | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int,
    ) -> list[Row]:
        """Return up to `limit` incidents of a tenant, those opened last first; None asks for open and closed ones."""
        conditions = ["tenant = :tenant"]
        asked: dict[str, Any] = {"tenant": tenant, "limit": limit}
        if is_open is not None:
            conditions.append("closed_at IS NULL" if is_open else "closed_at IS NOT NULL")
        if after:
            conditions.append("(opened_at < :at OR (opened_at = :at AND incident_id < :id))")
            asked |= {"at": after[0], "id": after[1]}
        sql = (
            f"SELECT * FROM {self._incidents} WHERE {' AND '.join(conditions)}"
            " ORDER BY opened_at DESC, incident_id DESC LIMIT :limit"
        )
        with self._store.read() as reader:
            return list(reader.execute(sql, asked))
