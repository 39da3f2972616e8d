"""How a complaint begins, and what kind of matter it is."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from services.intake.domain import errors
from services.intake.domain.evidence import Evidence, EvidenceFile, EvidenceReference
from services.intake.domain.lifecycle import Stage
from services.intake.domain.money import Money
from services.intake.domain.parties import Medium, Party, PartyRole, Person
from services.intake.domain.provenance import Provenance
from services.intake.domain.stream import ComplaintStream


class OutcomeKind(StrEnum):
    REFUND = "refund"
    COMPENSATION = "compensation"
    SERVICE_IMPROVEMENT = "service_improvement"
    EXPLANATION = "explanation"
    UNLOCK = "unlock"


class Complexity(StrEnum):
    SIMPLE = "simple"
    COMPLEX = "complex"


@dataclass(frozen=True)
class DesiredOutcome:
    kind: OutcomeKind
    amount: Money | None = None


@dataclass(frozen=True)
class RegulatorReference:
    """The body that passed the complaint on, and the local date by which it wants a reply."""

    body: str
    reply_due_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Transaction:
    transaction_id: str
    at: datetime | None = None
    amount: Money | None = None
    counterparty: str | None = None
    top_up_method: str | None = None


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What the complaint is about, in the complainant's words; personal as a whole."""

    description: str
    already_tried: str | None = None
    grounds: str | None = None
    transactions: tuple[Transaction, ...] = ()
    account_id: str | None = None
    client_reference: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    regulator_reference: str | None = None
    source_reference: str | None = None


@dataclass(frozen=True, kw_only=True)
class ImportedFrom:
    """The other system that a complaint came from, and a keyed digest of what it said of it."""

    system: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Classification:
    category: str
    complexity: Complexity
    urgent: bool
    jurisdiction: str
    regulated_service: str
    root_cause: str | None = None


@dataclass(frozen=True, kw_only=True)
class Submission:
    """Everything a complaint begins with; times are aware, ids are made by the caller."""

    tenant: str
    number: str
    parties: tuple[Party, ...]
    persons: dict[UUID, Person]
    received_at: datetime
    language: str
    matter: Matter
    entry_reason: str | None = None
    preferred_medium: Medium | None = None
    desired_outcome: DesiredOutcome | None = None
    disputed_amount: Money | None = None
    regulator: RegulatorReference | None = None
    flags: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    imported_from: ImportedFrom | None = None

    @property
    def complainant(self) -> UUID:
        return next(party.party_id for party in self.parties if party.role == PartyRole.COMPLAINANT)


class Beginning(ComplaintStream):
    """The chapter of submission and classification."""

    class Submitted(ComplaintStream.Event, AggregateCreated):
        TOPIC = "complaint.submitted"
        number: str
        parties: tuple[Party, ...]
        category: str
        received_at: datetime
        entry_reason: str | None
        authenticated: bool
        language: str
        preferred_medium: Medium | None
        desired_outcome: DesiredOutcome | None
        disputed_amount: Money | None
        regulator: RegulatorReference | None
        flags: tuple[str, ...]
        evidence: tuple[EvidenceReference, ...]
        evidence_files: tuple[EvidenceFile, ...] | None
        matter: Matter | None
        persons: dict[UUID, Person]
        imported_from: ImportedFrom | None = None

        def apply(self, complaint: "Beginning") -> None:
            complaint.tenant = self.tenant
            complaint.number = self.number
            complaint.complainant = self.complainant
            complaint.parties = {party.party_id: party.role for party in self.parties}
            complaint.language = self.language
            complaint.preferred_medium = self.preferred_medium
            complaint.submitted_category = self.category
            complaint.received_at = self.received_at
            complaint.authenticated = self.authenticated

    class Classified(ComplaintStream.Event):
        TOPIC = "complaint.classified"
        classification: Classification
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Beginning") -> None:
            complaint.classification = self.classification

    def __init__(self) -> None:
        super().__init__()
        self.authenticated = False
        self.submitted_category = ""
        self.classification: Classification | None = None

    @property
    def category(self) -> str:
        return self.classification.category if self.classification else self.submitted_category

    def classify(
        self, classification: Classification, *, reason: str, reason_text: str | None = None, by: Provenance
    ) -> None:
        """Set category, complexity, urgency and the rest; after the end only the root cause may differ."""
        self.permit("classify", by)
        if classification == self.classification:
            return
        if self.stage == Stage.ENDED and not self._differs_in_root_cause_only(classification):
            raise errors.RootCauseOnlyError
        self._record(self.Classified, by, classification=classification, reason=reason, reason_text=reason_text)

    def _differs_in_root_cause_only(self, classification: Classification) -> bool:
        return replace(classification, root_cause=None) == (
            self.classification and replace(self.classification, root_cause=None)
        )
