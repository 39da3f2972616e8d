"""The view that the ticker asks, with hundreds of clocks: in pages, the oldest first, and anew from the cases."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import pytest

from services.embedded import compose
from services.escalation.application import Escalation
from services.escalation.deadlines import MOST_CLOCKS
from services.escalation.domain.case import Case
from services.escalation.operations import replay_due_clocks
from services.escalation.views.due_board import Wanted
from services.escalation.views.due_clocks import CLAIMED_FOR, DueClock
from shared.messaging.log import Incoming
from shared.messaging.parking import ParkedState, Parking
from shared.runtime.backends import Backend, development_settings
from shared.runtime.settings import Settings
from tests.builders import NOW
from tests.clock import StandingClock
from tests.conftest import Running
from tests.domain.escalation_facts import (
    assigned,
    classified,
    information_provided,
    information_requested,
    resolved,
    submitted,
)
from tests.services.escalation_overdue import PARTITION, hear
from tests.services.escalation_scenes import a_ticker, running_aside
from tests.services.unreliable import UnreliableStore
from tests.waiting import wait_until

LATER = NOW + timedelta(days=60)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Running]:
    """Escalation with a writer and nothing else: no relay, no consumer, nobody who answers."""
    clock = StandingClock(NOW)
    backend = Backend(development_settings(Settings(data_dir=tmp_path / "data")), clock, clock.steady)
    embedded = compose(backend, serve=False)
    writer = embedded.escalation.application.writer
    try:
        with running_aside(lambda _: writer.run(), writer.stop):
            yield Running(backend, embedded, clock, "")
    finally:
        for service in (embedded.intake, embedded.escalation, embedded.notifier):
            service.application.close()
        backend.log.close()


def _submit(running: Running, count: int, received_at: datetime = NOW) -> list[UUID]:
    """Complaints with two clocks each."""
    complaint_ids = [uuid4() for _ in range(count)]
    for complaint_id in complaint_ids:
        hear(
            running.embedded.escalation.application,
            complaint_id,
            submitted(received_at),
            classified(),
            recorded_at=received_at,
        )
    return complaint_ids


def _park(running: Running, complaint_id: UUID, offset: int) -> None:
    incoming = Incoming(PARTITION, offset, str(complaint_id), (), b"{")
    step = Parking("escalation").park(
        incoming, stream_id=None, version=None, state=ParkedState.PARKED, reason="undecodable", detail=""
    )
    with running.embedded.escalation.application.store.write() as transaction:
        step(transaction)


def _due(running: Running, *, limit: int = 1000, after: DueClock | None = None) -> list[DueClock]:
    return running.embedded.escalation.due_clocks.due(LATER, limit, after=after)


def test_what_is_due_comes_the_oldest_first_from_the_moment_it_is_due(alone: Running) -> None:
    late, early = _submit(alone, 1, NOW + timedelta(days=1)), _submit(alone, 1, NOW)
    due = _due(alone)
    assert [each.next_at for each in due] == sorted(each.next_at for each in due)
    assert {each.complaint_id for each in due} == {*late, *early}
    clocks, first = alone.embedded.escalation.due_clocks, due[0]
    assert clocks.due(first.next_at, 10) == [first]
    assert clocks.due(first.next_at - timedelta(microseconds=1), 10) == []


def test_pages_follow_each_other_without_a_gap_or_an_overlap(alone: Running) -> None:
    _submit(alone, 5)
    everything, pages, behind = _due(alone), [], None
    while page := _due(alone, limit=3, after=behind):
        pages += page
        behind = page[-1]
    assert len({each.next_at for each in everything}) == 2
    assert pages == everything


def test_only_clocks_that_run_are_there(alone: Running) -> None:
    (complaint_id,) = _submit(alone, 1)
    hear(
        alone.embedded.escalation.application,
        complaint_id,
        information_requested(),
        recorded_at=NOW + timedelta(hours=1),
        known=2,
    )
    assert _due(alone) == []
    hear(
        alone.embedded.escalation.application,
        complaint_id,
        information_provided(),
        recorded_at=NOW + timedelta(hours=2),
        known=3,
    )
    assert len(_due(alone)) == 2
    hear(alone.embedded.escalation.application, complaint_id, resolved(), recorded_at=NOW + timedelta(hours=3), known=4)
    assert _due(alone) == []


def test_no_more_than_a_page_fires_at_a_time(alone: Running) -> None:
    _submit(alone, MOST_CLOCKS // 2 + 1)
    alone.clock.set(LATER)
    ticker = alone.embedded.escalation.ticker
    assert [ticker.tick() for _ in range(3)] == [MOST_CLOCKS, 2, 0]


def test_no_more_fires_at_once_than_may_in_a_second(alone: Running) -> None:
    _submit(alone, 2)
    alone.clock.set(LATER)
    ticker = a_ticker(alone, fires_per_second=3)
    assert [ticker.tick() for _ in range(3)] == [3, 1, 0]


def test_a_page_fires_in_one_append_in_the_order_of_the_due_times_and_leaves_what_it_had_taken(alone: Running) -> None:
    """The clocks of each complaint lie between those of the others."""
    for days in (0, 1, 2):
        _submit(alone, 1, NOW + timedelta(days=days))
    alone.clock.set(LATER)
    in_order = [each.clock_id for each in _due(alone)]
    assert alone.embedded.escalation.ticker.tick() == 6
    assert not _taken(alone)
    store = alone.embedded.escalation.application.store
    missed = [each for each in store.follow(0, 100) if each.topic == Case.ClockMissed.TOPIC]
    to_event = alone.embedded.escalation.application.mapper.to_domain_event
    assert [cast(Case.ClockMissed, to_event(each)).clock_id for each in missed] == in_order
    assert len({each.recorded_at for each in missed}) == 1


def test_a_fact_that_another_process_applies_before_the_append_is_decided_by_though_it_changes_no_clock(
    alone: Running,
) -> None:
    one, two = _submit(alone, 2)
    escalation = alone.embedded.escalation.application
    store = UnreliableStore(escalation.store)
    other = Escalation(store, escalation.book, escalation.pins, escalation.board)
    due = _due(alone)
    store.overtaken_by = partial(hear, escalation, two, assigned("anna"), recorded_at=NOW + timedelta(hours=1), known=2)
    with other.writing():
        other.fire(due, now=LATER).result()
    shown = escalation.board.rows(Wanted(tenant="default", now=LATER, tonight=LATER))
    assert {(each.complaint_id, each.handler, each.state) for each in shown} == {
        (one, None, "missed"),
        (two, "anna", "missed"),
    }


def test_a_page_of_clocks_that_must_wait_does_not_hide_what_is_behind_it(alone: Running) -> None:
    waiting = _submit(alone, MOST_CLOCKS // 2)
    (behind,) = _submit(alone, 1, NOW + timedelta(days=20))
    for offset, complaint_id in enumerate(waiting):
        _park(alone, complaint_id, offset)
    alone.clock.set(LATER)
    ticker, escalation = alone.embedded.escalation.ticker, alone.embedded.escalation.application
    assert [ticker.tick() for _ in range(4)] == [0, 2, 0, 0]
    assert {each.complaint_id for each in _due(alone)} == set(waiting)
    assert {clock.state for clock in escalation.case(behind, LATER).clocks.values()} == {"missed"}


def test_what_had_to_wait_fires_when_it_need_not_wait_any_more(alone: Running) -> None:
    (complaint_id,) = _submit(alone, 1)
    _park(alone, complaint_id, 0)
    alone.clock.set(LATER)
    ticker = alone.embedded.escalation.ticker
    assert ticker.tick() == 0
    with alone.embedded.escalation.application.store.write() as transaction:
        Parking("escalation").release(Incoming(PARTITION, 0, str(complaint_id), (), b"{"))(transaction)
    assert ticker.tick() == 2


def test_the_view_made_anew_from_the_cases_is_the_same(alone: Running) -> None:
    first, second, third = _submit(alone, 3)
    hear(
        alone.embedded.escalation.application,
        second,
        information_requested(),
        recorded_at=NOW + timedelta(hours=1),
        known=2,
    )
    hear(alone.embedded.escalation.application, third, resolved(), recorded_at=NOW + timedelta(hours=1), known=2)
    told: list[int] = []
    before = _due(alone)
    replay_due_clocks(alone.embedded.escalation, told.append)
    assert _due(alone) == before
    assert {each.complaint_id for each in before} == {first}
    assert told == sorted(told)
    assert told


def test_a_clock_of_a_complaint_that_nothing_is_known_of_cannot_fire(alone: Running) -> None:
    unknown = uuid4()
    with pytest.raises(LookupError, match=f"no fact is known of complaint {unknown}"):
        alone.embedded.escalation.application.fire([DueClock(NOW, uuid4(), unknown)], now=NOW).result()


def test_a_case_can_be_read_as_it_was(alone: Running) -> None:
    (complaint_id,) = _submit(alone, 1)
    escalation = alone.embedded.escalation.application
    now = escalation.case(complaint_id, NOW)
    hear(alone.embedded.escalation.application, complaint_id, resolved(), recorded_at=NOW + timedelta(hours=1), known=2)
    then = escalation.case_at(now.id, now.version)
    assert isinstance(then, Case)
    assert then.clocks == now.clocks
    assert escalation.case(complaint_id, NOW).clocks != now.clocks


def test_a_command_is_no_case(alone: Running) -> None:
    _submit(alone, 1)
    escalation = alone.embedded.escalation.application
    commands = [each for each in escalation.store.follow(0, 10) if each.topic == "command.acknowledge_complaint"]
    assert [escalation.case_at(UUID(str(each.originator_id)), 1) for each in commands] == [None]


def test_what_one_ticker_has_taken_the_others_leave(alone: Running) -> None:
    _submit(alone, 3)
    clocks = alone.embedded.escalation.due_clocks
    first = clocks.claim("first", LATER, 2)
    second = clocks.claim("second", LATER, 10)
    assert {each.complaint_id for each in first}.isdisjoint(each.complaint_id for each in second)
    assert len(first) == len(second) == 2
    assert clocks.claim("third", LATER, 10) == []
    assert clocks.due(LATER, 10) == _due(alone)


def test_whoever_takes_anew_leaves_what_it_had(alone: Running) -> None:
    _submit(alone, 2)
    clocks = alone.embedded.escalation.due_clocks
    mine = clocks.claim("first", LATER, 10)
    assert clocks.claim("first", LATER, 10) == mine
    clocks.give_back("first")
    assert clocks.claim("second", LATER, 10) == mine


def test_the_share_of_a_ticker_that_was_killed_goes_to_the_others(alone: Running) -> None:
    _submit(alone, 2)
    clocks = alone.embedded.escalation.due_clocks
    taken = clocks.claim("killed", LATER, 10)
    alone.clock.advance(seconds=CLAIMED_FOR.total_seconds() - 1)
    assert clocks.claim("other", LATER, 10) == []
    alone.clock.advance(seconds=2)
    assert clocks.claim("other", LATER, 10) == taken


def _taken(running: Running) -> bool:
    with running.embedded.escalation.application.store.read() as reader:
        return bool(reader.execute("SELECT 1 FROM escalation_due_claims"))


def test_a_ticker_that_ends_leaves_its_share_at_once(alone: Running) -> None:
    (waiting,) = _submit(alone, 1)
    _park(alone, waiting, 0)
    alone.clock.set(LATER)
    ticker, clocks = a_ticker(alone), alone.embedded.escalation.due_clocks
    with running_aside(ticker.run):
        wait_until(lambda: _taken(alone), what="the ticker to take what is due")
    assert not _taken(alone)
    assert len(clocks.claim("other", LATER, 10)) == 2
