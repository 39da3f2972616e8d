"""The relay: everything recorded is published, in order; what may not be safe is published again."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.contracts.envelope import Envelope
from shared.contracts.topics import COMPLAINT_EVENTS, COMPLAINT_STATE
from shared.eventstore.store import RecordedEvent
from shared.messaging.facts import digest_of, publish, publish_state, receive, stored_id
from shared.messaging.log import Incoming, LogUnavailableError, Outgoing
from shared.messaging.relay import MOST_EVENTS, Relay, mark_published
from tests.builders import COMPLAINT_ID, NOW
from tests.clock import StandingClock
from tests.either_log import EitherLog
from tests.services.archive import Archive, lease_of, opened
from tests.services.unreliable import UnreliableLog
from tests.waiting import wait_until


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path, StandingClock(NOW)) as archive:
        archive.begin()
        yield archive


@pytest.fixture
def log(either_log: EitherLog) -> UnreliableLog:
    return UnreliableLog(either_log.log)


def facts(page: Sequence[RecordedEvent]) -> list[list[Outgoing]]:
    return [[publish(stored, "intake")] for stored in page]


@pytest.fixture
def relay(archive: Archive, log: UnreliableLog) -> Relay:
    return Relay(archive.store, log, facts, lease_of(archive.store), poll_seconds=0.01)


def drain(relay: Relay) -> None:
    while relay.round():
        pass


def published(log: UnreliableLog, topic: str = COMPLAINT_EVENTS) -> list[Incoming]:
    return list(log.read((topic,)))


def ids(messages: list[Incoming]) -> list[UUID]:
    return [Envelope.from_headers(message.headers).id for message in messages]


def versions(messages: list[Incoming], key: UUID) -> list[int]:
    return [Envelope.from_headers(message.headers).version for message in messages if message.key == str(key)]


def test_every_event_becomes_one_fact_in_the_order_of_its_stream(
    archive: Archive, log: UnreliableLog, relay: Relay
) -> None:
    complaints = [uuid4() for _ in range(3)]
    for complaint in complaints:
        archive.carry_out(archive.submit(complaint))
    for _ in range(3):
        for complaint in complaints:
            archive.carry_out(archive.follow_up(complaint))
    drain(relay)
    for complaint in complaints:
        assert versions(published(log), complaint) == [1, 2, 3, 4, 5]
    assert len(published(log)) == len(archive.events())


def test_a_relay_goes_on_where_it_was(archive: Archive, log: UnreliableLog, relay: Relay) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    drain(relay)
    again = Relay(archive.store, log, facts, lease_of(archive.store), poll_seconds=0.01)
    archive.carry_out(archive.follow_up(COMPLAINT_ID))
    drain(again)
    assert versions(published(log), COMPLAINT_ID) == [1, 2, 3]


def test_a_crash_between_publishing_and_remembering_publishes_again_with_the_same_ids(
    archive: Archive, log: UnreliableLog, relay: Relay
) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    log.append([publish(stored, "intake") for stored in archive.events()])
    drain(relay)
    first, second, *again = [(message.headers, message.value) for message in published(log)]
    assert again == [first, second]
    assert ids(published(log)[:2]) == [stored_id(stored) for stored in archive.events()]


def test_nothing_is_remembered_of_what_the_log_did_not_take(archive: Archive, log: UnreliableLog, relay: Relay) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    log.away = True
    with pytest.raises(LogUnavailableError):
        relay.round()
    assert relay.position() == 0
    log.away = False
    drain(relay)
    assert versions(published(log), COMPLAINT_ID) == [1, 2]


@pytest.mark.parametrize("safe", [0, 1, 2, 3])
def test_the_position_stops_before_the_first_message_that_was_not_safe(
    archive: Archive, log: UnreliableLog, relay: Relay, safe: int
) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    archive.carry_out(archive.follow_up(COMPLAINT_ID))
    positions = [0, *(stored.position for stored in archive.events())]
    log.takes = safe
    assert relay.round() == safe
    assert relay.position() == positions[safe]


def _with_states(page: Sequence[RecordedEvent]) -> list[list[Outgoing]]:
    return [_with_state(stored) for stored in page]


def _with_state(stored: RecordedEvent) -> list[Outgoing]:
    state = {"complaint_id": str(stored.originator_id), "version": stored.originator_version, "status": "submitted"}
    fact = publish(stored, "intake")
    return [fact, publish_state(fact, state)]


@pytest.mark.parametrize(("safe", "events"), [(1, 0), (2, 1), (3, 1), (4, 2)])
def test_an_event_of_two_messages_is_done_when_both_are_safe(
    archive: Archive, log: UnreliableLog, safe: int, events: int
) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    relay = Relay(archive.store, log, _with_states, lease_of(archive.store), poll_seconds=0.01)
    log.takes = safe
    assert relay.round() == events
    assert relay.position() == events


def test_the_log_ends_complete_and_in_order_however_little_it_takes_at_a_time(
    archive: Archive, log: UnreliableLog
) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    for _ in range(4):
        archive.carry_out(archive.follow_up(COMPLAINT_ID))
    relay = Relay(archive.store, log, _with_states, lease_of(archive.store), poll_seconds=0.01)
    log.takes = 3
    drain(relay)
    seen = versions(published(log), COMPLAINT_ID)
    assert list(dict.fromkeys(seen)) == [1, 2, 3, 4, 5, 6]
    *_, newest = published(log, COMPLAINT_STATE)
    assert Envelope.from_headers(newest.headers).version == 6


def test_a_long_history_is_published_page_by_page(archive: Archive, log: UnreliableLog, relay: Relay) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    _give(archive, MOST_EVENTS // 2)
    assert relay.round() == MOST_EVENTS
    assert relay.round() == 2
    assert relay.round() == 0
    assert len(set(ids(published(log)))) == MOST_EVENTS + 2


@pytest.mark.parametrize("safe", [0, 1, MOST_EVENTS - 1])
def test_a_page_that_is_not_safe_as_a_whole_makes_that_which_was_read_ahead_worthless(
    archive: Archive, log: UnreliableLog, relay: Relay, safe: int
) -> None:
    _give(archive, MOST_EVENTS)
    log.takes = safe
    assert relay.round() == safe
    log.takes = None
    drain(relay)
    sent = ids(published(log))
    assert sorted(set(sent)) == sorted(sent)
    assert len(sent) == len(archive.events())
    assert relay.position() == archive.events()[-1].position


def test_a_relay_that_another_overtook_forgets_what_it_read_ahead(
    archive: Archive, log: UnreliableLog, relay: Relay
) -> None:
    _give(archive, MOST_EVENTS)
    assert relay.round() == MOST_EVENTS
    with archive.store.write() as transaction:
        mark_published(transaction, "intake", 2 * MOST_EVENTS - 1)
    assert relay.round() == 1
    sequences = sorted(Envelope.from_headers(each.headers).sequence for each in published(log))
    assert sequences == [*range(1, MOST_EVENTS + 1), 2 * MOST_EVENTS]


def _give(archive: Archive, complaints: int) -> None:
    """Let complaints be recorded with two events each, many at once."""
    for answer in [archive.give(archive.submit(uuid4())) for _ in range(complaints)]:
        answer.result()


def test_what_was_restored_is_not_published_a_second_time(archive: Archive, log: UnreliableLog, relay: Relay) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    with archive.store.write() as transaction:
        mark_published(transaction, "intake", archive.events()[-1].position)
    drain(relay)
    assert published(log) == []


def test_a_running_relay_waits_for_a_log_that_is_away(archive: Archive, log: UnreliableLog, relay: Relay) -> None:
    stop = threading.Event()
    log.away = True
    archive.carry_out(archive.submit(COMPLAINT_ID))
    running = threading.Thread(target=relay.run, args=(stop,))
    running.start()
    wait_until(lambda: log.refused > 1, what="the relay to try again")
    log.away = False
    wait_until(lambda: len(published(log)) == 2, what="the facts to be published")
    stop.set()
    running.join()
    assert relay.position() == archive.events()[-1].position


def test_a_fact_says_where_it_comes_from_and_proves_what_was_stored(archive: Archive, relay: Relay) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    first, second = archive.events()
    message = publish(first, "intake")
    envelope = Envelope.from_headers(message.headers)
    assert (message.key, envelope.subject, envelope.application) == (str(COMPLAINT_ID), str(COMPLAINT_ID), "intake")
    assert (envelope.sequence, envelope.recorded_at) == (first.position, first.recorded_at)
    assert (envelope.id, envelope.digest) == (stored_id(first), digest_of(first))
    assert digest_of(first) != digest_of(second)


def test_the_state_message_has_an_id_of_its_own_and_the_version_of_its_event(archive: Archive, relay: Relay) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    fact, state = (Envelope.from_headers(message.headers) for message in _with_state(archive.events()[0]))
    assert fact.id != state.id
    assert (fact.version, fact.digest) == (state.version, state.digest)
    assert state.type == "recourse.complaint.state.v1"


def test_nothing_personal_goes_to_a_topic(archive: Archive, log: UnreliableLog, relay: Relay) -> None:
    archive.carry_out(archive.submit(COMPLAINT_ID))
    archive.carry_out(archive.follow_up(COMPLAINT_ID))
    drain(relay)
    for incoming in published(log):
        message = receive(incoming).message
        assert message is not None
        assert message.personal
        assert message.personal.keys().isdisjoint(type(message).model_fields)
        assert "王小明".encode() not in incoming.value
