"""What escalation knows of a complaint: a fold of what happened so far, nothing personal in it."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.escalation.domain.policy import Matching, Meets, Starts
from services.escalation.domain.targets import Amount

SUMMARY = "summary"
FINAL_LETTERS = frozenset({"final", SUMMARY})
DECIDED = frozenset({Meets.RESOLVED, Meets.FINAL_LETTER, Meets.SUMMARY_LETTER})


class Stage(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What policies are chosen by."""

    received_at: datetime
    channel: str
    category: str = ""
    complexity: str = "simple"
    urgent: bool = False
    jurisdiction: str = ""
    regulated_service: str = ""
    amount: Decimal | None = None
    currency: str = ""

    def matches(self, wanted: Matching) -> bool:
        return not self.failing(wanted)

    def failing(self, wanted: Matching) -> list[str]:
        """The conditions that do not hold."""
        sets = {
            "jurisdiction": (wanted.jurisdictions, self.jurisdiction),
            "regulated service": (wanted.regulated_services, self.regulated_service),
            "category": (wanted.categories, self.category),
            "channel": (wanted.channels, self.channel),
        }
        failing = [name for name, (allowed, value) in sets.items() if allowed and value not in allowed]
        if wanted.complexity not in {None, self.complexity}:
            failing.append("complexity")
        if wanted.urgent not in {None, self.urgent}:
            failing.append("urgency")
        if wanted.amount is not None and not wanted.amount.holds(self.amount, self.currency):
            failing.append("amount")
        return failing


@dataclass(frozen=True)
class Owed:
    """Something promised or asked for by a local date: a remedy, a reply."""

    starts: Starts
    id: UUID
    due_on: date


