"""Who works on a complaint, at which level, with how much time."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.intake.domain import errors
from services.intake.domain.provenance import Provenance, Voice
from services.intake.domain.stream import ComplaintStream

HIGHEST_INTERNAL_LEVEL = 2


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A clock as the complainant sees it; `due_on` is the local date to print, `due_at` the first instant missed."""

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


@dataclass(frozen=True, kw_only=True)
class ExtensionTerms:
    """What the pinned policy allows for one clock: `cap` units at a time, `times` times, by `approver`."""

    unit: str
    cap: int
    times: int
    approver: Voice


class Handling(ComplaintStream):
    """The chapter of acknowledgement, assignment, escalation and extension."""

    class Acknowledged(ComplaintStream.Event):
        TOPIC = "complaint.acknowledged"
        promises: tuple[Promise, ...]

        def apply(self, complaint: "Handling") -> None:
            complaint.has_been_acknowledged = True
            complaint.letters.add(self.event_id)

    class Assigned(ComplaintStream.Event):
        TOPIC = "complaint.assigned"
        handler_id: str
        team: str | None
        reason: str

        def apply(self, complaint: "Handling") -> None:
            complaint.worked_on = True
            complaint.assigned_to, complaint.team = self.handler_id, self.team
            complaint.worked_on_by.add(self.handler_id)

    class Released(ComplaintStream.Event):
        TOPIC = "complaint.released"
        handler_id: str
        reason: str

        def apply(self, complaint: "Handling") -> None:
            complaint.assigned_to = None

    class Escalated(ComplaintStream.Event):
        TOPIC = "complaint.escalated"
        from_level: int
        to_level: int
        reason: str
        cause_id: UUID | None
        reason_text: str | None

        def apply(self, complaint: "Handling") -> None:
            complaint.worked_on = True
            complaint.internal_level = self.to_level

    class ExtensionGranted(ComplaintStream.Event):
        TOPIC = "complaint.extension_granted"
        clock_id: UUID
        amount: int
        unit: str
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Handling") -> None:
            complaint.extensions[self.clock_id] = complaint.extensions.get(self.clock_id, 0) + 1

    def __init__(self) -> None:
        super().__init__()
        self.has_been_acknowledged = False
        self.assigned_to: str | None = None
        self.team: str | None = None
        self.worked_on_by: set[str] = set()
        self.internal_level = 0
        self.extensions: dict[UUID, int] = {}

    @property
    def acknowledged(self) -> bool:
        return self.has_been_acknowledged

    def acknowledge(self, promises: tuple[Promise, ...], *, by: Provenance) -> None:
        """Tell the complainant the promised dates, once."""
        self.permit("acknowledge", by)
        if not self.acknowledged:
            self._record(self.Acknowledged, by, promises=promises)

    def assign(self, handler_id: str, *, team: str | None = None, reason: str, by: Provenance) -> None:
        self.permit("assign", by)
        if (handler_id, team) != (self.assigned_to, self.team):
            self._record(self.Assigned, by, handler_id=handler_id, team=team, reason=reason)

    def take(self, *, team: str | None = None, by: Provenance) -> None:
        """Begin to work on what nobody works on."""
        self.permit("take", by)
        if self.assigned_to != by.actor.id:
            self._record(self.Assigned, by, handler_id=by.actor.id, team=team, reason="taken")

    def release(self, *, reason: str, by: Provenance) -> None:
        """Give it back: nobody works on it until somebody takes it or is given it; its team keeps it."""
        self.permit("release", by)
        if self.assigned_to is not None:
            self._record(self.Released, by, handler_id=self.assigned_to, reason=reason)

    def escalate(
        self, *, reason: str, cause_id: UUID | None = None, reason_text: str | None = None, by: Provenance
    ) -> None:
        """Raise the level by one; at the highest the event says so again, and compliance is told again."""
        self.permit("escalate", by)
        self._raise_level(reason=reason, cause_id=cause_id, reason_text=reason_text, by=by)

    def _raise_level(
        self, *, reason: str, by: Provenance, cause_id: UUID | None = None, reason_text: str | None = None
    ) -> None:
        self._record(
            self.Escalated,
            by,
            from_level=self.internal_level,
            to_level=min(self.internal_level + 1, HIGHEST_INTERNAL_LEVEL),
            reason=reason,
            cause_id=cause_id,
            reason_text=reason_text,
        )

    def extend(
        self,
        clock_id: UUID,
        *,
        amount: int,
        terms: ExtensionTerms | None,
        reason: str,
        reason_text: str | None = None,
        by: Provenance,
    ) -> None:
        """Give a clock more time, in the unit of its pinned policy and within its cap."""
        self.permit("extend", by)
        if terms is None:
            raise errors.ExtensionNotOfferedError
        if by.voice not in {terms.approver, Voice.SUPERVISOR}:
            raise errors.NotPermittedError(f"the policy asks for a {terms.approver} to extend this clock")
        if self.extensions.get(clock_id, 0) >= terms.times:
            raise errors.ExtensionUsedUpError
        if not 1 <= amount <= terms.cap:
            raise errors.ExtensionTooLongError(f"amount must be 1-{terms.cap} {terms.unit}, got {amount}")
        self._record(
            self.ExtensionGranted,
            by,
            clock_id=clock_id,
            amount=amount,
            unit=terms.unit,
            reason=reason,
            reason_text=reason_text,
        )
