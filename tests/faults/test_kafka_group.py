"""Members of a group come, go and die: every fact has its effect once and in order, by the version rule."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from kafka import KafkaAdminClient
from typing_extensions import override

from shared.contracts.message import Message
from shared.contracts.topics import COMPLAINT_EVENTS
from shared.eventstore.command import Receipt
from shared.messaging.dispatch import Delivery
from shared.messaging.facts import publish
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import Outgoing, Partition
from tests.builders import NOW
from tests.clock import StandingClock
from tests.faults.member import NEVER
from tests.installation import HERE
from tests.kafka_logs import few_topics, kafka_log, own_prefix
from tests.services.archive import Archive, opened
from tests.services.reading import Reading
from tests.waiting import wait_until

COMPLAINTS = 12
FACTS = 5


R = TypeVar("R", bound=Reading)


class Held(Reading):
    """Stays in the middle of its third reaction until it may go on."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.holding, self.go_on = threading.Event(), threading.Event()
        super().__init__(*arguments, **named)

    @override
    def _react(self, delivery: Delivery[Message]) -> "Future[Receipt]":
        if sum(self.attempts.values()) == 2:
            self.holding.set()
            self.go_on.wait(60)
        return super()._react(delivery)


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

    def open(self, **limits: int) -> KafkaLog:
        self._opened.append(kafka_log(self._bootstrap, self._prefix, few_topics(), **limits))
        return self._opened[-1]

    def publish(self, complaints: int = COMPLAINTS) -> list[Outgoing]:
        """Let more complaints happen, and put their facts on the topic."""
        sent = self.facts(complaints)
        assert self.log.append(sent) == len(sent)
        return sent

    def facts(self, complaints: int) -> list[Outgoing]:
        sent = []
        for complaint_id in [uuid4() for _ in range(complaints)]:
            self.complaints.append(complaint_id)
            self._archive.carry_out(self._archive.submit(complaint_id))
            for _ in range(FACTS - 2):
                self._archive.carry_out(self._archive.follow_up(complaint_id))
            sent += [publish(stored, "intake") for stored in self._archive.store.stream(complaint_id)]
        return sent

    def reading(self, kind: type[R], **limits: int) -> R:
        return kind(self.directory, StandingClock(NOW), self.open(**limits), topics=(COMPLAINT_EVENTS,))

    @contextmanager
    def member(self, reading: Reading | None = None) -> Iterator[Reading]:
        reading = reading or self.reading(Reading)
        stop = threading.Event()
        running = threading.Thread(target=reading.consumer.run, args=(stop,))
        running.start()
        try:
            yield reading
        finally:
            stop.set()
            running.join()
            reading.close()

    @contextmanager
    def process(
        self, reactions_left: int = NEVER, number: signal.Signals = signal.SIGKILL
    ) -> Iterator["subprocess.Popen[bytes]"]:
        said = (str(self.directory), self._bootstrap, self._prefix, str(reactions_left), number.name)
        process = subprocess.Popen((sys.executable, "-m", "tests.faults.member", *said), cwd=HERE.parent)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def state(self) -> str:
        """Such as Stable, or PreparingRebalance."""
        name = f"{self._prefix}escalation"
        with KafkaAdminClient(bootstrap_servers=self._bootstrap) as admin:
            found: str = admin.describe_groups([name])[name]["group_state"]
        return found

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
        with group.process():
            group.publish()
            wait_until(lambda: len(survivor.told()) > FACTS, seconds=60, what="some effects")
        group.publish()
        group.require_once_and_in_order(survivor)


def test_a_member_killed_in_the_middle_of_a_reaction_is_followed_by_another(group: Group) -> None:
    group.publish()
    with group.process(FACTS * 2) as victim:
        assert victim.wait(60) == -signal.SIGKILL
    with group.member() as survivor:
        group.require_once_and_in_order(survivor)


def test_a_member_that_was_stopped_until_it_lost_its_partitions_writes_nothing_more(group: Group) -> None:
    group.publish(complaints=1)
    with group.process(FACTS - 1, signal.SIGSTOP) as zombie:
        wait_until(lambda: os.waitid(os.P_PID, zombie.pid, os.WSTOPPED | os.WNOHANG), seconds=60, what="it to stop")
        with group.member() as survivor:
            assert len(survivor.told()) < FACTS
            group.require_once_and_in_order(survivor)
            zombie.send_signal(signal.SIGCONT)
            group.publish()
            group.require_once_and_in_order(survivor)


def test_a_reaction_that_takes_longer_than_a_member_may_has_its_effect_once(group: Group) -> None:
    group.publish(complaints=1)
    slow = group.reading(Held, longest_round_ms=1_500)
    with group.member(slow):
        assert slow.holding.wait(60)
        with group.member() as other:
            group.require_once_and_in_order(other)
            slow.go_on.set()
            group.publish()
            group.require_once_and_in_order(other)


def test_partitions_that_go_to_others_in_the_middle_of_a_batch_repeat_nothing(group: Group) -> None:
    group.publish()
    held = group.reading(Held)
    with group.member(held):
        assert held.holding.wait(60)
        with group.member() as other:
            wait_until(lambda: group.state() == "PreparingRebalance", seconds=30, what="the other to ask to join")
            held.go_on.set()
            group.publish()
            group.require_once_and_in_order(other)


@pytest.mark.parametrize("seed", [1, 2])
def test_facts_that_come_in_any_order_and_more_than_once_are_applied_in_order_and_once(group: Group, seed: int) -> None:
    facts = group.facts(COMPLAINTS) * 2
    random.Random(seed).shuffle(facts)  # noqa: S311 - an order, not a secret
    assert group.log.append(facts) == len(facts)
    with group.member() as one:
        group.require_once_and_in_order(one)


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
