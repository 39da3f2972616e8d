"""Puts a notification into words at the moment of sending: address, subject, text; nothing of it is kept."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notifier.channels.channel import Outgoing
from services.notifier.channels.providers import is_phone, sms_url
from services.notifier.domain.notification import (
    RECIPIENT_ERASED,
    WORDS_ERASED,
    ChannelName,
    Notification,
    RecipientKind,
)
from services.notifier.domain.routing import ROUTES
from services.notifier.elements import missing
from services.notifier.letters import letter_values
from services.notifier.rendering import LoadedTemplate, Rendered, Templates
from shared.contracts.bodies import Body
from shared.contracts.contact_book import Contact, ContactBook, LetterMatter, LetterParts
from shared.contracts.letters import ACKNOWLEDGEMENT
from shared.contracts.telling import Telling, labels
from shared.contracts.tenant import StaffTeam, Tenant

LABELS_FILE = Path(__file__).parent / "templates" / "labels.toml"
EVERY_MEDIUM = ("in_app", "sms", "email", "phone", "letter")
OF_CLOCKS = frozenset(route.template for name, lines in ROUTES.items() if name.startswith("case.") for route in lines)
"""What is told because of time alone: nobody said a word."""
Values = Mapping[str, Any]
NOBODY = Contact(name=None, phone=None, email=None, safe_contact=None)


class NobodyToTellError(Exception):
    """The recipient or the words are erased, or no channel reaches the recipient; `code` is recorded."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Way:
    """How a recipient is reached."""

    over: ChannelName
    address: str
    medium: str = ""


@dataclass(frozen=True)
class Written:
    """A letter as its template and its values make it; `missing` is what its policies ask for and it does not tell."""

    template: LoadedTemplate
    values: Values
    missing: tuple[str, ...]

    @property
    def rendered(self) -> Rendered:
        return self.template.render(self.values)


@dataclass(frozen=True)
class Composed:
    """`letter` is None for what is none; `media` are those that its policies allow, None while they are not known."""

    way: Way
    rendered: Rendered
    letter: Written | None = None
    media: tuple[str, ...] | None = EVERY_MEDIUM

    @property
    def is_known(self) -> bool:
        return self.media is not None

    @property
    def is_allowed(self) -> bool:
        return self.media is None or not self.way.medium or self.way.medium in self.media


class Composer:
    def __init__(
        self, tenants: Mapping[str, Tenant], templates: Templates, contacts: ContactBook, bodies: Mapping[str, Body]
    ) -> None:
        self._tenants = tenants
        self._templates = templates
        self._contacts = contacts
        self._bodies = bodies
        self._labels = {**labels(), **tomllib.loads(LABELS_FILE.read_text(encoding="utf-8"))}

    def compose(self, notification: Notification) -> Composed:
        """Raises NobodyToTellError, TemplateUnknownError, or ConnectionError where intake cannot be asked."""
        how = notification.how
        matter = self._matter(how.complaint_id) if how.letter_id else None
        media = allowed_media(matter, kind_of(how)) if matter else EVERY_MEDIUM
        if how.over == ChannelName.WEBHOOK:
            body = Rendered("", webhook_body(how.parameters))
            return Composed(Way(how.over, how.recipient.id, "in_app"), body, media=media)
        tenant = self._tenants[how.tenant]
        template = self._templates.find(how.template, how.language, tenant=how.tenant, version=how.template_version)
        contact, parts = self._contact(notification), self._parts(notification)
        way = self._way(notification, contact, tenant, media)
        values = self.values(tenant, how.language, contact, parts, how.parameters)
        if matter is None:
            return Composed(way, template.render(values))
        letter = self.write(template, matter, values, kind_of(how), written_at=how.timestamp)
        return Composed(way, letter.rendered, letter, media)

    def write(
        self, template: LoadedTemplate, matter: LetterMatter, values: Values, kind: str, *, written_at: datetime
    ) -> Written:
        """Put a letter together from its own words and from what its complaint tells."""
        tenant, language = self._tenants[matter.tenant], template.file.parent.name
        about = letter_values(kind, matter, tenant, language, values["label"], self._bodies, written_at=written_at)
        told = {**about, **values}
        return Written(template, told, missing(template, told["required"], told))

    def _matter(self, complaint_id: UUID) -> LetterMatter:
        matter = self._contacts.letter_matter(complaint_id)
        if matter is None:
            raise NobodyToTellError(WORDS_ERASED)
        return matter

    def outgoing(self, notification: Notification, composed: Composed) -> Outgoing:
        """The message under the key by which a repeat is recognised."""
        how = notification.how
        key = how.fact_id if how.over == ChannelName.WEBHOOK else notification.id
        rendered = composed.rendered
        return Outgoing(key=str(key), address=composed.way.address, subject=rendered.subject, text=rendered.text)

    def _contact(self, notification: Notification) -> Contact:
        how = notification.how
        if how.recipient.kind != RecipientKind.COMPLAINANT:
            return NOBODY
        contact = self._contacts.contact(how.complaint_id, UUID(how.recipient.id))
        if contact is None:
            raise NobodyToTellError(RECIPIENT_ERASED)
        return contact

    def _parts(self, notification: Notification) -> LetterParts:
        """Only complainants read words; a message without the words it is about is not sent."""
        how = notification.how
        if how.recipient.kind != RecipientKind.COMPLAINANT or how.template in OF_CLOCKS:
            return LetterParts()
        parts = self._contacts.letter_parts(how.complaint_id, how.fact_id)
        if parts is None:
            raise NobodyToTellError(WORDS_ERASED)
        return parts

    def _way(self, notification: Notification, contact: Contact, tenant: Tenant, media: tuple[str, ...] | None) -> Way:
        """A letter over a medium that its policies do not allow goes by e-mail where they allow that."""
        how = notification.how
        medium = how.parameters.get("medium", "")
        if how.over != ChannelName.CONSOLE and contact.safe_contact:
            return _to_safe_contact(contact.safe_contact, tenant)
        if media and medium not in media and "email" in media and contact.email and tenant.email:
            return Way(ChannelName.SMTP, contact.email, "email")
        if how.over == ChannelName.CONSOLE:
            return Way(how.over, "outbox", medium)
        if how.recipient.kind == RecipientKind.COMPLAINANT:
            address = _of_person(contact, how.over, tenant)
        else:
            address = _of_team(tenant.teams.get(how.recipient.id) or tenant.teams["front_line"], how.over)
        if not address:
            raise NobodyToTellError("no-address")
        return Way(how.over, address, medium)

    def values(
        self, tenant: Tenant, language: str, contact: Contact, parts: LetterParts, parameters: Mapping[str, str]
    ) -> dict[str, Any]:
        """The values of every template: the words of the fact, and who speaks to whom."""
        lists = {name: json.loads(parameters.get(name, "[]")) for name in ("promises", "remedies", "items")}
        telling = Telling(language, ZoneInfo(tenant.time_zone), tenant.contact, self._bodies)
        fact = {**parameters, **lists}
        return {
            **fact,
            "happened": lambda stored_name: telling.happened(stored_name, fact),
            **spoken(telling),
            "tenant_name": tenant.name[language],
            "tenant_contact": tenant.contact,
            "tenant_address": tenant.address.get(language, ""),
            "name": contact.name or "",
            "text": parts.text or "",
            "explanation": parts.explanation or "",
            "points": parts.points,
            "local": lambda instant: _local(datetime.fromisoformat(instant), tenant.time_zone),
            "label": lambda kind, code: self._labels[kind].get(code, {}).get(language, code),
        }


