"""What every topic log keeps of its promise: order per key, nothing counted is lost, every group reads everything."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from shared.contracts.topics import Topic
from shared.messaging.log import (
    MOST_BYTES,
    Incoming,
    MessageTooLargeError,
    Outgoing,
    Partition,
    TopicLog,
    UnknownTopicError,
)
from shared.messaging.sqlite_log import SQLiteLog
from tests.conformance.reader import Reader
from tests.kafka_logs import kafka_log, own_prefix
from tests.services.unreliable import UnreliableLog
from tests.waiting import wait_until

EVENTS, OTHER, STATE = "shop.events.v1", "shop.other.v1", "shop.state.v1"
TOPICS = (Topic(EVENTS, "shop", "", partitions=4), Topic(OTHER, "shop", ""), Topic(STATE, "shop", "", compacted=True))
ALL = (EVENTS, OTHER, STATE)

OpenLog = Callable[[], TopicLog]
Opener = Callable[[pytest.FixtureRequest, Path], OpenLog]


def _sqlite(_request: pytest.FixtureRequest, directory: Path) -> OpenLog:
    return lambda: SQLiteLog(directory / "topics.db", TOPICS)


def _three_at_a_time(request: pytest.FixtureRequest, directory: Path) -> OpenLog:
    return lambda: UnreliableLog(_sqlite(request, directory)(), takes=3)


def _kafka(request: pytest.FixtureRequest, _directory: Path) -> OpenLog:
    bootstrap, prefix = request.getfixturevalue("kafka"), own_prefix()
    return lambda: kafka_log(bootstrap, prefix, TOPICS)


IMPLEMENTATIONS: dict[str, Opener] = {"sqlite": _sqlite, "sqlite, three at a time": _three_at_a_time, "kafka": _kafka}


@pytest.fixture(params=list(IMPLEMENTATIONS))
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenLog]:
    """Open the same log again and again; all are closed in the end."""
    opened: list[TopicLog] = []
    opener = IMPLEMENTATIONS[request.param](request, tmp_path)

    def begin() -> TopicLog:
        opened.append(opener())
        opened[-1].create_topics()
        return opened[-1]

    yield begin
    for log in opened:
        log.close()


@pytest.fixture
def log(open_log: OpenLog) -> TopicLog:
    return open_log()


def message(key: str, text: str = "", topic: str = EVENTS) -> Outgoing:
    return Outgoing(topic, key, (("ce_id", text.encode()),), text.encode())


def append(log: TopicLog, *messages: Outgoing) -> None:
    """Append all, beginning again behind what was counted as safe."""
    left = list(messages)
    while left:
        left = left[log.append(left) :]


def read_all(log: TopicLog, group: str = "reader", topics: Sequence[str] = (EVENTS,)) -> list[Incoming]:
    reader = Reader(log, group, topics)
    read = reader.drain()
    reader.subscription.close()
    return read


def texts(messages: Sequence[Incoming], key: str | None = None) -> list[str]:
    return [each.value.decode() for each in messages if key in {None, each.key}]


def test_messages_of_one_key_are_read_in_the_order_of_appending(log: TopicLog) -> None:
    append(log, *(message(f"k{n % 3}", str(n)) for n in range(30)))
    read = read_all(log)
    for key in range(3):
        assert texts(read, f"k{key}") == [str(n) for n in range(30) if n % 3 == key]


def test_a_message_comes_back_byte_for_byte(log: TopicLog) -> None:
    headers = (("ce_id", b"1"), ("ce_subject", "投诉".encode()), ("raw", bytes(range(256))), ("empty", b""))
    append(log, Outgoing(EVENTS, "钥匙", headers, bytes(range(256))))
    (read,) = read_all(log)
    assert (read.key, read.headers, read.value) == ("钥匙", headers, bytes(range(256)))
    assert read.partition.topic == EVENTS


def test_one_key_keeps_to_one_partition_and_offsets_are_dense_in_it(open_log: OpenLog) -> None:
    for _ in range(2):
        log = open_log()
        append(log, *(message("k", str(n)) for n in range(5)))
        log.close()
    read = read_all(open_log())
    assert len({each.partition for each in read}) == 1
    assert [each.offset for each in read] == list(range(10))


def test_keys_are_spread_over_the_partitions(log: TopicLog) -> None:
    append(log, *(message(f"k{n}") for n in range(64)))
    assert {each.partition.number for each in read_all(log)} == {0, 1, 2, 3}


def test_what_was_counted_is_there_after_closing_and_opening_again(open_log: OpenLog) -> None:
    log = open_log()
    sent = [message(f"k{n}", str(n)) for n in range(9)]
    counted = log.append(sent)
    log.close()
    assert counted > 0
    assert sorted(texts(read_all(open_log()))) == [str(n) for n in range(counted)]


def test_every_group_reads_every_message(log: TopicLog) -> None:
    append(log, *(message(f"k{n}", str(n)) for n in range(10)))
    assert len(read_all(log, "one")) == len(read_all(log, "two")) == 10


def test_a_group_reads_only_its_topics(log: TopicLog) -> None:
    append(log, message("k", "event"), message("k", "other", OTHER))
    assert texts(read_all(log, topics=(OTHER,))) == ["other"]


def test_a_message_is_returned_once_by_a_subscription(log: TopicLog) -> None:
    append(log, *(message(f"k{n}") for n in range(10)))
    reader = Reader(log, "reader", (EVENTS,))
    assert len(reader.drain()) == 10
    assert list(reader.subscription.poll(10)) == []


def test_a_subscription_goes_on_with_what_comes_later(log: TopicLog) -> None:
    reader = Reader(log, "reader", (EVENTS,))
    assert list(reader.subscription.poll(10)) == []
    append(log, message("k", "later"))
    assert texts(reader.drain()) == ["later"]


def test_a_poll_returns_no_more_than_it_was_asked_for(log: TopicLog) -> None:
    append(log, *(message(f"k{n}") for n in range(20)))
    subscription = log.subscribe("reader", (EVENTS,))
    assert 0 < len(wait_until(lambda: subscription.poll(6), seconds=60)) <= 6
    subscription.close()


def test_what_was_not_committed_is_read_again(log: TopicLog) -> None:
    append(log, *(message("k", str(n)) for n in range(4)))
    assert texts(read_all(log)) == texts(read_all(log)) == ["0", "1", "2", "3"]


def test_a_group_reads_on_after_what_it_committed(open_log: OpenLog) -> None:
    log = open_log()
    append(log, *(message("k", str(n)) for n in range(4)))
    reader = Reader(log, "reader", (EVENTS,))
    read = reader.drain()
    reader.subscription.commit({read[1].partition: read[1].offset + 1})
    reader.subscription.close()
    log.close()
    assert texts(read_all(open_log())) == ["2", "3"]


def test_a_group_that_nobody_is_in_begins_where_it_is_told(log: TopicLog) -> None:
    append(log, *(message("k", str(n)) for n in range(4)))
    offsets = {at: min(end, 3) for at, end in log.ends().items() if at.topic == EVENTS}
    log.begin_at("reader", offsets)
    assert log.committed("reader") == offsets
    assert texts(read_all(log)) == ["3"]


def test_the_offsets_of_one_group_are_nothing_to_another(log: TopicLog) -> None:
    append(log, message("k"))
    reader = Reader(log, "one", (EVENTS,))
    (read,) = reader.drain()
    reader.subscription.commit({read.partition: 1})
    assert log.committed("one") == {read.partition: 1}
    assert log.committed("two") == {}
    assert len(read_all(log, "two")) == 1


def test_the_ends_name_every_partition_and_the_next_offset_of_each(log: TopicLog) -> None:
    append(log, *(message("k") for _ in range(3)))
    (place,) = {each.partition for each in read_all(log)}
    ends = log.ends()
    assert {each for each in ends if each.topic == EVENTS} == {Partition(EVENTS, n) for n in range(4)}
    assert ends[place] == 3
    assert sum(ends.values()) == 3


def test_a_paused_partition_is_silent_until_it_is_resumed(log: TopicLog) -> None:
    append(log, *(message(f"k{n}", str(n)) for n in range(40)))
    reader = Reader(log, "reader", (EVENTS,))
    paused = Partition(EVENTS, 0)
    reader.subscription.pause(paused)
    others = reader.drain(but=paused)
    append(log, *(message(f"k{n}", str(n)) for n in range(40)))
    assert paused not in {each.partition for each in [*others, *reader.drain(but=paused)]}
    reader.subscription.resume(paused)
    late = reader.drain()
    assert {each.partition for each in late} == {paused}
    assert [each.offset for each in late] == list(range(len(late)))


def test_a_compacted_topic_keeps_the_newest_message_of_each_key(log: TopicLog) -> None:
    append(log, *(message(f"k{n % 4}", str(n), STATE) for n in range(40)))
    newest = {each.key: each.value.decode() for each in read_all(log, topics=(STATE,))}
    assert newest == {f"k{n % 4}": str(n) for n in range(36, 40)}


def test_compaction_leaves_the_same_key_of_other_topics_alone(log: TopicLog) -> None:
    append(log, message("k", "event"), message("k", "old", STATE), message("k", "new", STATE))
    assert set(texts(read_all(log, topics=ALL))) - {"old"} == {"event", "new"}


def test_a_reader_of_a_compacted_topic_reads_on_though_what_it_saw_is_gone(log: TopicLog) -> None:
    append(log, message("k", "1", STATE))
    reader = Reader(log, "reader", (STATE,))
    assert texts(reader.drain()) == ["1"]
    append(log, message("k", "2", STATE), message("k", "3", STATE))
    assert texts(reader.drain())[-1] == "3"


def test_appends_of_many_threads_lose_nothing_and_keep_each_thread_in_order(log: TopicLog) -> None:
    def send(thread: int) -> None:
        for n in range(10):
            append(log, message(f"thread-{thread}", str(n)))

    threads = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read = read_all(log)
    for n in range(4):
        assert texts(read, f"thread-{n}") == [str(each) for each in range(10)]


def test_appending_nothing_is_nothing(log: TopicLog) -> None:
    assert log.append([]) == 0
    assert sum(log.ends().values()) == 0


def test_everything_is_read_from_the_beginning_as_no_group(log: TopicLog) -> None:
    assert list(log.read((EVENTS,))) == []
    append(log, *(message(f"k{n % 3}", str(n)) for n in range(30)), message("k", "other", OTHER))
    for _ in range(2):
        read = list(log.read((EVENTS,)))
        assert [texts(read, f"k{key}") for key in range(3)] == [[str(n) for n in range(key, 30, 3)] for key in range(3)]
    assert texts(list(log.read((OTHER, OTHER)))) == ["other"]


def test_topics_that_are_there_are_made_no_second_time(log: TopicLog) -> None:
    assert list(log.create_topics()) == []
    assert list(log.differences()) == []


def test_a_topic_that_was_never_declared_takes_nothing_and_nothing_beside_it(log: TopicLog) -> None:
    with pytest.raises(UnknownTopicError):
        log.append([message("k"), message("k", topic="no.such.topic")])
    assert sum(log.ends().values()) == 0


def test_a_message_that_is_too_large_is_refused_and_nothing_beside_it_is_appended(log: TopicLog) -> None:
    with pytest.raises(MessageTooLargeError):
        log.append([message("k"), message("k", "x" * MOST_BYTES)])
    assert sum(log.ends().values()) == 0


def test_the_largest_message_comes_back(log: TopicLog) -> None:
    largest = Outgoing(EVENTS, "k", (), b"x" * (MOST_BYTES - 1))
    append(log, message("k", "before"), largest, message("k", "after"))
    assert [len(each.value) for each in read_all(log)] == [6, MOST_BYTES - 1, 5]
