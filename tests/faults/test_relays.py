"""A relay is killed or stopped at the points that matter, and another takes its turn: real signals throughout."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.views.complaint_list import ComplaintList
from shared.contracts.topics import COMPLAINT_EVENTS, COMPLAINT_STATE
from shared.eventstore.postgres import PostgresStore
from shared.eventstore.postgres_migration import migrate
from shared.messaging.facts import Received, receive, stored_id
from shared.messaging.kafka.log import KafkaLog
from tests.faults.accounts import require_order
from tests.faults.killing import AFTER_PUBLISH, BEFORE_PUBLISH
from tests.faults.relaying import relay_of
from tests.installation import HERE
from tests.kafka_logs import few_topics, kafka_log, own_prefix
from tests.postgres import PATIENT, Database
from tests.services.archive import ARCHIVED, Archive
from tests.services.escalation_scenes import running_aside
from tests.waiting import wait_until


class Relaying:
    """An archive on PostgreSQL, its topics on Kafka, one relay here and one in a process that a signal reaches."""

    def __init__(self, archive: Archive, store: PostgresStore, bootstrap: str) -> None:
        self.archive = archive
        self._store = store
        self._bootstrap = bootstrap
        self._prefix = own_prefix()
        self.log: KafkaLog = kafka_log(bootstrap, self._prefix, few_topics())
        self.log.create_topics()
        self.complaints: list[UUID] = []

    def happen(self) -> None:
        """Let complaints begin, and those that are there go on."""
        for complaint_id in self.complaints:
            self.archive.carry_out(self.archive.follow_up(complaint_id))
        for complaint_id in [uuid4() for _ in range(5)]:
            self.archive.carry_out(self.archive.submit(complaint_id))
            self.complaints.append(complaint_id)

    @contextmanager
    def victim(self, url: str, point: str, count: int, number: signal.Signals) -> Iterator["subprocess.Popen[bytes]"]:
        said = (url, self._bootstrap, self._prefix, point, str(count), number.name)
        process = subprocess.Popen((sys.executable, "-m", "tests.faults.relaying", *said), cwd=HERE.parent)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def other(self) -> Iterator[None]:
        """A relay that takes its turn as soon as it may."""
        relay = relay_of(self._store, self.log, "other")
        with running_aside(relay.run):
            yield

    def on(self, topic: str) -> list[Received]:
        return [receive(incoming) for incoming in self.log.read((topic,))]

    def is_published(self) -> bool:
        recorded = {stored_id(stored) for stored in self.archive.events()}
        return recorded <= {received.envelope.id for received in self.on(COMPLAINT_EVENTS)}

    def states(self) -> dict[UUID, int]:
        """What is left of the state topic once it is compacted: the version of the last message of each complaint."""
        return {UUID(each.envelope.subject): each.envelope.version for each in self.on(COMPLAINT_STATE)}

    def newest(self) -> dict[UUID, int]:
        return {complaint_id: self.archive.versions(complaint_id)[-1] for complaint_id in self.complaints}


@pytest.fixture
def relaying(database: Database, kafka: str) -> Iterator[Relaying]:
    migrate(database.owner_url, database.role, "intake", *ARCHIVED)
    store = PostgresStore(database.url, "intake", limits=PATIENT)
    archive = Archive(store, projections=(ComplaintList(store),))
    archive.begin()
    relaying = Relaying(archive, store, kafka)
    yield relaying
    relaying.log.close()
    archive.stop()
    archive.application.close()


def _has_stopped(process: "subprocess.Popen[bytes]") -> Any:
    return os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOHANG)


@pytest.mark.parametrize("point", [BEFORE_PUBLISH, AFTER_PUBLISH])
def test_what_a_killed_relay_left_is_published_by_the_next_with_the_same_ids(
    relaying: Relaying, database: Database, point: str
) -> None:
    relaying.happen()
    with relaying.victim(database.url, point, 1, signal.SIGKILL) as victim:
        assert victim.wait(60) == -signal.SIGKILL
    left = len(relaying.on(COMPLAINT_EVENTS))
    assert (left > 0) == (point == AFTER_PUBLISH)
    with relaying.other():
        wait_until(relaying.is_published, seconds=60, what="the other relay to publish everything")
        relaying.happen()
        wait_until(relaying.is_published, seconds=60, what="what came later")
    facts = relaying.on(COMPLAINT_EVENTS)
    require_order(facts)
    assert len(facts) == left + len(relaying.archive.events())
    assert relaying.states() == relaying.newest()


@pytest.mark.parametrize("point", [BEFORE_PUBLISH, AFTER_PUBLISH])
def test_a_relay_that_was_stopped_past_its_turn_and_goes_on_harms_nothing(
    relaying: Relaying, database: Database, point: str
) -> None:
    relaying.happen()
    with relaying.victim(database.url, point, 1, signal.SIGSTOP) as victim:
        wait_until(lambda: _has_stopped(victim), seconds=60, what="the relay to stop itself")
        relaying.happen()
        with relaying.other():
            wait_until(relaying.is_published, seconds=60, what="the other relay to publish everything")
            before = len(relaying.on(COMPLAINT_EVENTS))
            victim.send_signal(signal.SIGCONT)
            late = 0 if point == AFTER_PUBLISH else 1
            wait_until(lambda: len(relaying.on(COMPLAINT_EVENTS)) >= before + late, seconds=60, what="what comes late")
            wait_until(lambda: relaying.states() == relaying.newest(), seconds=30, what="the newest states at the end")
            relaying.happen()
            wait_until(relaying.is_published, seconds=60, what="what came later")
    require_order(relaying.on(COMPLAINT_EVENTS))
    assert relaying.states() == relaying.newest()


def test_two_relays_at_once_take_turns_and_publish_nothing_twice(relaying: Relaying) -> None:
    with relaying.other():
        relaying.happen()
        wait_until(relaying.is_published, seconds=60, what="the first relay to publish")
        second = relay_of(relaying.archive.store, relaying.log, "second")  # type: ignore[arg-type] # it is one
        with running_aside(second.run):
            relaying.happen()
            wait_until(relaying.is_published, seconds=60, what="everything to be published")
    assert len(relaying.on(COMPLAINT_EVENTS)) == len(relaying.archive.events())
