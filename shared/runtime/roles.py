"""The roles that every service has: its writer, its relay, its consumers."""

from collections.abc import Mapping, Sequence

from shared.contracts.message import Message
from shared.eventstore.application import EventSourced
from shared.eventstore.idempotency import IDEMPOTENCY
from shared.eventstore.moving import MOVE
from shared.eventstore.shown_views import SHOWN_VIEWS
from shared.messaging.consumer import Consumer
from shared.messaging.dispatch import Dispatcher, Reaction
from shared.messaging.inbox import INBOX
from shared.messaging.lease import LEASES, Lease
from shared.messaging.parking import PARKING
from shared.messaging.relay import RELAY, Publish, Relay
from shared.runtime.backends import Backend
from shared.runtime.process import Role, StopOrder

SCHEMAS = (IDEMPOTENCY, INBOX, PARKING, RELAY, LEASES, MOVE, SHOWN_VIEWS)
MILLISECOND = 0.001


def writer_role(application: EventSourced) -> Role:
    writer = application.writer
    return Role(f"{application.name}-writer", lambda _: writer.run(), StopOrder.WRITERS, writer.stop)


def turn(application: EventSourced, backend: Backend, name: str) -> Lease:
    """What one process of a service does at a time."""
    return Lease(application.store, name, backend.process_id)


def relay_role(application: EventSourced, backend: Backend, publish: Publish) -> Role:
    poll_seconds = backend.settings.relay_poll_ms * MILLISECOND
    relay = Relay(
        application.store, backend.log, publish, turn(application, backend, "relay"), poll_seconds=poll_seconds
    )
    return Role(f"{application.name}-relay", relay.run)


def consumer_role(
    application: EventSourced,
    backend: Backend,
    reactions: Mapping[type[Message], Reaction],
    *,
    name: str,
    topics: Sequence[str],
) -> Role:
    """A member of the service's consumer group for these topics."""
    consumer = Consumer(
        application,
        backend.log,
        Dispatcher(application, reactions, group=application.name, now=backend.clock),
        group=application.name,
        topics=topics,
        poll_seconds=backend.settings.consumer_poll_ms * MILLISECOND,
    )
    return Role(f"{application.name}-{name}", consumer.run, is_well=lambda: not consumer.halted)
