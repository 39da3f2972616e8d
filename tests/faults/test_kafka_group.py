"""Members of a group come, go and die: every fact has its effect once and in order, by the version rule."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.contracts.topics import COMPLAINT_EVENTS
from shared.messaging.facts import publish
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import Outgoing, Partition
from tests.builders import NOW
from tests.clock import StandingClock
from tests.installation import HERE
from tests.kafka_logs import few_topics, kafka_log, own_prefix
from tests.services.archive import Archive, opened
from tests.services.reading import Reading
from tests.waiting import wait_until

COMPLAINTS = 12
FACTS = 5


class Group:
    """A topic with facts, a store that all members share, and members in threads and processes."""

    def __init__(self, directory: Path, archive: Archive, bootstrap: str) -> None:
        self.directory = directory
        self._archive = archive
        self._bootstrap = bootstrap
        self._prefix = own_prefix()
        self._opened: list[KafkaLog] = []
        self.log = self.open()
        self.log.create_topics()
        self.complaints: list[UUID] = []

    def open(self) -> KafkaLog:
        self._opened.append(kafka_log(self._bootstrap, self._prefix, few_topics()))
        return self._opened[-1]

    def publish(self) -> list[Outgoing]:
        """Let more complaints happen, and put their facts on the topic."""
        sent = []
        for complaint_id in [uuid4() for _ in range(COMPLAINTS)]:
            self.complaints.append(complaint_id)
            self._archive.carry_out(self._archive.submit(complaint_id))
            for _ in range(FACTS - 2):
                self._archive.carry_out(self._archive.follow_up(complaint_id))
            sent += [publish(stored, "intake") for stored in self._archive.store.stream(complaint_id)]
        assert self.log.append(sent) == len(sent)
        return sent

    @contextmanager
    def member(self) -> Iterator[Reading]:
        reading = Reading(self.directory, StandingClock(NOW), self.open(), topics=(COMPLAINT_EVENTS,))
        stop = threading.Event()
        running = threading.Thread(target=reading.consumer.run, args=(stop,))
        running.start()
        try:
            yield reading
        finally:
            stop.set()
            running.join()
            reading.close()

    def process(self) -> "subprocess.Popen[bytes]":
        command = (sys.executable, "-m", "tests.faults.member", str(self.directory), self._bootstrap, self._prefix)
        return subprocess.Popen(command, cwd=HERE.parent)

    def is_whole(self, reading: Reading) -> bool:
        return len(reading.told()) >= len(self.complaints) * FACTS and not reading.parked()

    def require_once_and_in_order(self, reading: Reading) -> None:
        wait_until(lambda: self.is_whole(reading), seconds=90, what="every effect")
        told = reading.told()
        for complaint_id in self.complaints:
            versions = [version for key, version in told if key == str(complaint_id)]
            assert versions == list(range(1, FACTS + 1))
        assert len(told) == len(self.complaints) * FACTS

    def close(self) -> None:
        for log in self._opened:
            log.close()


@pytest.fixture
def group(tmp_path: Path, kafka: str) -> Iterator[Group]:
    with opened(tmp_path / "archive", StandingClock(NOW)) as archive:
        archive.begin()
        group = Group(tmp_path, archive, kafka)
        yield group
        group.close()


def test_two_members_share_the_work_and_no_effect_comes_twice(group: Group) -> None:
    with group.member() as one, group.member():
        for _ in range(3):
            group.publish()
        group.require_once_and_in_order(one)


def test_what_a_killed_member_has_left_is_done_by_the_other_once(group: Group) -> None:
    with group.member() as survivor:
        victim = group.process()
        try:
            group.publish()
            wait_until(lambda: len(survivor.told()) > FACTS, seconds=60, what="some effects")
        finally:
            victim.send_signal(signal.SIGKILL)
            victim.wait()
        group.publish()
        group.require_once_and_in_order(survivor)


def test_members_that_come_and_go_all_the_time_lose_and_repeat_nothing(group: Group) -> None:
    with group.member() as one:
        for _ in range(4):
            with group.member():
                group.publish()
        group.require_once_and_in_order(one)


def test_a_pause_survives_others_that_come_and_go_and_ends_with_the_partition(group: Group) -> None:
    group.publish()
    ours = group.log.subscribe("reader", (COMPLAINT_EVENTS,))
    both = {at for at in group.log.ends() if at.topic == COMPLAINT_EVENTS}
    for at in both:
        ours.pause(at)
    theirs = group.open().subscribe("reader", (COMPLAINT_EVENTS,))
    read: set[Partition] = set()

    def poll() -> set[Partition]:
        read.update(each.partition for each in ours.poll(500))
        return read

    def taken() -> set[Partition]:
        poll()
        theirs.poll(500)
        return ours.taken_away()

    gone = wait_until(taken, seconds=60, what="a partition to go to the other member")
    assert read == set()
    theirs.close()
    assert wait_until(poll, seconds=60, what="the partition to come back") == gone
    for at in both - gone:
        ours.resume(at)
    wait_until(lambda: poll() == both, seconds=60, what="what was paused")
    ours.close()
