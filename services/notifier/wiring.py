"""The composition root of notifier: a backend and intake's contact book in; roles and routes out."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter

from services.notifier.api.outbox import OutboxDesk, router
from services.notifier.application import Notifier
from services.notifier.channels.channel import Channel
from services.notifier.channels.console import ConsoleChannel
from services.notifier.channels.providers import AppriseChannel
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.channels.webhook import WebhookChannel
from services.notifier.composing import Composer
from services.notifier.domain.notification import ChannelName
from services.notifier.memory import MEMORY
from services.notifier.planning import Planner
from services.notifier.publishing import messages
from services.notifier.reactions import reactions
from services.notifier.rendering import Templates
from services.notifier.sending import Channels, Sender
from services.notifier.views.queue import QUEUE, Queue
from shared.contracts.contact_book import ContactBook
from shared.contracts.tenant import Tenant
from shared.contracts.topics import COMPLAINT_EVENTS, DEADLINE_EVENTS
from shared.runtime.backends import Backend
from shared.runtime.clock import Clock
from shared.runtime.process import Role
from shared.runtime.roles import MILLISECOND, SCHEMAS, consumer_role, relay_role, writer_role

TABLES = (*SCHEMAS, MEMORY, QUEUE)


@dataclass(frozen=True)
class NotifierService:
    application: Notifier
    queue: Queue
    sender: Sender
    router: APIRouter
    outbox_desk: OutboxDesk
    roles: tuple[Role, ...]


def wire(backend: Backend, contacts: ContactBook) -> NotifierService:
    store = backend.store("notifier")
    store.create(*TABLES)
    templates, queue = Templates(), Queue(store)
    notifier = Notifier(store, Planner(backend.tenants, templates), projections=(queue,))
    composer = Composer(backend.tenants, templates, contacts)
    sender = Sender(
        notifier,
        queue,
        composer,
        contacts,
        channels(backend.tenants, backend.clock),
        backend.clock,
        poll_seconds=backend.settings.sender_poll_ms * MILLISECOND,
    )
    return NotifierService(
        application=notifier,
        queue=queue,
        sender=sender,
        router=router,
        outbox_desk=OutboxDesk(notifier, queue, composer, frozenset(backend.tenants)),
        roles=_roles(backend, notifier, sender),
    )


def _roles(backend: Backend, notifier: Notifier, sender: Sender) -> tuple[Role, ...]:
    noted = reactions(notifier, backend.clock)
    return (
        writer_role(notifier),
        relay_role(notifier, backend, messages),
        consumer_role(notifier, backend, noted, name="reactions", topics=(COMPLAINT_EVENTS, DEADLINE_EVENTS)),
        Role("notifier-sender", sender.run),
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
