"""An embedded installation is moved in the middle of its stories, and they go on where they were."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.topics import ALL_TOPICS, COMPLAINT_EVENTS, DEADLINE_EVENTS, NOTIFICATION_EVENTS, READ_BY
from shared.messaging.facts import receive
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import Outgoing
from tests.distributed.fleet import Fleet, prepare, started
from tests.faults.accounts import topics_of
from tests.installation import Installation
from tests.kafka_logs import kafka_log, own_prefix
from tests.network import free_port
from tests.postgres import Database, Server
from tests.stories.seven import top_up_not_credited
from tests.stories.stage import Complaint, Stage
from tests.system.commanding import Done, come_to_rest, complaint_of, recourse
from tests.waiting import wait_until

NOT_COMPACTED = tuple(topic.name for topic in ALL_TOPICS if not topic.compacted)


@dataclass
class Move:
    """What was on the way when the installation stopped, and how it stood then."""

    data_dir: Path
    settings: dict[str, str]
    stage: Stage
    open: Complaint
    parked: Complaint
    while_it_ran: Done
    moved: Done

    def command(self, *arguments: str, here: bool = False) -> Done:
        """Type a command for where the installation was, or for where it is."""
        return recourse(self.data_dir, *arguments, **({} if here else self.settings))

    def asked(self, *arguments: str, here: bool = False) -> Any:
        done = self.command(*arguments, "--json", here=here)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def database(postgres: Server) -> Iterator[Database]:
    made = postgres.database()
    yield made
    postgres.drop(made)


@pytest.fixture(scope="module")
def log(kafka: str) -> Iterator[KafkaLog]:
    with closing(kafka_log(kafka, own_prefix(), ALL_TOPICS)) as log:
        yield log


@pytest.fixture(scope="module")
def move(tmp_path_factory: pytest.TempPathFactory, database: Database, kafka: str, log: KafkaLog) -> Move:
    data_dir = tmp_path_factory.mktemp("moving")
    settings = prepare(database, kafka, log._access.prefix)
    installation = Installation(data_dir, free_port())
    installation.start()
    stage = Stage(installation.api)
    top_up_not_credited(stage)
    parked = _park_one(stage, data_dir)
    open_complaint = stage.enter(stage.app("u-open").submit(preferred_medium="email", complainant={"name": "李小红"}))
    stage.until(open_complaint, "acknowledged")
    while_it_ran = recourse(data_dir, "move", **settings)
    come_to_rest(installation)
    installation.stop()
    return Move(data_dir, settings, stage, open_complaint, parked, while_it_ran, recourse(data_dir, "move", **settings))


def _park_one(stage: Stage, data_dir: Path) -> Complaint:
    """A complaint behind a message that nobody can read, and what came of it later."""
    complaint = stage.enter(stage.app("u-parked").submit())
    stage.until(complaint, "acknowledged")
    with topics_of(data_dir) as topics:
        topics.append([Outgoing(COMPLAINT_EVENTS, complaint["id"], (("alien", b"1"),), b"not of ours")])
    stage.app("u-parked").command(complaint, "follow-up", {"text": "请问处理到哪一步了？"})
    return complaint


@pytest.fixture(scope="module")
def fleet(move: Move) -> Iterator[Fleet]:
    with started(move.data_dir, move.settings) as fleet:
        yield fleet


def test_an_installation_that_runs_is_not_moved(move: Move) -> None:
    assert "another process runs on" in complaint_of(move.while_it_ran)


def test_the_move_says_what_it_carried(move: Move) -> None:
    assert move.moved.returncode == 0, move.moved.stderr
    assert "everything is there as it was" in move.moved.stdout
    assert move.asked("move", "--check")["said"] == "everything is there as it was"


def test_every_event_is_there_with_its_id_version_time_and_digest(move: Move) -> None:
    there, here = move.command("export", "--personal"), move.command("export", "--personal", here=True)
    assert there.stdout == here.stdout
    assert len(there.stdout.splitlines()) > 20


@pytest.mark.parametrize("command", ["history", "state"])
def test_the_same_complaints_have_the_same_history_and_state(move: Move, command: str) -> None:
    for complaint in move.stage.cast:
        there, here = (move.command(command, complaint["id"], "--json", here=here) for here in (False, True))
        assert (there.returncode, there.stdout) == (0, here.stdout)


def test_what_was_sent_and_what_is_parked_is_shown_as_before(move: Move) -> None:
    assert move.asked("outbox") == move.asked("outbox", here=True)
    parked, before = move.asked("parked", "list"), move.asked("parked", "list", here=True)
    assert len(parked) >= 4
    for row in (*parked, *before):
        del row["id"]
    assert sorted(parked, key=str) == sorted(before, key=str)


def test_what_is_parked_is_known_by_its_place_on_kafka(move: Move, log: KafkaLog) -> None:
    """A message that is read again must be known as put aside, or it would be parked and noticed twice."""
    there = {f"{each.partition.topic}/{each.partition.number}/{each.offset}": each for each in log.read(NOT_COMPACTED)}
    assert {there[row["id"]].key for row in move.asked("parked", "list")} == {move.parked["id"]}


def test_every_message_is_on_kafka_once_in_the_order_of_its_complaint(move: Move, log: KafkaLog) -> None:
    with topics_of(move.data_dir) as topics:
        for topic in (each.name for each in ALL_TOPICS):
            here, there = _by_key(topics, topic), _by_key(log, topic)
            assert {key: there[key][: len(messages)] for key, messages in here.items()} == here


def _by_key(log: Any, topic: str) -> dict[str, list[tuple[Any, bytes]]]:
    found: dict[str, list[tuple[Any, bytes]]] = {}
    for incoming in log.read((topic,)):
        found.setdefault(incoming.key, []).append((incoming.headers, incoming.value))
    return found


def test_nothing_that_was_read_is_read_again(move: Move, log: KafkaLog) -> None:
    ends = log.ends()
    for topic, groups in READ_BY.items():
        for group in groups:
            committed = log.committed(group)
            assert all(committed[at] == end for at, end in ends.items() if at.topic == topic)


def test_what_was_left_does_not_run_any_more_and_says_where_it_is(move: Move) -> None:
    assert "has moved to 127.0.0.1" in complaint_of(move.command("run", "--development", here=True))


def test_a_place_that_holds_something_is_refused(move: Move, tmp_path: Path) -> None:
    another = Installation(tmp_path, free_port())
    another.start()
    another.stop()
    assert "the database is not empty" in complaint_of(recourse(tmp_path, "move", **move.settings))


def test_the_stories_go_on_and_nothing_is_told_twice(move: Move, fleet: Fleet, log: KafkaLog) -> None:
    """A missed date, a follow-up, a letter: each of them once; and what was parked stays parked, noticed once."""
    before = move.asked("history", move.open["id"], here=True)
    stage, notices = Stage(fleet.api), _dead_letters(log)
    stage.until_missed(move.open, "first_answer")
    stage.until(move.open, "escalated")
    stage.app("u-open").command(move.open, "follow-up", {"text": "已经过了你们承诺的日期。"})
    stage.handler("anna").command(move.open, "answer", {"text": "我们正在调查", "kind": "interim", "medium": "email"})
    stage.until(move.open, "delivery-recorded", times=2)
    _require_each_once(fleet, log, move.stage.cast)
    assert move.asked("history", move.open["id"])[: len(before)] == before
    assert _dead_letters(log)[: len(notices)] == notices
    assert all(row["complaint"] == move.parked["id"] for row in move.asked("parked", "list"))


def _dead_letters(log: KafkaLog) -> list[bytes]:
    return sorted(each.value for each in log.read([name for name in NOT_COMPACTED if ".dead." in name]))


def _require_each_once(fleet: Fleet, log: KafkaLog, cast: list[Complaint]) -> None:
    """Who reads from the beginning sees every fact once; every notification is planned once and sent once."""
    facts = (COMPLAINT_EVENTS, DEADLINE_EVENTS, NOTIFICATION_EVENTS)
    read = [receive(each).envelope for each in log.read(facts) if each.headers[0][0] != "alien"]
    assert Counter(each.id for each in read).most_common(1)[0][1] == 1
    done = Counter((each.stream_id, each.type) for each in read if each.type.endswith(("planned.v1", "sent.v1")))
    assert set(done.values()) == {1}
    for complaint in cast:
        events = Counter(fleet.api.as_staff("auditor", "li").events(complaint))
        assert (events["submitted"], events["acknowledged"]) == (1, 1)


def test_it_can_be_checked_again_after_it_has_gone_on(move: Move, fleet: Fleet) -> None:
    wait_until(lambda: all(part.is_ready() for part in fleet.parts), what="the fleet")
    assert move.asked("move", "--check")["said"].startswith("it runs there since")
