"""The story of a complaint as its complainant reads it: how it stands, what happened, what comes next, what helps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.catalogue import Catalogue
from services.intake.domain.complaint import Complaint
from services.intake.domain.lifecycle import Stage, Status
from services.intake.domain.remedies import RemedyState
from services.intake.views.complaint_page import Page
from services.intake.views.next_step import missing, next_step
from services.intake.views.promised_dates import Promises
from shared.contracts import local_forms
from shared.contracts.message import Audience
from shared.contracts.registry import REGISTRY
from shared.contracts.telling import Telling
from shared.eventstore.command import Recorded
from shared.eventstore.mapper import StoredParts

QUOTED = ("text", "explanation", "reason_text", "comment")
STILL_PROMISED = frozenset({"running", "paused"})
REJECTED = "rejected"


@dataclass(frozen=True)
class Told:
    """One thing that happened; `quoted` are the words that were said, None where there were none or they are erased."""

    at: datetime
    on: str
    text: str
    quoted: str | None


@dataclass(frozen=True)
class Dated:
    """A sentence with the first instant that is too late, None where nothing is promised."""

    text: str
    by: datetime | None


@dataclass(frozen=True)
class Missing:
    text: str
    how: str


@dataclass(frozen=True)
class Right:
    """Something that the complainant may do; `action` is the command for it, None for what is done elsewhere."""

    text: str
    action: str | None


@dataclass(frozen=True, kw_only=True)
class Story:
    number: str
    headline: str
    happened: tuple[Told, ...]
    next: Dated
    promises: tuple[Dated, ...]
    missing: tuple[Missing, ...]
    rights: tuple[Right, ...]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the complainant may know at one instant: `happened` without what others wrote for each other."""

    complaint: Complaint
    page: Page
    happened: Sequence[Recorded]
    promises: Promises
    allowed: tuple[str, ...]
    reopen_until: datetime | None
    at: datetime


def tell(seen: Seen, catalogue: Catalogue, telling: Telling) -> Story:
    complaint = seen.complaint
    standing = REJECTED if complaint.status == Status.RESOLVED and complaint.rejected else complaint.status
    return Story(
        number=complaint.number,
        headline=telling.step("headline", standing),
        happened=tuple(_told(seen.happened, telling)),
        next=_next(seen, telling),
        promises=tuple(dict.fromkeys(_promises(seen, telling))),
        missing=tuple(_missing(seen, catalogue, telling)),
        rights=tuple(dict.fromkeys(_rights(seen, telling))),
    )


def _told(happened: Sequence[Recorded], telling: Telling) -> Iterator[Told]:
    for recorded in happened:
        event: Any = recorded.event
        text = telling.happened(recorded.stored.topic, StoredParts.of(recorded.stored).public)
        if text is not None:
            at = event.received_at if isinstance(event, Complaint.Submitted) else recorded.recorded_at
            yield Told(at, telling.at(at), text, _quoted(recorded))


def _quoted(recorded: Recorded) -> str | None:
    event: Any = recorded.event
    if isinstance(event, Complaint.Submitted):
        return event.matter.description if event.matter else None
    contract = REGISTRY.by_stored_name[recorded.stored.topic]
    seen = [name for name in QUOTED if name in contract.personal and _is_for_complainant(contract.personal[name])]
    words = [getattr(event, name) for name in seen]
    words += [f"{point.point}\n{point.answer}" for point in getattr(event, "points", None) or ()]
    return "\n".join(word for word in words if word) or None


def _is_for_complainant(personal: Any) -> bool:
    return Audience.COMPLAINANT.sees(personal.audience)


def _next(seen: Seen, telling: Telling) -> Dated:
    step = next_step(seen.complaint, seen.promises)
    if step.by is None:
        return Dated(telling.step("next", step.code), None)
    due_at = _due_at(step.by)
    if step.by["owner"] == "complainant":
        return Dated(telling.window(step.by["clock"], due_at), due_at)
    return Dated(_promised(step.by, seen, telling), due_at)


