"""What is said about a complaint: by the complainant, between handlers, and to the complainant."""

from enum import StrEnum
from uuid import UUID

from services.intake.domain import errors
from services.intake.domain.evidence import Evidence, EvidenceFile, EvidenceReference, files, references
from services.intake.domain.parties import Medium, Person
from services.intake.domain.provenance import Provenance
from services.intake.domain.stream import ComplaintStream


class LetterKind(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    INTERIM = "interim"
    HOLDING = "holding"
    FINAL = "final"
    SUMMARY = "summary"


FINAL_LETTERS = frozenset({LetterKind.FINAL, LetterKind.SUMMARY})


class DeliveryOutcome(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class Conversation(ComplaintStream):
    """The chapter of words, evidence, letters and addresses."""

    class FollowedUp(ComplaintStream.Event):
        TOPIC = "complaint.followed_up"
        evidence: tuple[EvidenceReference, ...]
        evidence_files: tuple[EvidenceFile, ...] | None
        text: str | None

    class EvidenceAdded(ComplaintStream.Event):
        TOPIC = "complaint.evidence_added"
        evidence: tuple[EvidenceReference, ...]
        evidence_files: tuple[EvidenceFile, ...] | None
        text: str | None

    class NoteAdded(ComplaintStream.Event):
        TOPIC = "complaint.note_added"
        restricted: bool
        flag: str | None
        text: str | None

    class ContactChanged(ComplaintStream.Event):
        TOPIC = "complaint.contact_changed"
        party_id: UUID
        preferred_medium: Medium | None
        language: str | None
        contact: Person | None

        def apply(self, complaint: "Conversation") -> None:
            if self.party_id == self.complainant:
                complaint.preferred_medium = self.preferred_medium or complaint.preferred_medium
                complaint.language = self.language or complaint.language

    class Answered(ComplaintStream.Event):
        TOPIC = "complaint.answered"
        kind: LetterKind
        medium: Medium
        template: str | None
        template_version: str | None
        language: str
        text: str | None

        def apply(self, complaint: "Conversation") -> None:
            complaint.worked_on = True
            complaint.letters.add(self.event_id)
            if self.kind in FINAL_LETTERS:
                complaint.final_letters.add(self.event_id)

    class DeliveryRecorded(ComplaintStream.Event):
        TOPIC = "complaint.delivery_recorded"
        letter_id: UUID
        medium: Medium
        attempt: int
        outcome: DeliveryOutcome
        evidence: tuple[EvidenceReference, ...]
        evidence_files: tuple[EvidenceFile, ...] | None
        text: str | None
        is_last: bool = False
        missing: tuple[str, ...] = ()
        reason: str | None = None

        def apply(self, complaint: "Conversation") -> None:
            complaint.deliveries.add((self.letter_id, self.attempt, self.outcome))

    def __init__(self) -> None:
        super().__init__()
        self.final_letters: set[UUID] = set()
        self.deliveries: set[tuple[UUID, int, DeliveryOutcome]] = set()

    def times_out(self, letter_id: UUID) -> int:
        """How often a letter was recorded as sent or delivered."""
        return sum(letter == letter_id and how != DeliveryOutcome.FAILED for letter, _, how in self.deliveries)

    def follow_up(self, text: str, *, evidence: tuple[Evidence, ...] = (), by: Provenance) -> None:
        self.permit("follow-up", by)
        self._record(self.FollowedUp, by, text=text, evidence=references(evidence), evidence_files=files(evidence))

    def add_evidence(self, evidence: tuple[Evidence, ...], *, text: str | None = None, by: Provenance) -> None:
        self.permit("add-evidence", by)
        self._record(self.EvidenceAdded, by, text=text, evidence=references(evidence), evidence_files=files(evidence))

    def add_note(self, text: str, *, restricted: bool = False, flag: str | None = None, by: Provenance) -> None:
        """Write a note for handlers; a restricted one is for compliance only."""
        self.permit("add-note", by)
        self._record(self.NoteAdded, by, text=text, restricted=restricted, flag=flag)

    def change_contact(
        self,
        contact: Person,
        *,
        party_id: UUID | None = None,
        preferred_medium: Medium | None = None,
        language: str | None = None,
        by: Provenance,
    ) -> None:
        """Change how a party is reached; in a session a party changes its own contact only."""
        self.permit("change-contact", by)
        party_id = party_id or by.party or self.complainant
        if party_id not in self.parties:
            raise errors.PartyUnknownError
        if by.party is not None and party_id != by.party:
            raise errors.NotPermittedError("a party changes its own contact only")
        self._record(
            self.ContactChanged,
            by,
            party_id=party_id,
            contact=contact,
            preferred_medium=preferred_medium,
            language=language,
        )

    def answer(
        self,
        text: str,
        *,
        kind: LetterKind,
        medium: Medium,
        language: str | None = None,
        template: str | None = None,
        template_version: str | None = None,
        allowed_media: frozenset[Medium] = frozenset(Medium),
        by: Provenance,
    ) -> None:
        """Order a letter, or record a call (medium phone, no template); `allowed_media` comes from the policy.

        What was answered elsewhere is recorded as it was: it discloses nothing any more.
        """
        self.permit("answer", by)
        if kind != LetterKind.ACKNOWLEDGEMENT and not self.identity_settled and not by.imported:
            raise errors.IdentityNotVerifiedError
        if medium not in allowed_media:
            raise errors.MediumRefusedError
        self._record(
            self.Answered,
            by,
            text=text,
            kind=kind,
            medium=medium,
            language=language or self.language,
            template=template,
            template_version=template_version,
        )

    def record_delivery(
        self,
        letter_id: UUID,
        *,
        medium: Medium,
        attempt: int,
        outcome: DeliveryOutcome,
        is_last: bool = False,
        evidence: tuple[Evidence, ...] = (),
        text: str | None = None,
        missing: tuple[str, ...] = (),
        reason: str | None = None,
        by: Provenance,
    ) -> None:
        """Record one attempt to deliver a letter; the same attempt with the same outcome is recorded once."""
        self.permit("record-delivery", by)
        if letter_id not in self.letters:
            raise errors.LetterUnknownError
        if (letter_id, attempt, outcome) in self.deliveries:
            return
        self._record(
            self.DeliveryRecorded,
            by,
            letter_id=letter_id,
            medium=medium,
            attempt=attempt,
            outcome=outcome,
            is_last=is_last,
            text=text,
            missing=missing,
            reason=reason,
            evidence=references(evidence),
            evidence_files=files(evidence),
        )
