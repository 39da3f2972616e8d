"""The consumer: every message in order, each effect once, and what cannot be applied is put aside visibly."""

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from shared.contracts.topics import COMPLAINT_EVENTS
from shared.messaging.consumer import MOST_PARKED_KEYS
from shared.messaging.dispatch import MOST_ATTEMPTS
from shared.messaging.log import Outgoing
from shared.messaging.parking import ParkedState
from tests.builders import COMPLAINT_ID
from tests.either_log import EitherLog
from tests.services.archive import fill_disk, free_disk
from tests.services.consuming import KEY, Scene, id_of, in_order, of_type, staged, undecodable
from tests.waiting import wait_until


@pytest.fixture
def scene(tmp_path: Path, either_log: EitherLog) -> Iterator[Scene]:
    with staged(tmp_path, either_log) as scene:
        yield scene


def test_facts_are_applied_in_order_and_each_once(scene: Scene) -> None:
    scene.send(*scene.facts())
    assert scene.reading.told() == in_order(COMPLAINT_ID)


def test_duplicates_are_skipped(scene: Scene) -> None:
    sent = scene.facts()
    scene.send(*sent, *sent, sent[0])
    scene.send(*sent)
    assert scene.reading.told() == in_order(COMPLAINT_ID)


@pytest.mark.parametrize("seed", range(6))
def test_permuted_and_repeated_facts_are_applied_in_order_and_each_once(scene: Scene, seed: int) -> None:
    other = uuid4()
    sent = [*scene.facts(), *scene.facts(other)] * 2
    scene.send(*random.Random(seed).sample(sent, len(sent)))  # noqa: S311 - a permutation, no secret
    told = scene.reading.told()
    assert [each for each in told if each[0] == KEY] == in_order(COMPLAINT_ID)
    assert [each for each in told if each[0] == str(other)] == in_order(other)
    assert scene.reading.parked() == []


def test_a_fact_after_a_gap_waits_and_is_applied_when_the_gap_is_filled(scene: Scene) -> None:
    one, two, three, four, five = scene.facts()
    scene.send(one, five, four, three)
    assert scene.reading.told() == in_order(COMPLAINT_ID, 1)
    assert {message.state for message in scene.reading.parked()} == {ParkedState.WAITING}
    scene.send(two)
    assert scene.reading.told() == in_order(COMPLAINT_ID)
    assert scene.reading.parked() == []


def test_a_gap_in_one_complaint_holds_up_no_other(scene: Scene) -> None:
    other = uuid4()
    scene.send(*scene.facts()[1:], *scene.facts(other))
    assert scene.reading.told() == in_order(other)


def test_what_waits_survives_a_restart(scene: Scene) -> None:
    one, *rest = scene.facts()
    scene.send(*rest)
    scene.restart()
    scene.send(one)
    assert scene.reading.told() == in_order(COMPLAINT_ID)


def test_messages_read_again_after_a_restart_have_no_second_effect(scene: Scene) -> None:
    scene.send(*scene.facts())
    scene.read_again()
    assert scene.reading.told() == in_order(COMPLAINT_ID)


def test_a_fact_of_an_unknown_kind_is_done_and_its_version_counts(scene: Scene) -> None:
    one, two, three, *_ = scene.facts()
    scene.send(one, of_type(two, "recourse.complaint.sung-about.v1"), three)
    assert [version for _, version in scene.reading.told()] == [1, 3]
    assert scene.reading.parked() == []


def test_an_undecodable_message_is_parked_with_a_notice_and_others_flow(scene: Scene) -> None:
    other = uuid4()
    scene.send(undecodable(), *scene.facts(other))
    assert scene.reading.told() == in_order(other)
    (parked,) = scene.reading.parked()
    assert (parked.state, parked.reason, parked.incoming.value) == (ParkedState.PARKED, "undecodable", b"no json")
    (notice,) = scene.notices()
    assert (notice.reason, notice.key, notice.source_topic) == ("undecodable", KEY, COMPLAINT_EVENTS)
    assert (notice.partition, notice.offset) == (parked.incoming.partition.number, parked.incoming.offset)


POISON: dict[str, Outgoing] = {
    "no headers": Outgoing(COMPLAINT_EVENTS, KEY, (), b"{}"),
    "no id": Outgoing(COMPLAINT_EVENTS, KEY, (("ce_type", b"recourse.complaint.rated.v1"),), b"{}"),
    "bytes that are no text": undecodable(),
    "an empty key": undecodable(""),
}


