"""Two releases side by side: the older one works on tables and reads events that the newer one has written."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from itertools import chain
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent

from services.tables import TABLES
from shared.contracts.envelope import Envelope
from shared.contracts.topics import COMPLAINT_EVENTS
from shared.eventstore.mapper import StoredParts
from shared.eventstore.store import Contraction, RecordedEvent, Schema, SchemaMismatchError, Store
from shared.messaging.facts import digest_of, publish, receive
from shared.messaging.lease import Lease
from shared.messaging.log import Incoming, Partition
from tests.conftest import Running, StartInstallation
from tests.contracts.freezing import CORPUS, Entry, mapper, stored, stream_keys
from tests.services.replaying import live_through, stop
from tests.waiting import wait_until

ADDED = {"added_later": {"by": "a newer release"}}


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    """Comes before `start`, so that a database outlives who uses it."""
    if request.param == "postgres":
        request.getfixturevalue("on_postgres")
    return str(request.param)


@pytest.fixture
def running(engine: str, start: StartInstallation) -> Running:
    return start()


def migrate(running: Running, later: Mapping[str, Schema]) -> None:
    """What the next release does to the tables, while this one runs."""
    for store in running.stores:
        schemas = (*TABLES[store.application], later[store.application])
        if running.backend.settings.database_url:
            running.backend.migrate(store.application, schemas)
        else:
            running.backend.store(store.application).prepare(*schemas)


def expanded(application: str) -> Schema:
    """A column more on every table of a service, and a table that only the next release knows."""
    tables = chain.from_iterable(schema.tables(application) for schema in TABLES[application])
    columns = (f"ALTER TABLE {table} ADD COLUMN added_later TEXT" for table in (*tables, f"{application}_events"))
    return Schema("later", (*columns, "CREATE TABLE {app}_later (id INTEGER PRIMARY KEY)"))


def restart(running: Running, start: StartInstallation) -> Running:
    stop(running)
    return start(running.backend.settings.data_dir)


def test_the_older_release_runs_and_restarts_on_tables_that_the_newer_has_expanded(
    running: Running, start: StartInstallation
) -> None:
    before = running.api.as_app("u-0").submit()
    running.settle()
    migrate(running, {name: expanded(name) for name in TABLES})
    wait_until(lambda: _can_submit(running), what="statements to be prepared anew")
    running = restart(running, start)
    open_complaint = live_through(running)
    assert running.api.as_app("u-0").events(before)[:2] == ["submitted", "acknowledged"]
    assert running.api.as_app("u-3").read(open_complaint)["status"]["code"] == "waiting_on_complainant"


def _can_submit(running: Running) -> bool:
    matter = {"category": "topup.not_credited", "description": "充值 500 元未到账"}
    return running.api.as_app("u-9").post("/v1/complaints", matter).status_code == 201


def test_the_older_release_refuses_tables_from_which_something_was_taken_and_says_how_to_go_on(
    running: Running,
) -> None:
    gone = Schema("later", (Contraction("DROP TABLE {app}_tracking"),))
    stop(running)
    migrate(running, dict.fromkeys(TABLES, gone))
    for name, schemas in TABLES.items():
        refused = pytest.raises(SchemaMismatchError, match=r"step 1 of later took away .* or a later one; the way back")
        with closing(running.backend.store(name)) as store, refused:
            store.prepare(*schemas)


@pytest.fixture(params=sorted(file.name for file in CORPUS.glob("*.json")))
def newer(request: pytest.FixtureRequest) -> Entry:
    """An event of the corpus as the next release may write it: more in clear, and more of each person."""
    entry: Entry = json.loads((CORPUS / request.param).read_text(encoding="utf-8"))
    entry["state"]["public"] |= ADDED
    return entry


def _with_more_of_each_person(entry: Entry) -> RecordedEvent:
    """Seal the personal part anew, with a field that only the next release knows."""
    event, keys = stored(entry), stream_keys(entry)
    parts = StoredParts.of(event)
    personal = {}
    for party, ciphertext in parts.personal.items():
        place = f"{event.topic}:{event.originator_id}:{event.originator_version}:{party}".encode()
        plain = json.loads(keys.decrypt(party, ciphertext, place=place) or b"")
        personal[party] = keys.encrypt(party, json.dumps(plain | ADDED).encode(), place=place)
    return replace(event, state=StoredParts(parts.public, personal).state())


def test_the_older_release_reads_what_it_knows_of_an_event_of_the_newer(newer: Entry) -> None:
    known = json.loads((CORPUS / f"{newer['stored_name']}.json").read_text(encoding="utf-8"))
    reveal, keys = mapper(newer["service"]).reveal, stream_keys(newer)
    assert reveal(_with_more_of_each_person(newer), keys) == reveal(stored(known), keys)


def test_the_older_release_publishes_an_event_of_the_newer_whole(newer: Entry) -> None:
    recorded = _with_more_of_each_person(newer)
    message = publish(recorded, newer["service"])
    assert ADDED.items() <= json.loads(message.value).items()
    incoming = Incoming(Partition(message.topic, 0), 0, message.key, message.headers, message.value)
    assert receive(incoming).envelope.digest == digest_of(recorded)


def _record_as_the_newer_release(store: Store, complaint: dict[str, Any], topic: str | None = None) -> None:
    """Record one more event of a complaint: a follow-up with a field more, or an event of an unknown kind."""
    stream_id = UUID(complaint["id"])
    last = store.stream(stream_id)[-1]
    state = json.loads(last.state)
    state |= {"public": state["public"] | ADDED, "personal": {}}  # which is sealed for its own version
    event = StoredEvent(stream_id, last.originator_version + 1, topic or last.topic, json.dumps(state).encode())
    with store.write() as transaction:
        transaction.append([event])


def test_a_stream_that_the_newer_release_has_added_to_is_read_and_goes_on_without_loss(running: Running) -> None:
    app = running.api.as_app("u-1")
    complaint = app.submit()
    running.settle()
    app.command(complaint, "follow-up", {"text": "请问处理到哪一步了？"})
    running.settle()
    store = running.embedded.intake.application.store
    _record_as_the_newer_release(store, complaint)
    app.command(complaint, "follow-up", {"text": "商家说已经退款"})
    running.settle()
    facts = [each for each in running.backend.log.read((COMPLAINT_EVENTS,)) if each.key == complaint["id"]]
    versions = [Envelope.from_headers(each.headers).version for each in facts]
    assert versions == [each.originator_version for each in store.stream(UUID(complaint["id"]))]
    assert ADDED.items() <= json.loads(facts[-2].value).items()
    assert app.events(complaint)[-3:] == ["followed-up"] * 3


def test_a_relay_stops_before_what_only_a_newer_release_knows_and_gives_its_turn_away(running: Running) -> None:
    complaint = running.api.as_app("u-1").submit()
    running.settle()
    store = running.embedded.intake.application.store
    told = len(list(running.backend.log.read((COMPLAINT_EVENTS,))))
    _record_as_the_newer_release(store, complaint, topic="complaint.invented_later")
    another = Lease(store, "relay", "a relay of the next release")
    wait_until(another.hold, what="the relay to give its turn away")
    assert len(list(running.backend.log.read((COMPLAINT_EVENTS,)))) == told
    assert running.embedded.process.health()["intake-relay"]
