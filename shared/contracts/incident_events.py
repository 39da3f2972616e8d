"""What happened to an incident: one cause, many complaints, one answer; and the signal that often comes before one."""

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.complaint_values import Remedy
from shared.contracts.message import Audience, Message, Personal, Value
from shared.contracts.topics import INCIDENT_EVENTS


class GroupedBy(Value):
    """The filter that was asked; None asked nothing."""

    status: tuple[str, ...]
    category: str | None
    level: int | None
    urgent: bool | None
    received_from: AwareDatetime | None
    received_to: AwareDatetime | None


class IncidentFact(Message):
    """Keyed by incident; handlers and supervisors see it, complainants see their own complaint only."""

    topic: ClassVar[str] = INCIDENT_EVENTS
    audience: ClassVar[Audience] = Audience.HANDLER

    incident_id: UUID


class IncidentOpened(IncidentFact):
    """`name` is a code that staff made up, such as bank-outage-2026-03; `signal_id` where a signal led to it."""

    stored_name: ClassVar[str] = "incident.opened"

    name: str
    signal_id: UUID | None


class IncidentComplaintsGrouped(IncidentFact):
    """Complaints joined the incident, in this order after those that had joined before."""

    stored_name: ClassVar[str] = "incident.complaints_grouped"

    grouped_by: GroupedBy
    complaint_ids: tuple[UUID, ...]


class IncidentAnswered(IncidentFact):
    """One answer is given to `count` of the grouped complaints, from the one at place `first` (0 is the first) on.

    Each complaint then records an answer, or with a decision a resolution, whose causation id is the
    command's: UUIDv5 of this event's id and '<command type>:<complaint id>'.
    """

    stored_name: ClassVar[str] = "incident.answered"
    personal: ClassVar[Mapping[str, Personal]] = {
        "text": Personal("what each complainant is told", of="incident_id", audience=Audience.HANDLER)
    }

    first: int
    count: int
    kind: str | None
    medium: str | None
    decision: str | None
    reason: str | None
    remedies: tuple[Remedy, ...]


class IncidentClosed(IncidentFact):
    stored_name: ClassVar[str] = "incident.closed"


class SignalRaised(Message):
    """More complaints of a category came than its past lets expect: `counted` from `from_at` to `to_at`.

    `threshold` is the smallest count that is too many, by what the same hours of earlier weeks held (`baseline`,
    the last week first). `complaint_ids` are those counted, the newest first, 200 at most.
    """

    stored_name: ClassVar[str] = "signal.raised"
    topic: ClassVar[str] = INCIDENT_EVENTS

    category: str
    from_at: AwareDatetime
    to_at: AwareDatetime
    counted: int
    threshold: int
    baseline: tuple[int, ...]
    complaint_ids: tuple[UUID, ...]


INCIDENTS: tuple[type[Message], ...] = (
    IncidentOpened,
    IncidentComplaintsGrouped,
    IncidentAnswered,
    IncidentClosed,
    SignalRaised,
)
