"""Between domain events and stored events: the public part in clear, the personal part under its subject's key."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from eventsourcing.domain import CanInitAggregate, DomainEvent, DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, MapperDeserialisationError, StoredEvent
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from typing_extensions import override

from shared.contracts.message import EACH_PARTY, Message, Personal, Registry
from shared.eventstore.cipher import StreamKeys

PLACE_FIELDS = frozenset({"originator_id", "originator_version", "originator_topic"})
RENAMED = {"timestamp": "occurred_at"}


class KeySource(Protocol):
    """Where the keys of a stream come from; a service without personal data has an empty one."""

    def of_stream(self, stream_id: UUID) -> StreamKeys: ...


class NoKeys:
    """The key source of services that store nothing personal."""

    def of_stream(self, stream_id: UUID) -> StreamKeys:
        return StreamKeys(stream_id, {})


class UndeclaredFieldError(TypeError):
    """A field of an event is declared neither public nor personal."""


class UnknownStoredNameError(MapperDeserialisationError):
    """A stored event has a name that this service never wrote."""


@dataclass(frozen=True)
class StoredParts:
    """What stands in the `state` column: the public part, and one ciphertext per data subject."""

    public: Mapping[str, Any]
    personal: Mapping[UUID, bytes]

    @classmethod
    def of(cls, stored: StoredEvent) -> "StoredParts":
        try:
            state = from_json(stored.state)
            personal = {UUID(party): base64.b64decode(text, validate=True) for party, text in state["personal"].items()}
            return cls(state["public"], personal)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MapperDeserialisationError(f"{stored.topic} cannot be read: {error}") from error

    def state(self) -> bytes:
        personal = {str(party): base64.b64encode(text).decode() for party, text in self.personal.items()}
        return _json({"personal": personal, "public": self.public})


class EventForm:
    """How one kind of event is written: checked once against its declaration."""

    def __init__(self, event_class: type[DomainEvent], contract: type[Message]) -> None:
        self.event_class = event_class
        self.personal = contract.personal
        self._adapter = _adapter(event_class)
        fields = {RENAMED.get(name, name) for name in event_class.__dataclass_fields__} - PLACE_FIELDS
        declared = contract.model_fields.keys() | contract.personal.keys()
        if fields != declared:
            raise UndeclaredFieldError(f"{contract.stored_name}: {sorted(fields ^ declared)} stands on one side only")

    def write(self, event: DomainEvent) -> dict[str, Any]:
        fields = self._adapter.dump_python(event, mode="json")
        return {RENAMED.get(name, name): value for name, value in fields.items() if name not in PLACE_FIELDS}

    def read(self, stored: StoredEvent, fields: Mapping[str, Any]) -> DomainEvent:
        place: dict[str, Any] = {
            "originator_id": stored.originator_id,
            "originator_version": stored.originator_version,
            "timestamp": fields["occurred_at"],
        }
        if issubclass(self.event_class, CanInitAggregate):
            place["originator_topic"] = stored.topic.partition(".")[0]
        absent: dict[str, Any] = {name: {} if form.of == EACH_PARTY else None for name, form in self.personal.items()}
        try:
            return self._adapter.validate_python(absent | dict(fields) | place)
        except ValidationError as error:
            raise MapperDeserialisationError(f"{stored.topic} cannot be read: {_where(error)}") from None


@cache
def _adapter(event_class: type[DomainEvent]) -> TypeAdapter[DomainEvent]:
    return TypeAdapter(event_class)


def _where(error: ValidationError) -> str:
    """Name the fields at fault, and none of their values: they may tell of a person."""
    failures = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, failure['loc']))}: {failure['type']}" for failure in failures)


class EventMapper(Mapper[UUID]):
    """Knows the events of one service; anything else in the table is refused."""

    def __init__(self, event_classes: Iterable[type[DomainEvent]], registry: Registry, keys: KeySource) -> None:
        super().__init__(JSONTranscoder())
        self.keys = keys
        self._forms = {
            stored_name(event_class): EventForm(event_class, registry.by_stored_name[stored_name(event_class)])
            for event_class in event_classes
        }

    @override
    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        raise TypeError("events are stored by the writer, which keeps the keys they were sealed with")

    @override
    def to_domain_event(self, stored_event: StoredEvent) -> DomainEvent:
        return self.reveal(stored_event, self.keys.of_stream(UUID(str(stored_event.originator_id))))

    def seal(self, event: DomainEvent, keys: StreamKeys) -> StoredEvent:
        """Split an event and encrypt its personal part; keys that do not exist yet are created in `keys`."""
        topic = stored_name(type(event))
        form = self._forms[topic]
        fields = form.write(event)
        subjects = _by_subject(form.personal, fields)
        public = {name: value for name, value in fields.items() if name not in form.personal}
        personal = {
            party: keys.encrypt(party, _json(values), place=_place(event, topic, party))
            for party, values in subjects.items()
        }
        return StoredEvent(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=topic,
            state=StoredParts(public, personal).state(),
        )

    def reveal(self, stored: StoredEvent, keys: StreamKeys) -> DomainEvent:
        """Rebuild an event; what belongs to an erased person reads as None."""
        if stored.topic not in self._forms:
            raise UnknownStoredNameError(f"no event is called {stored.topic!r}")
        form, parts = self._forms[stored.topic], StoredParts.of(stored)
        fields = dict(parts.public)
        for party, ciphertext in parts.personal.items():
            plain = keys.decrypt(party, ciphertext, place=_place(stored, stored.topic, party))
            if plain is not None:
                _merge(fields, form.personal, party, from_json(plain))
        return form.read(stored, fields)


def stored_name(event_class: type[object]) -> str:
    """The name under which events of this class are stored; never renamed."""
    return str(getattr(event_class, "TOPIC"))  # noqa: B009 - the library declares no such attribute


def _by_subject(personal: Mapping[str, Personal], fields: Mapping[str, Any]) -> dict[UUID, dict[str, Any]]:
    subjects: dict[UUID, dict[str, Any]] = {}
    for name, declaration in personal.items():
        value = fields[name]
        if declaration.of == EACH_PARTY:
            for party, part in value.items():
                subjects.setdefault(UUID(party), {})[name] = part
        elif value is not None:
            subjects.setdefault(UUID(fields[declaration.of]), {})[name] = value
    return subjects


def _merge(fields: dict[str, Any], personal: Mapping[str, Personal], party: UUID, values: Mapping[str, Any]) -> None:
    for name in values.keys() & personal.keys():  # a later release may have written more
        value = values[name]
        if personal[name].of == EACH_PARTY:
            fields.setdefault(name, {})[str(party)] = value
        else:
            fields[name] = value


def _place(event: DomainEvent | StoredEvent, topic: str, party: UUID) -> bytes:
    return f"{topic}:{event.originator_id}:{event.originator_version}:{party}".encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
