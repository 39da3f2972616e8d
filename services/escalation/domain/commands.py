"""What escalation asks of intake: each command a stream of one event."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.domain import DomainEvent


class ActorType(StrEnum):
    SYSTEM = "system"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class Actor:
    type: ActorType
    id: str


ESCALATION = Actor(ActorType.SYSTEM, "escalation")


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What a clock event or a command goes back to: a fact, or nothing but time."""

    tenant: str
    complaint_id: UUID
    at: datetime
    event_id: UUID | None
    correlation_id: UUID
    actor: Actor = ESCALATION


@dataclass(frozen=True, kw_only=True)
class ToldPromise:
    """A clock as the complainant is told of it."""

    clock_id: UUID
    clock: str
    owner: str
    source: str
    due_at: datetime
    due_on: date
    time_zone: str
    policy: str
    policy_version: str
    verified: bool
    beyond_calendar: bool


@dataclass(frozen=True)
class ComplaintCommand(DomainEvent):
    tenant: str
    actor: Actor
    on_behalf_of: UUID | None
    channel: str
    causation_id: UUID | None
    correlation_id: UUID
    imported: bool
    complaint_id: UUID


@dataclass(frozen=True)
class AcknowledgeComplaint(ComplaintCommand):
    TOPIC = "command.acknowledge_complaint"
    promises: tuple[ToldPromise, ...]


@dataclass(frozen=True)
class EscalateComplaint(ComplaintCommand):
    TOPIC = "command.escalate_complaint"
    reason: str
    cause_id: UUID


@dataclass(frozen=True)
class CloseComplaint(ComplaintCommand):
    TOPIC = "command.close_complaint"
    reason: str
    resolution_id: UUID | None


def command_id(cause_id: UUID, command: type[ComplaintCommand], complaint_id: UUID) -> UUID:
    """The id of the command that one event causes: the same however often it is decided."""
    topic = str(vars(command)["TOPIC"])
    return uuid5(cause_id, f"recourse.{topic.replace('_', '-')}.v1:{complaint_id}")


def envelope(cause: Cause) -> dict[str, Any]:
    """The fields that every event of escalation shares."""
    return {
        "tenant": cause.tenant,
        "actor": cause.actor,
        "on_behalf_of": None,
        "channel": "internal",
        "causation_id": cause.event_id,
        "correlation_id": cause.correlation_id,
        "imported": False,
        "complaint_id": cause.complaint_id,
    }


def acknowledge(promises: tuple[ToldPromise, ...], cause: Cause, cause_id: UUID) -> AcknowledgeComplaint:
    command = AcknowledgeComplaint
    place = _place(command_id(cause_id, command, cause.complaint_id), cause)
    return command(**place, **envelope(cause), promises=promises)


def escalate(reason: str, cause: Cause, cause_id: UUID) -> EscalateComplaint:
    command = EscalateComplaint
    place = _place(command_id(cause_id, command, cause.complaint_id), cause)
    return command(**place, **envelope(cause), reason=reason, cause_id=cause_id)


def close(reason: str, cause: Cause, cause_id: UUID, *, resolution_id: UUID | None) -> CloseComplaint:
    command = CloseComplaint
    place = _place(command_id(cause_id, command, cause.complaint_id), cause)
    return command(**place, **envelope(cause), reason=reason, resolution_id=resolution_id)


def _place(own_id: UUID, cause: Cause) -> dict[str, Any]:
    return {"originator_id": own_id, "originator_version": 1, "timestamp": cause.at}


COMMANDS: tuple[type[ComplaintCommand], ...] = (AcknowledgeComplaint, EscalateComplaint, CloseComplaint)
