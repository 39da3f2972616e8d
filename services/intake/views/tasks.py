"""What handlers have to do by hand: derived, each row open from the event that asks to the one that answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from typing_extensions import override

from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import FINAL_LETTERS, DeliveryOutcome
from services.intake.domain.lifecycle import Stage
from services.intake.domain.parties import Medium
from services.intake.domain.provenance import ActorType
from services.intake.domain.remedies import RemedyState
from services.intake.domain.stream import ComplaintStream
from shared.eventstore.command import Projection, Recorded
from shared.eventstore.store import Row, Schema, Store, Transaction

TASKS = Schema(
    "tasks",
    (
        """CREATE TABLE IF NOT EXISTS {app}_tasks (
            task_id TEXT PRIMARY KEY, complaint_id TEXT NOT NULL, tenant TEXT NOT NULL, kind TEXT NOT NULL,
            opened_at TIMESTAMPTZ NOT NULL, closed_at TIMESTAMPTZ)""",
        "CREATE INDEX IF NOT EXISTS {app}_tasks_open ON {app}_tasks (tenant, opened_at) WHERE closed_at IS NULL",
        "CREATE INDEX IF NOT EXISTS {app}_tasks_of ON {app}_tasks (complaint_id)",
    ),
)


class TaskKind(StrEnum):
    REQUEST_FREEZE = "request-freeze"
    DELIVER_LETTER = "deliver-letter"
    MEND_LETTER = "mend-letter"
    LOOK_AT_ARRIVAL = "look-at-arrival"
    WRITE_FINAL_LETTER = "write-final-letter"
    DECIDE_AFTER_REJECTIONS = "decide-after-rejections"
    MEND_REMEDY = "mend-remedy"
    LOOK_AT_PROPOSED_LINK = "look-at-proposed-link"


SUPERSEDED = "superseded"
"""Why a letter that lacked something is not sent any more: the handler has written another."""
BY_HAND = frozenset({Medium.PHONE, Medium.LETTER})
ASKED_ONCE = frozenset({TaskKind.REQUEST_FREEZE, TaskKind.MEND_REMEDY, TaskKind.LOOK_AT_PROPOSED_LINK})
STAFF = frozenset({ActorType.HANDLER, ActorType.SUPERVISOR})
ARRIVALS = (
    Complaint.FollowedUp,
    Complaint.EvidenceAdded,
    Complaint.ContactChanged,
    Complaint.ExternalReferralOpened,
    Complaint.ExternalReferralDecided,
    Complaint.ExternalReferralClosed,
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which open tasks are asked for; what is not named asks nothing."""

    tenant: str
    kinds: tuple[TaskKind, ...] = ()
    complaint_id: UUID | None = None
    assigned_to: str | None = None


