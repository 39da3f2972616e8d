"""The composition root of notifier: a backend and intake's contact book in; roles and routes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi import APIRouter

from services.notifier.api import callbacks, letters, outbox
from services.notifier.api.callbacks import CallbackDesk
from services.notifier.api.outbox import OutboxDesk
from services.notifier.application import Notifier
from services.notifier.attempting import Attempts, Channels
from services.notifier.channels.channel import Channel
from services.notifier.channels.console import ConsoleChannel
from services.notifier.channels.providers import AppriseChannel
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.channels.webhook import WebhookChannel
from services.notifier.composing import Composer
from services.notifier.domain.notification import ChannelName
from services.notifier.drafting import Drafts
from services.notifier.elements import LetterRule, require_complete
from services.notifier.keeping import LetterKeeper
from services.notifier.lanes import Lane
from services.notifier.memory import MEMORY
from services.notifier.planning import Planner
from services.notifier.publishing import messages
from services.notifier.reactions import reactions
from services.notifier.rendering import Templates
from services.notifier.sending import Sender
from services.notifier.views.queue import QUEUE, Queue
from shared.contracts.bodies import load_bodies
from shared.contracts.contact_book import ContactBook
from shared.contracts.tenant import Tenant
from shared.contracts.topics import COMPLAINT_EVENTS, DEADLINE_EVENTS, INCIDENT_EVENTS
from shared.runtime.backends import Backend
from shared.runtime.clock import Clock
from shared.runtime.process import Role
from shared.runtime.roles import MILLISECOND, SCHEMAS, consumer_role, relay_role, turn, writer_role

TABLES = (*SCHEMAS, MEMORY, QUEUE)

READ_TOPICS = (COMPLAINT_EVENTS, DEADLINE_EVENTS, INCIDENT_EVENTS)


@dataclass(frozen=True)
class NotifierService:
    application: Notifier
    queue: Queue
    router: APIRouter
    outbox_desk: OutboxDesk
    drafts: Drafts
    callback_desk: CallbackDesk
    roles: tuple[Role, ...]


def wire(backend: Backend, contacts: ContactBook, rules: Sequence[LetterRule]) -> NotifierService:
    """`rules` are what the policies of the tenants ask letters for; raises LettersIncompleteError."""
    store = backend.store("notifier")
    store.prepare(*TABLES)
    templates, queue = own_templates(backend), Queue(store)
    require_complete(templates, rules, {name: tenant.languages for name, tenant in backend.tenants.items()})
    planner = Planner(backend.tenants, templates)
    notifier = Notifier(store, planner, lambda each: queue.held(complaint_id=each), projections=(queue,))
    composer = Composer(backend.tenants, templates, contacts, load_bodies(backend.settings.policies_dir))
    fonts = partial(own_fonts, backend)
    keeper = LetterKeeper(contacts, fonts)
    attempts = Attempts(composer, keeper, channels(backend.tenants, backend.clock), backend.clock)
    senders = {over: _sender(backend, notifier, queue, attempts, over) for over in ChannelName}
    return NotifierService(
        application=notifier,
        queue=queue,
        router=_routes(),
        outbox_desk=OutboxDesk(notifier, queue, composer, frozenset(backend.tenants)),
        callback_desk=CallbackDesk(notifier, callbacks.verifiers(backend.tenants), backend.clock),
        drafts=Drafts(backend.tenants, templates, contacts, composer, fonts, backend.clock),
        roles=_roles(backend, notifier, senders),
    )


def _sender(backend: Backend, notifier: Notifier, queue: Queue, attempts: Attempts, over: ChannelName) -> Sender:
    return Sender(
        queue,
        lambda receiver: Lane(notifier, queue, attempts, backend.clock, over=over, receiver=receiver),
        backend.clock,
        over=over,
        lease=turn(notifier, backend, f"sender-{over}"),
        poll_seconds=backend.settings.sender_poll_ms * MILLISECOND,
    )


def own_templates(backend: Backend) -> Templates:
    """The shipped templates, and those of each tenant that stand beside its file."""
    directory = backend.settings.tenants_dir
    places = {name: directory / name / "templates" for name in backend.tenants} if directory else {}
    return Templates(own=places)


def _routes() -> APIRouter:
    routes = APIRouter()
    for part in (outbox, letters, callbacks):
        routes.include_router(part.router)
    return routes


def own_fonts(backend: Backend, tenant: str) -> list[Path]:
    """The fonts of a tenant, for characters that the shipped ones lack."""
    directory = backend.settings.tenants_dir
    return sorted((directory / tenant / "fonts").glob("*.[to]tf")) if directory else []


def _roles(backend: Backend, notifier: Notifier, senders: Mapping[ChannelName, Sender]) -> tuple[Role, ...]:
    noted = reactions(notifier, backend.clock)
    return (
        writer_role(notifier),
        relay_role(notifier, backend, messages),
        consumer_role(notifier, backend, noted, name="reactions", topics=READ_TOPICS),
        *(Role(f"notifier-sender-{over}", sender.run) for over, sender in senders.items()),
    )


def channels(tenants: Mapping[str, Tenant], clock: Clock) -> Channels:
    """Make the channels that each tenant's file configures."""
    made: dict[tuple[str, ChannelName], Channel] = {}
    for name, tenant in tenants.items():
        made[name, ChannelName.CONSOLE] = ConsoleChannel()
        if tenant.email:
            made[name, ChannelName.SMTP] = SmtpChannel(tenant.email)
        if tenant.webhook:
            made[name, ChannelName.WEBHOOK] = WebhookChannel(tenant.webhook, clock)
        made[name, ChannelName.APPRISE] = AppriseChannel()
    return made
