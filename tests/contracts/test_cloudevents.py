"""A subscriber with the CloudEvents SDK reads our messages without knowing us."""

import json
from datetime import datetime
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event, from_kafka_event

from shared.contracts.registry import REGISTRY
from shared.messaging.facts import publish
from tests.contracts.freezing import CORPUS, Entry, stored

ENTRIES: list[Entry] = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(CORPUS.glob("*.json"))]


@pytest.fixture(params=ENTRIES, ids=lambda entry: str(entry["stored_name"]))
def entry(request: pytest.FixtureRequest) -> Entry:
    frozen: Entry = request.param
    return frozen


def message(entry: Entry) -> KafkaMessage:
    published = publish(stored(entry), entry["service"])
    return KafkaMessage(headers=dict(published.headers), key=published.key.encode(), value=published.value)


def test_the_sdk_reads_the_attributes_and_the_data(entry: Entry) -> None:
    event = from_binary_event(message(entry))
    contract = REGISTRY.by_type[event.get_type()]
    assert contract.stored_name == entry["stored_name"]
    assert event.get_specversion() == "1.0"
    assert event.get_source() == f"/recourse/{entry['service']}"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_time() == datetime.fromisoformat(entry["reads"]["timestamp"])
    assert event.get_data() == entry["state"]["public"]
    assert UUID(event.get_id()).version == 5


def test_the_sdk_sees_our_extensions_and_the_key(entry: Entry) -> None:
    event = from_kafka_event(message(entry))
    assert event.get_extension("partitionkey") == event.get_subject()
    assert event.get_extension("streamid") == entry["originator_id"]
    assert event.get_extension("streamversion") == str(entry["originator_version"])
    assert event.get_extension("sequence") == str(entry["position"])
    assert event.get_extension("tenant") == entry["state"]["public"]["tenant"]
