"""The menu of notifier: take note of a fact and plan what it asks for; record what became of it."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError
from eventsourcing.domain import DomainEvent

from services.notifier.domain.commands import RecordDelivery, record_delivery
from services.notifier.domain.notification import (
    GONE,
    MEDIUM_NOT_ALLOWED,
    SUPERSEDED,
    Cause,
    ChannelName,
    Notification,
    Plan,
    ReportedAs,
    State,
)
from services.notifier.memory import Memories, remember
from services.notifier.planning import Planner
from shared.contracts.complaint_events import ComplaintAnswered
from shared.contracts.envelope import Envelope, event_id
from shared.contracts.letters import ACKNOWLEDGEMENT
from shared.contracts.message import Message
from shared.contracts.notification_events import Recipient, notification_id
from shared.eventstore.application import EventSourced
from shared.eventstore.command import Change, Command, Decision, Receipt, Step
from shared.eventstore.store import Store
from shared.messaging.dead_letters import DeadLetterNoticed
from shared.messaging.dispatch import NotYetError

EVENTS: tuple[type[DomainEvent], ...] = (
    *(value for value in vars(Notification).values() if isinstance(value, type) and hasattr(value, "TOPIC")),
    RecordDelivery,
    DeadLetterNoticed,
)


ELEMENTS_MISSING = "elements-missing"


@dataclass(frozen=True)
class Failure:
    reason: str
    may_retry: bool


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What came of one attempt to send, the first being number 1; without a failure the channel took it.

    A letter that lacks what `missing` names was not handed to it. An app may be told of a letter that its policies
    want elsewhere: that is no delivery. `seconds` is how long the channel had it.
    """

    notification_id: UUID
    number: int
    at: datetime
    over: ChannelName
    provider_key: str = ""
    evidence_id: UUID | None = None
    attached_ids: tuple[UUID, ...] = ()
    failure: Failure | None = None
    missing: tuple[str, ...] = ()
    is_delivery: bool = True
    seconds: float = 0.0


class NotSentYetError(Exception):
    """A provider speaks of a message that nobody has recorded as sent or tried."""