class Tasks(Projection):
    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = f"{store.application}_tasks"
        self._complaints = f"{store.application}_complaint_list"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        if not isinstance(aggregate, Complaint):
            return
        for each in recorded:
            if isinstance(each.event, ComplaintStream.Event):
                self._close(transaction, each.event, aggregate, each.recorded_at)
                self._open(transaction, each.event, aggregate, each.recorded_at)

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")

    def _open(self, transaction: Transaction, event: ComplaintStream.Event, complaint: Complaint, at: datetime) -> None:
        for kind, opens in OPENS.items():
            if opens(event, complaint) and not self._is_asked_already(transaction, kind, complaint):
                transaction.execute(
                    f"INSERT INTO {self._table} (task_id, complaint_id, tenant, kind, opened_at)"
                    " VALUES (:task_id, :complaint_id, :tenant, :kind, :at)"
                    " ON CONFLICT (task_id) DO UPDATE"
                    " SET kind = excluded.kind, opened_at = excluded.opened_at, closed_at = NULL",
                    {
                        "task_id": str(_letter_of(event) or event.event_id),
                        "complaint_id": str(complaint.id),
                        "tenant": complaint.tenant,
                        "kind": kind,
                        "at": at,
                    },
                )

    def _is_asked_already(self, transaction: Transaction, kind: str, complaint: Complaint) -> bool:
        """However often an urgent complaint is classified, or a remedy fails: it is one thing to do."""
        sql = f"SELECT 1 FROM {self._table} WHERE complaint_id = :id AND kind = :kind AND closed_at IS NULL"
        return kind in ASKED_ONCE and bool(transaction.execute(sql, {"id": str(complaint.id), "kind": kind}))

    def _close(
        self, transaction: Transaction, event: ComplaintStream.Event, complaint: Complaint, at: datetime
    ) -> None:
        open_ones = "complaint_id = :complaint_id AND closed_at IS NULL"
        parameters = {"complaint_id": str(event.originator_id), "at": at}
        for kind, closes in CLOSES.items():
            if closes(event, complaint):
                self._set_closed(transaction, f"{open_ones} AND kind = :kind", {**parameters, "kind": kind})
        if isinstance(event, Complaint.DeliveryRecorded) and (_has_arrived(event) or event.reason == SUPERSEDED):
            self._set_closed(transaction, f"{open_ones} AND task_id = :id", {**parameters, "id": str(event.letter_id)})

    def _set_closed(self, transaction: Transaction, condition: str, parameters: Mapping[str, object]) -> None:
        transaction.execute(f"UPDATE {self._table} SET closed_at = :at WHERE {condition}", parameters)

    def open_tasks(self, wanted: Wanted, *, after: tuple[datetime, str] | None, limit: int) -> list[Row]:
        """Return up to `limit` open tasks beside their complaints as they are now, the oldest first."""
        conditions = ["task.tenant = :tenant", "task.closed_at IS NULL"]
        parameters: dict[str, object] = {"tenant": wanted.tenant, "limit": limit}
        if wanted.kinds:
            kinds = {f"kind_{n}": kind.value for n, kind in enumerate(wanted.kinds)}
            conditions.append(f"task.kind IN ({', '.join(f':{name}' for name in kinds)})")
            parameters |= kinds
        if wanted.complaint_id:
            conditions.append("task.complaint_id = :complaint_id")
            parameters["complaint_id"] = str(wanted.complaint_id)
        if wanted.assigned_to:
            conditions.append("complaint.assigned_to = :assigned_to")
            parameters["assigned_to"] = wanted.assigned_to
        if after:
            conditions.append("(task.opened_at > :at OR (task.opened_at = :at AND task.task_id > :id))")
            parameters |= {"at": after[0], "id": after[1]}
        sql = (
            "SELECT task.task_id, task.complaint_id, task.kind, task.opened_at, complaint.number, complaint.level,"
            f" complaint.assigned_to FROM {self._table} AS task JOIN {self._complaints} AS complaint"
            " ON complaint.complaint_id = task.complaint_id AND complaint.valid_to IS NULL"
            f" WHERE {' AND '.join(conditions)} ORDER BY task.opened_at, task.task_id LIMIT :limit"
        )
        with self._store.read() as reader:
            return list(reader.execute(sql, parameters))


LOOKED_AT = (Complaint.Linked, Complaint.LinkProposalDismissed)
MENDED = (Complaint.RemedyFulfilled, Complaint.RemedyReplaced)


def _freeze_is_missing(event: ComplaintStream.Event, complaint: Complaint) -> bool:
    urgent = isinstance(event, Complaint.Classified) and event.classification.urgent
    return urgent and complaint.stage == Stage.OPEN and not complaint.has_freeze


def _letter_goes_by_hand(event: ComplaintStream.Event, complaint: Complaint) -> bool:
    """By post and by phone, and where every attempt of a channel has failed."""
    if isinstance(event, Complaint.DeliveryRecorded):
        return event.outcome == DeliveryOutcome.FAILED and event.is_last and not event.missing
    if event.imported:
        return False
    if isinstance(event, Complaint.Acknowledged):
        return complaint.preferred_medium in BY_HAND
    if not isinstance(event, Complaint.Answered):
        return False
    return event.medium == Medium.LETTER or (event.medium == Medium.PHONE and event.template is not None)


def _letter_lacks_something(event: ComplaintStream.Event, _: Complaint) -> bool:
    return isinstance(event, Complaint.DeliveryRecorded) and bool(event.missing)


