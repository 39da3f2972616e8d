"""From a stored event to its message on a topic, and back: the public part as it stands, never more."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import ValidationError

from shared.contracts.canonical import canonical
from shared.contracts.dead_letters import DeadLetterNoticed
from shared.contracts.envelope import Envelope, MalformedEnvelopeError, event_digest, event_id
from shared.contracts.message import Message
from shared.contracts.registry import REGISTRY
from shared.contracts.topics import COMPLAINT_STATE, dead_letter_topic
from shared.eventstore.mapper import StoredParts
from shared.eventstore.store import RecordedEvent
from shared.messaging.log import Incoming, Outgoing

STATE_TYPE = "recourse.complaint.state.v1"


class UndecodableMessageError(ValueError):
    """A message on a topic is no event of ours: its envelope or its data cannot be read."""


@dataclass(frozen=True)
class Received:
    """`message` is None for a type that this release does not know."""

    envelope: Envelope
    message: Message | None


def publish(stored: RecordedEvent, application: str) -> Outgoing:
    """Translate one stored event into exactly one message, keyed by complaint."""
    contract = REGISTRY.by_stored_name[stored.topic]
    parts = StoredParts.of(stored)
    data = canonical(parts.public)
    envelope = _envelope(stored, contract, parts, data, application)
    return Outgoing(_topic(contract, parts.public), envelope.subject, envelope.headers(), data)


def publish_state(fact: Outgoing, state: Mapping[str, Any]) -> Outgoing:
    """Make the message of the compacted topic: the public state of a complaint after this fact."""
    said = dict(fact.headers)
    said["ce_id"] = str(uuid5(UUID(said["ce_id"].decode()), "state")).encode()
    said["ce_type"] = STATE_TYPE.encode()
    return Outgoing(COMPLAINT_STATE, fact.key, tuple(said.items()), canonical(state))


def _topic(contract: type[Message], public: Mapping[str, Any]) -> str:
    if contract is DeadLetterNoticed:
        return dead_letter_topic(public["source_topic"], public["group"])
    return contract.topic


def receive(incoming: Incoming) -> Received:
    """Read a message; raises UndecodableMessageError."""
    try:
        envelope = Envelope.from_headers(incoming.headers)
        contract = REGISTRY.by_type.get(envelope.type)
        message = contract.model_validate_json(incoming.value) if contract else None
    except (MalformedEnvelopeError, ValidationError) as error:
        raise UndecodableMessageError(str(error)) from error
    return Received(envelope, message)


def digest_of(stored: RecordedEvent) -> str:
    """The digest that proves a stored event unchanged."""
    parts = StoredParts.of(stored)
    return _digest(stored, parts, canonical(parts.public))


def _envelope(
    stored: RecordedEvent, contract: type[Message], parts: StoredParts, data: bytes, application: str
) -> Envelope:
    public: Mapping[str, Any] = parts.public
    stream_id = _stream_of(stored)
    return Envelope(
        id=stored_id(stored),
        source=f"/recourse/{application}",
        type=contract.message_type(),
        subject=str(public.get("complaint_id", stream_id)),
        occurred_at=datetime.fromisoformat(public["occurred_at"]),
        recorded_at=stored.recorded_at,
        tenant=public["tenant"],
        stream_id=stream_id,
        version=stored.originator_version,
        sequence=stored.position,
        causation_id=UUID(public["causation_id"]) if public["causation_id"] else None,
        correlation_id=UUID(public["correlation_id"]),
        actor_type=public["actor"]["type"],
        digest=_digest(stored, parts, data),
    )


def stored_id(stored: RecordedEvent) -> UUID:
    """The event id of a stored event; a stream of one event has the id of its event."""
    stream_id = _stream_of(stored)
    stream_type = stored.topic.partition(".")[0]
    return (
        stream_id
        if stream_type in SINGLE_EVENT_STREAMS
        else event_id(stream_id, stream_type, stored.originator_version)
    )


def _stream_of(stored: RecordedEvent) -> UUID:
    """The library allows ids that are text."""
    at = stored.originator_id
    return at if isinstance(at, UUID) else UUID(at)


SINGLE_EVENT_STREAMS = frozenset({"command", "refusal", "dead_letter", "signal"})


def _digest(stored: RecordedEvent, parts: StoredParts, data: bytes) -> str:
    return event_digest(
        stream_id=_stream_of(stored),
        version=stored.originator_version,
        stored_name=stored.topic,
        recorded_at=stored.recorded_at,
        public=data,
        ciphertext_digests=(hashlib.sha256(parts.personal[party]).digest() for party in sorted(parts.personal)),
    )
