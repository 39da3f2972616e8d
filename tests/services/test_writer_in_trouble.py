"""The writer when its store is in trouble: full, silent, or with a clock that went back."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from typing_extensions import override

from services.intake.domain.complaint import Complaint
from shared.eventstore.command import Projection, Receipt, Recorded, StoreUnavailableError
from shared.eventstore.store import Transaction
from tests import builders as a
from tests.builders import COMPLAINT_ID, NOW
from tests.clock import StandingClock
from tests.services.archive import PATIENCE_SECONDS, Archive, fill_disk, free_disk, key, opened, sqlite
from tests.services.unreliable import UnreliableStore


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOW)


@pytest.fixture
def archive(tmp_path: Path, clock: StandingClock) -> Iterator[Archive]:
    with opened(tmp_path, clock) as archive:
        archive.begin()
        archive.carry_out(archive.submit(COMPLAINT_ID))
        yield archive


def _large(transaction: Transaction) -> None:
    """More than the pages that are there can hold."""
    transaction.execute("INSERT INTO intake_applied VALUES ('large', hex(zeroblob(500000)), 1)")


def _leave_room_for_nothing(archive: Archive) -> "Future[Receipt]":
    fill_disk(archive.store)
    return archive.give(archive.follow_up(COMPLAINT_ID, key=key(), steps=(_large,)))


def test_a_full_disk_is_a_clear_error(archive: Archive) -> None:
    with pytest.raises(StoreUnavailableError, match="full"):
        _leave_room_for_nothing(archive).result(PATIENCE_SECONDS)


def test_a_full_disk_leaves_nothing_of_what_was_refused(archive: Archive) -> None:
    before = archive.events()
    _leave_room_for_nothing(archive).exception(PATIENCE_SECONDS)
    assert archive.events() == before
    with archive.store.read() as reader:
        assert not reader.execute("SELECT 1 FROM intake_applied")
        assert not reader.execute("SELECT 1 FROM intake_idempotency")


def test_everything_can_be_read_while_the_disk_is_full(archive: Archive) -> None:
    _leave_room_for_nothing(archive).exception(PATIENCE_SECONDS)
    first, *_ = archive.application.recorded(COMPLAINT_ID)
    assert isinstance(first.event, Complaint.Submitted)
    assert first.event.matter == a.submission().matter


def test_the_same_command_succeeds_once_there_is_room_again(archive: Archive) -> None:
    _leave_room_for_nothing(archive).exception(PATIENCE_SECONDS)
    free_disk(archive.store)
    receipt = archive.carry_out(archive.follow_up(COMPLAINT_ID, key=key(), steps=(_large,)))
    assert (receipt.version, receipt.replayed) == (3, False)
    assert archive.versions(COMPLAINT_ID) == [1, 2, 3]


@pytest.fixture
def unclear(tmp_path: Path, clock: StandingClock) -> Iterator[Archive]:
    """An archive whose store commits and loses the reply."""
    store = UnreliableStore(sqlite(tmp_path, clock))
    archive = Archive(store)
    store.loses_reply = True
    archive.begin()
    yield archive
    archive.stop()
    archive.application.close()


def test_a_command_with_a_key_is_answered_though_the_reply_to_its_commit_was_lost(unclear: Archive) -> None:
    receipt = unclear.carry_out(unclear.submit(COMPLAINT_ID, key=key()))
    assert (receipt.stream_id, receipt.version, receipt.replayed) == (COMPLAINT_ID, 2, False)
    assert unclear.versions(COMPLAINT_ID) == [1, 2]


def test_a_command_without_a_key_hears_that_its_end_is_not_known(unclear: Archive) -> None:
    with pytest.raises(StoreUnavailableError):
        unclear.carry_out(unclear.submit(COMPLAINT_ID))


def test_a_key_that_cannot_be_looked_up_is_not_carried_out(archive: Archive) -> None:
    with archive.store.write() as transaction:
        transaction.execute("ALTER TABLE intake_idempotency RENAME TO intake_idempotency_away")
    with pytest.raises(StoreUnavailableError):
        archive.carry_out(archive.follow_up(COMPLAINT_ID, key=key()))
    with archive.store.write() as transaction:
        transaction.execute("ALTER TABLE intake_idempotency_away RENAME TO intake_idempotency")
    assert archive.carry_out(archive.follow_up(COMPLAINT_ID, key=key())).version == 3


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(minutes=5), timedelta(days=400)])
def test_the_recorded_time_never_decreases_along_the_log(
    archive: Archive, clock: StandingClock, back: timedelta
) -> None:
    clock.set(NOW - back)
    for _ in range(3):
        archive.carry_out(archive.follow_up(COMPLAINT_ID))
    times = [stored.recorded_at for stored in archive.events()]
    assert times == sorted(times)
    assert len(set(times)) == 4


def test_a_receipt_comes_only_after_the_commit(tmp_path: Path, clock: StandingClock) -> None:
    with opened(tmp_path, clock) as archive:
        archive.begin()
        for _ in range(20):
            receipt = archive.carry_out(archive.submit(uuid4()))
            assert archive.versions(receipt.stream_id) == [1, 2]


class PickyView(Projection):
    """A view that cannot show one complaint."""

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        if recorded[0].stored.originator_id == COMPLAINT_ID:
            raise ValueError("cannot be shown")

    @override
    def clear(self, transaction: Transaction) -> None:
        """It keeps nothing."""


def test_a_view_that_fails_takes_its_own_command_with_it_and_no_other(tmp_path: Path, clock: StandingClock) -> None:
    archive = Archive(sqlite(tmp_path, clock), projections=(PickyView(),))
    other = uuid4()
    given = [archive.give(archive.submit(each)) for each in (COMPLAINT_ID, other)]
    archive.begin()
    with pytest.raises(ValueError, match="cannot be shown"):
        given[0].result(PATIENCE_SECONDS)
    assert given[1].result(PATIENCE_SECONDS).stream_id == other
    assert archive.versions(COMPLAINT_ID) == []
    archive.stop()
    archive.application.close()
