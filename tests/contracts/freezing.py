"""Adds to the corpus what is not in it: `python -m tests.contracts.freezing`. What is in it never changes."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.domain import DomainEvent
from pydantic import TypeAdapter

from shared.contracts.registry import REGISTRY
from shared.eventstore.cipher import StreamKeys, SubjectKey
from shared.eventstore.mapper import EventMapper, NoKeys
from shared.eventstore.store import RecordedEvent
from shared.messaging.facts import publish
from tests.builders import later
from tests.contracts.samples import SERVICES, kinds, sample

CORPUS = Path(__file__).parent / "corpus"
Entry = dict[str, Any]


def freeze(event: DomainEvent, service: str) -> Entry:
    """What stood in the store, the keys that open it, how it read, and how it went to its topic."""
    keys = StreamKeys(event.originator_id, {})
    sealed = mapper(service).seal(event, keys)
    stored = RecordedEvent(**vars(sealed), recorded_at=later(milliseconds=1500), position=17)
    message = publish(stored, service)
    return {
        "service": service,
        "stored_name": stored.topic,
        "originator_id": str(stored.originator_id),
        "originator_version": stored.originator_version,
        "recorded_at": stored.recorded_at.isoformat(),
        "position": stored.position,
        "state": json.loads(stored.state),
        "keys": {str(party): [key.key_id.hex(), key.secret.hex()] for party, key in keys.created.items()},
        "reads": as_read(event),
        "topic": message.topic,
        "headers": {name: value.decode() for name, value in message.headers},
        "value": message.value.decode(),
    }


def mapper(service: str) -> EventMapper:
    return EventMapper(SERVICES[service], REGISTRY, NoKeys())


def as_read(event: DomainEvent) -> Entry:
    """The fields of an event as JSON."""
    fields: Entry = TypeAdapter(type(event)).dump_python(event, mode="json")
    return fields


def stored(entry: Entry) -> RecordedEvent:
    return RecordedEvent(
        originator_id=UUID(entry["originator_id"]),
        originator_version=entry["originator_version"],
        topic=entry["stored_name"],
        state=json.dumps(entry["state"], ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(),
        recorded_at=datetime.fromisoformat(entry["recorded_at"]),
        position=entry["position"],
    )


def stream_keys(entry: Entry) -> StreamKeys:
    known = {
        UUID(party): SubjectKey(bytes.fromhex(key_id), bytes.fromhex(secret))
        for party, (key_id, secret) in entry["keys"].items()
    }
    return StreamKeys(UUID(entry["originator_id"]), known)


def main() -> None:
    CORPUS.mkdir(exist_ok=True)
    for name, (service, event_class) in kinds().items():
        file = CORPUS / f"{name}.json"
        if not file.exists():
            entry = freeze(sample(event_class), service)
            file.write_text(json.dumps(entry, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
