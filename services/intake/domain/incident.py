"""An incident: one cause of many complaints, answered at once and yet to each complainant by itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.domain import AggregateCreated, AggregateEvent, BaseAggregate

from services.intake.domain import incident_errors as errors
from services.intake.domain.conversation import LetterKind
from services.intake.domain.outcome import Decision
from services.intake.domain.parties import Medium
from services.intake.domain.provenance import Actor, Channel, Provenance
from services.intake.domain.remedies import Remedy

MOST_IN_ONE_EVENT = 1000
"""A fact stays far below what a broker takes."""


@dataclass(frozen=True, kw_only=True)
class GroupedBy:
    """Which complaints were asked for; None asks nothing."""

    status: tuple[str, ...]
    category: str | None = None
    level: int | None = None
    urgent: bool | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BulkAnswer:
    """What each complainant is told: a letter of this kind or, with a decision, the resolution.

    Without a medium each is told over the one they prefer.
    """

    text: str
    kind: LetterKind | None = None
    medium: Medium | None = None
    decision: Decision | None = None
    reason: str | None = None
    remedies: tuple[Remedy, ...] = ()


class Incident(BaseAggregate[UUID]):
    """Groups complaints, and says once what all of them are answered."""

    TOPIC = "incident"

    class Event(AggregateEvent):
        tenant: str
        actor: Actor
        on_behalf_of: UUID | None
        channel: Channel
        causation_id: UUID | None
        correlation_id: UUID
        imported: bool
        incident_id: UUID

        @property
        def event_id(self) -> UUID:
            return uuid5(self.originator_id, f"incident:{self.originator_version}")

    class Opened(Event, AggregateCreated):
        TOPIC = "incident.opened"
        name: str
        signal_id: UUID | None

        def apply(self, incident: "Incident") -> None:
            incident.tenant, incident.name, incident.signal_id = self.tenant, self.name, self.signal_id

    class ComplaintsGrouped(Event):
        TOPIC = "incident.complaints_grouped"
        grouped_by: GroupedBy
        complaint_ids: tuple[UUID, ...]

        def apply(self, incident: "Incident") -> None:
            incident.grouped.extend(self.complaint_ids)

    class Answered(Event):
        TOPIC = "incident.answered"
        first: int
        count: int
        kind: LetterKind | None
        medium: Medium | None
        decision: Decision | None
        reason: str | None
        remedies: tuple[Remedy, ...]
        text: str | None

        def apply(self, incident: "Incident") -> None:
            incident.answers[self.event_id] = self

    class Closed(Event):
        TOPIC = "incident.closed"

        def apply(self, incident: "Incident") -> None:
            incident.closed_at = self.timestamp

    def __init__(self) -> None:
        self.tenant = ""
        self.name = ""
        self.signal_id: UUID | None = None
        self.grouped: list[UUID] = []
        self.answers: dict[UUID, Incident.Answered] = {}
        self.closed_at: datetime | None = None

    @classmethod
    def open(cls, incident_id: UUID, *, tenant: str, name: str, signal_id: UUID | None, by: Provenance) -> "Incident":
        return cls._create(
            cls.Opened,
            id=incident_id,
            timestamp=by.at,
            **_envelope(incident_id, tenant, by),
            name=name,
            signal_id=signal_id,
        )

    def group(self, complaint_ids: tuple[UUID, ...], *, grouped_by: GroupedBy, by: Provenance) -> None:
        """Let complaints join; who has joined already stays where they are."""
        self._require_open()
        known = set(self.grouped)
        new = tuple(each for each in dict.fromkeys(complaint_ids) if each not in known)
        for start in range(0, len(new), MOST_IN_ONE_EVENT):
            some = new[start : start + MOST_IN_ONE_EVENT]
            self._record(self.ComplaintsGrouped, by, grouped_by=grouped_by, complaint_ids=some)

    def answer(self, answer: BulkAnswer, *, only_new: bool = False, by: Provenance) -> None:
        """Give an answer to all that have joined or, if `only_new`, to those who joined since the last answer."""
        self._require_open()
        first = max((each.first + each.count for each in self.answers.values()), default=0) if only_new else 0
        if first >= len(self.grouped):
            raise errors.NobodyToAnswerError
        self._record(self.Answered, by, first=first, count=len(self.grouped) - first, **vars(answer))

    def close(self, *, is_answering: bool, by: Provenance) -> None:
        """End it; what is still being answered is answered first."""
        if self.closed_at is not None:
            return
        if is_answering:
            raise errors.AnswerRunningError
        self._record(self.Closed, by)

    def told(self, answer_id: UUID) -> tuple[UUID, ...]:
        """The complaints that an answer goes to."""
        answer = self.answers[answer_id]
        return tuple(self.grouped[answer.first : answer.first + answer.count])

    def _require_open(self) -> None:
        if self.closed_at is not None:
            raise errors.IncidentClosedError

    def _record(self, event_class: type[Event], by: Provenance, **fields: Any) -> None:
        self.trigger_event(event_class, timestamp=by.at, **_envelope(self.id, self.tenant, by), **fields)


def _envelope(incident_id: UUID, tenant: str, by: Provenance) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "actor": by.actor,
        "on_behalf_of": None,
        "channel": by.channel,
        "causation_id": by.causation_id,
        "correlation_id": by.correlation_id,
        "imported": False,
        "incident_id": incident_id,
    }
