"""What was changed in the store behind our back is an error when it is read, and never read as erased."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.registry import REGISTRY
from shared.eventstore.cipher import MasterKey, UndecipherableError, new_key
from shared.eventstore.keys import KeyRing
from shared.eventstore.mapper import StoredParts, UnknownStoredNameError
from shared.eventstore.store import RecordedEvent
from tests.builders import COMPLAINANT, COMPLAINT_ID, NOW, WITNESS
from tests.clock import StandingClock
from tests.services.archive import Archive, opened


@pytest.fixture
def submitted(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path, StandingClock(NOW)) as archive:
        archive.begin()
        archive.carry_out(archive.submit(COMPLAINT_ID))
        yield archive


def first_stored(archive: Archive) -> RecordedEvent:
    return next(iter(archive.store.stream(COMPLAINT_ID)))


def tampered(stored: RecordedEvent, change: Callable[[bytes], bytes], party: UUID = COMPLAINANT) -> RecordedEvent:
    parts = StoredParts.of(stored)
    personal = {**parts.personal, party: change(parts.personal[party])}
    return replace(stored, state=StoredParts(parts.public, personal).state())


def reveal(archive: Archive, stored: StoredEvent) -> DomainEvent:
    return archive.application.sealed.reveal(stored, archive.keys.of_stream(COMPLAINT_ID))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_ciphertext_with_one_bit_changed_is_an_error(submitted: Archive, place: int, bit: int) -> None:
    def flip(ciphertext: bytes) -> bytes:
        changed = bytearray(ciphertext)
        changed[place % len(changed)] ^= 1 << bit
        return bytes(changed)

    stored = tampered(first_stored(submitted), flip)
    with pytest.raises(UndecipherableError):
        reveal(submitted, stored)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 19, 20, 35, 36, 60])
def test_a_ciphertext_that_was_cut_is_an_error(submitted: Archive, size: int) -> None:
    with pytest.raises(UndecipherableError):
        reveal(submitted, tampered(first_stored(submitted), lambda ciphertext: ciphertext[:size]))


def test_a_ciphertext_moved_to_another_person_event_or_stream_is_an_error(submitted: Archive) -> None:
    submitted.carry_out(submitted.follow_up(COMPLAINT_ID))
    first, *_, last = submitted.store.stream(COMPLAINT_ID)
    foreign = StoredParts.of(last).personal[COMPLAINANT]
    with pytest.raises(UndecipherableError):
        reveal(submitted, tampered(first, lambda _: foreign))
    with pytest.raises(UndecipherableError):
        reveal(submitted, replace(first, originator_version=3))
    with pytest.raises(UndecipherableError):
        reveal(submitted, replace(first, originator_id=uuid4()))


def test_a_changed_key_row_is_an_error(submitted: Archive) -> None:
    with submitted.store.write() as transaction:
        transaction.execute("UPDATE intake_subject_keys SET wrapped_key = zeroblob(length(wrapped_key))")
    with pytest.raises(UndecipherableError):
        submitted.application.recorded(COMPLAINT_ID)


def test_a_key_row_moved_to_another_person_is_an_error(submitted: Archive) -> None:
    with submitted.store.write() as transaction:
        transaction.execute("UPDATE intake_subject_keys SET party_id = :party_id", {"party_id": str(WITNESS)})
    with pytest.raises(UndecipherableError):
        submitted.application.recorded(COMPLAINT_ID)


def test_another_master_key_opens_nothing(submitted: Archive) -> None:
    with pytest.raises(UndecipherableError):
        KeyRing(submitted.store, MasterKey(new_key())).of_stream(COMPLAINT_ID)


STATES = (
    "",
    "no json",
    "[]",
    "{}",
    '{"public": {}}',
    '{"personal": [], "public": {}}',
    '{"personal": {"nobody": ""}, "public": {}}',
    '{"personal": {"345b56d0-5c95-50c4-a353-8973d309e230": "%"}, "public": {}}',
)


@pytest.mark.parametrize("state", STATES)
def test_a_state_that_cannot_be_read_is_an_error_that_names_the_event(submitted: Archive, state: str) -> None:
    with pytest.raises(MapperDeserialisationError, match=r"complaint\.submitted"):
        reveal(submitted, replace(first_stored(submitted), state=state.encode()))


def test_a_stored_name_that_nobody_registered_is_refused(submitted: Archive) -> None:
    named = replace(first_stored(submitted), topic="os:system")
    with pytest.raises(UnknownStoredNameError, match="os:system"):
        reveal(submitted, named)


def test_an_event_of_another_service_is_refused_though_it_is_registered(submitted: Archive) -> None:
    assert "case.clock_met" in REGISTRY.by_stored_name
    with pytest.raises(UnknownStoredNameError):
        reveal(submitted, replace(first_stored(submitted), topic="case.clock_met"))
