"""What the API answers: the complaint, its history, lists, categories."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.intake.api.bodies import ReferableOut
from services.intake.api.fields import (
    Answer,
    DesiredOutcomeOut,
    EvidenceOut,
    LabelledCode,
    MoneyOut,
    PartyOut,
    PromiseOut,
)
from services.intake.api.handling import HandlingOut
from services.intake.domain.links import Direction, LinkType
from services.intake.domain.parties import Medium
from services.intake.domain.provenance import Channel


class NextStepOut(Answer):
    """What happens next, who does it (wallet, complainant, third_party, nobody), and by which promise."""

    code: str
    label: str
    who: str
    by: PromiseOut | None


class InformationRequestOut(Answer):
    request_id: UUID
    items: tuple[str, ...]
    text: str | None
    requested_at: datetime
    provided_at: datetime | None


class ThirdPartyWaitOut(Answer):
    wait_id: UUID
    third_party: str
    since: datetime
    answered_at: datetime | None


class DeliveryOut(Answer):
    medium: Medium
    attempt: int
    outcome: str
    recorded_at: datetime


class LetterOut(Answer):
    letter_id: UUID
    kind: str
    medium: Medium | None
    text: str | None
    ordered_at: datetime
    deliveries: tuple[DeliveryOut, ...]


class ResolutionOut(Answer):
    """`verdict` is accepted, rejected, or null while the complainant has not answered."""

    decision: str
    reason: str
    explanation: str | None
    points: tuple[dict[str, str], ...]
    resolved_at: datetime
    verdict: str | None


class RemedyOut(Answer):
    remedy_id: UUID
    kind: str
    amount: MoneyOut | None
    due_on: date
    unconditional: bool
    state: str
    reference: str | None
    replaces: UUID | None


class ReferralOut(Answer):
    referral_id: UUID
    kind: str
    body: str
    body_label: str
    opened_by: str
    reply_due_on: date | None
    reference: str | None
    opened_at: datetime
    outcome: str | None
    binding: bool | None
    closed_at: datetime | None


class LinkOut(Answer):
    link: LinkType
    direction: Direction
    complaint_id: UUID
    linked_at: datetime


class FreezeOut(Answer):
    freeze_id: UUID
    state: str
    at: datetime


class RatingOut(Answer):
    score: int
    comment: str | None


class ComplaintOut(Answer):
    """A complaint as this caller may see it; what belongs to an erased person is null.

    `reopen_until` is the first instant at which the complainant can reopen it no more; null where they never can.
    """

    id: UUID
    number: str
    version: int
    promises_revision: int
    status: LabelledCode
    level: int
    category: LabelledCode
    urgent: bool
    channel: Channel
    language: str
    preferred_medium: Medium | None
    received_at: datetime
    submitted_at: datetime
    updated_at: datetime
    parties: tuple[PartyOut, ...]
    description: str | None
    already_tried: str | None
    grounds: str | None
    desired_outcome: DesiredOutcomeOut | None
    disputed_amount: MoneyOut | None
    transactions: tuple[dict[str, Any], ...]
    account_id: str | None
    client_reference: str | None
    metadata: dict[str, str]
    regulator: dict[str, Any] | None
    evidence: tuple[EvidenceOut, ...]
    information_requests: tuple[InformationRequestOut, ...]
    third_party_waits: tuple[ThirdPartyWaitOut, ...]
    letters: tuple[LetterOut, ...]
    freeze: FreezeOut | None
    resolution: ResolutionOut | None
    remedies: tuple[RemedyOut, ...]
    rating: RatingOut | None
    referrals: tuple[ReferralOut, ...]
    referable: tuple[ReferableOut, ...]
    links: tuple[LinkOut, ...]
    erased_parties: tuple[UUID, ...]
    promises_state: str
    promises: tuple[PromiseOut, ...]
    missing: tuple[LabelledCode, ...]
    next_step: NextStepOut
    reopen_until: datetime | None
    allowed_actions: tuple[str, ...]
    handling: HandlingOut | None


class ListedComplaint(Answer):
    """One line of the list: nothing personal."""

    id: UUID
    number: str
    version: int
    status: LabelledCode
    level: int
    category: LabelledCode
    urgent: bool
    received_at: datetime
    submitted_at: datetime
    updated_at: datetime
    assigned_to: str | None


class ComplaintListOut(Answer):
    """`next_cursor` is for the next page of the same question; it fits no other filters."""

    data: tuple[ListedComplaint, ...]
    next_cursor: str | None
    has_more: bool


class ActorOut(Answer):
    """`id` is shown to handlers only."""

    type: str
    id: str | None


class HistoryEntry(Answer):
    """One event as this caller may see it; `complaint_id` differs for what a duplicate brought."""

    event_id: UUID
    complaint_id: UUID
    version: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: ActorOut
    on_behalf_of: UUID | None
    channel: Channel
    causation_id: UUID | None
    fields: dict[str, Any]


class HistoryOut(Answer):
    data: tuple[HistoryEntry, ...]


class GuidanceOut(Answer):
    bring: tuple[LabelledCode, ...]
    try_first: str


class CategoryOut(Answer):
    """`urgent` and `complexity` are those that a complaint of this category has when it is submitted."""

    code: str
    label: str
    urgent: bool
    complexity: str
    guidance: GuidanceOut


class CategoriesOut(Answer):
    data: tuple[CategoryOut, ...]


class ReasonsOut(Answer):
    """Reason codes by the command that takes them; `root_cause` and `external_body` list those."""

    data: dict[str, tuple[LabelledCode, ...]]


class UploadedOut(Answer):
    """`expires_at` is when an unattached file is destroyed; null once it is attached."""

    evidence_id: UUID
    kind: str
    file_name: str | None
    media_type: str | None
    size_bytes: int | None
    sha256: str | None
    complaint_id: UUID | None
    uploaded_at: datetime
    expires_at: datetime | None