def _promises(seen: Seen, telling: Telling) -> Iterator[Dated]:
    """What the wallet promises, the next first; what it missed is said as long as the complaint is open."""
    is_open = seen.complaint.stage == Stage.OPEN
    for date in seen.promises.dates:
        state, due_at = date["state"], _due_at(date)
        if date["owner"] == "wallet" and (state in STILL_PROMISED or (state == "missed" and is_open)):
            notes = telling.doubts(date) if state in STILL_PROMISED else ()
            text = telling.sentences(_promised(date, seen, telling), *notes)
            yield Dated(text, None if state == "paused" else due_at)


def _promised(date: Mapping[str, Any], seen: Seen, telling: Telling) -> str:
    """A promise of the wallet; what is to be made good is named."""
    owed = [
        telling.remedy(remedy["kind"], remedy["amount"])
        for remedy in seen.page["remedies"]
        if date["clock"] == "remedy" and str(remedy["due_on"]) == date["due_on"] and _is_owed(remedy, seen.complaint)
    ]
    what = local_forms.listed(owed, telling.language) if owed else ""
    return telling.promised(date["clock"], date["state"], _due_at(date), what=what)


def _is_owed(remedy: Mapping[str, Any], complaint: Complaint) -> bool:
    return complaint.remedies[remedy["remedy_id"]] == RemedyState.PROMISED


def _missing(seen: Seen, catalogue: Catalogue, telling: Telling) -> Iterator[Missing]:
    """What was asked for stands before what would help; after a decision nothing is missing any more."""
    if seen.complaint.stage != Stage.OPEN:
        return
    requests = [each for each in seen.page["information_requests"] if each["provided_at"] is None]
    asked = [code for request in requests for code in request["items"]]
    helpful = [item.code for item in missing(seen.complaint.category, seen.page, catalogue)]
    for code in dict.fromkeys([*asked, *helpful]):
        item = catalogue.items.get(code)
        text = item.labels[telling.language] if item else telling.label("item", code)
        yield Missing(text, telling.how(code, by_file=bool(item and item.evidence)))


def _rights(seen: Seen, telling: Telling) -> Iterator[Right]:
    for action in seen.allowed:
        if action in RIGHTS:
            yield Right(RIGHTS[action](seen, telling), action)
    window_is_over = seen.reopen_until is not None and seen.at >= seen.reopen_until
    if window_is_over:
        yield Right(telling.step("right", "submit", number=seen.complaint.number), "submit")
    for date in seen.promises.dates:
        if date["state"] in STILL_PROMISED | {"missed"}:
            yield from _referrals(date, seen.at, telling)


def _referrals(date: Mapping[str, Any], now: datetime, telling: Telling) -> Iterator[Right]:
    """Whom the complainant may turn to: now, or once the date has passed."""
    due_at = _due_at(date)
    for code in date.get("referable_to", ()):
        body = telling.body(code)
        if now >= due_at:
            yield Right(telling.step("right", "refer", body=body), None)
        else:
            day = telling.day(due_at.astimezone(telling.zone).date())
            yield Right(telling.step("right", "refer-from", body=body, day=day), None)


def _plain(action: str) -> Callable[[Seen, Telling], str]:
    return lambda _, telling: telling.step("right", action)


def _rejection(seen: Seen, telling: Telling) -> str:
    return telling.step("right", "reject-again" if seen.complaint.rejections else "reject-resolution")


def _reopening(seen: Seen, telling: Telling) -> str:
    if seen.reopen_until is None:
        raise ValueError("nobody is allowed to reopen a complaint without a window")
    return telling.step("right", "reopen", by=telling.by(seen.reopen_until))


def _due_at(date: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(date["due_at"])


RIGHTS: Mapping[str, Callable[[Seen, Telling], str]] = {
    **{action: _plain(action) for action in ("follow-up", "escalate", "withdraw", "accept-resolution", "rate")},
    "reject-resolution": _rejection,
    "reopen": _reopening,
}
"""What the complainant is told they may do, by the command for it; the rest goes without saying."""
