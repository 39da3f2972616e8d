"""The bodies of every command, as a caller sends them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.intake.api.fields import (
    JURISDICTION,
    Code,
    Day,
    EvidenceIds,
    Instant,
    LanguageTag,
    Line,
    MoneyBody,
    PersonBody,
    RemedyBody,
    Request,
    Spoken,
    Words,
)
from services.intake.domain.conversation import DeliveryOutcome, LetterKind
from services.intake.domain.links import LinkType
from services.intake.domain.outcome import Closing, Decision
from services.intake.domain.parties import Medium
from services.intake.domain.safeguards import IdentityResult
from services.intake.domain.submission import Complexity, OutcomeKind


class ComplainantBody(PersonBody):
    """The person who complains; apps leave `wallet_user_id` out, their header names the user."""

    wallet_user_id: Line | None = None


class TransactionBody(Request):
    transaction_id: Line
    at: Instant | None = None
    amount: MoneyBody | None = None
    counterparty: Line | None = None
    top_up_method: Line | None = None


class DesiredOutcomeBody(Request):
    kind: OutcomeKind
    amount: MoneyBody | None = None


class ExternalBody(Request):
    """A regulator, court or mediator, its reference, and the local date by which it wants a reply."""

    body: Code
    reference: Line | None = None
    reply_due_on: Day | None = None


class Submit(Spoken):
    """A complaint. Only category and description are required: nothing missing ever refuses one."""

    category: Code
    description: Words
    complainant: ComplainantBody = ComplainantBody()
    representative: ComplainantBody | None = None
    language: LanguageTag = "zh-CN"
    preferred_medium: Medium | None = None
    already_tried: Words | None = None
    grounds: Words | None = None
    desired_outcome: DesiredOutcomeBody | None = None
    disputed_amount: MoneyBody | None = None
    transactions: Annotated[tuple[TransactionBody, ...], Field(max_length=50)] = ()
    account_id: Line | None = None
    client_reference: Line | None = None
    metadata: Annotated[dict[Line, Line], Field(max_length=20)] = Field(default_factory=dict)
    regulator: ExternalBody | None = None
    received_at: Instant | None = None
    entry_reason: Code | None = None
    evidence_ids: EvidenceIds = ()
    follows: UUID | None = None
    about_handling_of: UUID | None = None


class FollowUp(Spoken):
    text: Words
    evidence_ids: EvidenceIds = ()


class AddEvidence(Spoken):
    evidence_ids: Annotated[EvidenceIds, Field(min_length=1)]
    text: Words | None = None


class AddNote(Request):
    """A restricted note is for compliance only."""

    text: Words
    restricted: bool = False
    flag: Code | None = None


class ChangeContact(Spoken):
    """What is left out stays as it is; `party_id` is for handlers, a party changes its own."""

    party_id: UUID | None = None
    contact: PersonBody = PersonBody()
    preferred_medium: Medium | None = None
    language: LanguageTag | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "ChangeContact":
        if self.contact.model_fields_set or self.preferred_medium or self.language:
            return self
        raise ValueError("name at least one of contact, preferred_medium, language")


class AnswerComplaint(Request):
    """A letter to the complainant, or a call that was held (medium phone, no template)."""

    text: Words
    kind: LetterKind = LetterKind.INTERIM
    medium: Medium
    language: LanguageTag | None = None
    template: Code | None = None
    template_version: Code | None = None


class RecordDelivery(Request):
    letter_id: UUID
    medium: Medium
    attempt: Annotated[int, Field(ge=1, le=100)] = 1
    outcome: DeliveryOutcome
    is_last: bool = False  # no further attempt follows
    evidence_ids: EvidenceIds = ()
    text: Words | None = None


class RequestInformation(Request):
    """`items` are codes of the guidance: GET /v1/categories."""

    items: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    text: Words | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> "RequestInformation":
        if not self.items and not self.text:
            raise ValueError("name at least one item, or say in words what is needed")
        return self


class ProvideInformation(Spoken):
    """Answers one open request, or all of them where none is named."""

    request_id: UUID | None = None
    text: Words | None = None
    evidence_ids: EvidenceIds = ()


class AwaitThirdParty(Request):
    third_party: Code
    text: Words | None = None


class RecordThirdPartyAnswer(Request):
    wait_id: UUID | None = None
    text: Words | None = None


class Acknowledge(Request):
    """Nothing to say: the promised dates are known."""


class Classify(Request):
    """What is left out stays as it is."""

    category: Code | None = None
    complexity: Complexity | None = None
    urgent: bool | None = None
    jurisdiction: Annotated[str, StringConstraints(pattern=JURISDICTION)] | None = None
    regulated_service: Code | None = None
    root_cause: Code | None = None
    reason: Code
    reason_text: Words | None = None


class Assign(Request):
    handler_id: Line
    team: Code | None = None
    reason: Code = "by-hand"


class WithReason(Request):
    reason: Code
    reason_text: Words | None = None


class SpokenWithReason(Spoken):
    reason: Code
    reason_text: Words | None = None


class Withdraw(SpokenWithReason):
    evidence_ids: EvidenceIds = ()


class Extend(WithReason):
    """`amount` counts in the unit of the clock's policy."""

    clock_id: UUID
    amount: Annotated[int, Field(ge=1, le=1000)]


class PointBody(Request):
    point: Words
    answer: Words


class Resolve(WithReason):
    decision: Decision
    explanation: Words
    points: Annotated[tuple[PointBody, ...], Field(max_length=50)] = ()
    remedies: Annotated[tuple[RemedyBody, ...], Field(max_length=20)] = ()


class AcceptResolution(Spoken):
    text: Words | None = None


class Rate(Spoken):
    """From 1 (bad) to 5 (good)."""

    score: Annotated[int, Field(ge=1, le=5)]
    comment: Words | None = None


class Close(Request):
    """For a supervisor, after a second rejection."""

    reason: Closing = Closing.REJECTED_TWICE


class VerifyIdentity(Request):
    party_id: UUID
    method: Code
    result: IdentityResult


class ConfirmFreeze(Request):
    reference: Line | None = None


class LiftLegalHold(WithReason):
    hold_id: UUID


class ErasePersonalData(Request):
    """Erases the parties named, or all of them; what was theirs can never be read again."""

    reason: Code
    party_ids: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()


class Link(Request):
    complaint_id: UUID
    link: LinkType


class Unlink(Request):
    complaint_id: UUID
    reason: Code


class DismissLinkProposal(WithReason):
    complaint_id: UUID
