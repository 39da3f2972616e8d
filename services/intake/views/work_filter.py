"""What can be asked of the worklist, and the SQL that asks it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Due when nothing is: behind everything that is due."""
NOBODY = ""


class Standing(StrEnum):
    """Where what is due first stands; `later` is due on a later day, or paused."""

    LATE = "late"
    DUE_TODAY = "due_today"
    LATER = "later"


class Sort(StrEnum):
    DUE = "due"
    RECEIVED = "received"

    @property
    def column(self) -> str:
        return "due_at" if self == Sort.DUE else "received_at"

    @property
    def direction(self) -> str:
        return "ASC" if self == Sort.DUE else "DESC"

    @property
    def beyond(self) -> str:
        return ">" if self == Sort.DUE else "<"


@dataclass(frozen=True)
class Place:
    """The last row of the page before."""

    at: datetime
    complaint_id: UUID


@dataclass(frozen=True, kw_only=True)
class WorkFilter:
    """What is asked of the worklist: every filter narrows it; None and () ask nothing.

    `standing` needs `now` (a whole minute) and `tonight`, the end of the tenant's local day. `amount_from` and
    `amount_to` are written by `sortable`. Each of `terms` is the keyed hash of something that must be known of
    the complaint.
    """

    tenant: str
    on_desk: bool | None = None
    status: tuple[str, ...] = ()
    level: tuple[int, ...] = ()
    category: tuple[str, ...] = ()
    decision: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    urgent: bool | None = None
    language: str | None = None
    assigned_to: str | None = None
    team: str | None = None
    number: str | None = None
    standing: Standing | None = None
    now: datetime | None = None
    tonight: datetime | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    ended_from: datetime | None = None
    ended_to: datetime | None = None
    currency: str | None = None
    amount_from: str | None = None
    amount_to: str | None = None
    terms: tuple[str, ...] = ()


ONE_OF = ("status", "level", "category", "decision", "reason")
CONDITIONS: Mapping[str, str] = {
    "urgent": "urgent = :urgent",
    "language": "language = :language",
    "assigned_to": "assigned_to = :assigned_to",
    "team": "team = :team",
    "number": "number = :number",
    "received_from": "received_at >= :received_from",
    "received_to": "received_at < :received_to",
    "ended_from": "ended_at >= :ended_from",
    "ended_to": "ended_at < :ended_to",
    "currency": "currency = :currency",
    "amount_from": "amount >= :amount_from",
    "amount_to": "amount <= :amount_to",
}
STANDINGS: Mapping[Standing, str] = {
    Standing.LATE: "due_at <= :now",
    Standing.DUE_TODAY: "due_at > :now AND due_at <= :tonight",
    Standing.LATER: "due_at > :tonight",
}


def conditions_of(wanted: WorkFilter, application: str) -> tuple[str, dict[str, object]]:
    """The conditions of a filter, joined, and their parameters."""
    found = ["tenant = :tenant"]
    parameters: dict[str, object] = {"tenant": wanted.tenant}
    if wanted.on_desk is not None:
        found.append("on_desk" if wanted.on_desk else "NOT on_desk")
    for name, condition in CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            found.append(condition)
            parameters[name] = value
    found += [_one_of(name, values, parameters) for name in ONE_OF if (values := getattr(wanted, name))]
    if wanted.standing:
        condition = STANDINGS[wanted.standing]
        found.append(condition)
        parameters |= {name: getattr(wanted, name) for name in ("now", "tonight") if f":{name}" in condition}
    found += ["complaint_id = known_id"] if wanted.terms else []
    found += [f"complaint_id IN ({_known(index, application)})" for index in range(1, len(wanted.terms))]
    parameters |= {f"term_{index}": term for index, term in enumerate(wanted.terms)}
    return " AND ".join(found), parameters


def source_of(wanted: WorkFilter, application: str) -> str:
    """What a filter is asked of: the worklist or, where something is known, first those of which it is known.

    A CROSS JOIN is read in its order by SQLite, which would walk the worklist in the order that is shown instead.
    """
    worklist = f"{application}_worklist"
    return f"({_known(0, application)}) AS known CROSS JOIN {worklist}" if wanted.terms else worklist


def _known(index: int, application: str) -> str:
    terms = f"{application}_search_terms WHERE tenant = :tenant AND term = :term_{index}"
    return f"SELECT DISTINCT complaint_id AS known_id FROM {terms}"


def _one_of(column: str, values: tuple[object, ...], parameters: dict[str, object]) -> str:
    """One value as an equation, which an index in another order can follow; several as a list."""
    names = {f"{column}_{index}": value for index, value in enumerate(values)}
    parameters |= names
    if len(names) == 1:
        return f"{column} = :{column}_0"
    return f"{column} IN ({', '.join(f':{name}' for name in names)})"