def spoken(telling: Telling) -> dict[str, Any]:
    """What templates say in the words and forms of the story: dates of letters, promises, sums."""
    return {
        "window": lambda clock, due_at: telling.window(clock, datetime.fromisoformat(due_at)),
        "day": lambda on: telling.day(date.fromisoformat(str(on))) if on else "",
        "amount": telling.amount,
        "promised": lambda promise: telling.sentences(
            telling.promised(promise["clock"], "running", datetime.fromisoformat(promise["due_at"])),
            *telling.doubts(promise),
        ),
    }


def kind_of(how: Notification.Planned) -> str:
    """The kind of a letter: that of the answer, or an acknowledgement."""
    return how.parameters.get("kind", ACKNOWLEDGEMENT)


def allowed_media(matter: LetterMatter, kind: str) -> tuple[str, ...] | None:
    """The media that policies allow for a kind of letter, every one where none speaks of it."""
    if matter.terms is None:
        return None
    return matter.terms[kind].media if kind in matter.terms else EVERY_MEDIUM


def webhook_body(parameters: Mapping[str, str]) -> str:
    """The payload of the Standard Webhooks specification: type, timestamp, data."""
    data = {name: parameters[name] for name in ("event_id", "complaint_id", "number")}
    body = {"type": parameters["type"], "timestamp": parameters["timestamp"]}
    return json.dumps({**body, "data": {**data, "version": int(parameters["version"])}}, separators=(",", ":"))


def _local(instant: datetime, time_zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M} ({time_zone})"


def _to_safe_contact(address: str, tenant: Tenant) -> Way:
    """A safe contact is used whatever it is, or nothing: the registered phone and mailbox may be the thief's."""
    if "@" in address and tenant.email:
        return Way(ChannelName.SMTP, address, "email")
    if is_phone(address) and tenant.sms:
        return Way(ChannelName.APPRISE, sms_url(tenant.sms.url, address), "sms")
    raise NobodyToTellError("no-channel-to-safe-contact")


def _of_person(contact: Contact, over: ChannelName, tenant: Tenant) -> str | None:
    if over == ChannelName.SMTP:
        return contact.email
    return sms_url(tenant.sms.url, contact.phone) if contact.phone and tenant.sms else None


def _of_team(team: StaffTeam, over: ChannelName) -> str | None:
    return team.email if over == ChannelName.SMTP else team.provider
