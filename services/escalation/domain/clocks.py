"""One running deadline: when it started, what it counted, when it is due, and which fractions of it warn."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from services.escalation.domain.business_time import Span, after, elapsed
from services.escalation.domain.policy import ClockRule, Owner, Policy, PolicyBook, Source, Starts
from services.escalation.domain.situation import Matter
from services.escalation.domain.targets import Amount, Due, Target, due


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"


ACTIVE = frozenset({ClockState.RUNNING, ClockState.PAUSED})
RECLASSIFIED = "reclassified"
SECOND_STAGE = "second-stage"
UNDELIVERED = "undelivered"
REPLACED = "replaced"
OVER_FOR_GOOD = frozenset({RECLASSIFIED, UNDELIVERED, REPLACED})

Place = tuple[str, str, str]
"""Policy, its version, and the name of the clock: what has one run at a time."""


@dataclass(kw_only=True)
class Clock:
    """The state of one clock; `occurrence` tells apart the times that a rule set one going."""

    clock_id: UUID
    rule_id: str
    name: str
    policy: str
    policy_version: str
    calendar: str
    calendar_version: str
    source: Source
    time_zone: str
    owner: Owner
    subject: UUID | None
    started_at: datetime
    target: Target | None
    due_at: datetime
    due_on: date
    warn_at: tuple[datetime, ...]
    verified: bool
    beyond_calendar: bool
    state: ClockState = ClockState.RUNNING
    paused: list[Span] = field(default_factory=list)
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    met_by: UUID | None = None
    owed_for: UUID | None = None
    cancelled_because: str = ""
    was_given_up: bool = False
    extensions: list[Amount] = field(default_factory=list)
    in_second_stage: bool = False
    refers_to: tuple[str, ...] = ()

    def pinned(self, book: PolicyBook) -> tuple[Policy, ClockRule]:
        """The policy that the clock was started by, and its rule in it."""
        policy = book.pinned(self.policy, self.policy_version, (self.calendar, self.calendar_version))
        return policy, policy.rule(self.rule_id)

    @property
    def place(self) -> Place:
        return self.policy, self.policy_version, self.name

    def later_target(self, rule: ClockRule) -> Target | None:
        """The longer limit of a rule, where this clock had come to its own."""
        return rule.second_stage.target if rule.second_stage and self.in_second_stage else None

    def target_by(self, rule: ClockRule) -> Target | None:
        """What a rule gives this clock; None where its date comes with a fact."""
        return self.later_target(rule) or rule.target

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def was_reclassified(self) -> bool:
        return self.state == ClockState.CANCELLED and self.cancelled_because == RECLASSIFIED

    @property
    def has_ended_with_the_complaint(self) -> bool:
        """Tell whether the end stopped it; what a class, promise, policy or a letter that came back did is over."""
        ended = self.state == ClockState.CANCELLED and self.cancelled_because not in OVER_FOR_GOOD
        return ended and not self.was_given_up

    def move(self, due_at: datetime, due_on: date, warn_at: tuple[datetime, ...], *, beyond_calendar: bool) -> None:
        self.due_at, self.due_on, self.warn_at, self.beyond_calendar = due_at, due_on, warn_at, beyond_calendar

    def go_on(self, at: datetime) -> None:
        if self.paused_at is not None:
            self.paused.append((self.paused_at, at))
        self.state, self.paused_at = ClockState.RUNNING, None

    def stop(self, state: ClockState, at: datetime) -> None:
        """Stop for good; a pause that lasts ends here."""
        self.go_on(at)
        self.state, self.stopped_at = state, at

    def begin_again(self) -> None:
        """Take back that a letter met it, until that letter arrives after all."""
        self.state, self.stopped_at, self.met_by, self.owed_for = ClockState.RUNNING, None, None, self.met_by

    def stood_still(self, until: datetime) -> tuple[Span, ...]:
        """The pauses, and the time since it was stopped."""
        return (*self.paused, *(((self.stopped_at, until),) if self.stopped_at else ()))

    @property
    def next_at(self) -> datetime:
        """When there is something to do for this clock: a warning, or the end."""
        return min((*self.warn_at, self.due_at))


@dataclass(frozen=True)
class Timing:
    """A due time with the instants that warn of it."""

    due: Due
    warn_at: tuple[datetime, ...]


def timing(
    rule: ClockRule,
    target: Target,
    start: datetime,
    policy: Policy,
    *,
    now: datetime,
    paused: Iterable[Span] = (),
    extensions: Iterable[Amount] = (),
) -> Timing:
    """Compute when a clock is due; warnings that would lie in the past are left out.

    Handlers are warned after a fraction of their working time, complainants after one of the days that pass for them.
    """
    spans = tuple(paused)
    end = due(target, start, policy.calendar, paused=spans, extensions=tuple(extensions))
    counted = None if target.around_the_clock or rule.owner == Owner.COMPLAINANT else policy.calendar
    whole = elapsed(start, end.at, counted, spans)
    warnings = (after(start, whole * fraction, counted, spans) for fraction in rule.warn_at)
    return Timing(end, tuple(at for at in warnings if now < at < end.at))


def timing_anew(
    clock: Clock, rule: ClockRule, target: Target, policy: Policy, *, now: datetime, more: Iterable[Amount] = ()
) -> Timing:
    """Compute a started clock again, as if a pause that lasts ended now; `more` extends it."""
    ongoing = ((clock.paused_at, now),) if clock.paused_at else ()
    return timing(
        rule,
        target,
        clock.started_at,
        policy,
        now=now,
        paused=(*clock.paused, *ongoing),
        extensions=(*clock.extensions, *more),
    )


def dated_timing(rule: ClockRule, due_on: date, policy: Policy, *, start: datetime, now: datetime) -> Timing:
    """A clock whose date came with the fact: it ends with that local day, and its time is that of every day."""
    calendar = policy.calendar
    end = calendar.end_of(due_on)
    warnings = (start + (end - start) * fraction for fraction in rule.warn_at)
    return Timing(Due(end, due_on, calendar.is_beyond(due_on)), tuple(at for at in warnings if now < at < end))


def clock_id(complaint_id: UUID, policy: Policy, rule: ClockRule, occurrence: UUID) -> UUID:
    return uuid5(complaint_id, f"{policy.name}:{rule.name}:{occurrence}")


def applicable(matter: Matter, policies: Iterable[Policy]) -> list[Policy]:
    """The policies that apply on the day of receipt: within a family the first that matches."""
    found: dict[str, Policy] = {}
    for policy in policies:
        if policy.is_in_force(matter.received_at) and matter.matches(policy.applies):
            found.setdefault(policy.family, policy)
    return list(found.values())


def rules_for(matter: Matter, policy: Policy, starts: Starts) -> list[ClockRule]:
    """The rules that such a trigger sets going: of rules with one name the first that matches."""
    found: dict[str, ClockRule] = {}
    for rule in policy.clocks:
        if rule.starts == starts and matter.matches(rule.when):
            found.setdefault(rule.name, rule)
    return list(found.values())
