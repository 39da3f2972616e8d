"""What happened to the clocks of a complaint: escalation's stream, one case per complaint."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar
from uuid import UUID, uuid5

from pydantic import AwareDatetime

from shared.contracts.message import Audience, Message, Value
from shared.contracts.topics import DEADLINE_EVENTS


class Extension(Value):
    """At most `cap` of `unit` at a time, `times` times, granted by `approver`."""

    unit: str
    cap: int
    times: int
    approver: str


class LetterTerms(Value):
    """Which media a letter of this kind may use, and what it must say."""

    kind: str
    media: tuple[str, ...]
    elements: tuple[str, ...]


class ClockTerms(Value):
    """What the pinned policy lets others refuse by; the reopening window counts in calendar days."""

    extension: Extension | None
    letters: tuple[LetterTerms, ...]
    reopening_days: int | None


class PinnedSource(Value):
    """A policy or calendar as it stood when the clock started; `digest` is the hex SHA-256 of its bytes."""

    name: str
    version: str
    digest: str


class Target(Value):
    """`around_the_clock` counts nights and holidays; `receipt_rule` says which day is day 0."""

    amount: int
    unit: str
    around_the_clock: bool
    receipt_rule: str


class DeadlineFact(Message):
    """`clock_id` names one running of one clock; a clock that starts anew has a new id."""

    topic: ClassVar[str] = DEADLINE_EVENTS
    audience: ClassVar[Audience] = Audience.COMPLAINANT

    complaint_id: UUID
    clock_id: UUID


class ClockStarted(DeadlineFact):
    """A clock runs; `set_size` says how many clocks started in the same append.

    `target` is null where the date came with `subject`: a remedy, a referral, a regulator's request.
    `paused` are spans of an earlier run that are given back. Once the due time has passed the complainant
    may turn to the bodies of `refers_to`.
    """

    stored_name: ClassVar[str] = "case.clock_started"

    clock: str
    rule: str
    owner: str
    source: str
    subject: UUID | None
    target: Target | None
    paused: tuple[tuple[AwareDatetime, AwareDatetime], ...]
    policy: PinnedSource
    calendar: PinnedSource
    started_at: AwareDatetime
    due_at: AwareDatetime
    due_on: date
    time_zone: str
    warn_at: tuple[AwareDatetime, ...]
    verified: bool
    beyond_calendar: bool
    terms: ClockTerms
    set_size: int
    refers_to: tuple[str, ...] = ()
    in_second_stage: bool = False


class ClockWarned(DeadlineFact):
    """The due time is near; complainants are reminded of their own windows, handlers of what the wallet promised."""

    stored_name: ClassVar[str] = "case.clock_warned"
    audience: ClassVar[Audience] = Audience.HANDLER

    clock: str
    owner: str
    due_at: AwareDatetime

    @classmethod
    def audience_of(cls, fields: Mapping[str, Any]) -> Audience:
        return Audience.COMPLAINANT if fields["owner"] == "complainant" else Audience.HANDLER


class ClockPaused(DeadlineFact):
    """A house clock stands still while the complaint waits for somebody else."""

    stored_name: ClassVar[str] = "case.clock_paused"

    paused_at: AwareDatetime


class ClockResumed(DeadlineFact):
    stored_name: ClassVar[str] = "case.clock_resumed"

    resumed_at: AwareDatetime
    due_at: AwareDatetime
    due_on: date
    warn_at: tuple[AwareDatetime, ...]
    beyond_calendar: bool


class ClockExtended(DeadlineFact):
    stored_name: ClassVar[str] = "case.clock_extended"

    amount: int
    unit: str
    due_at: AwareDatetime
    due_on: date
    warn_at: tuple[AwareDatetime, ...]
    beyond_calendar: bool


class ClockRecalculated(DeadlineFact):
    """The due time changed for a reason other than pause or extension: old, new, why, and who in `actor`.

    `policy` and `calendar` are there where the clock counts by another version from now on.
    """

    stored_name: ClassVar[str] = "case.clock_recalculated"

    why: str
    rule: str
    target: Target | None
    old_due_at: AwareDatetime
    due_at: AwareDatetime
    due_on: date
    warn_at: tuple[AwareDatetime, ...]
    beyond_calendar: bool
    policy: PinnedSource | None = None
    calendar: PinnedSource | None = None


class ClockMet(DeadlineFact):
    """The promise was kept: `met_at` is when the deciding event was recorded."""

    stored_name: ClassVar[str] = "case.clock_met"

    clock: str
    met_at: AwareDatetime
    by_event_id: UUID


class ClockMissed(DeadlineFact):
    """The promise was broken, once and for ever; `late_by_seconds` is how long after the due time it was recorded."""

    stored_name: ClassVar[str] = "case.clock_missed"

    clock: str
    owner: str
    due_at: AwareDatetime
    late_by_seconds: int


class ClockCancelled(DeadlineFact):
    """`policy` is there where a migration found that its newest version promises this no more."""

    stored_name: ClassVar[str] = "case.clock_cancelled"

    clock: str
    why: str
    policy: PinnedSource | None = None


DEADLINES: tuple[type[DeadlineFact], ...] = (
    ClockStarted,
    ClockWarned,
    ClockPaused,
    ClockResumed,
    ClockExtended,
    ClockRecalculated,
    ClockMet,
    ClockMissed,
    ClockCancelled,
)


def case_id(complaint_id: UUID) -> UUID:
    """The stream id of the case that watches a complaint."""
    return uuid5(complaint_id, "case")
