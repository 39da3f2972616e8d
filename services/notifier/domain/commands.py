"""What notifier asks of intake: to record each attempt to deliver a letter."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import DomainEvent

from services.notifier.domain.notification import (
    MEDIUM_NOT_ALLOWED,
    NOTIFIER,
    SUPERSEDED,
    Actor,
    ChannelName,
    Notification,
    State,
)


@dataclass(frozen=True)
class RecordDelivery(DomainEvent):
    """A stream of one event."""

    TOPIC = "command.record_delivery"
    tenant: str
    actor: Actor
    on_behalf_of: UUID | None
    channel: str
    causation_id: UUID | None
    correlation_id: UUID
    imported: bool
    complaint_id: UUID
    letter_id: UUID
    medium: str
    attempt: int
    outcome: str
    evidence_id: UUID | None
    is_last: bool = False
    attached_ids: tuple[UUID, ...] = ()
    missing: tuple[str, ...] = ()
    reason: str | None = None


MEDIA = {ChannelName.SMTP: "email", ChannelName.APPRISE: "sms"}


def record_delivery(
    notification: Notification,
    *,
    outcome: str,
    evidence_id: UUID | None,
    now: datetime,
    over: ChannelName | None = None,
    attached_ids: tuple[UUID, ...] = (),
    reason: str | None = None,
) -> list[RecordDelivery]:
    """Make the command for the attempt just recorded; none for what is no letter.

    `over` is the channel it went over where that is not the planned one: a safe contact may lie elsewhere.
    """
    how = notification.how
    if how.letter_id is None:
        return []
    cause_id = uuid5(notification.id, f"notification:{notification.version}")
    return [
        RecordDelivery(
            originator_id=uuid5(cause_id, f"recourse.command.record-delivery.v1:{how.complaint_id}"),
            originator_version=1,
            timestamp=now,
            tenant=how.tenant,
            actor=NOTIFIER,
            on_behalf_of=None,
            channel="internal",
            causation_id=cause_id,
            correlation_id=how.correlation_id,
            imported=False,
            complaint_id=how.complaint_id,
            letter_id=how.letter_id,
            medium=how.parameters["medium"] if over in {None, how.over} else MEDIA[over],
            attempt=notification.attempts,
            outcome=outcome,
            evidence_id=evidence_id,
            is_last=_is_last(notification, reason),
            attached_ids=attached_ids,
            missing=notification.missing,
            reason=reason,
        )
    ]


def _is_last(notification: Notification, reason: str | None) -> bool:
    """No attempt follows for now; for what another letter tells, somebody else is told."""
    if reason == SUPERSEDED:
        return False
    has_ended = notification.state == State.ABANDONED or notification.reported is not None
    return has_ended or bool(notification.missing) or reason == MEDIUM_NOT_ALLOWED
