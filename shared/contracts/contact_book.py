"""What notifier asks intake at the moment of sending, because facts carry nothing personal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
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


@dataclass(frozen=True, kw_only=True)
class LetterTerms:
    """What all pinned policies of a complaint together ask of one kind of letter: all elements, the common media."""

    elements: tuple[str, ...]
    media: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The decision that stands; the words are None once they are erased."""

    outcome: str
    explanation: str | None
    points: tuple[Mapping[str, str], ...]
    remedies: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Extension:
    """Why the wallet needs more time, by code and in words, and the date by which it answers now."""

    reason: str | None
    text: str | None
    due_on: date | None


@dataclass(frozen=True, kw_only=True)
class LetterMatter:
    """What a letter may tell of its complaint besides its own words: nothing that the complainant may not read.

    `terms`, by kind of letter, are None while the clocks of the complaint are not known yet. `promises` are the
    promised dates as the API shows them, those of bodies and of the complainant's own windows among them.
    """

    tenant: str
    number: str
    complainant: UUID
    language: str
    preferred_medium: str | None
    jurisdiction: str
    received_at: datetime
    promises: tuple[Mapping[str, Any], ...] = ()
    terms: Mapping[str, LetterTerms] | None = None
    decision: Decision | None = None
    extension: Extension | None = None


@dataclass(frozen=True)
class StoredLetter:
    """The copy of a letter, or of what is attached to it, as it was sent."""

    evidence_id: UUID
    content: bytes
    media_type: str


class ContactBook(Protocol):
    """Raises ConnectionError where intake cannot be reached: try again later, send nothing."""

    def contact(self, complaint_id: UUID, party_id: UUID) -> Contact | None:
        """Return the contact of a party, or None once it is erased and nothing was said since."""

    def letter_parts(self, complaint_id: UUID, event_id: UUID) -> LetterParts | None:
        """Return the words of one event, or None once they are erased: then nothing is to be sent.

        Words that came after an erasure are there; an event without words has empty parts.
        """

    def letter_matter(self, complaint_id: UUID) -> LetterMatter | None:
        """Return what letters may tell of a complaint now, or None where there is no such complaint."""

    def store_letter(self, complaint_id: UUID, letter_id: UUID, content: bytes, media_type: str) -> StoredLetter | None:
        """Keep the bytes of a letter as evidence, once per letter; a PDF beside what it is attached to.

        A repeat returns what was kept first, or None once that is erased: then nothing is to be sent.
        """
