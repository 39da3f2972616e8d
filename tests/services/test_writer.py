"""The writer: order, group commit, one answer per key, and nobody pays for the fault of another."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.eventstore.command import Command, Decision, Receipt, WriterBusyError
from shared.eventstore.idempotency import KEPT_FOR, CommandKey, Idempotency, IdempotencyKeyReusedError
from shared.eventstore.store import StaleError, Transaction
from shared.eventstore.writer import LONGEST_BATCH, LONGEST_QUEUE, MOST_DECISIONS
from tests.builders import COMPLAINT_ID, NOW
from tests.clock import StandingClock
from tests.services.archive import PATIENCE_SECONDS, Archive, another_writer, key, new_complaint, opened


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOW)


@pytest.fixture
def archive(tmp_path: Path, clock: StandingClock) -> Iterator[Archive]:
    with opened(tmp_path, clock) as archive:
        yield archive


def answers(futures: "list[Future[Receipt]]") -> list[Receipt]:
    return [future.result(PATIENCE_SECONDS) for future in futures]


def test_commands_are_recorded_in_the_order_in_which_they_were_given(archive: Archive) -> None:
    ids = [uuid4() for _ in range(20)]
    given = [archive.give(archive.submit(each)) for each in ids]
    archive.begin()
    assert [receipt.stream_id for receipt in answers(given)] == ids
    assert [stored.originator_id for stored in archive.events() if stored.originator_version == 1] == ids


def test_what_waits_is_committed_in_one_transaction(archive: Archive) -> None:
    given = [archive.give(archive.submit(uuid4())) for _ in range(30)]
    archive.begin()
    answers(given)
    assert len({stored.recorded_at for stored in archive.events()}) == 1


def test_no_transaction_takes_more_than_the_longest_batch(archive: Archive) -> None:
    times: list[datetime] = []

    def note(transaction: Transaction) -> None:
        times.append(transaction.recorded_at)

    decision = Decision(COMPLAINT_ID, 0, steps=(note,))
    given = [archive.give(Command(decide=lambda: decision)) for _ in range(LONGEST_BATCH + 1)]
    archive.begin()
    answers(given)
    assert [times.count(each) for each in dict.fromkeys(times)] == [LONGEST_BATCH, 1]


def test_commands_on_one_stream_build_on_each_other(archive: Archive) -> None:
    given = [archive.give(archive.submit(COMPLAINT_ID))]
    given += [archive.give(archive.follow_up(COMPLAINT_ID)) for _ in range(5)]
    archive.begin()
    assert [receipt.version for receipt in answers(given)] == [2, 3, 4, 5, 6, 7]
    assert archive.versions(COMPLAINT_ID) == list(range(1, 8))


def test_a_decision_that_went_stale_is_made_again(archive: Archive) -> None:
    archive.begin()
    archive.carry_out(archive.submit(COMPLAINT_ID))
    with another_writer(archive) as again:
        given = [again.give(again.follow_up(COMPLAINT_ID, alone=False)) for _ in range(4)]
        again.begin()
        assert sorted(receipt.version for receipt in answers(given)) == [3, 4, 5, 6]


def test_many_threads_on_one_complaint_all_succeed_and_its_versions_are_dense(archive: Archive) -> None:
    archive.begin()
    archive.carry_out(archive.submit(COMPLAINT_ID))

    def ask_again() -> None:
        for _ in range(5):
            archive.carry_out(archive.follow_up(COMPLAINT_ID, alone=False))

    _side_by_side(ask_again, 8)
    assert archive.versions(COMPLAINT_ID) == list(range(1, 43))


def _side_by_side(act: Callable[[], object], times: int) -> None:
    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_one_key_fifty_times_at_once_is_one_event_and_one_answer(archive: Archive) -> None:
    archive.begin()
    ready = threading.Barrier(50)
    receipts: list[Receipt] = []

    def repeat() -> None:
        ready.wait(PATIENCE_SECONDS)
        receipts.append(archive.carry_out(archive.submit(uuid4(), key=key())))

    _side_by_side(repeat, 50)
    assert len({(receipt.stream_id, receipt.version, receipt.revision) for receipt in receipts}) == 1
    assert [receipt.replayed for receipt in receipts].count(False) == 1
    assert {stored.originator_id for stored in archive.events()} == {receipts[0].stream_id}


def test_the_first_answer_is_given_again_after_a_restart(archive: Archive) -> None:
    archive.begin()
    first = archive.carry_out(archive.submit(COMPLAINT_ID, key=key()))
    archive.carry_out(archive.follow_up(COMPLAINT_ID))
    with another_writer(archive) as again:
        again.begin()
        second = again.carry_out(again.submit(uuid4(), key=key()))
    assert (second.stream_id, second.version, second.replayed) == (first.stream_id, first.version, True)


def test_a_key_is_answered_though_the_same_decision_would_be_refused_today(archive: Archive) -> None:
    archive.begin()
    archive.carry_out(archive.submit(COMPLAINT_ID, key=key()))
    assert archive.carry_out(Command(decide=_refuse, key=key())).stream_id == COMPLAINT_ID


def _refuse() -> Decision:
    raise LookupError("no")


@pytest.mark.parametrize("together", [True, False])
def test_a_key_with_another_body_is_refused(archive: Archive, together: bool) -> None:
    first = archive.give(archive.submit(COMPLAINT_ID, key=key()))
    if not together:
        archive.begin()
        first.result(PATIENCE_SECONDS)
    other = archive.give(archive.submit(uuid4(), key=key(body="another body")))
    if together:
        archive.begin()
    with pytest.raises(IdempotencyKeyReusedError):
        other.result(PATIENCE_SECONDS)
    assert {stored.originator_id for stored in archive.events()} == {COMPLAINT_ID}


def test_a_command_that_changes_nothing_has_its_key_kept_too(archive: Archive) -> None:
    archive.begin()
    nothing = Command(decide=lambda: Decision(COMPLAINT_ID, 7), key=key())
    assert archive.carry_out(nothing).version == 7
    assert archive.carry_out(archive.submit(uuid4(), key=key())).version == 7
    assert archive.events() == []


def test_keys_are_forgotten_only_after_every_client_has_given_up(archive: Archive, clock: StandingClock) -> None:
    archive.begin()
    archive.carry_out(archive.submit(COMPLAINT_ID, key=key("old")))
    clock.advance(seconds=(KEPT_FOR - timedelta(hours=1)).total_seconds())
    archive.carry_out(archive.follow_up(COMPLAINT_ID, key=key("young")))
    clock.advance(hours=2)
    idempotency = Idempotency(archive.store.application)
    with archive.store.write() as transaction:
        idempotency.forget_old(transaction)
        assert idempotency.find(transaction, key("old")) is None
        assert idempotency.find(transaction, key("young")) is not None


def test_a_command_of_a_topic_is_never_forgotten(archive: Archive, clock: StandingClock) -> None:
    """A topic is kept for ever, and read again after a lost offset."""
    archive.begin()
    known = CommandKey.of_message(uuid4(), "a command")
    archive.carry_out(archive.submit(COMPLAINT_ID, key=known))
    clock.advance(days=1000)
    idempotency = Idempotency("intake")
    with archive.store.write() as transaction:
        idempotency.forget_old(transaction)
        assert idempotency.find(transaction, known) is not None


def test_a_refused_command_fails_its_own_caller_only(archive: Archive) -> None:
    given = [archive.give(archive.submit(uuid4())) for _ in range(3)]
    refused = archive.give(Command(decide=_refuse))
    given += [archive.give(archive.submit(uuid4())) for _ in range(3)]
    archive.begin()
    with pytest.raises(LookupError):
        refused.result(PATIENCE_SECONDS)
    assert len(answers(given)) == 6
    assert len(archive.events()) == 12


def _break(_transaction: Transaction) -> None:
    raise ZeroDivisionError


def _overflow(transaction: Transaction) -> None:
    transaction.execute("INSERT INTO intake_relay VALUES (:id, :id)", {"id": 2**70})


def _clash(transaction: Transaction) -> None:
    transaction.execute("INSERT INTO intake_relay VALUES (1, 1)")


@pytest.mark.parametrize("fault", [_break, _overflow, _clash])
def test_a_command_that_breaks_in_the_append_fails_its_own_caller_only(
    archive: Archive, fault: Callable[[Transaction], None]
) -> None:
    given = [archive.give(archive.submit(uuid4())) for _ in range(3)]
    broken = archive.give(archive.submit(COMPLAINT_ID, key=key(), steps=(fault,)))
    given += [archive.give(archive.submit(uuid4())) for _ in range(3)]
    archive.begin()
    assert broken.exception(PATIENCE_SECONDS) is not None
    assert len(answers(given)) == 6
    assert archive.versions(COMPLAINT_ID) == []
    assert len(archive.events()) == 12


def test_a_decision_that_stays_stale_gives_up_and_the_others_do_not_wait_for_it(archive: Archive) -> None:
    decisions: list[UUID] = []

    def decide() -> Decision:
        decisions.append(uuid4())
        return Decision.of(new_complaint(decisions[-1]), steps=(_never_true,))

    stale, other = archive.give(Command(decide=decide)), archive.give(archive.submit(COMPLAINT_ID))
    archive.begin()
    with pytest.raises(StaleError):
        stale.result(PATIENCE_SECONDS)
    assert len(decisions) == MOST_DECISIONS
    assert other.result(PATIENCE_SECONDS).version == 2
    assert {stored.originator_id for stored in archive.events()} == {COMPLAINT_ID}


def _never_true(_transaction: Transaction) -> None:
    raise StaleError


def test_a_cancelled_command_is_not_carried_out_and_harms_nobody(archive: Archive) -> None:
    before = archive.give(archive.submit(uuid4()))
    cancelled = archive.give(archive.submit(COMPLAINT_ID))
    after = archive.give(archive.submit(uuid4()))
    assert cancelled.cancel()
    archive.begin()
    assert len(answers([before, after])) == 2
    with pytest.raises(CancelledError):
        cancelled.result(PATIENCE_SECONDS)
    assert archive.versions(COMPLAINT_ID) == []


def test_stopping_answers_everything_that_was_accepted(archive: Archive) -> None:
    given = [archive.give(archive.submit(uuid4())) for _ in range(LONGEST_BATCH + 20)]
    archive.begin()
    archive.stop()
    assert all(future.done() for future in given)
    assert len(archive.events()) == 2 * len(given)


def test_nothing_is_accepted_after_stopping(archive: Archive) -> None:
    archive.begin()
    archive.stop()
    with pytest.raises(WriterBusyError):
        archive.give(archive.submit(uuid4()))


def test_a_full_queue_refuses_instead_of_growing(archive: Archive) -> None:
    for _ in range(LONGEST_QUEUE):
        archive.give(Command(decide=_refuse))
    with pytest.raises(WriterBusyError):
        archive.give(Command(decide=_refuse))
    archive.begin()
