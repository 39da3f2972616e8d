"""Letters before they are ordered: what one would say, and what it would lack."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.notifier.composing import Composer, NobodyToTellError, Written
from services.notifier.domain.notification import RECIPIENT_ERASED
from services.notifier.keeping import sheet_of
from services.notifier.pages import pdf_of
from services.notifier.rendering import LoadedTemplate, Templates
from shared.contracts.contact_book import ContactBook, Decision, LetterMatter, LetterParts
from shared.contracts.letters import Element
from shared.contracts.tenant import Tenant

RUNS = frozenset({"running", "paused"})
WITH_THE_LETTER = frozenset({Element.REFER_BY, Element.NEW_DATE})
"""What comes with the letter itself: the final one opens the window to refer, a holding one may move the limit."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a handler would order; `decision` stands in for one that is not made yet."""

    kind: str
    language: str | None = None
    template: str | None = None
    template_version: str | None = None
    text: str = ""
    decision: Decision | None = None


@dataclass(frozen=True)
class Drafted:
    """`pending` comes with the letter; `media` are those that policies allow, None while they are not known."""

    tenant: str
    letter: Written
    missing: tuple[str, ...]
    pending: tuple[str, ...]
    media: tuple[str, ...] | None


class Drafts:
    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        templates: Templates,
        contacts: ContactBook,
        composer: Composer,
        fonts: Callable[[str], Sequence[Path]],
        now: Callable[[], datetime],
    ) -> None:
        self.tenants = tenants
        self._templates = templates
        self._contacts = contacts
        self._composer = composer
        self._fonts = fonts
        self._now = now

    def pages(self, drafted: Drafted) -> bytes:
        """The letter as PDF, of the day on which it is looked at; raises GlyphsMissingError."""
        day = datetime.fromisoformat(drafted.letter.values["written_on"]).replace(tzinfo=UTC)
        return pdf_of(sheet_of(drafted.letter), day, self._fonts(drafted.tenant))

    def draft(self, complaint_id: UUID, tenant_name: str | None, draft: Draft) -> Drafted | None:
        """Return None for a complaint that this tenant does not have.

        Raises TemplateUnknownError, NobodyToTellError once the complainant is erased, ConnectionError without intake.
        """
        matter = self._contacts.letter_matter(complaint_id)
        if matter is None or tenant_name not in {None, matter.tenant}:
            return None
        contact = self._contacts.contact(complaint_id, matter.complainant)
        if contact is None:
            raise NobodyToTellError(RECIPIENT_ERASED)
        tenant = self.tenants[matter.tenant]
        template = self._template(draft, tenant.language(draft.language or matter.language), tenant)
        matter = replace(matter, decision=draft.decision or matter.decision)
        language, promises = template.file.parent.name, [each for each in matter.promises if each["state"] in RUNS]
        parts = LetterParts(text=draft.text)
        values = self._composer.values(tenant, language, contact, parts, {"kind": draft.kind}) | {"promises": promises}
        letter = self._composer.write(template, matter, values, draft.kind, written_at=self._now())
        return _drafted(letter, matter, draft.kind)

    def _template(self, draft: Draft, language: str, tenant: Tenant) -> LoadedTemplate:
        if draft.template is None:
            return self._templates.for_letters(draft.kind, language, tenant.tenant)
        return self._templates.find(draft.template, language, tenant=tenant.tenant, version=draft.template_version)


def _drafted(letter: Written, matter: LetterMatter, kind: str) -> Drafted:
    late = tuple(each for each in letter.missing if each in WITH_THE_LETTER and each in letter.template.elements)
    terms: Any = (matter.terms or {}).get(kind)
    lacking = tuple(each for each in letter.missing if each not in late)
    return Drafted(matter.tenant, letter, lacking, late, terms.media if terms else None)
