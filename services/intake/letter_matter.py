"""What letters may tell of a complaint: its decision, its dates, why it takes longer, what its policies ask for."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python

from services.intake.application import Intake
from services.intake.domain.complaint import Complaint
from services.intake.request_errors import PromisesComputingError
from services.intake.views.promised_dates import PromisedDates
from shared.contracts.contact_book import Decision, Extension, LetterMatter, LetterTerms
from shared.eventstore.command import Recorded


def letter_matter(intake: Intake, dates: PromisedDates, complaint_id: UUID) -> LetterMatter | None:
    history = intake.recorded(complaint_id)
    if not history:
        return None
    complaint: Complaint = intake.repository.get(complaint_id)
    promises = dates.newest(complaint_id).dates
    return LetterMatter(
        tenant=complaint.tenant,
        number=complaint.number,
        complainant=complaint.complainant,
        language=complaint.language,
        preferred_medium=complaint.preferred_medium,
        jurisdiction=complaint.classification.jurisdiction if complaint.classification else "",
        received_at=complaint.received_at,
        promises=promises,
        terms=_terms(dates, complaint_id),
        decision=_decision(history),
        extension=_extension(history, promises),
    )


def _terms(dates: PromisedDates, complaint_id: UUID) -> dict[str, LetterTerms] | None:
    try:
        return dates.letters(complaint_id)
    except PromisesComputingError:
        return None


def _decision(history: Iterable[Recorded]) -> Decision | None:
    """The decision that stands: a complaint that was reopened has none."""
    stands: Any = None
    for recorded in history:
        if isinstance(recorded.event, (Complaint.Resolved, Complaint.Reopened)):
            stands = recorded.event
    if not isinstance(stands, Complaint.Resolved):
        return None
    return Decision(
        outcome=stands.decision,
        explanation=stands.explanation,
        points=tuple({"point": each.point, "answer": each.answer} for each in stands.points or ()),
        remedies=tuple(to_jsonable_python(asdict(remedy)) for remedy in stands.remedies),
    )


def _extension(history: Iterable[Recorded], promises: Iterable[Any]) -> Extension | None:
    """The newest reason that was given for more time; the date is the latest that was moved and still runs."""
    moved = [date.fromisoformat(each["due_on"]) for each in promises if each["extended"] and _runs(each)]
    granted = [each.event for each in history if isinstance(each.event, Complaint.ExtensionGranted)]
    if not moved and not granted:
        return None
    newest: Any = granted[-1] if granted else None
    return Extension(
        reason=newest.reason if newest else None,
        text=newest.reason_text if newest else None,
        due_on=max(moved, default=None),
    )


def _runs(promise: Any) -> bool:
    return promise["owner"] == "wallet" and promise["state"] in {"running", "paused"}
