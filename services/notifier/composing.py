"""Puts a notification into words at the moment of sending: address, subject, text; nothing of it is kept."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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
from services.notifier.rendering import Rendered, Templates
from shared.contracts.contact_book import Contact, ContactBook, LetterParts
from shared.contracts.telling import Telling, labels
from shared.contracts.tenant import StaffTeam, Tenant

LABELS_FILE = Path(__file__).parent / "templates" / "labels.toml"
OF_CLOCKS = frozenset(route.template for name, lines in ROUTES.items() if name.startswith("case.") for route in lines)
"""What is told because of time alone: nobody said a word."""
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


@dataclass(frozen=True)
class Composed:
    way: Way
    rendered: Rendered


class Composer:
    def __init__(self, tenants: Mapping[str, Tenant], templates: Templates, contacts: ContactBook) -> None:
        self._tenants = tenants
        self._templates = templates
        self._contacts = contacts
        self._labels = {**labels(), **tomllib.loads(LABELS_FILE.read_text(encoding="utf-8"))}

    def compose(self, notification: Notification) -> Composed:
        """Raises NobodyToTellError, or ConnectionError where intake cannot be asked."""
        how = notification.how
        if how.over == ChannelName.WEBHOOK:
            return Composed(Way(how.over, how.recipient.id), Rendered("", webhook_body(how.parameters)))
        contact, parts = self._contact(notification), self._parts(notification)
        tenant = self._tenants[how.tenant]
        rendered = self._templates.render(
            how.template, how.language, self._values(notification, contact, parts, tenant)
        )
        return Composed(self._way(notification, contact, tenant), rendered)

    def outgoing(self, notification: Notification, composed: Composed, *, text: str | None = None) -> Outgoing:
        """The message under the key by which a repeat is recognised."""
        how = notification.how
        key = how.fact_id if how.over == ChannelName.WEBHOOK else notification.id
        words = text if text is not None else composed.rendered.text
        return Outgoing(key=str(key), address=composed.way.address, subject=composed.rendered.subject, text=words)

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

    def _way(self, notification: Notification, contact: Contact, tenant: Tenant) -> Way:
        how = notification.how
        if how.over == ChannelName.CONSOLE:
            return Way(how.over, "outbox")
        if contact.safe_contact:
            return _to_safe_contact(contact.safe_contact, tenant)
        if how.recipient.kind == RecipientKind.COMPLAINANT:
            address = _of_person(contact, how.over, tenant)
        else:
            address = _of_team(tenant.teams.get(how.recipient.id) or tenant.teams["front_line"], how.over)
        if not address:
            raise NobodyToTellError("no-address")
        return Way(how.over, address)

    def _values(
        self, notification: Notification, contact: Contact, parts: LetterParts, tenant: Tenant
    ) -> dict[str, Any]:
        how = notification.how
        lists = {name: json.loads(how.parameters.get(name, "[]")) for name in ("promises", "remedies", "items")}
        telling = Telling(how.language, ZoneInfo(tenant.time_zone), tenant.contact)
        fact = {**how.parameters, **lists}
        return {
            **fact,
            "happened": lambda stored_name: telling.happened(stored_name, fact),
            "window": lambda clock, due_at: telling.window(clock, datetime.fromisoformat(due_at)),
            "tenant_name": tenant.name[how.language],
            "tenant_contact": tenant.contact,
            "name": contact.name or "",
            "text": parts.text or "",
            "explanation": parts.explanation or "",
            "points": parts.points,
            "local": lambda instant: _local(datetime.fromisoformat(instant), tenant.time_zone),
            "label": lambda kind, code: self._labels[kind].get(code, {}).get(how.language, code),
        }


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
        return Way(ChannelName.SMTP, address)
    if is_phone(address) and tenant.sms:
        return Way(ChannelName.APPRISE, sms_url(tenant.sms.url, address))
    raise NobodyToTellError("no-channel-to-safe-contact")


def _of_person(contact: Contact, over: ChannelName, tenant: Tenant) -> str | None:
    if over == ChannelName.SMTP:
        return contact.email
    return sms_url(tenant.sms.url, contact.phone) if contact.phone and tenant.sms else None


def _of_team(team: StaffTeam, over: ChannelName) -> str | None:
    return team.email if over == ChannelName.SMTP else team.provider
