"""What notifier asks intake at the moment of sending, because facts carry nothing personal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How a party is reached now; where there is a `safe_contact`, nothing else is used."""

    name: str | None
    phone: str | None
    email: str | None
    safe_contact: str | None


@dataclass(frozen=True, kw_only=True)
class LetterParts:
    """The decrypted words that a letter or notification may quote: of fields that the complainant may read only."""

    text: str | None = None
    explanation: str | None = None
    points: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class StoredLetter:
    """The copy of a letter as it was sent."""

    evidence_id: UUID
    content: bytes


class ContactBook(Protocol):
    """Raises ConnectionError where intake cannot be reached: try again later, send nothing."""

    def contact(self, complaint_id: UUID, party_id: UUID) -> Contact | None:
        """Return the contact of a party, or None once it is erased and nothing was said since."""

    def letter_parts(self, complaint_id: UUID, event_id: UUID) -> LetterParts | None:
        """Return the words of one event, or None once they are erased: then nothing is to be sent.

        Words that came after an erasure are there; an event without words has empty parts.
        """

    def store_letter(self, complaint_id: UUID, letter_id: UUID, content: bytes, media_type: str) -> StoredLetter | None:
        """Keep the bytes of a letter as evidence, once per letter.

        A repeat returns what was kept first, or None once that is erased: then nothing is to be sent.
        """
