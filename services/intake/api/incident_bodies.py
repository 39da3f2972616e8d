"""What is sent and answered about incidents."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.intake.api.fields import Answer, Code, Instant, RemedyBody, Request, Words
from services.intake.domain.conversation import LetterKind
from services.intake.domain.lifecycle import OPEN, Status
from services.intake.domain.outcome import Decision
from services.intake.domain.parties import Medium
from services.intake.views.incident_letters import LetterState


class FilterBody(Request):
    """Which complaints join; each one narrows it. Without a status, those that are open."""

    status: Annotated[tuple[Status, ...], Field(max_length=9)] = tuple(sorted(OPEN))
    category: Code | None = None
    level: Annotated[int, Field(ge=0, le=3)] | None = None
    urgent: bool | None = None
    received_from: Instant | None = None
    received_to: Instant | None = None


class OpenIncident(Request):
    """`name` is a code for people, such as bank-outage-2026-03; of a signal, what it counted joins at once."""

    name: Code
    signal_id: UUID | None = None


class GroupComplaints(Request):
    filter: FilterBody


class AnswerIncident(Request):
    """A letter to each, or with a decision the resolution of each; nothing of it may tell of a person.

    Without a medium each is told over the one they prefer; `only_new` leaves out whom an earlier answer went to.
    """

    text: Words
    kind: LetterKind | None = None
    medium: Medium | None = None
    decision: Decision | None = None
    reason: Code | None = None
    remedies: Annotated[tuple[RemedyBody, ...], Field(max_length=20)] = ()
    only_new: bool = False

    @model_validator(mode="after")
    def _says_one_thing(self) -> "AnswerIncident":
        if self.decision is None and (self.reason or self.remedies):
            raise ValueError("a reason and remedies belong to a decision")
        if self.decision is not None and (self.kind or self.medium or self.reason is None):
            raise ValueError("a decision has a reason, and neither kind nor medium")
        return self


class CloseIncident(Request):
    """Nothing to say."""


class IncidentsQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal["open", "closed"] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None


class IncidentAnswerOut(Answer):
    """`done`, `refused` and `remaining` add up to `total`."""

    answer_id: UUID
    answered_at: datetime
    kind: str | None
    medium: str | None
    decision: str | None
    text: str | None
    total: int
    done: int
    refused: int
    remaining: int


class IncidentOut(Answer):
    id: UUID
    name: str
    version: int
    signal_id: UUID | None
    opened_at: datetime
    closed_at: datetime | None
    grouped: int
    answers: tuple[IncidentAnswerOut, ...]


class ListedIncident(Answer):
    id: UUID
    name: str
    opened_at: datetime
    closed_at: datetime | None


class IncidentListOut(Answer):
    data: tuple[ListedIncident, ...]
    next_cursor: str | None
    has_more: bool


class IncidentLetterOut(Answer):
    """`code` says why a complaint refused."""

    answer_id: UUID
    complaint_id: UUID
    state: LetterState
    code: str | None


class IncidentLettersOut(Answer):
    data: tuple[IncidentLetterOut, ...]
    next_cursor: str | None
    has_more: bool