@dataclass(frozen=True)
class Extension:
    clock_id: UUID
    amount: Amount


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One fact as clocks see it; `at` is when it was recorded or, if imported, when it happened.

    `asked` is what came with the submission and starts its clock once the complaint is classified.
    """

    event_id: UUID
    at: datetime
    matter: dict[str, Any] = field(default_factory=dict)
    classified: bool = False
    meets: frozenset[Meets] = frozenset()
    subject: UUID | None = None
    stage: Stage | None = None
    ended_as: str = ""
    reopened_because: str | None = None
    opens_wait: UUID | None = None
    closes_waits: frozenset[UUID] = frozenset()
    followed_up: bool = False
    letter: tuple[UUID, str] | None = None
    delivered: UUID | None = None
    undelivered: UUID | None = None
    owed: tuple[Owed, ...] = ()
    asked: tuple[Owed, ...] = ()
    owed_if_accepted: tuple[Owed, ...] = ()
    accepted: bool = False
    owed_no_more: UUID | None = None
    extension: Extension | None = None
    level: int | None = None
    handler: str | None = None
    released: bool = False


@dataclass(frozen=True)
class Kept:
    """What one fact kept: promises of some kinds, of one subject where it names one."""

    event_id: UUID
    at: datetime
    meets: frozenset[Meets]
    subject: UUID | None

    def keeps(self, meets: frozenset[Meets], subject: UUID | None) -> bool:
        return bool(self.meets & meets) and self.subject in {None, subject}


@dataclass(frozen=True, kw_only=True)
class Situation:
    matter: Matter | None = None
    stage: Stage = Stage.OPEN
    waits: frozenset[UUID] = frozenset()
    follow_ups: tuple[datetime, ...] = ()
    letters: dict[UUID, str] = field(default_factory=dict)
    asked: tuple[Owed, ...] = ()
    owed_if_accepted: tuple[Owed, ...] = ()
    arrived: frozenset[UUID] = frozenset()
    resolution_id: UUID | None = None
    urgent_since: UUID | None = None
    accepted: bool = False
    level: int = 0
    handler: str | None = None
    kept: tuple[Kept, ...] = ()
    came_back: frozenset[UUID] = frozenset()
    reopened_at: datetime | None = None

    def after(self, happening: Happening) -> "Situation":
        """The situation once this has happened too."""
        situation = replace(
            self,
            matter=self._matter(happening),
            stage=happening.stage or self.stage,
            waits=self._waits(happening),
            follow_ups=(*self.follow_ups, *((happening.at,) if happening.followed_up else ())),
            letters={**self.letters, **dict([happening.letter] if happening.letter else [])},
            asked=happening.asked or self.asked,
            owed_if_accepted=self._owed_if_accepted(happening),
            resolution_id=happening.event_id if happening.stage == Stage.RESOLVED else self.resolution_id,
            urgent_since=self._urgent_since(happening),
            accepted=self.accepted or happening.accepted,
            level=self.level if happening.level is None else happening.level,
            handler=None if happening.released else happening.handler or self.handler,
        )
        if happening.reopened_because is not None:
            again = replace(situation, owed_if_accepted=(), accepted=False, letters={}, arrived=frozenset())
            return replace(again, reopened_at=happening.at)
        kept = Kept(happening.event_id, happening.at, situation.kept_by(happening), happening.subject)
        return replace(
            situation,
            arrived=self._arrived(happening),
            came_back=(self.came_back | _only(happening.undelivered)) - _only(happening.delivered),
            kept=(*self.kept, kept) if kept.meets else self.kept,
        )

    def kept_by(self, happening: Happening) -> frozenset[Meets]:
        """What this keeps; a summary letter counts with the acceptance only, whichever of the two comes last."""
        if self.accepted and SUMMARY in self.letters.values():
            return happening.meets
        return happening.meets - {Meets.SUMMARY_LETTER}

    def has_kept(self, meets: frozenset[Meets], subject: UUID | None, *, since: datetime) -> bool:
        """Tell whether any of these was done, for this subject where it names one, at or after an instant."""
        return any(each.at >= since and each.keeps(meets, subject) for each in self.kept)

    def first_kept(self, meets: frozenset[Meets], *, since: datetime) -> Kept | None:
        """The first fact since then that keeps a promise which begins only now.

        A letter that came back kept nothing, and no decision stands that the complaint was reopened after.
        """
        if meets <= DECIDED and self.reopened_at is not None:
            since = max(since, self.reopened_at)
        kept = (each for each in self.kept if each.at >= since and each.keeps(meets, None))
        return next((each for each in kept if each.event_id not in self.came_back), None)

    def _matter(self, happening: Happening) -> Matter | None:
        if not happening.matter:
            return self.matter
        return replace(self.matter, **happening.matter) if self.matter else Matter(**happening.matter)

    def _owed_if_accepted(self, happening: Happening) -> tuple[Owed, ...]:
        """What a new resolution promises; what has arrived before the acceptance, or was replaced, is not owed."""
        if happening.stage == Stage.RESOLVED:
            return happening.owed_if_accepted or self.owed_if_accepted
        kept = tuple(each for each in self.owed_if_accepted if each.id != happening.owed_no_more)
        return (*kept, *happening.owed_if_accepted)

    def _urgent_since(self, happening: Happening) -> UUID | None:
        if not happening.matter.get("urgent", False):
            return None if "urgent" in happening.matter else self.urgent_since
        return self.urgent_since or happening.event_id

    def _waits(self, happening: Happening) -> frozenset[UUID]:
        """Whoever resolves or ends a complaint waits for nobody any more."""
        if happening.stage is not None:
            return frozenset()
        opened = frozenset({happening.opens_wait} if happening.opens_wait else ())
        return (self.waits | opened) - happening.closes_waits

    def _arrived(self, happening: Happening) -> frozenset[UUID]:
        return (self.arrived | _only(happening.delivered)) - _only(happening.undelivered)

    @property
    def resolution_delivered(self) -> bool:
        """Tell whether the complainant has the letter with the decision that stands."""
        return self.stage == Stage.RESOLVED and any(self.letters.get(each) in FINAL_LETTERS for each in self.arrived)


def _only(letter_id: UUID | None) -> frozenset[UUID]:
    return frozenset({letter_id} if letter_id else ())
