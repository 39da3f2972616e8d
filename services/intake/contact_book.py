"""What notifier is told at the moment of sending: contacts, words, and a place for the letters it sends."""

from typing import Any
from uuid import UUID

from typing_extensions import override

from services.intake.application import Intake
from services.intake.domain.complaint import Complaint
from services.intake.evidence_desk import EvidenceDesk
from services.intake.views.complaint_page import complaint_page
from shared.contracts.contact_book import Contact, ContactBook, LetterParts, StoredLetter
from shared.contracts.message import Audience


class IntakeContactBook(ContactBook):
    def __init__(self, intake: Intake, desk: EvidenceDesk) -> None:
        self._intake = intake
        self._desk = desk

    @override
    def contact(self, complaint_id: UUID, party_id: UUID) -> Contact | None:
        page = complaint_page(self._intake.recorded(complaint_id), Audience.RESTRICTED)
        person = page["persons"].get(party_id)
        if person is None:
            return None
        return Contact(**{name: person[name] for name in ("name", "phone", "email", "safe_contact")})

    @override
    def letter_parts(self, complaint_id: UUID, event_id: UUID) -> LetterParts | None:
        events: list[Any] = [recorded.event for recorded in self._intake.recorded(complaint_id)]
        event = next((event for event in events if event.event_id == event_id), None)
        if event is None or event.complainant in self._erased(events):
            return None
        points = getattr(event, "points", None) or ()
        return LetterParts(
            text=getattr(event, "text", None) or getattr(event, "reason_text", None),
            explanation=getattr(event, "explanation", None),
            points=tuple({"point": point.point, "answer": point.answer} for point in points),
        )

    def _erased(self, events: list[Any]) -> set[UUID]:
        return {party for event in events for party in getattr(event, "party_ids", ())}

    @override
    def store_letter(self, complaint_id: UUID, letter_id: UUID, content: bytes, media_type: str) -> StoredLetter:
        complaint: Complaint = self._intake.repository.get(complaint_id)
        kept = self._desk.keep_letter(
            letter_id,
            content,
            media_type,
            tenant=complaint.tenant,
            complaint_id=complaint_id,
            party_id=complaint.complainant,
        )
        return StoredLetter(kept.evidence_id, b"".join(self._desk.read(kept.evidence_id)))