@pytest.mark.parametrize("poison", list(POISON))
def test_poison_of_every_kind_is_parked_with_a_notice(scene: Scene, poison: str) -> None:
    scene.send(POISON[poison])
    assert [parked.reason for parked in scene.reading.parked()] == ["undecodable"]
    assert len(scene.notices()) == 1


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b"{}", b"\xff", b'{"tenant": 1}', b"[" * 5000])
def test_a_fact_whose_data_cannot_be_read_is_parked(scene: Scene, value: bytes) -> None:
    scene.send(replace(scene.facts()[0], value=value))
    assert [parked.reason for parked in scene.reading.parked()] == ["undecodable"]


def test_a_message_that_fails_five_times_is_parked_and_not_before(scene: Scene) -> None:
    sent = scene.facts()
    scene.reading.failing = {id_of(sent[1])}
    scene.send(*sent)
    assert scene.reading.attempts[id_of(sent[1])] == MOST_ATTEMPTS
    assert scene.reading.told() == in_order(COMPLAINT_ID, 1)
    assert scene.reading.parked()[0].reason == "failed"


def test_a_message_that_succeeds_at_last_is_applied_in_its_place(scene: Scene) -> None:
    sent = scene.facts()
    scene.reading.failing = {id_of(sent[1])}
    scene.log.append(sent)
    wait_until(lambda: scene.reading.consumer.round() or scene.reading.attempts[id_of(sent[1])] > 1)
    scene.reading.failing.clear()
    scene.settle()
    assert scene.reading.told() == in_order(COMPLAINT_ID)
    assert scene.reading.parked() == []


def test_later_messages_of_the_same_complaint_park_behind_it_and_others_flow(scene: Scene) -> None:
    other = uuid4()
    sent = scene.facts()
    scene.reading.failing = {id_of(sent[1])}
    scene.send(*sent, *scene.facts(other))
    assert [each for each in scene.reading.told() if each[0] == str(other)] == in_order(other)
    reasons = [message.reason for message in scene.reading.parked()]
    assert reasons == ["failed", "behind-parked", "behind-parked", "behind-parked"]
    assert len(scene.notices()) == 4


def test_a_full_store_lets_the_partition_wait_and_loses_nothing(scene: Scene) -> None:
    scene.reading.ballast_bytes = 300_000
    sent = scene.facts()
    scene.send(sent[0])
    fill_disk(scene.reading.store)
    scene.log.append(sent[1:])
    for _ in range(10):
        scene.reading.consumer.round()
    assert scene.reading.told() == in_order(COMPLAINT_ID, 1)
    assert scene.is_behind()
    free_disk(scene.reading.store)
    scene.settle()
    assert scene.reading.told() == in_order(COMPLAINT_ID)
    assert scene.reading.parked() == []


def test_a_log_that_is_away_is_waited_for(scene: Scene) -> None:
    sent = scene.facts()
    scene.send(*sent[:2])
    scene.log.away = True
    assert scene.reading.consumer.round() is False
    scene.log.away = False
    scene.send(*sent[2:])
    assert scene.reading.told() == in_order(COMPLAINT_ID)


def test_more_than_twenty_parked_complaints_halt_the_consumer(scene: Scene) -> None:
    for _ in range(MOST_PARKED_KEYS):
        scene.send(undecodable(str(uuid4())))
    assert not scene.reading.consumer.halted
    scene.send(undecodable(str(uuid4())))
    assert scene.reading.consumer.halted


def test_one_complaint_with_many_parked_messages_halts_nothing(scene: Scene) -> None:
    scene.send(*(undecodable() for _ in range(3 * MOST_PARKED_KEYS)))
    assert not scene.reading.consumer.halted


def test_a_halted_consumer_leaves_what_follows_untouched(scene: Scene) -> None:
    poison = [undecodable(str(uuid4())) for _ in range(3 * MOST_PARKED_KEYS)]
    scene.log.append(poison)
    stop = threading.Event()
    running = threading.Thread(target=scene.reading.consumer.run, args=(stop,))
    running.start()
    wait_until(lambda: scene.reading.consumer.halted, what="the consumer to halt")
    scene.log.append(scene.facts())
    stop.set()
    running.join()
    assert scene.reading.told() == []
    assert MOST_PARKED_KEYS < len(scene.reading.parked()) < len(poison)
    assert scene.is_behind()
