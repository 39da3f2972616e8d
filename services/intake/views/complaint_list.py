"""The list of complaints: one row per append, each valid from its recording to the next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from typing_extensions import override

from services.intake.domain.complaint import Complaint
from services.intake.domain.lifecycle import Status
from services.intake.domain.parties import PartyRole
from shared.eventstore.command import Projection, Recorded
from shared.eventstore.portable_sql import one_of
from shared.eventstore.store import Row, Schema, Store, Transaction

COMPLAINT_LIST = Schema(
    "complaint_list",
    (
        """CREATE TABLE IF NOT EXISTS {app}_complaint_list (
            complaint_id TEXT NOT NULL, version BIGINT NOT NULL, valid_from TIMESTAMPTZ NOT NULL,
            valid_to TIMESTAMPTZ, tenant TEXT NOT NULL, number TEXT NOT NULL, complainant TEXT NOT NULL,
            representative TEXT, status TEXT NOT NULL, level INTEGER NOT NULL, category TEXT NOT NULL,
            complexity TEXT NOT NULL, urgent BOOLEAN NOT NULL, jurisdiction TEXT NOT NULL,
            regulated_service TEXT NOT NULL, assigned_to TEXT, received_at TIMESTAMPTZ NOT NULL,
            submitted_at TIMESTAMPTZ NOT NULL, updated_at TIMESTAMPTZ NOT NULL,
            PRIMARY KEY (complaint_id, version))""",
        """CREATE INDEX IF NOT EXISTS {app}_complaint_list_now ON {app}_complaint_list
            (tenant, received_at, complaint_id) WHERE valid_to IS NULL""",
        """CREATE INDEX IF NOT EXISTS {app}_complaint_list_party ON {app}_complaint_list
            (complainant, received_at, complaint_id)""",
        """CREATE INDEX IF NOT EXISTS {app}_complaint_list_number ON {app}_complaint_list (tenant, number)""",
    ),
)

SHOWN = (
    "complaint_id, version, number, status, level, category, complexity, urgent, jurisdiction, regulated_service,"
    " assigned_to, complainant, received_at, submitted_at, updated_at"
)


@dataclass(frozen=True, kw_only=True)
class ListFilter:
    """What can be asked of the list; None asks nothing. `party` sees only what is theirs."""

    tenant: str
    party: UUID | None = None
    status: tuple[Status, ...] = ()
    category: str | None = None
    level: int | None = None
    urgent: bool | None = None
    assigned_to: str | None = None
    number: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    as_of: datetime | None = None


@dataclass(frozen=True)
class PageStart:
    """The last row of the page before."""

    received_at: datetime
    complaint_id: UUID


CONDITIONS: Mapping[str, str] = {
    "party": "(complainant = :party OR representative = :party)",
    "category": "category = :category",
    "level": "level = :level",
    "urgent": "urgent = :urgent",
    "assigned_to": "assigned_to = :assigned_to",
    "number": "number = :number",
    "received_from": "received_at >= :received_from",
    "received_to": "received_at < :received_to",
}


class ComplaintList(Projection):
    """Rows commit with the events they show."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = f"{store.application}_complaint_list"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        if not isinstance(aggregate, Complaint):
            return
        at = recorded[-1].recorded_at
        if recorded[0].stored.originator_version > 1:
            transaction.execute(
                f"UPDATE {self._table} SET valid_to = :at WHERE complaint_id = :id AND valid_to IS NULL",
                {"at": at, "id": str(aggregate.id)},
            )
        row = {**list_row(aggregate), "version": aggregate.version, "valid_from": at, "updated_at": at}
        columns = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        transaction.execute(f"INSERT INTO {self._table} ({columns}) VALUES ({values})", row)

    def page(self, wanted: ListFilter, *, after: PageStart | None, limit: int) -> list[Row]:
        """Return up to `limit` rows, the newest received first."""
        conditions, parameters = _conditions(wanted)
        if after:
            conditions.append("(received_at < :after_at OR (received_at = :after_at AND complaint_id < :after_id))")
            parameters |= {"after_at": after.received_at, "after_id": str(after.complaint_id)}
        sql = f"SELECT {SHOWN} FROM {self._table} WHERE {' AND '.join(conditions)}"
        order = "ORDER BY received_at DESC, complaint_id DESC LIMIT :limit"
        with self._store.read() as reader:
            return list(reader.execute(f"{sql} {order}", {**parameters, "limit": limit}))

    def states_at(self, places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], dict[str, Any]]:
        """Return the public states of complaints with these versions as JSON; an append has one with its last event."""
        among, ids = one_of("id", dict.fromkeys(str(complaint_id) for complaint_id, _ in places))
        which, versions = one_of("version", dict.fromkeys(version for _, version in places))
        sql = f"SELECT {SHOWN} FROM {self._table} WHERE complaint_id IN {among} AND version IN {which}"
        with self._store.read() as reader:
            rows = reader.execute(sql, {**ids, **versions})
        return {(UUID(row["complaint_id"]), row["version"]): to_jsonable_python(dict(row)) for row in rows}

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")


def list_row(complaint: Complaint) -> dict[str, Any]:
    """What the list shows of a complaint: nothing personal."""
    classification = complaint.classification
    if classification is None:
        raise ValueError("a complaint is classified in the append that submits it")
    representatives = [party for party, role in complaint.parties.items() if role == PartyRole.REPRESENTATIVE]
    return {
        "complaint_id": str(complaint.id),
        "tenant": complaint.tenant,
        "number": complaint.number,
        "complainant": str(complaint.complainant),
        "representative": str(representatives[0]) if representatives else None,
        "status": complaint.status.value,
        "level": complaint.level,
        "category": classification.category,
        "complexity": classification.complexity.value,
        "urgent": classification.urgent,
        "jurisdiction": classification.jurisdiction,
        "regulated_service": classification.regulated_service,
        "assigned_to": complaint.assigned_to,
        "received_at": complaint.received_at,
        "submitted_at": complaint.created_on,
    }


def _conditions(wanted: ListFilter) -> tuple[list[str], dict[str, object]]:
    conditions = ["tenant = :tenant"]
    parameters: dict[str, object] = {"tenant": wanted.tenant}
    for name, condition in CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(condition)
            parameters[name] = str(value) if isinstance(value, UUID) else value
    if wanted.status:
        names = {f"status_{index}": status.value for index, status in enumerate(wanted.status)}
        conditions.append(f"status IN ({', '.join(f':{name}' for name in names)})")
        parameters |= names
    if wanted.as_of is None:
        conditions.append("valid_to IS NULL")
    else:
        conditions.append("valid_from <= :as_of AND (valid_to IS NULL OR valid_to > :as_of)")
        parameters["as_of"] = wanted.as_of
    return conditions, parameters
