"""Of several processes one has its turn; a late one is found out before it stores anything."""

from datetime import timedelta
from pathlib import Path

import pytest

from shared.eventstore.sqlite import SQLiteStore
from shared.messaging.lease import LEASES, Lease, LeaseLostError
from tests.builders import NOW
from tests.clock import StandingClock

DURATION = timedelta(seconds=30)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOW)


@pytest.fixture
def store(tmp_path: Path, clock: StandingClock) -> SQLiteStore:
    store = SQLiteStore(tmp_path / "intake.db", "intake", clock)
    store.prepare(LEASES)
    return store


def lease(store: SQLiteStore, holder: str) -> Lease:
    return Lease(store, "relay", holder, DURATION)


def test_one_holds_it_and_the_others_wait(store: SQLiteStore) -> None:
    assert lease(store, "a").hold() == 1
    assert lease(store, "b").hold() is None


def test_what_ran_out_goes_to_the_next_under_another_epoch(store: SQLiteStore, clock: StandingClock) -> None:
    assert lease(store, "a").hold() == 1
    clock.advance(seconds=31)
    assert lease(store, "b").hold() == 2


def test_who_lost_it_stores_nothing(store: SQLiteStore, clock: StandingClock) -> None:
    late = lease(store, "a")
    epoch = late.hold()
    assert epoch is not None
    clock.advance(seconds=31)
    lease(store, "b").hold()
    with pytest.raises(LeaseLostError, match="a"), store.write() as transaction:
        late.require(transaction, epoch)


def test_who_holds_it_may_store(store: SQLiteStore) -> None:
    mine = lease(store, "a")
    epoch = mine.hold()
    assert epoch is not None
    with store.write() as transaction:
        mine.require(transaction, epoch)


def test_who_lets_it_go_is_followed_at_once(store: SQLiteStore, clock: StandingClock) -> None:
    mine = lease(store, "a")
    mine.hold()
    mine.release()
    clock.advance(seconds=1)
    assert lease(store, "b").hold() == 2


def test_who_comes_back_under_its_name_goes_on_at_once(store: SQLiteStore) -> None:
    lease(store, "a").hold()
    assert lease(store, "a").hold() == 1


def test_a_turn_that_is_too_short_for_what_comes_is_renewed_first(store: SQLiteStore, clock: StandingClock) -> None:
    mine = lease(store, "a")
    mine.hold()
    clock.advance(seconds=20)
    mine.hold(for_seconds=DURATION.total_seconds())
    clock.advance(seconds=20)
    assert lease(store, "b").hold() is None
