"""What happened to the notifications: notifier's stream, one per fact, recipient and channel."""

from typing import ClassVar
from uuid import UUID, uuid5

from pydantic import AwareDatetime

from shared.contracts.message import Audience, Message, Value
from shared.contracts.topics import NOTIFICATION_EVENTS


class Recipient(Value):
    """Who is told: the complainant (`id` is a party id), staff (a staff id or a team) or the tenant's app."""

    kind: str
    id: str


class NotificationFact(Message):
    topic: ClassVar[str] = NOTIFICATION_EVENTS
    audience: ClassVar[Audience] = Audience.HANDLER

    complaint_id: UUID


class NotificationPlanned(NotificationFact):
    """Somebody is to be told of a fact over a channel; the text is rendered from the template when it is sent."""

    stored_name: ClassVar[str] = "notification.planned"

    fact_id: UUID
    recipient: Recipient
    over: str
    template: str
    template_version: str
    language: str
    parameters: dict[str, str]
    letter_id: UUID | None


class NotificationSent(NotificationFact):
    """The channel took it; `provider_key` is the key under which a repeat can be recognised."""

    stored_name: ClassVar[str] = "notification.sent"

    attempt: int
    provider_key: str
    evidence_id: UUID | None


class NotificationFailed(NotificationFact):
    """One attempt failed; the next is due at `retry_at`."""

    stored_name: ClassVar[str] = "notification.failed"

    attempt: int
    reason: str
    retry_at: AwareDatetime


class NotificationHeld(NotificationFact):
    """A letter was not sent because it lacks what its policies ask for; it is sent once it lacks nothing."""

    stored_name: ClassVar[str] = "notification.held"

    attempt: int
    missing: tuple[str, ...]


class NotificationReported(NotificationFact):
    """Its provider said what became of it: delivered, bounced, or complained of by its recipient."""

    stored_name: ClassVar[str] = "notification.reported"

    outcome: str
    reported_at: AwareDatetime


class NotificationAbandoned(NotificationFact):
    """No attempt is left, or there is nobody to tell."""

    stored_name: ClassVar[str] = "notification.abandoned"

    attempt: int
    reason: str


NOTIFICATIONS: tuple[type[NotificationFact], ...] = (
    NotificationPlanned,
    NotificationSent,
    NotificationFailed,
    NotificationHeld,
    NotificationReported,
    NotificationAbandoned,
)


def notification_id(fact_id: UUID, recipient: Recipient, channel: str) -> UUID:
    """The stream id of a notification: a fact is told to one recipient over one channel once."""
    return uuid5(fact_id, f"{recipient.kind}:{recipient.id}:{channel}")
