"""A complaint's history on one side, a consumer on the other, and a topic log between them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from shared.contracts.dead_letters import DeadLetterNoticed
from shared.contracts.envelope import Envelope
from shared.contracts.topics import COMPLAINT_EVENTS, dead_letter_topic
from shared.messaging.facts import publish, receive
from shared.messaging.log import Outgoing
from tests.builders import COMPLAINT_ID, NOW
from tests.clock import StandingClock
from tests.either_log import EitherLog
from tests.services.archive import Archive, opened
from tests.services.reading import Reading
from tests.services.unreliable import UnreliableLog
from tests.waiting import wait_until

KEY = str(COMPLAINT_ID)


class Scene:
    def __init__(
        self,
        directory: Path,
        archive: Archive,
        clock: StandingClock,
        log: EitherLog,
        *,
        group: str,
        topics: Sequence[str],
    ) -> None:
        self._directory = directory
        self._group = group
        self._topics = topics
        self.archive = archive
        self.clock = clock
        self._test_log = log
        self.log = UnreliableLog(log.log)
        self.reading = self.open()

    def open(self) -> Reading:
        return Reading(self._directory, self.clock, self.log, group=self._group, topics=self._topics)

    def close(self) -> None:
        self.reading.close()

    def restart(self) -> None:
        """A new process of the consumer on the same store."""
        self.reading.close()
        self.reading = self.open()

    def read_again(self) -> None:
        """A crash came between the effects and the offset: the group reads from the beginning again."""
        self.reading.close()
        self._test_log.rewind(self._group)
        self.reading = self.open()
        self.settle()

    def facts(self, complaint_id: UUID = COMPLAINT_ID, count: int = 5) -> list[Outgoing]:
        """The first facts of one complaint, as they go to their topic."""
        self.archive.carry_out(self.archive.submit(complaint_id))
        for _ in range(count - 2):
            self.archive.carry_out(self.archive.follow_up(complaint_id))
        return [publish(stored, "intake") for stored in self.archive.store.stream(complaint_id)]

    def send(self, *messages: Outgoing) -> None:
        """Append messages and let the consumer come to rest."""
        self.log.append(messages)
        self.settle()

    def settle(self) -> None:
        """Go round until everything is done, parked or waits for something that is not there."""
        wait_until(
            lambda: not self.reading.consumer.round() and not self.is_behind(), seconds=60, what="the consumer to rest"
        )

    def is_behind(self) -> bool:
        committed = self.log.committed(self._group)
        ends = {at: end for at, end in self.log.ends().items() if at.topic in self._topics}
        return any(committed.get(at, 0) < end for at, end in ends.items())

    def notices(self) -> list[DeadLetterNoticed]:
        """What operations can read on the dead letter topic."""
        while self.reading.relay.round():
            pass
        topics = [dead_letter_topic(topic, self._group) for topic in self._topics]
        messages = [receive(incoming).message for incoming in self.log.read(topics)]
        return [message for message in messages if isinstance(message, DeadLetterNoticed)]


@contextmanager
def staged(
    directory: Path, log: EitherLog, *, group: str = "escalation", topics: Sequence[str] = (COMPLAINT_EVENTS,)
) -> Iterator[Scene]:
    clock = StandingClock(NOW)
    with opened(directory / "archive", clock) as archive:
        archive.begin()
        scene = Scene(directory, archive, clock, log, group=group, topics=topics)
        try:
            yield scene
        finally:
            scene.close()


def id_of(message: Outgoing) -> UUID:
    return Envelope.from_headers(message.headers).id


def in_order(complaint_id: UUID, count: int = 5) -> list[tuple[str, int]]:
    return [(str(complaint_id), version) for version in range(1, count + 1)]


def of_type(message: Outgoing, message_type: str) -> Outgoing:
    envelope = replace(Envelope.from_headers(message.headers), type=message_type)
    return replace(message, headers=envelope.headers())


def undecodable(key: str = KEY) -> Outgoing:
    return Outgoing(COMPLAINT_EVENTS, key, (("ce_id", b"\xff"),), b"no json")
