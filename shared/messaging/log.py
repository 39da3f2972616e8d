"""The port to a topic log, with its delivery promise.

- Messages with the same key are read in the order in which they were appended.
- What `append` has counted survives a crash of every process; the rest may or may not be there.
- Every group reads every message at least once: again after a crash, and again when a partition goes to another
  member, unless its offset was committed.
- Nothing expires; in a compacted topic the newest message of each key stays, older ones may be gone.
- The number of partitions of a topic never changes.
- A log that is away is known within seconds, and used again within two seconds of its return.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from shared.contracts.envelope import Headers

MOST_BYTES = 4 * 1_048_576


class LogUnavailableError(Exception):
    """The topic log cannot be reached; try again later."""


class LogRefusedError(LogUnavailableError):
    """The topic log is there and does not let us in: a password, token or certificate is wrong."""


class UnknownTopicError(LookupError):
    """The topic was never declared."""


class MessageTooLargeError(ValueError):
    """A message is larger than any log takes; nothing was appended. The doors refuse what would become one."""


class TopicsDifferError(Exception):
    """The topics are not as they must be; says of each what is wrong, and how to mend it."""


@dataclass(frozen=True)
class Outgoing:
    topic: str
    key: str
    headers: Headers
    value: bytes

    @cached_property
    def size(self) -> int:
        """Bytes on the way, but for a few of the protocol."""
        headers = [len(name) + len(value) for name, value in self.headers]
        return len(self.key.encode()) + len(self.value) + sum(headers)


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
        """Return what is next in the partitions of this member, at once and possibly empty though there is more.

        A message is returned once as long as its partition stays with this member. Raises LogUnavailableError.
        """

    def taken_away(self) -> set[Partition]:
        """Return the partitions that went to others since this was last asked.

        Whatever was polled of them before is to be forgotten; a pause of them is over.
        """

    def commit(self, next_offsets: Mapping[Partition, int]) -> None:
        """Store where the group reads on after a restart, of the partitions that are still of this member.

        Raises LogUnavailableError; nothing is stored then, and it is to be asked for again.
        """

    def pause(self, partition: Partition) -> None:
        """Return nothing of this partition until it is resumed, and stay a member; others may come and go meanwhile."""

    def resume(self, partition: Partition) -> None: ...

    def close(self) -> None: ...


class TopicLog(Protocol):
    def append(self, messages: Sequence[Outgoing]) -> int:
        """Append in order; return how many of the first messages are safe, which may be none.

        When it returns or raises, nothing of these messages is under way any more. Raises LogUnavailableError,
        UnknownTopicError or MessageTooLargeError; of the latter two the log is unchanged.
        """

    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        """Join a consumer group; a new group starts at the beginning. Raises LogUnavailableError."""

    def read(self, topics: Sequence[str]) -> Iterator[Incoming]:
        """Yield everything that these topics hold now, in order per partition, from the beginning and as no group.

        Raises LogUnavailableError, also half way.
        """

    def ends(self) -> Mapping[Partition, int]:
        """Return the offset that the next message of each partition gets. Raises LogUnavailableError."""

    def committed(self, group: str) -> Mapping[Partition, int]:
        """Return where a group reads on, for the partitions in which it has committed anything.

        Raises LogUnavailableError.
        """

    def begin_at(self, group: str, next_offsets: Mapping[Partition, int]) -> None:
        """Store where a group reads on that has no members now. Raises LogUnavailableError."""

    def create_topics(self, replication: int | None = None) -> Sequence[str]:
        """Make the topics that are missing, and return their names; `replication` is how many copies each has.

        Raises TopicsDifferError where one that exists is not as it must be, and LogUnavailableError.
        """

    def differences(self) -> Sequence[str]:
        """Say of each topic that is missing, or not as it must be, how to mend it. Raises LogUnavailableError."""

    def close(self) -> None: ...


def require_known(messages: Iterable[Outgoing], topics: Iterable[str]) -> None:
    """Raise where a message can never be appended, before any of its batch is."""
    known = frozenset(topics)
    for message in messages:
        if message.topic not in known:
            raise UnknownTopicError(message.topic)
        if message.size > MOST_BYTES:
            raise MessageTooLargeError(
                f"a message of {message.key!r} to {message.topic} has {message.size} bytes, {MOST_BYTES} are possible"
            )
