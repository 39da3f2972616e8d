"""A command that a rule refused: a stream of one event."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from eventsourcing.domain import DomainEvent

from services.intake.domain.provenance import Actor, Channel, Provenance
from services.intake.domain.stream import RECOURSE


@dataclass(frozen=True)
class CommandReference:
    """A command from a topic."""

    command_id: UUID
    command_type: str


@dataclass(frozen=True)
class CommandRefused(DomainEvent):
    TOPIC = "refusal.command_refused"
    tenant: str
    actor: Actor
    on_behalf_of: UUID | None
    channel: Channel
    causation_id: UUID | None
    correlation_id: UUID
    imported: bool
    complaint_id: UUID
    command_id: UUID
    command_type: str
    code: str


def refuse(command: CommandReference, complaint_id: UUID, code: str, *, tenant: str, by: Provenance) -> CommandRefused:
    return CommandRefused(
        originator_id=uuid5(command.command_id, "refusal"),
        originator_version=1,
        timestamp=by.at,
        tenant=tenant,
        actor=RECOURSE,
        on_behalf_of=None,
        channel=Channel.INTERNAL,
        causation_id=command.command_id,
        correlation_id=by.correlation_id,
        imported=False,
        complaint_id=complaint_id,
        command_id=command.command_id,
        command_type=command.command_type,
        code=code,
    )
