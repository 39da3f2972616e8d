"""What was put aside and is tried again: in its order, each effect once, and nothing stays behind for ever."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from shared.contracts.topics import COMPLAINT_COMMANDS
from shared.messaging.parking import ParkedState
from tests.builders import COMPLAINT_ID
from tests.either_log import EitherLog
from tests.services.consuming import KEY, Scene, id_of, in_order, of_type, staged, undecodable
from tests.services.reading import escalations


@pytest.fixture
def scene(tmp_path: Path, either_log: EitherLog) -> Iterator[Scene]:
    with staged(tmp_path, either_log) as scene:
        yield scene


@pytest.fixture
def asked(tmp_path: Path, either_log: EitherLog) -> Iterator[Scene]:
    """A service that is given commands."""
    with staged(tmp_path, either_log, group="intake", topics=(COMPLAINT_COMMANDS,)) as scene:
        yield scene


def reasons(scene: Scene) -> list[str]:
    return [message.reason for message in scene.reading.parked()]


def mend_and_redrive(scene: Scene, key: str | None = None) -> int:
    """The release that mends what failed is there, and an operator asks for another try."""
    scene.reading.failing.clear()
    count = scene.reading.redrive(key)
    scene.settle()
    return count


def test_what_is_redriven_is_applied_in_the_order_of_its_versions(scene: Scene) -> None:
    one, two, three, four, five = scene.facts()
    scene.reading.failing = {id_of(one)}
    scene.send(one, four, two, five, three)
    assert mend_and_redrive(scene, KEY) == 5
    assert scene.reading.told() == in_order(COMPLAINT_ID)
    assert scene.reading.parked() == []


def test_what_comes_after_a_redrive_flows_again(scene: Scene) -> None:
    one, two, *rest = scene.facts()
    scene.reading.failing = {id_of(one)}
    scene.send(one, two)
    mend_and_redrive(scene)
    scene.send(*rest)
    assert scene.reading.told() == in_order(COMPLAINT_ID)
    assert scene.reading.parked() == []


def test_a_redrive_for_one_complaint_leaves_the_others_parked(scene: Scene) -> None:
    other = uuid4()
    scene.send(undecodable(), undecodable(str(other)))
    sent = scene.facts(uuid4())
    scene.reading.failing = {id_of(sent[0])}
    scene.send(sent[0])
    assert mend_and_redrive(scene, sent[0].key) == 1
    assert len(scene.reading.parked()) == 2


def test_what_fails_again_is_parked_again_and_what_is_behind_it_waits_on(scene: Scene) -> None:
    sent = scene.facts()
    scene.reading.failing = {id_of(sent[1])}
    scene.send(*sent)
    scene.reading.redrive()
    scene.settle()
    assert reasons(scene) == ["failed", "behind-parked", "behind-parked", "behind-parked"]
    mend_and_redrive(scene)
    assert scene.reading.told() == in_order(COMPLAINT_ID)


def test_what_can_never_be_read_stays_parked_and_the_consumer_comes_to_rest(scene: Scene) -> None:
    scene.send(undecodable())
    mend_and_redrive(scene)
    assert [message.state for message in scene.reading.parked()] == [ParkedState.PARKED]
    assert reasons(scene) == ["undecodable"]


def test_a_redrive_survives_a_restart(scene: Scene) -> None:
    sent = scene.facts()
    scene.reading.failing = {id_of(sent[0])}
    scene.send(*sent)
    scene.reading.redrive()
    scene.restart()
    scene.settle()
    assert scene.reading.told() == in_order(COMPLAINT_ID)


def test_parked_messages_that_are_read_again_stay_parked_each_for_its_own_reason(scene: Scene) -> None:
    other = uuid4()
    sent = scene.facts(other, count=3)
    scene.reading.failing = {id_of(sent[0])}
    scene.send(*sent, undecodable())
    before = scene.reading.parked()
    scene.read_again()
    assert scene.reading.parked() == before
    assert {message.reason for message in before} == {"failed", "behind-parked", "undecodable"}
    assert len(scene.notices()) == len(before)


def test_what_an_operator_asked_for_is_not_forgotten_when_the_message_is_read_again(scene: Scene) -> None:
    sent = scene.facts()
    scene.reading.failing = {id_of(sent[0])}
    scene.send(*sent)
    scene.reading.redrive()
    scene.read_again()
    assert scene.reading.told() == in_order(COMPLAINT_ID)


def test_a_message_that_was_parked_and_redriven_has_no_second_effect_when_it_is_read_again(scene: Scene) -> None:
    sent = scene.facts()
    scene.reading.failing = {id_of(sent[2])}
    scene.send(*sent)
    mend_and_redrive(scene)
    scene.read_again()
    assert scene.reading.told() == in_order(COMPLAINT_ID)
    assert scene.reading.parked() == []


def test_a_parked_message_that_was_sent_twice_is_applied_once(scene: Scene) -> None:
    sent = scene.facts()
    scene.reading.failing = {id_of(sent[0])}
    scene.send(*sent, *sent)
    mend_and_redrive(scene)
    assert scene.reading.told() == in_order(COMPLAINT_ID)
    assert scene.reading.parked() == []


def test_a_fact_that_waits_for_one_that_is_parked_is_applied_after_it(scene: Scene) -> None:
    one, two, three, *_ = scene.facts()
    scene.reading.failing = {id_of(two)}
    scene.send(one, three, two)
    assert {message.state for message in scene.reading.parked()} == {ParkedState.PARKED, ParkedState.WAITING}
    mend_and_redrive(scene)
    assert scene.reading.told() == in_order(COMPLAINT_ID, 3)


def test_commands_are_carried_out_once_however_often_they_come(asked: Scene) -> None:
    sent = escalations(COMPLAINT_ID, 3)
    asked.send(*sent, *sent)
    assert asked.reading.told_ids() == [id_of(message) for message in sent]


def test_an_unknown_command_is_parked_with_a_notice(asked: Scene) -> None:
    (command,) = escalations(COMPLAINT_ID, 1)
    asked.send(of_type(command, "recourse.command.sing.v1"))
    assert reasons(asked) == ["unknown-command"]
    assert [notice.parked_type for notice in asked.notices()] == ["recourse.command.sing.v1"]


def test_commands_are_redriven_in_the_order_in_which_they_were_given(asked: Scene) -> None:
    sent = escalations(COMPLAINT_ID, 8)
    asked.reading.failing = {id_of(sent[0])}
    asked.send(*sent)
    assert asked.reading.told_ids() == []
    mend_and_redrive(asked)
    assert asked.reading.told_ids() == [id_of(message) for message in sent]


def test_a_redriven_command_that_was_carried_out_meanwhile_is_released(asked: Scene) -> None:
    one, two, three = escalations(COMPLAINT_ID, 3)
    asked.reading.failing = {id_of(one)}
    asked.send(one, one, two)
    mend_and_redrive(asked)
    asked.send(three)
    assert asked.reading.told_ids() == [id_of(message) for message in (one, two, three)]
    assert asked.reading.parked() == []


def test_a_command_whose_data_cannot_be_read_is_parked_and_holds_its_complaint_only(asked: Scene) -> None:
    (command,) = escalations(COMPLAINT_ID, 1)
    (other,) = escalations(uuid4(), 1)
    asked.send(replace(command, value=b"{}"), other)
    assert reasons(asked) == ["undecodable"]
    assert asked.reading.told_ids() == [id_of(other)]


def test_commands_behind_one_that_fails_again_do_not_overtake_it(asked: Scene) -> None:
    sent = escalations(COMPLAINT_ID, 4)
    asked.reading.failing = {id_of(sent[0])}
    asked.send(*sent)
    asked.reading.redrive()
    asked.settle()
    assert asked.reading.told_ids() == []
    mend_and_redrive(asked)
    assert asked.reading.told_ids() == [id_of(message) for message in sent]


def test_a_command_that_comes_while_others_are_tried_again_waits_behind_them(asked: Scene) -> None:
    one, two, three = escalations(COMPLAINT_ID, 3)
    asked.reading.failing = {id_of(one)}
    asked.send(one, two)
    asked.reading.redrive()
    asked.reading.consumer.round()
    asked.log.append([three])
    asked.reading.consumer.round()
    mend_and_redrive(asked)
    assert asked.reading.told_ids() == [id_of(message) for message in (one, two, three)]
