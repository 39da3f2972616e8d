"""The port to a topic log, with its delivery promise.

- Messages with the same key are read in the order in which they were appended.
- What `append` has counted survives a crash of every process; the rest may or may not be there.
- Every group reads every message at least once: again after a crash, unless its offset was committed.
- Nothing expires; in a compacted topic the newest message of each key stays.
- The number of partitions of a topic never changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.contracts.envelope import Headers


class LogUnavailableError(Exception):
    """The topic log cannot be reached; try again later."""


@dataclass(frozen=True)
class Outgoing:
    topic: str
    key: str
    headers: Headers
    value: bytes


@dataclass(frozen=True, order=True)
class Partition:
    topic: str
    number: int


@dataclass(frozen=True)
class Incoming:
    partition: Partition
    offset: int
    key: str
    headers: Headers
    value: bytes


class Subscription(Protocol):
    """One member of a consumer group; not thread-safe."""

    def poll(self, limit: int) -> Sequence[Incoming]:
        """Return what is next in the partitions of this member, at once and possibly empty.

        A message is returned once per subscription. Raises LogUnavailableError.
        """

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        """Store where the group reads on after a restart. Raises LogUnavailableError."""

    def pause(self, partition: Partition) -> None:
        """Return nothing of this partition until it is resumed, and stay a member."""

    def resume(self, partition: Partition) -> None: ...

    def close(self) -> None: ...


class TopicLog(Protocol):
    def append(self, messages: Sequence[Outgoing]) -> int:
        """Append in order; return how many of the first messages are safe. Raises LogUnavailableError."""

    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        """Join a consumer group; a new group starts at the beginning."""

    def ends(self) -> Mapping[Partition, int]:
        """Return the offset that the next message of each partition gets."""

    def committed(self, group: str) -> Mapping[Partition, int]:
        """Return where a group reads on, for the partitions in which it has committed anything."""

    def close(self) -> None: ...
