"""What staff see of a complaint beyond its complainant: who works on it, notes, proposals, incidents."""

from datetime import datetime
from uuid import UUID

from services.intake.api.fields import Answer
from services.intake.domain.complaint import Complaint
from services.intake.domain.links import Direction
from services.intake.views.belonging import Belonging
from services.intake.views.complaint_page import Page
from shared.contracts.message import Audience


class NoteOut(Answer):
    text: str | None
    flag: str | None
    restricted: bool
    by: str
    at: datetime


class HeldLetterOut(Answer):
    """A letter that was not sent: it lacks what its policies ask for, and is sent once it does not."""

    letter_id: UUID
    missing: tuple[str, ...]
    held_at: datetime


class LinkProposalOut(Answer):
    """A complaint that may belong to this one: `link` accepts it, `dismiss-link-proposal` does not, on either side.

    `because` are the rules that matched: same-transaction, same-amount-and-day, same-text. `outgoing`: this one came
    later, and would be the duplicate or the follower; `incoming`: the other one.
    """

    complaint_id: UUID
    link: str
    direction: Direction
    because: tuple[str, ...]
    proposed_at: datetime


class IncidentBrief(Answer):
    """`status` is open or closed; `GET /v1/incidents/{id}` says how far its answers have come."""

    id: UUID
    name: str
    status: str


class HandlingOut(Answer):
    """For handlers only; `legal_hold` is null for those who may not know of one."""

    assigned_to: str | None
    complexity: str | None
    jurisdiction: str | None
    regulated_service: str | None
    root_cause: str | None
    flags: tuple[str, ...]
    notes: tuple[NoteOut, ...]
    letters_held: tuple[HeldLetterOut, ...]
    legal_hold: bool | None
    identity_settled: bool
    link_proposals: tuple[LinkProposalOut, ...]
    incidents: tuple[IncidentBrief, ...]


def handling(
    complaint: Complaint, page: Page, audience: Audience, belonging: Belonging, *, until: datetime | None
) -> HandlingOut:
    """Write what staff see; what other streams tell is as it was known at `until`, None for now."""
    classification = complaint.classification
    return HandlingOut(
        assigned_to=complaint.assigned_to,
        complexity=classification and classification.complexity,
        jurisdiction=classification and classification.jurisdiction,
        regulated_service=classification and classification.regulated_service,
        root_cause=classification and classification.root_cause,
        flags=page["flags"],
        **{name: tuple(page[name]) for name in ("notes", "letters_held")},
        legal_hold=complaint.has_legal_hold if audience == Audience.RESTRICTED else None,
        identity_settled=complaint.identity_settled,
        link_proposals=(*page["link_proposals"], *_incoming(complaint.id, belonging, until)),
        incidents=tuple(
            incident_brief(row["incident_id"], row["name"], row["closed_at"], until)
            for row in belonging.incidents(complaint.id, until)
        ),
    )


def incident_brief(incident_id: UUID, name: str, closed_at: datetime | None, until: datetime | None) -> IncidentBrief:
    is_closed = closed_at is not None and (until is None or closed_at <= until)
    return IncidentBrief(id=incident_id, name=name, status="closed" if is_closed else "open")


def _incoming(complaint_id: UUID, belonging: Belonging, until: datetime | None) -> tuple[LinkProposalOut, ...]:
    return tuple(
        LinkProposalOut(
            complaint_id=row["later_id"],
            link=row["link"],
            direction=Direction.INCOMING,
            because=row["because"],
            proposed_at=row["proposed_at"],
        )
        for row in belonging.proposals(complaint_id, until)
    )
