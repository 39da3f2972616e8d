"""The events of a case, and how each changes its clocks."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.domain import AggregateEvent, BaseAggregate

from services.escalation.domain.business_time import Span
from services.escalation.domain.clocks import SECOND_STAGE, UNDELIVERED, Clock, ClockState
from services.escalation.domain.commands import Actor, Cause, envelope
from services.escalation.domain.policy import Owner, Source
from services.escalation.domain.targets import Amount, ReceiptRule, Target, Unit


@dataclass(frozen=True)
class Pinned:
    """A policy or calendar as it stood when the clock started."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class StatedTarget:
    amount: int
    unit: Unit
    around_the_clock: bool
    receipt_rule: ReceiptRule

    @classmethod
    def of(cls, target: Target) -> "StatedTarget":
        return cls(
            amount=target.length.amount,
            unit=target.length.unit,
            around_the_clock=target.around_the_clock,
            receipt_rule=target.receipt_rule,
        )

    def target(self) -> Target:
        return Target(
            length=Amount(self.amount, self.unit),
            around_the_clock=self.around_the_clock,
            receipt_rule=self.receipt_rule,
        )


@dataclass(frozen=True, kw_only=True)
class StatedExtension:
    unit: Unit
    cap: int
    times: int
    approver: str


@dataclass(frozen=True, kw_only=True)
class StatedLetter:
    kind: str
    media: tuple[str, ...]
    elements: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the pinned policy lets others refuse by."""

    extension: StatedExtension | None
    letters: tuple[StatedLetter, ...]
    reopening_days: int | None


class CaseStream(BaseAggregate[UUID]):
    """State and events of a case; `Case` decides."""

    class Event(AggregateEvent):
        tenant: str
        actor: Actor
        on_behalf_of: UUID | None
        channel: str
        causation_id: UUID | None
        correlation_id: UUID
        imported: bool
        complaint_id: UUID
        clock_id: UUID

        @property
        def event_id(self) -> UUID:
            return uuid5(self.originator_id, f"case:{self.originator_version}")

    class ClockStarted(Event):
        TOPIC = "case.clock_started"
        clock: str
        rule: str
        owner: Owner
        source: Source
        subject: UUID | None
        target: StatedTarget | None
        paused: tuple[Span, ...]
        policy: Pinned
        calendar: Pinned
        started_at: datetime
        due_at: datetime
        due_on: date
        time_zone: str
        warn_at: tuple[datetime, ...]
        verified: bool
        beyond_calendar: bool
        terms: Terms
        set_size: int
        refers_to: tuple[str, ...] = ()
        in_second_stage: bool = False

        def apply(self, case: "CaseStream") -> None:
            case.clocks[self.clock_id] = Clock(
                clock_id=self.clock_id,
                rule_id=self.rule,
                name=self.clock,
                policy=self.policy.name,
                policy_version=self.policy.version,
                calendar=self.calendar.name,
                calendar_version=self.calendar.version,
                source=self.source,
                time_zone=self.time_zone,
                verified=self.verified,
                beyond_calendar=self.beyond_calendar,
                in_second_stage=self.in_second_stage,
                refers_to=self.refers_to,
                owner=self.owner,
                subject=self.subject,
                started_at=self.started_at,
                target=self.target.target() if self.target else None,
                due_at=self.due_at,
                due_on=self.due_on,
                warn_at=self.warn_at,
                paused=list(self.paused),
            )

    class ClockWarned(Event):
        TOPIC = "case.clock_warned"
        clock: str
        owner: Owner
        due_at: datetime

        def apply(self, case: "CaseStream") -> None:
            clock = case.clocks[self.clock_id]
            clock.warn_at = tuple(at for at in clock.warn_at if at > self.timestamp)

    class ClockPaused(Event):
        TOPIC = "case.clock_paused"
        paused_at: datetime

        def apply(self, case: "CaseStream") -> None:
            clock = case.clocks[self.clock_id]
            clock.state, clock.paused_at = ClockState.PAUSED, self.paused_at

    class ClockResumed(Event):
        TOPIC = "case.clock_resumed"
        resumed_at: datetime
        due_at: datetime
        due_on: date
        warn_at: tuple[datetime, ...]
        beyond_calendar: bool

        def apply(self, case: "CaseStream") -> None:
            clock = case.clocks[self.clock_id]
            clock.go_on(self.resumed_at)
            clock.move(self.due_at, self.due_on, self.warn_at, beyond_calendar=self.beyond_calendar)

    class ClockExtended(Event):
        TOPIC = "case.clock_extended"
        amount: int
        unit: Unit
        due_at: datetime
        due_on: date
        warn_at: tuple[datetime, ...]
        beyond_calendar: bool

        def apply(self, case: "CaseStream") -> None:
            clock = case.clocks[self.clock_id]
            clock.extensions.append(Amount(self.amount, self.unit))
            clock.move(self.due_at, self.due_on, self.warn_at, beyond_calendar=self.beyond_calendar)

    class ClockRecalculated(Event):
        TOPIC = "case.clock_recalculated"
        why: str
        rule: str
        target: StatedTarget | None
        old_due_at: datetime
        due_at: datetime
        due_on: date
        warn_at: tuple[datetime, ...]
        beyond_calendar: bool
        policy: Pinned | None = None
        calendar: Pinned | None = None

        def apply(self, case: "CaseStream") -> None:
            clock = case.clocks[self.clock_id]
            clock.rule_id, clock.target = self.rule, self.target.target() if self.target else None
            clock.move(self.due_at, self.due_on, self.warn_at, beyond_calendar=self.beyond_calendar)
            clock.in_second_stage = clock.in_second_stage or self.why == SECOND_STAGE
            if self.why == UNDELIVERED:
                clock.begin_again()
            if self.policy and self.calendar:
                clock.policy, clock.policy_version = self.policy.name, self.policy.version
                clock.calendar, clock.calendar_version = self.calendar.name, self.calendar.version

    class ClockMet(Event):
        TOPIC = "case.clock_met"
        clock: str
        met_at: datetime
        by_event_id: UUID

        def apply(self, case: "CaseStream") -> None:
            clock = case.clocks[self.clock_id]
            clock.stop(ClockState.MET, self.met_at)
            clock.met_by = self.by_event_id

    class ClockMissed(Event):
        TOPIC = "case.clock_missed"
        clock: str
        owner: Owner
        due_at: datetime
        late_by_seconds: int

        def apply(self, case: "CaseStream") -> None:
            case.clocks[self.clock_id].stop(ClockState.MISSED, self.due_at)

    class ClockCancelled(Event):
        TOPIC = "case.clock_cancelled"
        clock: str
        why: str
        policy: Pinned | None = None

        def apply(self, case: "CaseStream") -> None:
            clock = case.clocks[self.clock_id]
            clock.stop(ClockState.CANCELLED, self.timestamp)
            clock.cancelled_because, clock.was_given_up = self.why, self.policy is not None

    def __init__(self) -> None:
        self.clocks: dict[UUID, Clock] = {}

    def record(self, event_class: type[Event], cause: Cause, clock_id: UUID, **fields: Any) -> UUID:
        """Trigger an event and return its id."""
        self.trigger_event(event_class, timestamp=cause.at, **envelope(cause), clock_id=clock_id, **fields)
        return uuid5(self.id, f"case:{self.version}")
