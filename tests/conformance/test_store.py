"""What every store keeps of its promise: one atomic change at a time, in an order that never goes back."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import IntegrityError, PersistenceError, StoredEvent

from shared.eventstore.store import RecordedEvent, Store
from tests.builders import NOW
from tests.clock import StandingClock
from tests.conformance.stores import IMPLEMENTATIONS, NOTES, OpenStore, Place


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOW)


@pytest.fixture(params=list(IMPLEMENTATIONS))
def open_store(request: pytest.FixtureRequest, tmp_path: Path, clock: StandingClock) -> Iterator[OpenStore]:
    """Open the same database again and again; all are closed in the end."""
    opened: list[Store] = []
    open_one = IMPLEMENTATIONS[request.param](Place(tmp_path, clock, request))

    def begin() -> Store:
        opened.append(open_one())
        opened[-1].prepare(NOTES)
        return opened[-1]

    yield begin
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


def event(stream_id: UUID, version: int = 1, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(originator_id=stream_id, originator_version=version, topic="shop.sold", state=state)


def append(store: Store, *events: StoredEvent) -> list[int]:
    with store.write() as transaction:
        return list(transaction.append(events))


def change(store: Store, *events: StoredEvent, error: Exception | None = None) -> None:
    """Write a row and events in one change, and break it off where an error is given."""
    with store.write() as transaction:
        transaction.execute("INSERT INTO shop_notes (number) VALUES (1)")
        transaction.append(events)
        if error:
            raise error


def test_an_event_is_read_as_it_was_appended(store: Store) -> None:
    stream_id = uuid4()
    (position,) = append(store, event(stream_id, 1, b'{"a":1}'))
    (read,) = store.stream(stream_id)
    assert (read.originator_id, read.originator_version, read.topic) == (stream_id, 1, "shop.sold")
    assert (read.state, read.position) == (b'{"a":1}', position)
    assert timedelta(0) < read.recorded_at - NOW < timedelta(seconds=1)


def test_notification_ids_rise_in_the_order_of_appending(store: Store) -> None:
    ids = [position for _ in range(5) for position in append(store, event(uuid4()), event(uuid4()))]
    assert ids == sorted(set(ids))
    assert [each.position for each in store.follow(0, 100)] == ids


def test_following_begins_after_a_position_and_keeps_to_the_limit(store: Store) -> None:
    ids = [append(store, event(uuid4()))[0] for _ in range(5)]
    assert [each.position for each in store.follow(ids[1], 2)] == ids[2:4]


def test_the_version_of_a_stream_is_that_of_its_last_event(store: Store) -> None:
    stream_id = uuid4()
    append(store, event(stream_id, 1), event(stream_id, 2))
    with store.write() as transaction:
        assert transaction.version(stream_id) == 2
        assert transaction.version(uuid4()) == 0


def test_a_transaction_sees_the_versions_it_has_appended(store: Store) -> None:
    stream_id = uuid4()
    with store.write() as transaction:
        transaction.append([event(stream_id, 1)])
        assert transaction.version(stream_id) == 1


def test_a_stream_can_be_read_up_to_a_version(store: Store) -> None:
    stream_id = uuid4()
    append(store, *(event(stream_id, version) for version in (1, 2, 3)))
    assert [each.originator_version for each in store.stream(stream_id, up_to=2)] == [1, 2]


def test_a_version_that_is_taken_is_refused_with_everything_beside_it(store: Store) -> None:
    taken, other = uuid4(), uuid4()
    append(store, event(taken))
    with pytest.raises(IntegrityError):
        change(store, event(other), event(taken))
    assert list(store.stream(other)) == []
    assert _notes(store) == []


def test_an_exception_inside_a_change_undoes_all_of_it(store: Store) -> None:
    stream_id = uuid4()
    with pytest.raises(LookupError):
        change(store, event(stream_id), error=LookupError())
    assert list(store.stream(stream_id)) == []
    assert _notes(store) == []


def test_an_undone_change_leaves_the_store_ready_for_the_next(store: Store) -> None:
    with pytest.raises(LookupError):
        change(store, event(uuid4()), error=LookupError())
    append(store, event(uuid4()))
    assert len(store.follow(0, 10)) == 1


def test_every_event_of_a_change_has_the_time_of_the_change(store: Store) -> None:
    with store.write() as transaction:
        transaction.append([event(uuid4())])
        transaction.append([event(uuid4())])
        recorded_at = transaction.recorded_at
    assert {each.recorded_at for each in store.follow(0, 10)} == {recorded_at}


def test_two_changes_never_have_the_same_time(store: Store, clock: StandingClock) -> None:
    append(store, event(uuid4()))
    clock.advance(microseconds=-1)
    append(store, event(uuid4()))
    first, second = store.follow(0, 10)
    assert first.recorded_at < second.recorded_at


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=400)])
def test_the_recorded_time_never_goes_back_though_the_clock_does(
    store: Store, clock: StandingClock, back: timedelta
) -> None:
    append(store, event(uuid4()))
    clock.set(NOW - back)
    append(store, event(uuid4()))
    append(store, event(uuid4()))
    times = [each.recorded_at for each in store.follow(0, 10)]
    assert times == sorted(times)
    assert times[-1] - times[0] < timedelta(seconds=1)


def test_the_recorded_time_does_not_go_back_over_a_restart(open_store: OpenStore, clock: StandingClock) -> None:
    first = open_store()
    append(first, event(uuid4()))
    first.close()
    clock.set(NOW - timedelta(hours=1))
    second = open_store()
    append(second, event(uuid4()))
    before, after = second.follow(0, 10)
    assert before.recorded_at < after.recorded_at


def test_the_time_follows_the_clock_again_once_that_has_caught_up(store: Store, clock: StandingClock) -> None:
    append(store, event(uuid4()))
    clock.set(NOW + timedelta(hours=1))
    append(store, event(uuid4()))
    assert store.follow(0, 10)[1].recorded_at - NOW > timedelta(hours=1)


def test_a_restored_event_stands_at_its_own_place_and_time(store: Store) -> None:
    stream_id = uuid4()
    lost = RecordedEvent(stream_id, 3, "shop.sold", b"{}", recorded_at=NOW - timedelta(days=2), position=17)
    with store.write() as transaction:
        transaction.restore([lost])
    assert list(store.stream(stream_id)) == [lost]
    assert append(store, event(uuid4())) == [18]


def test_what_is_recorded_after_a_restoration_is_not_before_what_was_restored(
    store: Store, clock: StandingClock
) -> None:
    ahead = RecordedEvent(uuid4(), 1, "shop.sold", b"{}", recorded_at=NOW + timedelta(hours=1), position=1)
    with store.write() as transaction:
        transaction.restore([ahead])
    append(store, event(uuid4()))
    assert store.follow(1, 1)[0].recorded_at > ahead.recorded_at


def test_a_table_is_scanned_row_by_row_in_a_snapshot_and_in_a_change(store: Store) -> None:
    rows = [{"number": number, "at": NOW, "done": False, "content": b"", "amount": None} for number in range(300)]
    with store.write() as transaction:
        for row in rows:
            transaction.execute("INSERT INTO shop_notes VALUES (:number, :at, :done, :content, :amount)", row)
        assert len(list(transaction.scan("SELECT * FROM shop_notes"))) == 300
    with store.read() as reader:
        assert list(reader.scan("SELECT * FROM shop_notes ORDER BY number")) == rows


def test_values_come_back_as_what_they_were(store: Store) -> None:
    row = {"number": 2**40, "at": NOW, "done": True, "content": b"\x00\xff", "amount": "0.10"}
    with store.write() as transaction:
        transaction.execute("INSERT INTO shop_notes VALUES (:number, :at, :done, :content, :amount)", row)
    assert _notes(store) == [row]


def test_instants_compare_across_time_zones(store: Store) -> None:
    with store.write() as transaction:
        transaction.execute("INSERT INTO shop_notes (number, at) VALUES (1, :at)", {"at": NOW})
    with store.read() as reader:
        asked = {"at": (NOW - timedelta(seconds=1)).astimezone()}
        assert reader.execute("SELECT number FROM shop_notes WHERE at > :at", asked)


def test_a_reader_keeps_its_snapshot_while_others_write(store: Store) -> None:
    with store.read() as reader:
        assert reader.execute("SELECT count(*) AS n FROM shop_events")[0]["n"] == 0
        append(store, event(uuid4()))
        assert reader.execute("SELECT count(*) AS n FROM shop_events")[0]["n"] == 0
    assert len(store.follow(0, 10)) == 1


def test_a_reader_changes_nothing(store: Store) -> None:
    with suppress(PersistenceError), store.read() as reader:
        reader.execute("INSERT INTO shop_notes (number) VALUES (1)")
    assert _notes(store) == []


def test_changes_of_many_threads_happen_one_after_another(store: Store) -> None:
    stream_id = uuid4()

    def append_next() -> None:
        for _ in range(10):
            with store.write() as transaction:
                transaction.append([event(stream_id, transaction.version(stream_id) + 1)])

    threads = [threading.Thread(target=append_next) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.originator_version for each in store.stream(stream_id)] == list(range(1, 41))


def test_what_was_written_is_there_after_closing_and_opening_again(open_store: OpenStore) -> None:
    stream_id = uuid4()
    first = open_store()
    append(first, event(stream_id))
    kept = list(first.stream(stream_id))
    first.close()
    assert list(open_store().stream(stream_id)) == kept


def test_two_that_open_a_database_at_once_both_find_its_tables(open_store: OpenStore) -> None:
    failed: list[Exception] = []

    def begin() -> None:
        try:
            open_store()
        except PersistenceError as error:
            failed.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    append(open_store(), event(uuid4()))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE shop_events SET state = '{}'",
        "UPDATE shop_events SET recorded_at = '2020-01-01T00:00:00.000000+00:00'",
        "DELETE FROM shop_events",
        "INSERT OR REPLACE INTO shop_events SELECT * FROM shop_events",
    ],
)
def test_history_can_neither_be_changed_nor_deleted(store: Store, statement: str) -> None:
    stream_id = uuid4()
    append(store, event(stream_id, 1, b'{"a":1}'))
    before = list(store.stream(stream_id))
    with pytest.raises(PersistenceError), store.write() as transaction:
        transaction.execute(statement)
    assert list(store.stream(stream_id)) == before


def _notes(store: Store) -> list[dict[str, object]]:
    with store.read() as reader:
        return [dict(row) for row in reader.execute("SELECT * FROM shop_notes")]
