"""What the API answers about queues: how many complaints stand where, and one page of them."""

from datetime import date, datetime
from uuid import UUID

from services.intake.api.fields import Answer, LabelledCode


class LevelCountOut(Answer):
    """At one level: all that stand there, of these late, of these due later today."""

    level: int
    complaints: int
    late: int
    due_today: int


class QueueCountOut(Answer):
    """`of` is the handler or team whose queue it is."""

    queue: str
    of: str | None
    complaints: int
    late: int
    due_today: int
    levels: tuple[LevelCountOut, ...]


class QueueCountsOut(Answer):
    """Counts look at whole minutes; `today` ends at `tonight`, in the tenant's zone."""

    now: datetime
    tonight: datetime
    data: tuple[QueueCountOut, ...]


class QueuedComplaint(Answer):
    """One line of a queue, nothing personal: `due_at` is the first instant at which what is owed first is missed."""

    id: UUID
    number: str
    version: int
    status: LabelledCode
    level: int
    category: LabelledCode
    urgent: bool
    language: str
    assigned_to: str | None
    team: str | None
    received_at: datetime
    submitted_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    decision: str | None
    reason: str | None
    clock: str | None
    due_at: datetime | None
    due_on: date | None
    late: bool


class QueueOut(Answer):
    """`next_cursor` is for the next page of the same question; it fits no other filters."""

    data: tuple[QueuedComplaint, ...]
    next_cursor: str | None
    has_more: bool
