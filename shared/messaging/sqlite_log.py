"""The topic log of the embedded mode: one SQLite file with partitions and the offsets of every group."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from eventsourcing.persistence import PersistenceError
from eventsourcing.sqlite import SQLiteCursor

from shared.contracts.topics import Topic
from shared.eventstore.sqlite_connections import Datastore
from shared.messaging.log import (
    Incoming,
    LogUnavailableError,
    Outgoing,
    Partition,
    Subscription,
    TopicLog,
    require_known,
)

TABLES = (
    """CREATE TABLE IF NOT EXISTS topic_messages (
        topic TEXT, partition INTEGER, offset INTEGER, message_key TEXT, headers TEXT, value BLOB,
        PRIMARY KEY (topic, partition, offset)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS topic_partitions (
        topic TEXT, partition INTEGER, next_offset INTEGER, PRIMARY KEY (topic, partition)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS group_offsets (
        consumer_group TEXT, topic TEXT, partition INTEGER, next_offset INTEGER,
        PRIMARY KEY (consumer_group, topic, partition)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS topic_messages_by_key ON topic_messages (topic, message_key, offset)",
)

PAGE = 1000


class SQLiteLog(TopicLog):
    """Durable, ordered and for one process: groups do not share partitions."""

    def __init__(self, file: Path, topics: Iterable[Topic]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._datastore = Datastore(str(file), lambda: datetime.now(UTC))
        self._topics = {topic.name: topic for topic in topics}
        with self._datastore.transaction(commit=True) as cursor:
            self._create(cursor)

    def _create(self, cursor: SQLiteCursor) -> None:
        for statement in TABLES:
            cursor.execute(statement)
        for topic in self._topics.values():
            for number in range(topic.partitions):
                columns = "topic, partition, next_offset"
                sql = f"INSERT INTO topic_partitions ({columns}) VALUES (?, ?, 0) ON CONFLICT DO NOTHING"
                cursor.execute(sql, (topic.name, number))

    def append(self, messages: Sequence[Outgoing]) -> int:
        require_known(messages, self._topics)
        try:
            with self._datastore.transaction(commit=True) as cursor:
                for message in messages:
                    self._append(cursor, message)
        except PersistenceError as error:
            raise LogUnavailableError(str(error)) from error
        return len(messages)

    def _append(self, cursor: SQLiteCursor, message: Outgoing) -> None:
        topic = self._topics[message.topic]
        if topic.compacted:
            cursor.execute("DELETE FROM topic_messages WHERE topic = ? AND message_key = ?", (topic.name, message.key))
        partition = zlib.crc32(message.key.encode()) % topic.partitions
        cursor.execute(
            "UPDATE topic_partitions SET next_offset = next_offset + 1 WHERE topic = ? AND partition = ?"
            " RETURNING next_offset - 1",
            (topic.name, partition),
        )
        offset = cursor.fetchone()[0]
        headers = json.dumps([(name, value.decode("latin-1")) for name, value in message.headers])
        cursor.execute(
            "INSERT INTO topic_messages (topic, partition, offset, message_key, headers, value)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (topic.name, partition, offset, message.key, headers, message.value),
        )

    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        return SQLiteSubscription(self._datastore, group, topics, self.committed(group))

    def read(self, topics: Sequence[str]) -> Iterator[Incoming]:
        everything = SQLiteSubscription(self._datastore, "", topics, {})
        while page := everything.poll(PAGE):
            yield from page

    def begin_at(self, group: str, next_offsets: Mapping[Partition, int]) -> None:
        self.subscribe(group, ()).commit(next_offsets)

    def create_topics(self, replication: int | None = None) -> list[str]:  # noqa: ARG002 - a file has one copy
        """Opening the log has made every topic."""
        return []

    def differences(self) -> list[str]:
        return []

    def ends(self) -> dict[Partition, int]:
        with self._datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT * FROM topic_partitions ORDER BY topic, partition")
            return _offsets(cursor)

    def committed(self, group: str) -> dict[Partition, int]:
        with self._datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT * FROM group_offsets WHERE consumer_group = ?", (group,))
            return _offsets(cursor)

    def close(self) -> None:
        self._datastore.close()


class SQLiteSubscription(Subscription):
    def __init__(
        self, datastore: Datastore, group: str, topics: Sequence[str], positions: dict[Partition, int]
    ) -> None:
        self._datastore = datastore
        self._group = group
        self._topics = tuple(topics)
        self._positions = positions
        self._paused: set[Partition] = set()

    def poll(self, limit: int) -> list[Incoming]:
        """Share the limit between the partitions, so that a long one does not keep the others waiting."""
        messages: list[Incoming] = []
        try:
            with self._datastore.transaction(commit=False) as cursor:
                behind = self._behind(cursor)
                for partition in behind:
                    share = min(max(limit // len(behind), 1), limit - len(messages))
                    messages.extend(self._read(cursor, partition, share))
        except PersistenceError as error:
            raise LogUnavailableError(str(error)) from error
        for message in messages:
            self._positions[message.partition] = message.offset + 1
        return messages

    def _behind(self, cursor: SQLiteCursor) -> list[Partition]:
        marks = ",".join("?" * len(self._topics))
        cursor.execute(f"SELECT * FROM topic_partitions WHERE topic IN ({marks})", self._topics)
        ends = _offsets(cursor)
        return [at for at, end in ends.items() if end > self._positions.get(at, 0) and at not in self._paused]

    def _read(self, cursor: SQLiteCursor, partition: Partition, limit: int) -> list[Incoming]:
        cursor.execute(
            "SELECT * FROM topic_messages WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?",
            (partition.topic, partition.number, self._positions.get(partition, 0), limit),
        )
        return [
            Incoming(partition, row["offset"], row["message_key"], _headers(row["headers"]), row["value"])
            for row in cursor.fetchall()
        ]

    def taken_away(self) -> set[Partition]:
        """Nobody takes anything: groups do not share partitions here."""
        return set()

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        sql = (
            "INSERT INTO group_offsets (consumer_group, topic, partition, next_offset) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset"
        )
        try:
            with self._datastore.transaction(commit=True) as cursor:
                for partition, offset in next_offsets.items():
                    cursor.execute(sql, (self._group, partition.topic, partition.number, offset))
        except PersistenceError as error:
            raise LogUnavailableError(str(error)) from error

    def pause(self, partition: Partition) -> None:
        self._paused.add(partition)

    def resume(self, partition: Partition) -> None:
        self._paused.discard(partition)

    def close(self) -> None:
        self._paused.clear()


def _offsets(cursor: SQLiteCursor) -> dict[Partition, int]:
    return {Partition(row["topic"], row["partition"]): row["next_offset"] for row in cursor.fetchall()}


def _headers(text: str) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, value.encode("latin-1")) for name, value in json.loads(text))
