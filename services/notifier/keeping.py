"""Keeps what is sent of a letter before it is sent: the message as it goes out, and the PDF that is attached to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from services.notifier.composing import Composed, NobodyToTellError, Written
from services.notifier.domain.notification import WORDS_ERASED, ChannelName, Notification
from services.notifier.entities import MEDIA_TYPE as MESSAGE
from services.notifier.entities import entity_of, text_of
from services.notifier.html_page import html_of
from services.notifier.pages import Sheet, pdf_of
from shared.contracts.contact_book import ContactBook, StoredLetter

TEXT = "text/plain; charset=utf-8"
PDF = "application/pdf"
ON_PAPER = frozenset({ChannelName.SMTP, ChannelName.CONSOLE})
"""A text message carries no pages; what stays in the outbox can be printed."""

Fonts = Callable[[str], Sequence[Path]]
"""The fonts of a tenant, for characters that the shipped ones lack."""


@dataclass(frozen=True)
class Kept:
    """The copies, and what is to be sent; nothing for what is no letter."""

    evidence_id: UUID | None = None
    attached_ids: tuple[UUID, ...] = ()
    subject: str | None = None
    text: str | None = None
    entity: bytes | None = None


class LetterKeeper:
    """A retry sends the bytes that were kept first."""

    def __init__(self, contacts: ContactBook, fonts: Fonts) -> None:
        self._contacts = contacts
        self._fonts = fonts

    def keep(self, notification: Notification, composed: Composed) -> Kept:
        """Raises GlyphsMissingError, or NobodyToTellError once the copy is erased."""
        letter, how = composed.letter, notification.how
        if letter is None or how.letter_id is None:
            return Kept()
        over, sheet = composed.way.over, sheet_of(letter)
        pdf: StoredLetter | None = None
        if "pdf" in letter.template.attaches and over in ON_PAPER:
            pages = pdf_of(sheet, how.timestamp, self._fonts(how.tenant))
            pdf = self._kept(how.complaint_id, how.letter_id, pages, PDF)
        attached = (pdf.evidence_id,) if pdf else ()
        if over != ChannelName.SMTP:
            kept = self._kept(how.complaint_id, how.letter_id, letter.rendered.text.encode(), TEXT)
            return Kept(kept.evidence_id, attached, text=kept.content.decode())
        html = html_of(sheet) if "html" in letter.template.attaches else None
        pages_kept = pdf.content if pdf else None
        entity = entity_of(str(how.letter_id), sheet.subject, letter.rendered.text, html, pages_kept, name=sheet.number)
        kept = self._kept(how.complaint_id, how.letter_id, entity, MESSAGE)
        if kept.media_type != MESSAGE:  # kept by a release that sent text alone
            return Kept(kept.evidence_id, attached, text=kept.content.decode())
        subject, text = text_of(kept.content)
        return Kept(kept.evidence_id, attached, subject, text, kept.content)

    def _kept(self, complaint_id: UUID, letter_id: UUID, content: bytes, media_type: str) -> StoredLetter:
        kept = self._contacts.store_letter(complaint_id, letter_id, content, media_type)
        if kept is None:
            raise NobodyToTellError(WORDS_ERASED)
        return kept


def sheet_of(letter: Written) -> Sheet:
    """What stands on the paper: who writes, to whom, when, about what."""
    values, rendered = letter.values, letter.rendered
    return Sheet(
        language=letter.template.file.parent.name,
        sender=values["tenant_name"],
        sender_lines=(*values["tenant_address"].splitlines(), values["tenant_contact"]),
        recipient_lines=tuple(line for line in (values["name"],) if line),
        number=values["number"],
        written_on=values["day"](values["written_on"]),
        subject=rendered.subject,
        text=rendered.source,
    )
