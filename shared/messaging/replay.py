"""Reads topics from the beginning: to show a view anew, or to put a lost service back as it was."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from shared.contracts.dead_letters import DeadLetterNoticed
from shared.contracts.envelope import Envelope
from shared.contracts.message import Message
from shared.eventstore.application import EventSourced
from shared.eventstore.command import Step
from shared.eventstore.store import RecordedEvent
from shared.messaging.facts import Received, UndecodableMessageError, receive
from shared.messaging.inbox import Inbox
from shared.messaging.log import Incoming, Partition, TopicLog
from shared.messaging.parking import ParkedState, Parking
from shared.messaging.relay import mark_published

Remember = Callable[[Received], Sequence[Step]]
"""The steps that keep what a service remembers of a fact, without any of its effects."""


@dataclass(frozen=True)
class Traces:
    """What the events of a service tell of the messages it has read: which had effects, which were parked and why."""

    causes: set[UUID] = field(default_factory=set)
    parked: dict[tuple[Partition, int], str] = field(default_factory=dict)

    def add(self, received: Received) -> None:
        message, cause = received.message, received.envelope.causation_id
        if isinstance(message, DeadLetterNoticed):
            self.parked[Partition(message.source_topic, message.partition), message.offset] = message.reason
        elif cause is not None:
            self.causes.add(cause)


def restore_events(
    application: EventSourced, log: TopicLog, topics: Sequence[str], progress: Callable[[int], None]
) -> Traces:
    """Put the events of a service back from what it has published; return the traces of what it has read.

    Only for a service without personal data: its facts are its events.
    """
    published = {
        received.envelope.sequence: (received, incoming)
        for incoming in log.read(topics)
        if (received := receive(incoming)).envelope.application == application.store.application
    }
    traces = Traces()
    with application.store.write() as transaction:
        for sequence in sorted(published):
            received, incoming = published[sequence]
            transaction.restore([_stored(received, incoming)])
            traces.add(received)
            progress(sequence)
        mark_published(transaction, application.store.application, max(published, default=0))
    return traces


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
    traces: Traces,
    consumed: Callable[[Partition], int],
) -> int:
    """Mark as applied what the service had applied, and remember it; return how many facts that is.

    A fact was applied if its group had committed it and it was not parked, if it left a trace among
    the events, or if a later fact of its stream was applied. What was read and not applied is put aside again.
    """
    messages = [(at, _read(at)) for at in log.read(topics)]
    facts = sorted(((at, fact) for at, fact in messages if fact), key=lambda each: each[1].envelope.version)
    last = _last_applied(facts, traces, consumed)
    parking, inbox = Parking(application.store.application), Inbox(application.store.application)
    applied = 0
    with application.store.write() as transaction:
        for at in (at for at, fact in messages if not fact and at.offset < consumed(at.partition)):
            _aside(parking, at, None, traces)(transaction)
        for at, fact in facts:
            envelope = fact.envelope
            version = inbox.version(transaction, envelope.application, envelope.stream_id)
            if envelope.version == version + 1 and envelope.version <= last.get(envelope.stream_id, 0):
                for step in (inbox.applied(envelope, at.partition), *remember(fact)):
                    step(transaction)
                applied += 1
            elif envelope.version > version and at.offset < consumed(at.partition):
                _aside(parking, at, envelope, traces)(transaction)
    return applied


def _last_applied(
    facts: Iterable[tuple[Incoming, Received]], traces: Traces, consumed: Callable[[Partition], int]
) -> Mapping[UUID, int]:
    last: dict[UUID, int] = {}
    for at, fact in facts:
        was_read = at.offset < consumed(at.partition) and (at.partition, at.offset) not in traces.parked
        if was_read or fact.envelope.id in traces.causes:
            last[fact.envelope.stream_id] = fact.envelope.version
    return last


def _read(incoming: Incoming) -> Received | None:
    try:
        return receive(incoming)
    except UndecodableMessageError:
        return None


def _aside(parking: Parking, incoming: Incoming, envelope: Envelope | None, traces: Traces) -> Step:
    """The step that puts a message aside again: parked where a notice says so, else waiting for what comes before."""
    reason = traces.parked.get((incoming.partition, incoming.offset)) or ("gap" if envelope else "undecodable")
    return parking.park(
        incoming,
        stream_id=str(envelope.stream_id) if envelope else None,
        version=envelope.version if envelope else None,
        state=ParkedState.WAITING if reason == "gap" else ParkedState.PARKED,
        reason=reason,
        detail="restored from the log",
    )


def facts_of(log: TopicLog, topics: Sequence[str], wanted: tuple[type[Message], ...]) -> Iterator[Received]:
    """Yield the facts of some kinds, in order per complaint and each once, however often it was published."""
    last: dict[UUID, int] = {}
    for incoming in log.read(topics):
        received = receive(incoming)
        stream_id, version = received.envelope.stream_id, received.envelope.version
        if version > last.get(stream_id, 0) and isinstance(received.message, wanted):
            last[stream_id] = version
            yield received
