"""Facts as intake publishes them, made from complaints without any store."""

from uuid import UUID

from services.intake.domain.complaint import Complaint
from services.intake.domain.stream import ComplaintStream, event_id
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.envelope import Envelope
from shared.contracts.registry import REGISTRY
from shared.eventstore.mapper import EventForm, stored_name
from tests.given import Step


def facts_of(complaint: Complaint, *steps: Step) -> list[ComplaintFact]:
    """The facts of what these steps do to a complaint."""
    for step in steps:
        step(complaint)
    return [_fact(event) for event in complaint.collect_events() if isinstance(event, ComplaintStream.Event)]


def _fact(event: ComplaintStream.Event) -> ComplaintFact:
    contract = REGISTRY.by_stored_name[stored_name(type(event))]
    fields = EventForm(type(event), contract).write(event)
    fact = contract.model_validate({name: fields[name] for name in contract.model_fields})
    assert isinstance(fact, ComplaintFact)
    return fact


def envelope_of(fact: ComplaintFact, complaint_id: UUID, version: int = 1) -> Envelope:
    return Envelope(
        id=event_id(complaint_id, version),
        source="/recourse/intake",
        type=fact.message_type(),
        subject=str(complaint_id),
        occurred_at=fact.occurred_at,
        recorded_at=fact.occurred_at,
        tenant=fact.tenant,
        stream_id=complaint_id,
        version=version,
        sequence=version,
        causation_id=None,
        correlation_id=fact.correlation_id,
        actor_type=fact.actor.type,
        digest="",
    )
