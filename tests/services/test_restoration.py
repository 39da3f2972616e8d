"""What a lost consumer gets back beside its events: what it had read, what it had parked, what waited."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.contracts.topics import COMPLAINT_EVENTS, dead_letter_topic
from shared.messaging.parking import ParkedState
from shared.messaging.replay import restore_events, restore_inbox
from tests.builders import COMPLAINT_ID
from tests.either_log import EitherLog
from tests.services.consuming import KEY, Scene, id_of, in_order, staged, undecodable
from tests.services.replaying import lose


@pytest.fixture
def scene(tmp_path: Path, either_log: EitherLog) -> Iterator[Scene]:
    with staged(tmp_path, either_log) as scene:
        yield scene


def lose_and_restore(scene: Scene, directory: Path) -> int:
    """The consumer's database is gone; its notices and its offsets are still in the log."""
    scene.notices()
    scene.reading.close()
    lose(directory, "escalation")
    scene.reading = scene.open()
    committed = scene.log.committed("escalation")
    traces = restore_events(
        scene.reading.application, scene.log, (dead_letter_topic(COMPLAINT_EVENTS, "escalation"),), lambda _: None
    )
    return restore_inbox(
        scene.reading.application,
        scene.log,
        (COMPLAINT_EVENTS,),
        remember=lambda _: (),
        traces=traces,
        consumed=lambda partition: committed.get(partition, 0),
    )


def test_what_was_read_has_no_second_effect_and_what_follows_has_one(scene: Scene, tmp_path: Path) -> None:
    one, two, three, *rest = scene.facts()
    scene.send(one, two, three)
    assert lose_and_restore(scene, tmp_path) == 3
    scene.send(one, two, three, *rest)
    assert scene.reading.told() == in_order(COMPLAINT_ID)[3:]


def test_what_was_not_read_is_read_after_the_restoration(scene: Scene, tmp_path: Path) -> None:
    sent = scene.facts()
    scene.send(*sent[:2])
    scene.log.append(sent[2:])
    lose_and_restore(scene, tmp_path)
    scene.settle()
    assert scene.reading.told() == in_order(COMPLAINT_ID)[2:]


def test_what_was_parked_is_parked_again_and_can_be_redriven(scene: Scene, tmp_path: Path) -> None:
    sent = scene.facts()
    scene.reading.failing = {id_of(sent[1])}
    scene.send(*sent)
    before = [(message.id, message.state, message.reason) for message in scene.reading.parked()]
    assert lose_and_restore(scene, tmp_path) == 1
    assert [(message.id, message.state, message.reason) for message in scene.reading.parked()] == before
    scene.reading.redrive(KEY)
    scene.settle()
    assert scene.reading.told() == in_order(COMPLAINT_ID)[1:]


def test_what_was_parked_and_redriven_is_not_parked_again(scene: Scene, tmp_path: Path) -> None:
    one, two, three, *_ = scene.facts()
    scene.reading.failing = {id_of(one)}
    scene.send(one, two)
    scene.reading.failing.clear()
    scene.reading.redrive()
    scene.send(three)
    assert lose_and_restore(scene, tmp_path) == 3
    assert scene.reading.parked() == []


def test_poison_stays_parked_and_hinders_no_restoration(scene: Scene, tmp_path: Path) -> None:
    other = uuid4()
    scene.send(undecodable(), *scene.facts(other))
    assert lose_and_restore(scene, tmp_path) == 5
    (parked,) = scene.reading.parked()
    assert (parked.incoming.value, parked.reason, parked.state) == (b"no json", "undecodable", ParkedState.PARKED)
    assert len(scene.notices()) == 1


def test_what_waited_for_an_earlier_version_waits_again(scene: Scene, tmp_path: Path) -> None:
    one, two, three, *_ = scene.facts()
    scene.send(one, three)
    assert lose_and_restore(scene, tmp_path) == 1
    assert [message.state for message in scene.reading.parked()] == [ParkedState.WAITING]
    scene.send(two)
    assert scene.reading.told() == in_order(COMPLAINT_ID, 3)[1:]


def test_facts_that_came_out_of_order_and_twice_count_as_read(scene: Scene, tmp_path: Path) -> None:
    one, two, three, four, five = scene.facts()
    scene.send(three, one, one, two, four, three)
    assert lose_and_restore(scene, tmp_path) == 4
    scene.send(five)
    assert scene.reading.told() == in_order(COMPLAINT_ID)[4:]
    assert scene.reading.parked() == []
