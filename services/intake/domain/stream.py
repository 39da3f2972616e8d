"""What every chapter of a complaint shares: who and where it is, and how a decision becomes an event."""

from abc import abstractmethod
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.domain import AggregateEvent, BaseAggregate

from services.intake.domain import errors
from services.intake.domain.lifecycle import Stage, Status
from services.intake.domain.parties import Medium, PartyRole
from services.intake.domain.provenance import Actor, ActorType, Channel, Provenance

RECOURSE = Actor(ActorType.SYSTEM, "recourse")
SPEAKERS = frozenset({PartyRole.COMPLAINANT, PartyRole.REPRESENTATIVE})


class ComplaintStream(BaseAggregate[UUID]):
    """The base of every chapter; it owns no event of its own."""

    class Event(AggregateEvent):
        tenant: str
        complainant: UUID
        actor: Actor
        on_behalf_of: UUID | None
        channel: Channel
        causation_id: UUID | None
        correlation_id: UUID
        imported: bool

        @property
        def event_id(self) -> UUID:
            return event_id(self.originator_id, self.originator_version)

    def __init__(self) -> None:
        self.tenant = ""
        self.number = ""
        self.complainant = UUID(int=0)
        self.parties: dict[UUID, PartyRole] = {}
        self.received_at = datetime.min.replace(tzinfo=UTC)
        self.stage = Stage.OPEN
        self.ended_as: Status | None = None
        self.ended_at: datetime | None = None
        self.language = ""
        self.preferred_medium: Medium | None = None
        self.worked_on = False
        self.letters: set[UUID] = set()

    @property
    @abstractmethod
    def identity_settled(self) -> bool:
        """Whether the complainant spoke in an authenticated session or has proven who they are."""

    @abstractmethod
    def permit(self, command: str, by: Provenance) -> None:
        """Refuse what the lifecycle does not allow; every public decision starts here."""

    def _require_party(self, by: Provenance) -> None:
        if by.party is None:
            return
        if by.party not in self.parties:
            raise errors.PartyUnknownError
        if self.parties[by.party] not in SPEAKERS:
            raise errors.NotPermittedError(f"a {self.parties[by.party]} cannot speak for the complaint")

    def _record(self, event_class: type[Event], by: Provenance, **fields: Any) -> None:
        self.trigger_event(
            event_class,
            timestamp=by.at,
            tenant=self.tenant,
            complainant=self.complainant,
            actor=by.actor,
            on_behalf_of=by.on_behalf_of,
            channel=by.channel,
            causation_id=by.causation_id,
            correlation_id=by.correlation_id,
            imported=by.imported,
            **fields,
        )

    def following(self, by: Provenance) -> Provenance:
        """The provenance of what Recourse itself does because of the last event."""
        cause = event_id(self.id, self.version)
        return replace(by, actor=RECOURSE, on_behalf_of=None, channel=Channel.INTERNAL, causation_id=cause)

    def end(self, status: Status, at: datetime) -> None:
        """Fold an ending; called by the events that end a complaint."""
        self.stage, self.ended_as, self.ended_at = Stage.ENDED, status, at


def event_id(complaint_id: UUID, version: int) -> UUID:
    """The stable id of an event: the same in history, topics and webhooks."""
    return uuid5(complaint_id, f"complaint:{version}")
