"""What intake does with the commands and deadline facts of others: one function per kind, the table at the bottom."""

from collections.abc import Mapping

from services.intake.application import Intake
from services.intake.changing import Call
from services.intake.conversing import Answer
from services.intake.domain.conversation import DeliveryOutcome
from services.intake.domain.handling import Promise
from services.intake.domain.money import Money
from services.intake.domain.outcome import Closing
from services.intake.domain.parties import Medium
from services.intake.domain.provenance import Actor, ActorType, Channel, Provenance
from services.intake.domain.refusals import CommandReference
from services.intake.evidence_desk import LETTERS
from services.intake.views.promised_dates import PromisedDates
from services.intake.views.worklist import Worklist
from shared.contracts import deadline_events as facts
from shared.contracts.complaint_commands import (
    AcknowledgeComplaint,
    CloseComplaint,
    ComplaintCommand,
    EscalateComplaint,
    FailRemedy,
    FulfilRemedy,
    RecordDelivery,
)
from shared.contracts.message import Message
from shared.eventstore.command import Command, Decision
from shared.messaging.dispatch import Delivery, Reaction


class Reactions:
    """The command topic is for trusted services, so what a command says of its sender is believed."""

    def __init__(self, intake: Intake, dates: PromisedDates, worklist: Worklist) -> None:
        self._intake = intake
        self._dates = dates
        self._worklist = worklist

    def acknowledge(self, delivery: Delivery[AcknowledgeComplaint]) -> Answer:
        command = delivery.message
        promises = tuple(Promise(**promise.model_dump()) for promise in command.promises)
        return self._intake.acknowledge(command.complaint_id, _call(delivery), promises=promises)

    def escalate(self, delivery: Delivery[EscalateComplaint]) -> Answer:
        command = delivery.message
        return self._intake.escalate(
            command.complaint_id, _call(delivery), reason=command.reason, cause_id=command.cause_id
        )

    def close(self, delivery: Delivery[CloseComplaint]) -> Answer:
        command = delivery.message
        return self._intake.close_complaint(
            command.complaint_id,
            _call(delivery),
            reason=Closing(command.reason),
            resolution_id=command.resolution_id,
        )

    def record_delivery(self, delivery: Delivery[RecordDelivery]) -> Answer:
        command = delivery.message
        return self._intake.record_delivery(
            command.complaint_id,
            _call(delivery),
            letter_id=command.letter_id,
            medium=Medium(command.medium),
            attempt=command.attempt,
            outcome=DeliveryOutcome(command.outcome),
            is_last=command.is_last,
            evidence_ids=(*((command.evidence_id,) if command.evidence_id else ()), *command.attached_ids),
            missing=command.missing,
            reason=command.reason,
        )

    def fulfil_remedy(self, delivery: Delivery[FulfilRemedy]) -> Answer:
        command = delivery.message
        paid = command.amount
        return self._intake.fulfil_remedy(
            command.complaint_id,
            _call(delivery),
            remedy_id=command.remedy_id,
            reference=str(command.payment_id),
            amount=Money(paid.amount, paid.currency) if paid else None,
        )

    def fail_remedy(self, delivery: Delivery[FailRemedy]) -> Answer:
        command = delivery.message
        return self._intake.fail_remedy(
            command.complaint_id,
            _call(delivery),
            remedy_id=command.remedy_id,
            reason=command.reason,
            reference=str(command.payment_id),
        )

    def show_dates(self, delivery: Delivery[facts.DeadlineFact]) -> Answer:
        """Deadline facts change no complaint, only what is shown beside it."""
        fact = delivery.message
        show = self._dates.show(fact, delivery.envelope), self._worklist.show_dates(fact.complaint_id)
        decision = Decision(fact.complaint_id, 0, steps=(*delivery.steps, *show))
        return self._intake.execute(Command(decide=lambda: decision))

    def table(self) -> Mapping[type[Message], Reaction]:
        return {
            AcknowledgeComplaint: self.acknowledge,
            EscalateComplaint: self.escalate,
            CloseComplaint: self.close,
            RecordDelivery: self.record_delivery,
            FulfilRemedy: self.fulfil_remedy,
            FailRemedy: self.fail_remedy,
            **dict.fromkeys(facts.DEADLINES, self.show_dates),
        }


def _call(delivery: Delivery[ComplaintCommand]) -> Call:
    envelope, command = delivery.envelope, delivery.message
    return Call(
        tenant=command.tenant,
        by=Provenance(
            actor=Actor(ActorType(command.actor.type), command.actor.id),
            at=command.occurred_at,
            channel=Channel(command.channel),
            causation_id=envelope.id,
            correlation_id=command.correlation_id,
            imported=command.imported,
        ),
        owner=LETTERS,
        key=delivery.key,
        steps=delivery.steps,
        command=CommandReference(envelope.id, envelope.type),
    )
