"""The notice of a parked message: an event of its consumer, which the relay publishes like any other."""

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.domain import DomainEvent

from shared.contracts.envelope import Envelope
from shared.messaging.log import Incoming


@dataclass(frozen=True)
class NoticeActor:
    type: str
    id: str


@dataclass(frozen=True)
class DeadLetterNoticed(DomainEvent):
    """A stream of one event."""

    TOPIC = "dead_letter.noticed"
    tenant: str
    actor: NoticeActor
    on_behalf_of: UUID | None
    channel: str
    causation_id: UUID | None
    correlation_id: UUID
    imported: bool
    group: str
    source_topic: str
    partition: int
    offset: int
    message_id: str
    parked_type: str
    key: str
    reason: str
    stream_id: UUID | None
    version: int | None


def notice(
    incoming: Incoming, envelope: Envelope | None, *, group: str, reason: str, now: datetime
) -> DeadLetterNoticed:
    """Make the notice for one parked message; the same message has the same notice."""
    at = incoming.partition
    notice_id = uuid5(NAMESPACE_URL, f"dead-letter:{group}:{at.topic}:{at.number}:{incoming.offset}")
    return DeadLetterNoticed(
        originator_id=notice_id,
        originator_version=1,
        timestamp=now,
        tenant=envelope.tenant if envelope else "",
        actor=NoticeActor("system", group),
        on_behalf_of=None,
        channel="internal",
        causation_id=envelope.id if envelope else None,
        correlation_id=envelope.correlation_id if envelope else notice_id,
        imported=False,
        group=group,
        source_topic=at.topic,
        partition=at.number,
        offset=incoming.offset,
        message_id=str(envelope.id) if envelope else "",
        parked_type=envelope.type if envelope else "",
        key=incoming.key,
        reason=reason,
        stream_id=envelope.stream_id if envelope else None,
        version=envelope.version if envelope else None,
    )
