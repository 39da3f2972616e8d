"""How events stand in the store: the public part in clear, each person's part under a key that can be destroyed."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from traceback import format_exception
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.domain import AggregateEvent
from eventsourcing.persistence import MapperDeserialisationError
from typing_extensions import override

from services.intake.changing import EVENTS
from services.intake.domain.complaint import Complaint
from services.intake.domain.parties import Party, PartyRole, Person
from services.intake.domain.stream import ComplaintStream
from shared.contracts.registry import REGISTRY
from shared.eventstore.cipher import MasterKey, StreamKeys
from shared.eventstore.command import Command, Decision
from shared.eventstore.keys import KeyRing
from shared.eventstore.mapper import (
    EventMapper,
    NoKeys,
    StoredParts,
    UndeclaredFieldError,
)
from shared.eventstore.store import RecordedEvent
from tests import builders as a
from tests import people
from tests.builders import COMPLAINANT, COMPLAINT_ID, NOW, WITNESS
from tests.clock import StandingClock
from tests.services.archive import MASTER, Archive, Complaints, opened

PERSONS = {
    COMPLAINANT: Person(name="王小明", phone="+86 138 0013 8000", email="xiaoming@example.com"),
    WITNESS: Person(name="李小红", phone="+86 139 1111 2222"),
}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path, StandingClock(NOW)) as archive:
        archive.begin()
        yield archive


@pytest.fixture
def submitted(archive: Archive) -> Archive:
    """A complaint of one person with another as witness."""
    parties = (Party(COMPLAINANT, PartyRole.COMPLAINANT), Party(WITNESS, PartyRole.WITNESS))
    archive.carry_out(Command(decide=lambda: Decision.of(_pending(parties=parties, persons=PERSONS))))
    return archive


def _pending(**changes: Any) -> Complaint:
    return Complaint.submit(
        COMPLAINT_ID,
        a.submission(**changes),
        a.classification(),
        classified_because="rule",
        freeze_id=a.FREEZE,
        by=a.session(),
    )


def first_stored(archive: Archive) -> RecordedEvent:
    return next(iter(archive.store.stream(COMPLAINT_ID)))


def first_read(archive: Archive) -> Complaint.Submitted:
    event = archive.application.recorded(COMPLAINT_ID)[0].event
    assert isinstance(event, Complaint.Submitted)
    return event


def destroy(archive: Archive, *party_ids: UUID) -> None:
    with archive.store.write() as transaction:
        archive.keys.destroy(transaction, COMPLAINT_ID, party_ids)


def test_an_event_is_read_as_it_was_decided(submitted: Archive) -> None:
    read = first_read(submitted)
    assert read.persons == PERSONS
    assert read.matter == a.submission().matter
    assert read.parties[1].role is PartyRole.WITNESS
    assert read.timestamp == NOW


def test_the_library_reads_the_same_through_its_own_door(submitted: Archive) -> None:
    assert submitted.application.mapper.to_domain_event(first_stored(submitted)) == first_read(submitted)
    complaint: Complaint = submitted.application.repository.get(COMPLAINT_ID)
    assert (complaint.version, complaint.parties[WITNESS]) == (2, PartyRole.WITNESS)


def test_events_are_stored_through_the_writer_alone(submitted: Archive) -> None:
    with pytest.raises(TypeError, match="writer"):
        submitted.application.save(a.complaint(complaint_id=uuid4()), _pending())


def test_nothing_personal_stands_in_clear_in_any_file_of_the_store(submitted: Archive, tmp_path: Path) -> None:
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"complaint.submitted" in content
    assert [text for text in people.EVERYTHING if text.encode() in content] == []


def test_each_person_has_a_ciphertext_and_a_key_of_their_own(submitted: Archive) -> None:
    parts = StoredParts.of(first_stored(submitted))
    assert set(parts.personal) == {COMPLAINANT, WITNESS}
    assert {"matter", "persons", "evidence_files"}.isdisjoint(parts.public)
    keys = submitted.keys.of_stream(COMPLAINT_ID).known
    assert keys[COMPLAINANT].secret != keys[WITNESS].secret


def test_one_text_never_makes_the_same_ciphertext_twice(submitted: Archive) -> None:
    for _ in range(2):
        submitted.carry_out(submitted.follow_up(COMPLAINT_ID))
    one, two = (StoredParts.of(stored).personal[COMPLAINANT] for stored in submitted.store.stream(COMPLAINT_ID)[2:])
    assert one != two


def test_what_belongs_to_an_erased_person_reads_as_nothing_and_the_rest_as_before(submitted: Archive) -> None:
    destroy(submitted, COMPLAINANT)
    read = first_read(submitted)
    assert (read.matter, read.evidence_files) == (None, None)
    assert read.persons == {WITNESS: PERSONS[WITNESS]}
    assert read.number == a.submission().number


def test_an_erasure_holds_for_one_complaint_only(submitted: Archive) -> None:
    other = uuid4()
    submitted.carry_out(submitted.submit(other))
    destroy(submitted, COMPLAINANT)
    assert submitted.application.recorded(other)[0].event != first_read(submitted)
    with submitted.store.read() as reader:
        assert submitted.keys.knows(reader, COMPLAINANT)
        assert not submitted.keys.knows(reader, uuid4())


def test_a_destroyed_key_is_in_no_file_any_more(submitted: Archive, tmp_path: Path) -> None:
    with submitted.store.read() as reader:
        (row,) = reader.execute("SELECT * FROM intake_subject_keys WHERE party_id = :id", {"id": str(WITNESS)})
    destroy(submitted, WITNESS)
    submitted.stop()
    submitted.store.close()
    assert not any(row["wrapped_key"] in path.read_bytes() for path in tmp_path.iterdir())


def test_a_destroyed_key_leaves_the_files_of_a_running_store_as_soon_as_readers_permit(
    submitted: Archive, tmp_path: Path
) -> None:
    with submitted.store.read() as reader:
        (row,) = reader.execute("SELECT * FROM intake_subject_keys WHERE party_id = :id", {"id": str(WITNESS)})
        destroy(submitted, WITNESS)
    with submitted.store.write():
        pass
    assert not any(row["wrapped_key"] in path.read_bytes() for path in tmp_path.iterdir())


def test_what_is_written_after_an_erasure_can_be_read_and_the_old_cannot(submitted: Archive) -> None:
    destroy(submitted, COMPLAINANT)
    submitted.carry_out(submitted.follow_up(COMPLAINT_ID))
    old, *_, new = (recorded.event for recorded in submitted.application.recorded(COMPLAINT_ID))
    assert isinstance(old, Complaint.Submitted)
    assert isinstance(new, Complaint.FollowedUp)
    assert (old.matter, new.text) == (None, "商家说已经退款")


class InterruptedKeys(KeyRing):
    """A key ring during whose reading something else happens."""

    meanwhile: Callable[[], object] = lambda: None

    @override
    def of_stream(self, stream_id: UUID) -> StreamKeys:
        keys = super().of_stream(stream_id)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return keys


@pytest.mark.parametrize("door", ["recorded", "repository"])
def test_words_that_come_while_somebody_reads_are_never_taken_for_erased(archive: Archive, door: str) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    destroy(archive, COMPLAINANT)
    keys = InterruptedKeys(archive.store, MASTER)
    keys.meanwhile = lambda: archive.carry_out(archive.follow_up(COMPLAINT_ID))
    reader = Complaints(archive.store, EVENTS, keys=keys)
    read: dict[str, Callable[[], Iterable[object]]] = {
        "recorded": lambda: [recorded.event for recorded in reader.recorded(COMPLAINT_ID)],
        "repository": lambda: reader.events.get(COMPLAINT_ID),
    }
    texts = [event.text for event in read[door]() if isinstance(event, Complaint.FollowedUp)]
    assert None not in texts
    assert archive.versions(COMPLAINT_ID) == [1, 2, 3]


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_master_key_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKey(bytes(size))


def test_no_key_shows_itself_when_it_is_printed() -> None:
    keys = StreamKeys(COMPLAINT_ID, {})
    keys.encrypt(COMPLAINANT, b"text", place=b"place")
    secret = keys.created[COMPLAINANT].secret
    assert repr(secret) not in repr(keys)
    assert repr(MASTER.secret) not in repr(MASTER)


def test_keys_for_different_purposes_differ_and_are_the_same_each_time() -> None:
    assert MASTER.derive("idempotency") == MASTER.derive("idempotency")
    assert len({MASTER.derive("idempotency"), MASTER.derive("cursor"), MASTER.secret}) == 3


def test_a_field_that_is_declared_neither_public_nor_personal_stops_the_service() -> None:
    class Rated(ComplaintStream.Event):
        TOPIC = "complaint.rated"
        score: int
        comment: str | None
        mood: str

    with pytest.raises(UndeclaredFieldError, match="mood"):
        EventMapper((Rated,), REGISTRY, NoKeys())


def test_a_declared_field_that_the_event_lacks_stops_the_service() -> None:
    class Rated(ComplaintStream.Event):
        TOPIC = "complaint.rated"
        score: int

    with pytest.raises(UndeclaredFieldError, match="comment"):
        EventMapper((Rated,), REGISTRY, NoKeys())


def test_an_event_that_nobody_registered_stops_the_service() -> None:
    class Vanished(AggregateEvent):
        TOPIC = "complaint.vanished"

    with pytest.raises(KeyError, match=r"complaint\.vanished"):
        EventMapper((*EVENTS, Vanished), REGISTRY, NoKeys())


def test_the_stored_state_is_one_canonical_text(submitted: Archive) -> None:
    state = first_stored(submitted).state
    assert json.dumps(json.loads(state), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() == state


def test_what_cannot_be_read_is_named_and_never_shown(submitted: Archive) -> None:
    stored = first_stored(submitted)
    parts = StoredParts.of(stored)
    broken = StoredParts({**parts.public, "channel": people.TEXTS[0]}, parts.personal)
    with pytest.raises(MapperDeserialisationError, match="channel") as refused:
        EventMapper(EVENTS, REGISTRY, NoKeys()).reveal(
            replace(stored, state=broken.state()), StreamKeys(COMPLAINT_ID, {})
        )
    assert people.TEXTS[0] not in "".join(format_exception(refused.value))
