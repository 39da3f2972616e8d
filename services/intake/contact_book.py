"""What notifier is told at the moment of sending: contacts, words, and a place for the letters it sends."""

from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from typing_extensions import override

from services.intake.application import Intake
from services.intake.domain.complaint import Complaint
from services.intake.domain.parties import Person
from services.intake.evidence_desk import EvidenceDesk
from services.intake.letter_matter import letter_matter
from services.intake.request_errors import EvidenceNotFoundError
from services.intake.views.complaint_page import audience_of
from services.intake.views.promised_dates import PromisedDates
from shared.contracts.contact_book import Contact, ContactBook, LetterMatter, LetterParts, StoredLetter
from shared.contracts.message import Audience
from shared.contracts.registry import REGISTRY
from shared.eventstore.command import Recorded
from shared.eventstore.mapper import StoredParts


class IntakeContactBook(ContactBook):
    def __init__(self, intake: Intake, desk: EvidenceDesk, dates: PromisedDates) -> None:
        self._intake = intake
        self._dates = dates
        self._desk = desk

    @override
    def contact(self, complaint_id: UUID, party_id: UUID) -> Contact | None:
        person: Person | None = None
        for recorded in self._intake.recorded(complaint_id):
            person = _known_after(person, recorded.event, party_id)
        if person is None:
            return None
        return Contact(name=person.name, phone=person.phone, email=person.email, safe_contact=person.safe_contact)

    @override
    def letter_parts(self, complaint_id: UUID, event_id: UUID) -> LetterParts | None:
        recorded = {_event_id(each): each for each in self._intake.recorded(complaint_id)}[event_id]
        words = _words(recorded)
        if words and _is_gone(recorded, words):
            return None
        points = words.get("points") or ()
        return LetterParts(
            text=words.get("text") or words.get("reason_text"),
            explanation=words.get("explanation"),
            points=tuple({"point": point.point, "answer": point.answer} for point in points),
        )

    @override
    def letter_matter(self, complaint_id: UUID) -> LetterMatter | None:
        return letter_matter(self._intake, self._dates, complaint_id)

    @override
    def store_letter(self, complaint_id: UUID, letter_id: UUID, content: bytes, media_type: str) -> StoredLetter | None:
        complaint: Complaint = self._intake.repository.get(complaint_id)
        kept = self._desk.keep_letter(
            letter_id,
            content,
            media_type,
            tenant=complaint.tenant,
            complaint_id=complaint_id,
            party_id=complaint.complainant,
        )
        try:
            content = b"".join(self._desk.read(kept.evidence_id))
        except EvidenceNotFoundError:
            return None
        return StoredLetter(kept.evidence_id, content, kept.file.media_type) if kept.file else None


def _known_after(person: Person | None, event: Any, party_id: UUID) -> Person | None:
    """What is known of a party after an event; what was said after an erasure stands by itself."""
    if isinstance(event, Complaint.Submitted):
        return event.persons.get(party_id)
    if not isinstance(event, Complaint.ContactChanged) or event.party_id != party_id or not event.contact:
        return person
    said = {name: value for name, value in asdict(event.contact).items() if value is not None}
    return replace(person or Person(), **said) if person or said else None


def _event_id(recorded: Recorded) -> UUID:
    event: Any = recorded.event
    return UUID(str(event.event_id))


def _words(recorded: Recorded) -> dict[str, Any]:
    """The personal fields of an event that its complainant may read, each None if it was not said or is gone."""
    if not Audience.COMPLAINANT.sees(audience_of(recorded)):
        return {}
    contract = REGISTRY.by_stored_name[recorded.stored.topic]
    seen = [name for name in contract.personal if Audience.COMPLAINANT.sees(contract.audience_of_field(name))]
    return {name: getattr(recorded.event, name) for name in seen}


def _is_gone(recorded: Recorded, words: dict[str, Any]) -> bool:
    """Something was encrypted and nothing of it can be read: its key is destroyed."""
    return bool(StoredParts.of(recorded.stored).personal) and not any(words.values())
