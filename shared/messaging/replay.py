"""Reads topics from the beginning: to show a view anew, or to put a lost service back as it was."""

import json
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID, uuid4

from shared.contracts.message import Message
from shared.eventstore.application import EventSourced
from shared.eventstore.command import Step
from shared.eventstore.store import RecordedEvent
from shared.messaging.facts import Received, receive
from shared.messaging.inbox import Inbox
from shared.messaging.log import Incoming, Partition, TopicLog
from shared.messaging.relay import mark_published

PAGE = 1000

Remember = Callable[[Received], Sequence[Step]]
"""The steps that keep what a service remembers of a fact, without any of its effects."""


def read_all(log: TopicLog, topics: Sequence[str]) -> Iterator[Incoming]:
    """Yield every message of these topics, in order per partition, as a group of its own that commits nothing."""
    subscription = log.subscribe(f"replay-{uuid4()}", topics)
    try:
        while messages := subscription.poll(PAGE):
            yield from messages
    finally:
        subscription.close()


def restore_events(
    application: EventSourced, log: TopicLog, topics: Sequence[str], progress: Callable[[int], None]
) -> set[UUID]:
    """Put the events of a service back from what it has published; return the ids of what caused them.

    Only for a service without personal data: its facts are its events.
    """
    published = {
        received.envelope.sequence: (received, incoming)
        for incoming in read_all(log, topics)
        if (received := receive(incoming)).envelope.application == application.store.application
    }
    causes: set[UUID] = set()
    with application.store.write() as transaction:
        for sequence in sorted(published):
            received, incoming = published[sequence]
            transaction.restore(_stored(received, incoming))
            causes |= {received.envelope.causation_id} if received.envelope.causation_id else set()
            progress(sequence)
        mark_published(transaction, application.store.application, max(published, default=0))
    return causes


def _stored(received: Received, incoming: Incoming) -> RecordedEvent:
    envelope, message = received.envelope, received.message
    if message is None:
        raise ValueError(f"this release does not know {envelope.type}, so it cannot restore it")
    state = {"personal": {}, "public": json.loads(incoming.value)}
    return RecordedEvent(
        originator_id=envelope.stream_id,
        originator_version=envelope.version,
        topic=message.stored_name,
        state=json.dumps(state, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(),
        recorded_at=envelope.recorded_at,
        position=envelope.sequence,
    )


def restore_inbox(
    application: EventSourced,
    log: TopicLog,
    topics: Sequence[str],
    *,
    remember: Remember,
    causes: set[UUID],
    consumed: Callable[[Partition], int],
) -> int:
    """Mark as applied what the service had applied, and remember it; return how many facts that is.

    A fact was applied if its group had committed it, if it left a trace among the events, or if
    a later fact of its stream was applied.
    """
    facts = [(receive(incoming), incoming) for incoming in read_all(log, topics)]
    last: dict[UUID, int] = {}
    for received, incoming in facts:
        envelope = received.envelope
        if incoming.offset < consumed(incoming.partition) or envelope.id in causes:
            last[envelope.stream_id] = max(last.get(envelope.stream_id, 0), envelope.version)
    inbox, applied = Inbox(application.store.application), 0
    with application.store.write() as transaction:
        for received, incoming in facts:
            envelope = received.envelope
            is_next = envelope.version == inbox.version(transaction, envelope.application, envelope.stream_id) + 1
            if is_next and envelope.version <= last.get(envelope.stream_id, 0):
                for step in (inbox.applied(envelope, incoming.partition), *remember(received)):
                    step(transaction)
                applied += 1
    return applied


def facts_of(log: TopicLog, topics: Sequence[str], wanted: tuple[type[Message], ...]) -> Iterator[Received]:
    """Yield the facts of some kinds, in order per complaint."""
    for incoming in read_all(log, topics):
        received = receive(incoming)
        if isinstance(received.message, wanted):
            yield received
