"""Every event of every service stands in the store and on its topic as its contract says, whatever it holds."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from eventsourcing.domain import DomainEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.contracts.documents import schema
from shared.contracts.message import EACH_PARTY, Message
from shared.contracts.registry import REGISTRY
from shared.eventstore.cipher import StreamKeys
from shared.eventstore.mapper import PLACE_FIELDS, RENAMED, StoredParts
from shared.eventstore.store import RecordedEvent
from shared.messaging.facts import digest_of, publish, receive
from shared.messaging.log import Incoming, Partition
from tests.builders import NOW
from tests.contracts.freezing import mapper
from tests.contracts.samples import SERVICES, kinds

EXACT_IN_JSON = 2**53 - 1
ANYTHING = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(str, st.text(st.characters(codec="utf-8"), max_size=20))
st.register_type_strategy(int, st.integers(-EXACT_IN_JSON, EXACT_IN_JSON))
st.register_type_strategy(Decimal, st.decimals(0, 10**20, allow_nan=False, allow_infinity=False, places=18))

every_kind = pytest.mark.parametrize("name", list(kinds()))


def events(name: str) -> st.SearchStrategy[DomainEvent]:
    place: dict[str, Any] = {"originator_id": st.uuids(), "originator_version": st.integers(1, 10_000)}
    event_class = kinds()[name][1]
    if "originator_topic" in event_class.__dataclass_fields__:
        place["originator_topic"] = st.just(name.partition(".")[0])
    return st.builds(event_class, **place)


def seal(name: str, event: DomainEvent) -> tuple[RecordedEvent, StreamKeys]:
    keys = StreamKeys(event.originator_id, {})
    sealed = mapper(kinds()[name][0]).seal(event, keys)
    return RecordedEvent(**vars(sealed), recorded_at=NOW, position=1), keys


def contract(name: str) -> type[Message]:
    return REGISTRY.by_stored_name[name]


@every_kind
def test_an_event_has_exactly_the_fields_that_its_contract_declares(name: str) -> None:
    declared = contract(name).model_fields.keys() | contract(name).personal.keys()
    for event_classes in SERVICES.values():
        for event_class in event_classes:
            if vars(event_class).get("TOPIC", getattr(event_class, "TOPIC", None)) == name:
                fields = {RENAMED.get(field, field) for field in event_class.__dataclass_fields__} - PLACE_FIELDS
                assert fields == declared


@every_kind
def test_a_personal_field_names_whose_it_is(name: str) -> None:
    public = contract(name).model_fields.keys()
    for mark in contract(name).personal.values():
        assert mark.of == EACH_PARTY or mark.of in public
        assert mark.meaning


@every_kind
@ANYTHING
@given(data=st.data())
def test_an_event_is_read_from_the_store_as_it_was_written(name: str, data: st.DataObject) -> None:
    event = data.draw(events(name))
    stored, keys = seal(name, event)
    opened = StreamKeys(event.originator_id, keys.created)
    assert mapper(kinds()[name][0]).reveal(stored, opened) == event


@every_kind
@ANYTHING
@given(data=st.data())
def test_the_public_part_fits_contract_and_schema_and_holds_nothing_personal(name: str, data: st.DataObject) -> None:
    stored, _ = seal(name, data.draw(events(name)))
    public = dict(StoredParts.of(stored).public)
    assert public.keys() == contract(name).model_fields.keys()
    contract(name).model_validate(public)
    Draft202012Validator(schema(contract(name)), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(public)


@every_kind
@ANYTHING
@given(data=st.data())
def test_a_reader_of_the_topic_gets_the_public_part_and_the_proof(name: str, data: st.DataObject) -> None:
    stored, _ = seal(name, data.draw(events(name)))
    message = publish(stored, kinds()[name][0])
    received = receive(Incoming(Partition(message.topic, 0), 0, message.key, message.headers, message.value))
    assert received.message == contract(name).model_validate(dict(StoredParts.of(stored).public))
    assert json.loads(message.value) == StoredParts.of(stored).public
    assert received.envelope.digest == digest_of(stored)
    assert (received.envelope.stream_id, received.envelope.version) == (
        stored.originator_id,
        stored.originator_version,
    )
