"""What the wallet owes first on a complaint: a promise that runs, or one that was missed and not made up for since."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import LetterKind
from services.intake.domain.provenance import ActorType
from shared.eventstore.command import Recorded

Kept = dict[str, str]
"""When a clock of each name was last kept, ISO 8601, in time or late."""

RUNNING, MISSED, WALLET = "running", "missed", "wallet"
STAFF = frozenset({ActorType.HANDLER, ActorType.SUPERVISOR})
ANSWERS = ("first_answer", "next_answer", "work_started")
INTERIM = ("statutory_letter", "delay_notice")
FINAL = (*INTERIM, "statutory_final", "statutory_summary", "regulator")
LETTERS = {LetterKind.HOLDING: INTERIM, LetterKind.FINAL: FINAL, LetterKind.SUMMARY: FINAL}


def _answer(event: Any) -> tuple[str, ...]:
    letters = LETTERS.get(LetterKind(event.kind), ())
    return (*letters, *ANSWERS) if event.actor.type in STAFF else letters


KEEPS: Mapping[type, Callable[[Any], tuple[str, ...]]] = {
    Complaint.Acknowledged: lambda _: ("acknowledge",),
    Complaint.Assigned: lambda _: ("work_started",),
    Complaint.Answered: _answer,
    Complaint.Resolved: lambda _: (*ANSWERS, "final"),
    Complaint.FreezeConfirmed: lambda _: ("freeze",),
    Complaint.FreezeRefused: lambda _: ("freeze",),
    Complaint.RemedyFulfilled: lambda _: ("remedy", "provisional_credit"),
    Complaint.ExternalReferralDecided: lambda _: ("referral",),
    Complaint.ExternalReferralClosed: lambda _: ("referral",),
}
"""Which clocks each event keeps, also those that it keeps too late; escalation hears it from the pinned policies."""


def kept_by(recorded: Sequence[Recorded]) -> Kept:
    """When what was kept by these events was kept."""
    kept: Kept = {}
    for each in recorded:
        event: Any = each.event
        at: datetime = event.timestamp if getattr(event, "imported", False) else each.recorded_at
        kept |= dict.fromkeys(KEEPS.get(type(event), lambda _: ())(event), at.isoformat())
    return kept


def due_first(dates: Sequence[Mapping[str, Any]], kept: Kept) -> Mapping[str, Any] | None:
    """The date that is owed first; what is paused is owed by nobody for now."""
    owed = [date for date in dates if date["owner"] == WALLET and _is_owed(date, kept)]
    return min(owed, key=lambda date: (datetime.fromisoformat(date["due_at"]), date["clock"]), default=None)


def _is_owed(date: Mapping[str, Any], kept: Kept) -> bool:
    if date["state"] != MISSED:
        return bool(date["state"] == RUNNING)
    last = kept.get(date["clock"])
    return last is None or datetime.fromisoformat(last) < datetime.fromisoformat(date["due_at"])
