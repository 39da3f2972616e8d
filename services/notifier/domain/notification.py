"""A notification: planned once for a fact, a recipient and a channel, then sent, retried, or given up visibly."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent, BaseAggregate


class ActorType(StrEnum):
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    type: ActorType
    id: str


NOTIFIER = Actor(ActorType.SYSTEM, "notifier")


class RecipientKind(StrEnum):
    COMPLAINANT = "complainant"
    HANDLER = "handler"
    TEAM = "team"
    APP = "app"


@dataclass(frozen=True)
class Recipient:
    """`id` is a party id, a staff id, the name of a team, or the tenant of an app."""

    kind: RecipientKind
    id: str


class ChannelName(StrEnum):
    CONSOLE = "console"
    SMTP = "smtp"
    APPRISE = "apprise"
    WEBHOOK = "webhook"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """The fact that somebody is told of."""

    tenant: str
    complaint_id: UUID
    fact_id: UUID
    correlation_id: UUID


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Whom to tell what over which channel; `letter_id` says that the complaint records its delivery."""

    recipient: Recipient
    channel: ChannelName
    template: str
    template_version: str
    language: str
    parameters: dict[str, str]
    letter_id: UUID | None = None


SHORT = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
STANDARD_WEBHOOKS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
RETRIES = {ChannelName.WEBHOOK: STANDARD_WEBHOOKS}
"""How long to wait after each failed attempt: for webhooks the schedule of the Standard Webhooks specification."""


UNCLEAR = "unclear"
PROVIDER_SPEAKS = timedelta(minutes=10)
"""What a provider got and did not answer may have been taken: it has time to say so before it gets it again."""

RECIPIENT_ERASED = "recipient-erased"
WORDS_ERASED = "words-erased"
MEDIUM_NOT_ALLOWED = "medium-not-allowed"
SUPERSEDED = "superseded"
GONE = frozenset({RECIPIENT_ERASED, WORDS_ERASED, SUPERSEDED})
"""Why something is given up for good: nobody is left to tell, nothing to tell them, or it was told otherwise."""


