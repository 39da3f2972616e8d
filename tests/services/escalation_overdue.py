"""Facts handed to escalation as its consumer would, at any time of recording: so clocks can be long overdue."""

from concurrent.futures import Future
from datetime import datetime
from uuid import UUID

from services.escalation.application import Escalation
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.envelope import Envelope, event_id
from shared.contracts.topics import COMPLAINT_EVENTS
from shared.eventstore.command import Receipt
from shared.messaging.inbox import Inbox
from shared.messaging.log import Partition
from tests.domain.escalation_facts import CORRELATION

PARTITION = Partition(COMPLAINT_EVENTS, 0)


def envelope_of(complaint_id: UUID, version: int, fact: ComplaintFact, recorded_at: datetime) -> Envelope:
    return Envelope(
        id=event_id(complaint_id, "complaint", version),
        source="/recourse/intake",
        type=type(fact).message_type(),
        subject=str(complaint_id),
        occurred_at=recorded_at,
        recorded_at=recorded_at,
        tenant="default",
        stream_id=complaint_id,
        version=version,
        sequence=version,
        causation_id=None,
        correlation_id=CORRELATION,
        actor_type="handler",
        digest="00" * 32,
    )


def hear(
    escalation: Escalation, complaint_id: UUID, *facts: ComplaintFact, recorded_at: datetime, known: int = 0
) -> None:
    """Let escalation follow facts, one after another."""
    for version, fact in enumerate(facts, start=known + 1):
        tell(escalation, complaint_id, version, fact, recorded_at).result()


def tell(
    escalation: Escalation, complaint_id: UUID, version: int, fact: ComplaintFact, recorded_at: datetime
) -> "Future[Receipt]":
    envelope = envelope_of(complaint_id, version, fact, recorded_at)
    applied = Inbox(escalation.store.application).applied(envelope, PARTITION)
    return escalation.follow(fact, envelope, (applied,))
