"""Every kind of event as it was stored and published once stays readable, by every later release."""

import json
from copy import deepcopy
from typing import Any

import pytest
from eventsourcing.domain import DomainEvent
from jsonschema import Draft202012Validator

from shared.contracts.complaint_commands import FROM_OUTSIDE
from shared.contracts.documents import schema
from shared.contracts.message import EACH_PARTY
from shared.contracts.registry import REGISTRY
from shared.eventstore.cipher import StreamKeys
from shared.messaging.facts import publish, receive
from shared.messaging.log import Incoming, Partition
from tests.contracts.freezing import CORPUS, Entry, as_read, mapper, stored, stream_keys
from tests.contracts.samples import kinds

FILES = {file.stem: file for file in sorted(CORPUS.glob("*.json"))}


@pytest.fixture(params=list(FILES))
def entry(request: pytest.FixtureRequest) -> Entry:
    frozen: Entry = json.loads(FILES[request.param].read_text(encoding="utf-8"))
    return frozen


def read(entry: Entry) -> DomainEvent:
    return mapper(entry["service"]).reveal(stored(entry), stream_keys(entry))


def incoming(entry: Entry) -> Incoming:
    headers = tuple((name, value.encode()) for name, value in entry["headers"].items())
    return Incoming(Partition(entry["topic"], 0), 0, entry["headers"]["ce_subject"], headers, entry["value"].encode())


def includes(whole: Any, part: Any) -> bool:
    """Whether everything in `part` is in `whole` too; a later release may know more."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and includes(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return len(whole) == len(part) and all(includes(*each) for each in zip(whole, part, strict=True))
    return bool(whole == part)


def test_the_corpus_holds_one_of_each_kind_and_none_is_ever_taken_out() -> None:
    ours = set(REGISTRY.by_stored_name) - {command.stored_name for command in FROM_OUTSIDE}
    assert set(FILES) == set(kinds()) == ours, "run python -m tests.contracts.freezing"


def test_a_stored_event_reads_as_it_did_when_it_was_written(entry: Entry) -> None:
    assert includes(as_read(read(entry)), entry["reads"])


def test_nothing_personal_of_a_stored_event_is_read_without_its_keys(entry: Entry) -> None:
    event = mapper(entry["service"]).reveal(stored(entry), StreamKeys(read(entry).originator_id, {}))
    personal = REGISTRY.by_stored_name[entry["stored_name"]].personal
    erased: dict[str, Any] = {name: {} if mark.of == EACH_PARTY else None for name, mark in personal.items()}
    assert {name: getattr(event, name) for name in personal} == erased


def test_every_personal_field_of_the_corpus_is_filled(entry: Entry) -> None:
    personal = REGISTRY.by_stored_name[entry["stored_name"]].personal
    assert all(entry["reads"][name] for name in personal)
    assert bool(entry["keys"]) == bool(personal)


def test_a_stored_event_is_published_as_it_was(entry: Entry) -> None:
    message = publish(stored(entry), entry["service"])
    headers = {name: value.decode() for name, value in message.headers}
    assert (message.topic, message.value.decode()) == (entry["topic"], entry["value"])
    assert includes(headers, entry["headers"])


def test_a_published_message_is_read(entry: Entry) -> None:
    received = receive(incoming(entry))
    assert received.message is not None
    assert received.message.stored_name == entry["stored_name"]
    assert includes(received.message.model_dump(mode="json"), entry["state"]["public"])


def test_a_published_message_fits_the_schema_of_today(entry: Entry) -> None:
    contract = REGISTRY.by_stored_name[entry["stored_name"]]
    Draft202012Validator(schema(contract), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        json.loads(entry["value"])
    )


def test_a_reader_ignores_what_a_newer_release_has_added(entry: Entry) -> None:
    newer = deepcopy(entry)
    newer["state"]["public"]["added_later"] = {"by": "a newer release"}
    newer["value"] = json.dumps(newer["state"]["public"])
    newer["headers"]["ce_addedlater"] = "yes"
    assert read(newer) == read(entry)
    assert receive(incoming(newer)) == receive(incoming(entry))