class ReportedAs(StrEnum):
    """A complaint of the recipient about the message means that it arrived."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class State(StrEnum):
    PLANNED = "planned"
    SENT = "sent"
    ABANDONED = "abandoned"


class Notification(BaseAggregate[UUID]):
    """Records what became of it; the sender does the sending."""

    TOPIC = "notification"

    class Event(AggregateEvent):
        tenant: str
        actor: Actor
        on_behalf_of: UUID | None
        channel: str
        causation_id: UUID | None
        correlation_id: UUID
        imported: bool
        complaint_id: UUID

    class Planned(Event, AggregateCreated):
        TOPIC = "notification.planned"
        fact_id: UUID
        recipient: Recipient
        over: ChannelName
        template: str
        template_version: str
        language: str
        parameters: dict[str, str]
        letter_id: UUID | None

        def apply(self, notification: "Notification") -> None:
            notification.how = self

    class Sent(Event):
        TOPIC = "notification.sent"
        attempt: int
        provider_key: str
        evidence_id: UUID | None

        def apply(self, notification: "Notification") -> None:
            notification.state, notification.attempts, notification.missing = State.SENT, self.attempt, ()

    class Failed(Event):
        TOPIC = "notification.failed"
        attempt: int
        reason: str
        retry_at: datetime

        def apply(self, notification: "Notification") -> None:
            notification.attempts, notification.retry_at = self.attempt, self.retry_at
            notification.failures, notification.missing = notification.failures + 1, ()

    class Held(Event):
        """A letter that lacks what its policies ask for; it stays planned and is looked at again."""

        TOPIC = "notification.held"
        attempt: int
        missing: tuple[str, ...]

        def apply(self, notification: "Notification") -> None:
            notification.attempts, notification.missing = self.attempt, self.missing

    class Reported(Event):
        """What its provider says became of it later; `outcome` is delivered, bounced or complained."""

        TOPIC = "notification.reported"
        outcome: ReportedAs
        reported_at: datetime

        def apply(self, notification: "Notification") -> None:
            notification.reported, notification.reported_at = self.outcome, self.reported_at

    class Abandoned(Event):
        TOPIC = "notification.abandoned"
        attempt: int
        reason: str

        def apply(self, notification: "Notification") -> None:
            notification.state, notification.attempts, notification.missing = State.ABANDONED, self.attempt, ()

    def __init__(self) -> None:
        self.how: Notification.Planned
        self.state = State.PLANNED
        self.attempts = 0
        self.failures = 0
        self.missing: tuple[str, ...] = ()
        self.retry_at: datetime | None = None
        self.reported: ReportedAs | None = None
        self.reported_at: datetime | None = None

    @classmethod
    def plan(cls, notification_id: UUID, plan: Plan, cause: Cause, *, now: datetime) -> "Notification":
        return cls._create(
            cls.Planned,
            id=notification_id,
            timestamp=now,
            **_envelope(cause.tenant, cause.complaint_id, cause.fact_id, cause.correlation_id),
            fact_id=cause.fact_id,
            recipient=plan.recipient,
            over=plan.channel,
            template=plan.template,
            template_version=plan.template_version,
            language=plan.language,
            parameters=plan.parameters,
            letter_id=plan.letter_id,
        )

    def record_sent(self, *, provider_key: str, evidence_id: UUID | None, now: datetime) -> None:
        """Record that the channel took it; what is sent or given up stays so."""
        if self.state == State.PLANNED:
            attempt = self.attempts + 1
            self._record(self.Sent, now, attempt=attempt, provider_key=provider_key, evidence_id=evidence_id)

    def record_failure(self, reason: str, *, may_retry: bool, now: datetime) -> None:
        """Record a failed attempt, and give up where none is left."""
        if self.state != State.PLANNED:
            return
        attempt, waits = self.attempts + 1, RETRIES.get(self.how.over, SHORT)
        if may_retry and self.failures < len(waits):
            wait = max(waits[self.failures], PROVIDER_SPEAKS if reason == UNCLEAR else waits[0])
            self._record(self.Failed, now, attempt=attempt, reason=reason, retry_at=now + wait)
        else:
            self._record(self.Abandoned, now, attempt=attempt, reason=reason)

    def report(self, outcome: ReportedAs, *, reported_at: datetime, now: datetime) -> bool:
        """Record what the provider says, and tell whether it was news.

        The newest report counts, whatever the order in which reports come. What is reported on before it is known to
        be sent was sent: it is not sent again.
        """
        if outcome == self.reported or (self.reported_at and reported_at <= self.reported_at):
            return False
        if self.state == State.PLANNED:
            self.record_sent(provider_key=str(self.id), evidence_id=None, now=now)
        self._record(self.Reported, now, outcome=outcome, reported_at=reported_at)
        return True

    def hold(self, missing: tuple[str, ...], *, now: datetime) -> None:
        """Record that a letter was not sent, and what it lacks; the same again is nothing new."""
        if self.state == State.PLANNED and missing != self.missing:
            self._record(self.Held, now, attempt=self.attempts + 1, missing=missing)

    def _record(self, event_class: type[Event], now: datetime, **fields: Any) -> None:
        how = self.how
        shared = _envelope(how.tenant, how.complaint_id, how.fact_id, how.correlation_id)
        self.trigger_event(event_class, timestamp=now, **shared, **fields)


def _envelope(tenant: str, complaint_id: UUID, fact_id: UUID, correlation_id: UUID) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "actor": NOTIFIER,
        "on_behalf_of": None,
        "channel": "internal",
        "causation_id": fact_id,
        "correlation_id": correlation_id,
        "imported": False,
        "complaint_id": complaint_id,
    }