class Notifier(EventSourced):
    """Owns telling people: what is planned once is sent once, or given up visibly."""

    name = "notifier"

    def __init__(self, store: Store, planner: Planner, held: Callable[[UUID], Sequence[UUID]], **writing: Any) -> None:
        """`held` tells which letters of a complaint lack something."""
        super().__init__(store, EVENTS, **writing)
        self.memories = Memories(store)
        self._held = held
        self._planner = planner

    def note(self, fact: Message, envelope: Envelope, steps: tuple[Step, ...], *, now: datetime) -> "Future[Receipt]":
        """Remember a fact, and plan the notifications it asks for."""
        complaint_id = UUID(envelope.subject)

        def decide() -> Decision:
            before = self.memories.of(complaint_id)
            memory = remember(before, fact.stored_name, fact.model_dump(mode="json"))
            if memory is None:
                raise NotYetError(f"a fact about {complaint_id} came before its submission")
            keep = () if memory == before else (self.memories.keep(complaint_id, memory),)
            plans = self._planner.plans(fact, envelope, memory)
            cause = Cause(
                tenant=envelope.tenant,
                complaint_id=complaint_id,
                fact_id=envelope.id,
                correlation_id=envelope.correlation_id,
            )
            planned = [each for plan in plans for each in self._planned(plan, cause, now)]
            changes = tuple(Change.of(each) for each in (*self._superseded(fact, complaint_id, now), *planned))
            return Decision(complaint_id, 0, changes, (*steps, *keep))

        return self.execute(Command(decide=decide, streams=(complaint_id,)))

    def _superseded(self, fact: Message, complaint_id: UUID, now: datetime) -> Iterator[Notification | RecordDelivery]:
        """A letter that was never complete gives way to the next of its kind: a handler has written it anew."""
        if not isinstance(fact, ComplaintAnswered):
            return
        held = [self.notification(each) for each in self._held(complaint_id)]
        for each in held:
            if each and each.how.parameters.get("kind", ACKNOWLEDGEMENT) == fact.kind:
                each.record_failure(SUPERSEDED, may_retry=False, now=now)
                yield each
                yield from record_delivery(each, outcome="failed", evidence_id=None, now=now, reason=SUPERSEDED)

    def note_signal(
        self, fact: Message, envelope: Envelope, steps: tuple[Step, ...], *, now: datetime
    ) -> "Future[Receipt]":
        """Plan the notice of a signal; it is about no complaint, so the signal stands in its place."""
        signal_id = envelope.stream_id
        cause = Cause(
            tenant=envelope.tenant,
            complaint_id=signal_id,
            fact_id=envelope.id,
            correlation_id=envelope.correlation_id,
        )

        def decide() -> Decision:
            planned = self._planned(self._planner.of_signal(fact, signal_id), cause, now)
            return Decision(signal_id, 0, tuple(Change.of(each) for each in planned), steps)

        return self.execute(Command(decide=decide, streams=(signal_id,)))

    def _planned(self, plan: Plan, cause: Cause, now: datetime) -> list[Notification]:
        """Plan a notification unless it is planned already: another consumer may have been here."""
        recipient = Recipient(kind=plan.recipient.kind, id=plan.recipient.id)
        stream_id = notification_id(cause.fact_id, recipient, plan.channel)
        return [] if self.store.stream(stream_id) else [Notification.plan(stream_id, plan, cause, now=now)]

    def notification(self, stream_id: UUID) -> Notification | None:
        try:
            found: Notification = self.repository.get(stream_id)
        except AggregateNotFoundError:
            return None
        return found

    def record(self, attempt: Attempt) -> "Future[Receipt]":
        """Record an attempt, once however often it is handed over: the reply to a commit may be lost."""

        def decide() -> Decision:
            notification: Notification = self.repository.get(attempt.notification_id)
            if _is_recorded(notification, attempt):
                return Decision(notification.id, notification.version)
            told = _recorded(notification, attempt)
            return Decision.of(notification, *told, *self._instead_of(notification, attempt))

        return self.execute(Command(decide=decide, streams=(attempt.notification_id,)))

    def report(
        self, notification_id: UUID, outcome: ReportedAs, *, reported_at: datetime, now: datetime
    ) -> "Future[Receipt]":
        """Record what a provider says became of a message, once however often it says so.

        What was tried without an answer was taken, as it turns out. Raises NotSentYetError before any attempt.
        """

        def decide() -> Decision:
            notification: Notification = self.repository.get(notification_id)
            if notification.state == State.PLANNED and not notification.failures:
                raise NotSentYetError
            if not notification.report(outcome, reported_at=reported_at, now=now):
                return Decision(notification.id, notification.version)
            failed = outcome == ReportedAs.BOUNCED
            told = record_delivery(
                notification,
                outcome="failed" if failed else "delivered",
                evidence_id=None,
                now=now,
                reason=None if outcome == ReportedAs.DELIVERED else outcome,
            )
            by_hand = self._by_hand(notification, now) if outcome != ReportedAs.DELIVERED else []
            return Decision.of(notification, *told, *by_hand)

        return self.execute(Command(decide=decide, streams=(notification_id,)))

    def _instead_of(self, notification: Notification, attempt: Attempt) -> list[Notification]:
        """Plan the notice to a handler who is to tell the complainant what was just given up."""
        failure = attempt.failure
        is_over = notification.state == State.ABANDONED and failure is not None and failure.reason not in GONE
        return self._by_hand(notification, attempt.at) if is_over else []

    def _by_hand(self, notification: Notification, now: datetime) -> list[Notification]:
        how = notification.how
        memory = self.memories.of(how.complaint_id)
        if memory is None:
            return []
        plan = self._planner.instead_of(notification, memory)
        cause = Cause(
            tenant=how.tenant,
            complaint_id=how.complaint_id,
            fact_id=event_id(notification.id, Notification.TOPIC, notification.version),
            correlation_id=how.correlation_id,
        )
        return self._planned(plan, cause, now) if plan else []


def _is_recorded(notification: Notification, attempt: Attempt) -> bool:
    was_taken = attempt.failure is None and not attempt.missing
    failed_before = not was_taken and notification.attempts >= attempt.number
    return failed_before or notification.state != State.PLANNED


def _recorded(notification: Notification, attempt: Attempt) -> list[RecordDelivery]:
    """Record what came of an attempt; return what the complaint is told of it."""
    failure, evidence_id, now = attempt.failure, attempt.evidence_id, attempt.at
    if attempt.missing:
        notification.hold(attempt.missing, now=now)
    elif failure is None:
        notification.record_sent(provider_key=attempt.provider_key, evidence_id=evidence_id, now=now)
    else:
        notification.record_failure(failure.reason, may_retry=failure.may_retry, now=now)
    reason = _reason(attempt)
    outcome = "failed" if reason else "sent"
    return record_delivery(
        notification,
        outcome=outcome,
        evidence_id=evidence_id,
        attached_ids=attempt.attached_ids,
        now=now,
        over=attempt.over,
        reason=reason,
    )


def _reason(attempt: Attempt) -> str | None:
    """Why a letter was not delivered."""
    if attempt.missing:
        return ELEMENTS_MISSING
    if attempt.failure:
        return attempt.failure.reason
    return None if attempt.is_delivery else MEDIUM_NOT_ALLOWED
