"""What other services ask of a complaint, and how a refusal is told."""

from typing import ClassVar
from uuid import UUID, uuid5

from shared.contracts.complaint_values import Money, Promise
from shared.contracts.message import Message
from shared.contracts.topics import COMPLAINT_COMMANDS, COMPLAINT_REFUSALS


class ComplaintCommand(Message):
    """A command is a stream of one event in its sender's store; its id names cause, type and target."""

    topic: ClassVar[str] = COMPLAINT_COMMANDS

    complaint_id: UUID


class AcknowledgeComplaint(ComplaintCommand):
    """Tell the complainant the promised dates: the clocks exist now."""

    stored_name: ClassVar[str] = "command.acknowledge_complaint"

    promises: tuple[Promise, ...]


class EscalateComplaint(ComplaintCommand):
    """Raise the level by one; a command never names the level."""

    stored_name: ClassVar[str] = "command.escalate_complaint"

    reason: str
    cause_id: UUID


class CloseComplaint(ComplaintCommand):
    """Close a complaint whose resolution nobody answered in time; `resolution_id` is the event id of Resolved."""

    stored_name: ClassVar[str] = "command.close_complaint"

    reason: str
    resolution_id: UUID | None = None


class RecordDelivery(ComplaintCommand):
    """Record one attempt to deliver a letter; `evidence_id` is the stored copy of what was sent.

    `attached_ids` are the copies of what was attached to it. `is_last` says that no further attempt follows for now.
    `reason` says by code why it failed; what lacks the elements that `missing` names was not sent.
    """

    stored_name: ClassVar[str] = "command.record_delivery"

    letter_id: UUID
    medium: str
    attempt: int
    outcome: str
    evidence_id: UUID | None
    is_last: bool = False
    attached_ids: tuple[UUID, ...] = ()
    missing: tuple[str, ...] = ()
    reason: str | None = None


class FulfilRemedy(ComplaintCommand):
    """Record that a promised remedy arrived, whole; sent by the payments ledger.

    `payment_id` is a random id under which the ledger finds the payment: an account or transaction number is
    personal and stands on no topic. `amount` is what was paid, and must be what was promised.
    """

    stored_name: ClassVar[str] = "command.fulfil_remedy"

    remedy_id: UUID
    payment_id: UUID
    amount: Money | None = None


class FailRemedy(ComplaintCommand):
    """Record that a promised remedy did not arrive; `reason` is a code of GET /v1/reasons."""

    stored_name: ClassVar[str] = "command.fail_remedy"

    remedy_id: UUID
    payment_id: UUID
    reason: str


class CommandRefused(Message):
    """A rule refused a command; `code` is that of the rule, as in the API's problems."""

    stored_name: ClassVar[str] = "refusal.command_refused"
    topic: ClassVar[str] = COMPLAINT_REFUSALS

    complaint_id: UUID
    command_id: UUID
    command_type: str
    code: str


FROM_OUTSIDE: tuple[type[ComplaintCommand], ...] = (FulfilRemedy, FailRemedy)
"""Sent by systems that are not ours: no store of ours writes them."""

COMMANDS: tuple[type[ComplaintCommand], ...] = (
    AcknowledgeComplaint,
    EscalateComplaint,
    CloseComplaint,
    RecordDelivery,
    *FROM_OUTSIDE,
)


def command_id(cause_id: UUID, command: type[ComplaintCommand], complaint_id: UUID) -> UUID:
    """The id of the command that one event causes for one complaint: the same however often it is decided."""
    return uuid5(cause_id, f"{command.message_type()}:{complaint_id}")
