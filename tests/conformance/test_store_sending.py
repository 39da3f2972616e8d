"""What is sent to a store in one change comes in its order, with its errors before the commit; reads may be shared."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from eventsourcing.persistence import PersistenceError, StoredEvent

from shared.eventstore.postgres import MOST_UNSENT
from shared.eventstore.store import Store, Transaction
from tests.builders import NOW
from tests.clock import StandingClock
from tests.conformance.stores import IMPLEMENTATIONS, NOTES, Place


@pytest.fixture(params=list(IMPLEMENTATIONS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = IMPLEMENTATIONS[request.param](Place(tmp_path, StandingClock(NOW), request))()
    store.prepare(NOTES)
    yield store
    store.close()


def _note(transaction: Transaction, number: int | None) -> None:
    transaction.execute("INSERT INTO shop_notes (number) VALUES (:number)", {"number": number})


def _numbers(store: Store) -> list[int]:
    with store.read() as reader:
        return [row["number"] for row in reader.execute("SELECT number FROM shop_notes ORDER BY number")]


def test_a_question_sees_what_the_change_has_written_before_it(store: Store) -> None:
    with store.write() as transaction:
        _note(transaction, 1)
        transaction.execute("UPDATE shop_notes SET number = number + 1")
        assert transaction.execute("SELECT number FROM shop_notes")[0]["number"] == 2
        assert transaction.execute("DELETE FROM shop_notes WHERE number = 2 RETURNING number")
    assert _numbers(store) == []


@pytest.mark.parametrize("count", [1, MOST_UNSENT + 1])
def test_what_nobody_asked_about_is_there_after_the_commit(store: Store, count: int) -> None:
    with store.write() as transaction:
        for number in range(count):
            _note(transaction, number)
    assert _numbers(store) == list(range(count))


def _fail_between_notes(store: Store) -> None:
    with store.write() as transaction:
        _note(transaction, 1)
        transaction.execute("INSERT INTO shop_away VALUES (1)")
        _note(transaction, 2)


def test_a_statement_that_fails_undoes_the_change_though_nobody_asked_for_its_answer(store: Store) -> None:
    with pytest.raises(PersistenceError):
        _fail_between_notes(store)
    assert _numbers(store) == []
    with store.write() as transaction:
        _note(transaction, 3)
    assert _numbers(store) == [3]


def test_the_versions_of_many_streams_are_told_at_once(store: Store) -> None:
    known, unknown = uuid4(), uuid4()
    with store.write() as transaction:
        transaction.append([StoredEvent(known, version, "shop.sold", b"{}") for version in (1, 2, 3)])
        assert transaction.versions([known, unknown]) == {known: 3, unknown: 0}
        assert transaction.versions([]) == {}


def test_reads_together_are_reads(store: Store) -> None:
    stream_id = uuid4()
    with store.write() as transaction:
        transaction.append([StoredEvent(stream_id, 1, "shop.sold", b"{}")])
        _note(transaction, 1)
    with store.reading_together(), store.reading_together():
        assert _numbers(store) == [1]
        assert [each.originator_version for each in store.stream(stream_id)] == [1]
        assert [each.originator_version for each in store.recorder.select_events(stream_id)] == [1]


def test_a_read_that_fails_does_not_spoil_those_together_with_it(store: Store) -> None:
    with store.reading_together():
        with pytest.raises(PersistenceError), store.read() as reader:
            reader.execute("SELECT * FROM shop_away")
        assert _numbers(store) == []


def test_what_is_written_among_reads_together_is_there(store: Store) -> None:
    with store.reading_together():
        assert _numbers(store) == []
        with store.write() as transaction:
            _note(transaction, 1)
    assert _numbers(store) == [1]


def test_many_streams_are_read_at_once_each_in_its_order(store: Store) -> None:
    one, two, empty = uuid4(), uuid4(), uuid4()
    for stream_id, version in ((one, 1), (two, 1), (one, 2)):
        with store.write() as transaction:
            transaction.append([StoredEvent(stream_id, version, topic="shop.sold", state=b"{}")])
    read = store.streams([two, empty, one])
    assert read == {each: store.stream(each) for each in (one, two, empty)}
    assert [each.originator_version for each in read[one]] == [1, 2]
    assert store.streams([]) == {}
