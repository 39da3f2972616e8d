"""One member of a consumer group, and a reader without one."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import CommitFailedError
from kafka.net import KafkaNetClient
from kafka.structs import MemberState

from shared.messaging.kafka.access import KafkaAccess, connect, reaching_brokers
from shared.messaging.log import Incoming, LogUnavailableError, Partition, Subscription

POLL_MS = 250
JOIN_MS = 2_000
COMMIT_MS = 2_000
CLOSE_MS = 1_000
HEARTBEAT_MS = 2_000
FETCH_WAIT_MS = 250
SILENT_SECONDS = 10.0
PAGE = 500

OPTIONS: dict[str, Any] = {
    "auto_offset_reset": "earliest",
    "enable_auto_commit": False,
    "allow_auto_create_topics": False,
    "fetch_max_wait_ms": FETCH_WAIT_MS,
    "fetch_max_bytes": 8 * 1_048_576,
    "max_partition_fetch_bytes": 1_048_576,
}
MEMBER = {
    "partition_assignment_strategy": (CooperativeStickyAssignor,),
    "heartbeat_interval_ms": HEARTBEAT_MS,
}


class KafkaSubscription(Subscription):
    """Partitions come and go while others stay; offsets are stored when the caller says so, and never otherwise."""

    def __init__(self, access: KafkaAccess, group: str, topics: Sequence[str]) -> None:
        self._prefix = access.prefix
        options = {
            **access.options(),
            **OPTIONS,
            **MEMBER,
            "group_id": access.prefix + group,
            "session_timeout_ms": access.session_ms,
            "max_poll_interval_ms": access.longest_round_ms,
        }
        self._consumer, self._connections = connect(KafkaConsumer, options)
        self._holdings = Holdings(self._consumer)
        self._consumer.subscribe([access.prefix + topic for topic in topics], listener=self._holdings)

    def poll(self, limit: int) -> list[Incoming]:
        with reaching_brokers():
            pages = self._consumer.poll(timeout_ms=POLL_MS if self._is_stable() else JOIN_MS, max_records=limit)
        if not self._is_stable():
            self._join_again()
        if not pages:
            _require_broker(self._connections)
        return [_incoming(record, self._prefix) for page in pages.values() for record in page]

    def _is_stable(self) -> bool:
        return bool(self._consumer.group_metadata().state == MemberState.STABLE)

    def _join_again(self) -> None:
        """The library may forget a join that ends between two polls, and sit in its group without partitions."""
        self._consumer._coordinator.request_rejoin()  # noqa: SLF001 - there is no other way to ask for it

    def taken_away(self) -> set[Partition]:
        return {self._partition(at) for at in self._holdings.take_gone()}

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        """Store the offsets of the partitions that this member still has; another may have gone on with the rest."""
        held = self._consumer.assignment()
        offsets = {
            at: OffsetAndMetadata(offset, "", -1)
            for partition, offset in next_offsets.items()
            if (at := self._place(partition)) in held
        }
        if not offsets:
            return
        with reaching_brokers():
            try:
                self._consumer.commit(offsets, timeout_ms=COMMIT_MS)
            except CommitFailedError as error:
                raise LogUnavailableError("the group is being shared out anew") from error

    def pause(self, partition: Partition) -> None:
        self._holdings.pause(self._place(partition))

    def resume(self, partition: Partition) -> None:
        self._holdings.resume(self._place(partition))

    def close(self) -> None:
        self._consumer.close(autocommit=False, timeout_ms=CLOSE_MS)

    def _place(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition.topic, partition.number)

    def _partition(self, at: TopicPartition) -> Partition:
        return Partition(at.topic.removeprefix(self._prefix), at.partition)


class Holdings(ConsumerRebalanceListener):  # type: ignore[misc] # the library has no types
    """What this member has, and pauses; told by the library's own thread.

    Nothing is committed here: whatever is done was committed before the next poll.
    """

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self._lock = threading.Lock()
        self._paused: set[TopicPartition] = set()
        self._gone: set[TopicPartition] = set()

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        with self._lock:
            self._gone |= revoked
            self._paused -= revoked

    def on_partitions_lost(self, lost: set[TopicPartition]) -> None:
        self.on_partitions_revoked(lost)

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        with self._lock:
            self._consumer.pause(*(self._paused & assigned))

    def take_gone(self) -> set[TopicPartition]:
        with self._lock:
            gone, self._gone = self._gone, set()
            return gone

    def pause(self, at: TopicPartition) -> None:
        with self._lock:
            self._paused.add(at)
            if at in self._consumer.assignment():
                self._consumer.pause(at)

    def resume(self, at: TopicPartition) -> None:
        with self._lock:
            self._paused.discard(at)
            if at in self._consumer.assignment():
                self._consumer.resume(at)


def read(access: KafkaAccess, partitions: Sequence[Partition]) -> Iterator[Incoming]:
    """Yield what these partitions hold now, from their beginning, as no group; what comes meanwhile may be left out."""
    consumer, connections = connect(KafkaConsumer, {**access.options(), **OPTIONS, "group_id": None})
    try:
        places = [TopicPartition(access.prefix + at.topic, at.number) for at in partitions]
        consumer.assign(places)
        with reaching_brokers():
            ends = consumer.end_offsets(places)
            begins = consumer.beginning_offsets(places)
        for at in places:
            consumer.seek(at, begins[at])
        left = {at for at in places if begins[at] < ends[at]}
        consumer.pause(*(set(places) - left))
        heard = time.monotonic()
        while left:
            with reaching_brokers():
                pages = consumer.poll(timeout_ms=POLL_MS, max_records=PAGE)
                reached = {at for at in left if consumer.position(at) >= ends[at]}
            yield from (_incoming(record, access.prefix) for page in pages.values() for record in page)
            consumer.pause(*reached)
            left -= reached
            heard = time.monotonic() if pages or reached else heard
            if time.monotonic() - heard > SILENT_SECONDS:
                _require_broker(connections)
                raise LogUnavailableError(f"nothing came for {SILENT_SECONDS:.0f} s")
    finally:
        consumer.close(autocommit=False, timeout_ms=CLOSE_MS)


def _require_broker(connections: KafkaNetClient) -> None:
    """The library waits in silence for a broker that is away."""
    if not any(connections.connected(broker.node_id) for broker in connections.cluster.brokers()):
        raise LogUnavailableError("no broker is connected")


def _incoming(record: Any, prefix: str) -> Incoming:
    """A message of somebody else may lack a key, a value or the value of a header."""
    return Incoming(
        Partition(record.topic.removeprefix(prefix), record.partition),
        record.offset,
        (record.key or b"").decode(errors="replace"),
        tuple((name, value or b"") for name, value in record.headers),
        record.value or b"",
    )
