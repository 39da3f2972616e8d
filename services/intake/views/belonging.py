"""What other streams tell of a complaint: incidents that grouped it, later complaints proposed to belong to it."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from services.intake.domain.complaint import Complaint
from services.intake.domain.incident import Incident
from shared.eventstore.command import Projection, Recorded
from shared.eventstore.store import Row, Schema, Store, Transaction

BELONGING = Schema(
    "belonging",
    (
        """CREATE TABLE IF NOT EXISTS {app}_incident_members (
            complaint_id TEXT NOT NULL, incident_id TEXT NOT NULL, joined_at TIMESTAMPTZ NOT NULL,
            PRIMARY KEY (complaint_id, incident_id))""",
        """CREATE TABLE IF NOT EXISTS {app}_link_proposals (
            earlier_id TEXT NOT NULL, later_id TEXT NOT NULL, link TEXT NOT NULL, because TEXT NOT NULL,
            proposed_at TIMESTAMPTZ NOT NULL, settled_at TIMESTAMPTZ, PRIMARY KEY (earlier_id, later_id))""",
    ),
)
ROWS_AT_ONCE = 200
SETTLED = (Complaint.Linked, Complaint.LinkProposalDismissed)


class Belonging(Projection):
    """For staff alone: of a proposal neither complainant learns, and an incident is the house's own affair."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._members = f"{store.application}_incident_members"
        self._proposals = f"{store.application}_link_proposals"
        self._incidents = f"{store.application}_incidents"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        for each in recorded:
            if isinstance(each.event, Incident.ComplaintsGrouped):
                self._join(transaction, each.event, each.recorded_at)
            elif isinstance(each.event, Complaint.LinkProposed):
                self._propose(transaction, each.event, each.recorded_at)
            elif isinstance(each.event, SETTLED):
                self._settle(transaction, each.event.originator_id, each.event.other_id, each.recorded_at)

    @override
    def clear(self, transaction: Transaction) -> None:
        for table in (self._members, self._proposals):
            transaction.execute(f"DELETE FROM {table}")

    def _join(self, transaction: Transaction, event: Incident.ComplaintsGrouped, at: datetime) -> None:
        joined = [str(each) for each in event.complaint_ids]
        for start in range(0, len(joined), ROWS_AT_ONCE):
            some = joined[start : start + ROWS_AT_ONCE]
            rows = ", ".join(f"(:complaint_{n}, :incident, :at)" for n, _ in enumerate(some))
            transaction.execute(
                f"INSERT INTO {self._members} (complaint_id, incident_id, joined_at) VALUES {rows}",
                {
                    "incident": str(event.incident_id),
                    "at": at,
                    **{f"complaint_{n}": complaint_id for n, complaint_id in enumerate(some)},
                },
            )

    def _propose(self, transaction: Transaction, event: Complaint.LinkProposed, at: datetime) -> None:
        transaction.execute(
            f"INSERT INTO {self._proposals} (earlier_id, later_id, link, because, proposed_at)"
            " VALUES (:earlier, :later, :link, :because, :at)",
            {
                "earlier": str(event.other_id),
                "later": str(event.originator_id),
                "link": str(event.link),
                "because": json.dumps(event.because),
                "at": at,
            },
        )

    def _settle(self, transaction: Transaction, one: object, other: UUID, at: datetime) -> None:
        """A link is recorded on both sides; whichever comes first answers the proposal."""
        transaction.execute(
            f"UPDATE {self._proposals} SET settled_at = :at WHERE settled_at IS NULL"
            " AND ((earlier_id = :one AND later_id = :other) OR (earlier_id = :other AND later_id = :one))",
            {"one": str(one), "other": str(other), "at": at},
        )

    def incidents(self, complaint_id: UUID, until: datetime | None) -> list[Row]:
        """Return the incidents of a complaint, as they are or were; the one that it joined first comes first."""
        sql = (
            f"SELECT member.joined_at, incident.* FROM {self._members} AS member"
            f" JOIN {self._incidents} AS incident ON incident.incident_id = member.incident_id"
            " WHERE member.complaint_id = :id ORDER BY member.joined_at, member.incident_id"
        )
        with self._store.read() as reader:
            rows = [dict(row) for row in reader.execute(sql, {"id": str(complaint_id)})]
        return [row for row in rows if _was_known(row["joined_at"], until)]

    def proposals(self, complaint_id: UUID, until: datetime | None) -> list[Row]:
        """Return the later complaints that are, or were, proposed to belong to this one and not decided on."""
        sql = f"SELECT * FROM {self._proposals} WHERE earlier_id = :id ORDER BY proposed_at, later_id"
        with self._store.read() as reader:
            rows = reader.execute(sql, {"id": str(complaint_id)})
        return [
            {**row, "because": tuple(json.loads(row["because"]))}
            for row in rows
            if _was_known(row["proposed_at"], until) and not _was_known(row["settled_at"], until)
        ]


def _was_known(at: datetime | None, until: datetime | None) -> bool:
    return at is not None and (until is None or at <= until)