def _letter_of(event: ComplaintStream.Event) -> UUID | None:
    """The letter that a failed delivery is about: the task to deliver a letter has its id."""
    return event.letter_id if isinstance(event, Complaint.DeliveryRecorded) else None


def _has_arrived(event: Complaint.DeliveryRecorded) -> bool:
    """What was posted is watched until it is known to have arrived."""
    if event.medium == Medium.LETTER:
        return event.outcome == DeliveryOutcome.DELIVERED
    return event.outcome != DeliveryOutcome.FAILED


def _supervisor_decides(event: ComplaintStream.Event, complaint: Complaint) -> bool:
    return isinstance(event, Complaint.ResolutionRejected) and complaint.stage == Stage.RESOLVED


def _arrived_late(event: ComplaintStream.Event, complaint: Complaint) -> bool:
    return isinstance(event, ARRIVALS) and complaint.stage == Stage.ENDED and event.actor.type not in STAFF


def _decision_waits_for_its_letter(event: ComplaintStream.Event, complaint: Complaint) -> bool:
    """The time to answer a resolution runs from the delivery of its letter, so it must not be forgotten."""
    return isinstance(event, Complaint.Declined) or (
        isinstance(event, Complaint.Resolved) and complaint.stage == Stage.RESOLVED
    )


def _final_letter_goes_out(event: Complaint.DeliveryRecorded, complaint: Complaint) -> bool:
    """One that was ordered before the decision and held for the want of it; what is heard of it later is no news."""
    is_out = event.outcome != DeliveryOutcome.FAILED
    return is_out and event.letter_id in complaint.final_letters and complaint.times_out(event.letter_id) == 1


def _remedy_failed(complaint: Complaint) -> bool:
    return RemedyState.FAILED in complaint.remedies.values()


OPENS: Mapping[TaskKind, Callable[[ComplaintStream.Event, Complaint], bool]] = {
    TaskKind.REQUEST_FREEZE: _freeze_is_missing,
    TaskKind.DELIVER_LETTER: _letter_goes_by_hand,
    TaskKind.MEND_LETTER: _letter_lacks_something,
    TaskKind.LOOK_AT_ARRIVAL: _arrived_late,
    TaskKind.WRITE_FINAL_LETTER: _decision_waits_for_its_letter,
    TaskKind.DECIDE_AFTER_REJECTIONS: _supervisor_decides,
    TaskKind.LOOK_AT_PROPOSED_LINK: lambda event, complaint: (
        isinstance(event, Complaint.LinkProposed) and complaint.has_link_proposals
    ),
    TaskKind.MEND_REMEDY: lambda event, complaint: (
        isinstance(event, Complaint.RemedyFailed) and _remedy_failed(complaint)
    ),
}

CLOSES: Mapping[TaskKind, Callable[[ComplaintStream.Event, Complaint], bool]] = {
    TaskKind.REQUEST_FREEZE: lambda event, _: (
        isinstance(event, (Complaint.FreezeRequested, Complaint.Withdrawn, Complaint.Declined, Complaint.Closed))
        or (isinstance(event, Complaint.Classified) and not event.classification.urgent)
    ),
    TaskKind.LOOK_AT_ARRIVAL: lambda event, _: event.actor.type in STAFF,
    TaskKind.DECIDE_AFTER_REJECTIONS: lambda event, _: isinstance(event, (Complaint.Reopened, Complaint.Closed)),
    TaskKind.WRITE_FINAL_LETTER: lambda event, complaint: (
        isinstance(event, (Complaint.Reopened, Complaint.Closed))
        or (isinstance(event, Complaint.Answered) and event.kind in FINAL_LETTERS)
        or (isinstance(event, Complaint.DeliveryRecorded) and _final_letter_goes_out(event, complaint))
    ),
    TaskKind.LOOK_AT_PROPOSED_LINK: lambda event, complaint: (
        isinstance(event, LOOKED_AT) and not complaint.has_link_proposals
    ),
    TaskKind.MEND_REMEDY: lambda event, complaint: isinstance(event, MENDED) and not _remedy_failed(complaint),
}
