"""From a fact to the notifications it asks for: who, over which channel, with which template and parameters."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.notifier.domain.notification import ChannelName, Notification, Plan, Recipient, RecipientKind
from services.notifier.domain.routing import SIGNAL_TEMPLATE, Memory, Route, To, routes, team_of
from services.notifier.rendering import Templates, TemplateUnknownError
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.deadline_events import ClockWarned
from shared.contracts.envelope import Envelope
from shared.contracts.letters import ACKNOWLEDGEMENT
from shared.contracts.message import Audience, Message
from shared.contracts.tenant import Tenant, TenantFileError

BY_HAND = frozenset({"phone", "letter"})
BY_HAND_TEMPLATE = "staff-tell-by-hand"
WEBHOOK_TEMPLATE = "event"
IN_APP = "in_app"
NEWS = "news"
UNKNOWN = "unknown"
SCALARS = (str, int, bool)

Fields = Mapping[str, Any]


class Planner:
    """Raises TenantFileError where a tenant has a language in which nobody could be told anything."""

    def __init__(self, tenants: Mapping[str, Tenant], templates: Templates) -> None:
        for tenant in tenants.values():
            _require_words(tenant, templates)
        self._tenants = tenants
        self._templates = templates

    def plans(self, fact: Message, envelope: Envelope, memory: Memory) -> list[Plan]:
        """Return whom to tell of a fact; nobody twice over one channel, and nobody of what was imported."""
        if fact.imported:
            return []
        fields = fact.model_dump(mode="json")
        tenant = self._tenants[envelope.tenant]
        planned: dict[tuple[Recipient, ChannelName], Plan] = {}
        for route in routes(fact.stored_name, memory, fields):
            if plan := self._plan(route, fields, envelope, memory, tenant):
                planned.setdefault((plan.recipient, plan.channel), plan)
        webhook = self._webhook(fact, fields, envelope, memory, tenant)
        return [*planned.values(), *([webhook] if webhook else [])]

    def _plan(self, route: Route, fact: Fields, envelope: Envelope, memory: Memory, tenant: Tenant) -> Plan | None:
        if route.to == To.COMPLAINANT:
            return self._to_complainant(route, fact, envelope, memory, tenant)
        return self._to_staff(route.to, route.template, fact, memory, tenant)

    def _to_staff(self, to: To, template: str, fact: Fields, memory: Memory, tenant: Tenant) -> Plan:
        recipient = _staff(to, memory)
        team = tenant.teams.get(recipient.id if recipient.kind == RecipientKind.TEAM else "front_line")
        channel = ChannelName.CONSOLE
        if team and team.email and tenant.email:
            channel = ChannelName.SMTP
        elif team and team.provider:
            channel = ChannelName.APPRISE
        return self._made(template, recipient, channel, tenant.languages[0], fact, memory)

    def _to_complainant(
        self, route: Route, fact: Fields, envelope: Envelope, memory: Memory, tenant: Tenant
    ) -> Plan | None:
        """In-app news goes with the webhook where there is one; a letter that goes by hand is a task of intake's."""
        medium = fact.get("medium") or memory.preferred_medium
        if medium in BY_HAND:
            return None if route.is_letter else self._by_hand(route.template, medium, memory, tenant)
        if medium == IN_APP and tenant.webhook:
            return None
        channel = {
            "email": ChannelName.SMTP if tenant.email else ChannelName.CONSOLE,
            "sms": ChannelName.APPRISE if tenant.sms else ChannelName.CONSOLE,
        }.get(medium, ChannelName.CONSOLE)
        recipient = Recipient(RecipientKind.COMPLAINANT, memory.complainant)
        language = tenant.language(fact.get("language") or memory.language)
        told = {**fact, "medium": medium}
        if not route.is_letter:
            return self._made(route.template, recipient, channel, language, told, memory)
        name, version = self._letter_template(fact, language, tenant)
        return Plan(
            recipient=recipient,
            channel=channel,
            template=name,
            template_version=version,
            language=language,
            parameters=parameters(told, memory),
            letter_id=envelope.id,
        )

    def _letter_template(self, fact: Fields, language: str, tenant: Tenant) -> tuple[str, str]:
        """The template that was ordered, or the newest for this kind; one that is not there fails when it is sent."""
        kind, named = fact.get("kind") or ACKNOWLEDGEMENT, fact.get("template")
        if not named:
            template = self._templates.for_letters(kind, language, tenant.tenant)
            return template.name, template.version
        try:
            found = self._templates.find(
                named, language, tenant=tenant.tenant, version=fact.get("template_version") or None
            )
        except TemplateUnknownError:
            return named, fact.get("template_version") or UNKNOWN
        return (named, found.version) if kind in found.kinds else (named, UNKNOWN)

    def of_signal(self, fact: Message, signal_id: UUID) -> Plan:
        """Return the notice of a signal to those who look after the tenant's compliance."""
        tenant, fields = self._tenants[fact.tenant], {**fact.model_dump(mode="json"), "signal_id": str(signal_id)}
        of_nobody = Memory(tenant=fact.tenant, number="", complainant="", language="", preferred_medium="")
        return self._to_staff(To.COMPLIANCE, SIGNAL_TEMPLATE, fields, of_nobody, tenant)

    def instead_of(self, given_up: Notification, memory: Memory) -> Plan | None:
        """Return the notice to a handler for what could not be sent, if it was to tell the complainant something.

        None too where the tenant is no longer here.
        """
        how = given_up.how
        tenant, news = self._tenants.get(how.tenant), _news(how)
        return self._by_hand(news, how.parameters["medium"], memory, tenant) if tenant and news else None

    def _by_hand(self, news: str, medium: str, memory: Memory, tenant: Tenant) -> Plan:
        """Ask the handler to tell the complainant what no channel can; `news` is the template of what is to be told."""
        return self._to_staff(To.HANDLER, BY_HAND_TEMPLATE, {"news": news, "medium": medium}, memory, tenant)

    def _webhook(
        self, fact: Message, fields: Fields, envelope: Envelope, memory: Memory, tenant: Tenant
    ) -> Plan | None:
        """The tenant's app is told of everything about a complaint that its user may see, and reminded of windows.

        Its news are what the complainant is told in no other way.
        """
        is_news = isinstance(fact, ComplaintFact | ClockWarned)
        seen = is_news and fact.audience_of(fields) == Audience.COMPLAINANT
        if not tenant.webhook or not seen:
            return None
        in_app = (fields.get("medium") or memory.preferred_medium) == IN_APP
        route = next((each for each in routes(fact.stored_name, memory, fields) if each.to == To.COMPLAINANT), None)
        is_letter = route is not None and route.is_letter
        kind = {"kind": str(fields["kind"])} if "kind" in fields and is_letter else {}
        return Plan(
            recipient=Recipient(RecipientKind.APP, tenant.tenant),
            channel=ChannelName.WEBHOOK,
            template=WEBHOOK_TEMPLATE,
            template_version="1",
            language=tenant.languages[0],
            parameters={
                "type": envelope.type,
                "timestamp": envelope.occurred_at.isoformat(),
                "event_id": str(envelope.id),
                "complaint_id": envelope.subject,
                "number": memory.number,
                "version": str(envelope.version),
                "medium": IN_APP,
                **kind,
                **({NEWS: route.template} if route and in_app else {}),
            },
            letter_id=envelope.id if is_letter and in_app else None,
        )

    def _made(
        self,
        template: str,
        recipient: Recipient,
        channel: ChannelName,
        language: str,
        fact: Fields,
        memory: Memory,
    ) -> Plan:
        return Plan(
            recipient=recipient,
            channel=channel,
            template=template,
            template_version=self._templates.version(template, language),
            language=language,
            parameters=parameters(fact, memory),
        )


