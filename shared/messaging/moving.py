"""Carries a topic log to another one: every message once, in order per key, and where each of them stands there."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.contracts.envelope import Envelope, MalformedEnvelopeError
from shared.eventstore.store import Reader, Row
from shared.messaging.log import Incoming, LogUnavailableError, Outgoing, Partition, TopicLog

APPENDED = 500

Moved = Callable[[int], None]


@dataclass(frozen=True, order=True)
class Place:
    partition: Partition
    offset: int


@dataclass
class Places:
    """Where each message of the old log stands on the new one, and how the two differ."""

    of: dict[Place, Place] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)


def carry_topic(source: TopicLog, target: TopicLog, topic: str, moved: Moved) -> None:
    """Append what is not there yet: of every key the first messages may be, from a move that was interrupted.

    Raises LogUnavailableError; again, it goes on behind what is there.
    """
    there = Counter(incoming.key for incoming in target.read((topic,)))
    batch: list[Outgoing] = []
    for incoming in source.read((topic,)):
        if there[incoming.key]:
            there[incoming.key] -= 1
            continue
        batch.append(Outgoing(topic, incoming.key, incoming.headers, incoming.value))
        if len(batch) == APPENDED:
            _append(target, batch, moved)
            batch = []
    _append(target, batch, moved)


def _append(target: TopicLog, batch: Sequence[Outgoing], moved: Moved) -> None:
    safe = target.append(batch) if batch else 0
    if safe < len(batch):
        raise LogUnavailableError("the broker took a part of the messages; move again to go on")
    moved(len(batch))


def find_places(source: TopicLog, target: TopicLog, topics: Sequence[str], moved: Moved) -> Places:
    """Find every message of the old log on the new one: the same content, in the same order for each key."""
    places = Places()
    for topic in topics:
        _find(source, target, topic, places, moved)
    return places


def _find(source: TopicLog, target: TopicLog, topic: str, places: Places, moved: Moved) -> None:
    there: dict[str, list[tuple[Place, bytes]]] = defaultdict(list)
    for incoming in target.read((topic,)):
        there[incoming.key].append((_place(incoming), _digest(incoming)))
    seen: Counter[str] = Counter()
    for incoming in source.read((topic,)):
        number = seen[incoming.key]
        seen[incoming.key] += 1
        found = there[incoming.key][number : number + 1]
        if found and found[0][1] == _digest(incoming):
            places.of[_place(incoming)] = found[0][0]
        else:
            says = "is another" if found else "is missing"
            places.differences.append(f"{topic}: message {number + 1} of {incoming.key} {says}")
        moved(1)


def _place(incoming: Incoming) -> Place:
    return Place(incoming.partition, incoming.offset)


def _digest(incoming: Incoming) -> bytes:
    """Of everything in a message; its parts cannot run into each other."""
    return hashlib.sha256(repr((incoming.headers, incoming.value)).encode()).digest()


def next_offsets(
    places: Places, committed: Mapping[Partition, int], ends: Mapping[Partition, int], topics: Sequence[str]
) -> dict[Partition, int]:
    """Where a group reads on in the new partitions: at the first message that it had not read in the old ones."""
    offsets = {at: end for at, end in ends.items() if at.topic in topics}
    for old, new in places.of.items():
        if new.partition in offsets and old.offset >= committed.get(old.partition, 0):
            offsets[new.partition] = min(offsets[new.partition], new.offset)
    return offsets


class Relocated:
    """The rows of a service's tables as they stand beside the new log: partitions and offsets are others there."""

    def __init__(self, application: str, log: TopicLog, places: Places) -> None:
        self._application = application
        self._log = log
        self._places = places

    def rows(self, reader: Reader, table: str) -> Iterator[Row]:
        if table == f"{self._application}_tracking":
            return self._tracking(reader)
        rows = reader.scan(f"SELECT * FROM {table}")
        return map(self._parked, rows) if table == f"{self._application}_parked" else rows

    def _parked(self, row: Row) -> Row:
        old = Place(Partition(row["topic"], row["partition"]), row["message_offset"])
        new = self._places.of[old]
        return {**row, "partition": new.partition.number, "message_offset": new.offset}

    def _tracking(self, reader: Reader) -> Iterator[Row]:
        """The highest position that was applied, in each of the new partitions."""
        applied = {
            (row["source"], row["stream_id"]): row["version"]
            for row in reader.scan(f"SELECT * FROM {self._application}_applied")
        }
        topics = tuple(row["topic"] for row in reader.scan(f"SELECT DISTINCT topic FROM {self._application}_tracking"))
        highest: dict[tuple[str, Partition], int] = {}
        for incoming in self._log.read(topics) if topics else ():
            envelope = _envelope(incoming)
            if envelope and envelope.version <= applied.get(_stream(envelope), 0):
                source, at = envelope.application, self._places.of[_place(incoming)].partition
                highest[source, at] = max(highest.get((source, at), 0), envelope.sequence)
        for (source, at), position in highest.items():
            yield {"source": source, "topic": at.topic, "partition": at.number, "position": position}


def _stream(envelope: Envelope) -> tuple[str, str]:
    return envelope.application, str(envelope.stream_id)


def _envelope(incoming: Incoming) -> Envelope | None:
    try:
        return Envelope.from_headers(incoming.headers)
    except MalformedEnvelopeError:
        return None
