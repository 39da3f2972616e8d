"""How a command becomes an append: load, check who asks and which version they saw, decide, attach, refuse."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError
from eventsourcing.domain import DomainEvent

from services.intake.domain.complaint import Complaint
from services.intake.domain.errors import IntakeError
from services.intake.domain.incident import Incident
from services.intake.domain.provenance import Provenance, Voice
from services.intake.domain.refusals import CommandReference, CommandRefused, refuse
from services.intake.domain.signals import SignalRaised
from services.intake.evidence_desk import Brought, EvidenceDesk
from services.intake.request_errors import ComplaintNotFoundError, VersionMismatchError
from shared.eventstore.application import EventSourced
from shared.eventstore.command import Command, Decision, Receipt, Recorded, Step
from shared.eventstore.idempotency import CommandKey
from shared.messaging.dead_letters import DeadLetterNoticed

EVENTS: tuple[type[DomainEvent], ...] = (
    *(
        value
        for aggregate in (Complaint, Incident)
        for value in vars(aggregate).values()
        if isinstance(value, type) and hasattr(value, "TOPIC")
    ),
    CommandRefused,
    SignalRaised,
    DeadLetterNoticed,
)


@dataclass(frozen=True, kw_only=True)
class Call:
    """How a command came: from whom, under which key, expecting which version.

    `owner` says whose uploads it may attach. A `command` came from a topic: where a rule
    refuses it, the refusal is recorded instead of raised.
    """

    tenant: str
    by: Provenance
    owner: str
    key: CommandKey | None = None
    if_match: int | None = None
    steps: tuple[Step, ...] = ()
    command: CommandReference | None = None


@dataclass(frozen=True)
class Besides:
    """What else commits with a changed complaint: other complaints, and rows."""

    complaints: tuple[Complaint, ...] = ()
    steps: tuple[Step, ...] = ()


Act = Callable[[Complaint, Brought], Besides | None]
"""What a command does to a complaint."""


class ComplaintChanges(EventSourced):
    """Finds complaints and changes them; `Intake` says what the changes are."""

    desk: EvidenceDesk

    def complaint(self, complaint_id: UUID, call: Call) -> Complaint:
        """Load a complaint that the caller may see; raises ComplaintNotFoundError."""
        try:
            complaint: Complaint = self.repository.get(complaint_id)
        except AggregateNotFoundError as error:
            raise ComplaintNotFoundError from error
        if complaint.tenant != call.tenant or not is_party(complaint, call.by):
            raise ComplaintNotFoundError
        return complaint

    def change(
        self, complaint_id: UUID, call: Call, act: Act, *, evidence_ids: Sequence[UUID] = ()
    ) -> "Future[Receipt]":
        """Change one complaint; the future raises IntakeError where a rule refuses."""

        def decide() -> Decision:
            complaint = self.expected(complaint_id, call)
            brought = self.bring(evidence_ids, complaint, call)
            besides = act(complaint, brought) or Besides()
            steps = (*brought.steps, *besides.steps, *call.steps)
            return Decision.of(complaint, *besides.complaints, steps=steps)

        return self.decide(decide, call, (complaint_id,))

    def decide(self, decide: Callable[[], Decision], call: Call, streams: tuple[UUID, ...]) -> "Future[Receipt]":
        decision = self._or_refusal(decide, call, streams[0]) if call.command else decide
        return self.execute(Command(decide=decision, streams=streams, key=call.key))

    def expected(self, complaint_id: UUID, call: Call) -> Complaint:
        complaint = self.complaint(complaint_id, call)
        if call.if_match is not None and call.if_match != complaint.version:
            raise VersionMismatchError(f"the complaint is at version {complaint.version}, not {call.if_match}")
        return complaint

    def bring(self, evidence_ids: Sequence[UUID], complaint: Complaint, call: Call) -> Brought:
        return self.desk.bring(
            evidence_ids,
            tenant=call.tenant,
            owner=call.owner,
            complaint_id=complaint.id,
            party_id=complaint.complainant,
        )

    def _or_refusal(self, decide: Callable[[], Decision], call: Call, complaint_id: UUID) -> Callable[[], Decision]:
        command = call.command
        if command is None:
            return decide

        def decide_or_refuse() -> Decision:
            try:
                return decide()
            except IntakeError as error:
                refusal = refuse(command, complaint_id, error.code, tenant=call.tenant, by=call.by)
                return Decision.of_event(refusal, steps=call.steps)

        return decide_or_refuse


def folded(history: Sequence[Recorded]) -> Complaint:
    """The complaint that a history leads to; it begins with the first event."""
    complaint: Any = None
    for recorded in history:
        event: Any = recorded.event
        complaint = event.mutate(complaint)
    made: Complaint = complaint
    return made


def is_party(complaint: Complaint, by: Provenance) -> bool:
    """In a session somebody sees only the complaints they are a party of; everybody else sees the tenant's."""
    return by.voice != Voice.SESSION or by.party in complaint.parties