def _news(how: Notification.Planned) -> str | None:
    """What the complainant was to be told; nothing, where staff was, or an app whose user is told otherwise."""
    letter = how.parameters.get("kind", ACKNOWLEDGEMENT) if how.letter_id else None
    told = {RecipientKind.COMPLAINANT: letter or how.template, RecipientKind.APP: letter or how.parameters.get(NEWS)}
    return told.get(how.recipient.kind)


def _require_words(tenant: Tenant, templates: Templates) -> None:
    written = {language for language, _ in templates.names()} & tenant.name.keys()
    if missing := [language for language in tenant.languages if language not in written]:
        raise TenantFileError(f"{tenant.tenant}: no templates, or no name of the tenant, in {', '.join(missing)}")


def _staff(to: To, memory: Memory) -> Recipient:
    if to == To.HANDLER and memory.assigned_to:
        return Recipient(RecipientKind.HANDLER, memory.assigned_to)
    teams = {To.LEVEL: team_of(memory.level), To.COMPLIANCE: "compliance"}
    return Recipient(RecipientKind.TEAM, teams.get(to, "front_line"))


def parameters(fact: Fields, memory: Memory) -> dict[str, str]:
    """The public words a template may use: the plain values of the fact, lists as JSON."""
    values = {name: str(value) for name, value in fact.items() if isinstance(value, SCALARS)}
    lists = {name: json.dumps(fact[name]) for name in ("promises", "remedies", "items") if name in fact}
    return {**values, **lists, "number": memory.number, "level": str(memory.level)}
