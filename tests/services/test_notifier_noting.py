"""Facts come twice, come late, come in the wrong order: whoever is to be told is told, once."""

import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from shared.contracts.topics import COMPLAINT_EVENTS, DEADLINE_EVENTS
from shared.messaging.facts import receive
from shared.messaging.log import Incoming
from tests.conftest import Running
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_alone import TOPICS, alone
from tests.services.notifier_scenes import Complaint, installed, reached, wait_until_reached
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installed(tmp_path_factory.mktemp("noting")) as running:
        yield running


@pytest.fixture(scope="module")
def complaint(installation: Running) -> Complaint:
    """A complaint whose first answer came too late, so that there are facts of both topics."""
    made = submitted(installation)
    installation.clock.advance(days=3)
    wait_until_reached(installation, made, "senior", "staff-escalated")
    installation.settle()
    return made


def submitted(installation: Running) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0]}
    made = installation.api.as_app("u-1").submit(complainant=person, description=TEXTS[0], preferred_medium="email")
    installation.settle()
    return made


def facts(installation: Running, complaint: Complaint, topic: str) -> list[Incoming]:
    return [each for each in installation.backend.log.read((topic,)) if each.key == complaint["id"]]


def test_a_notifier_that_hears_the_same_facts_tells_the_same_people(
    installation: Running, complaint: Complaint, tmp_path: Path
) -> None:
    with alone(installation, tmp_path) as notifier:
        notifier.hear(
            facts(installation, complaint, COMPLAINT_EVENTS) + facts(installation, complaint, DEADLINE_EVENTS)
        )
        notifier.settle()
        heard = [template for _, _, template in notifier.told()]
    assert sorted(heard) == sorted(template for _, template in reached(installation, complaint))


def test_a_fact_that_comes_twice_is_told_once(installation: Running, complaint: Complaint, tmp_path: Path) -> None:
    with alone(installation, tmp_path) as notifier:
        for topic in (*TOPICS, *TOPICS):
            notifier.hear(facts(installation, complaint, topic))
        notifier.settle()
        told = notifier.told()
    assert len(told) == len(set(told)) == len(reached(installation, complaint))


def test_a_fact_that_two_consumers_take_is_planned_once(installation: Running, complaint: Complaint) -> None:
    """As when a partition moves to another consumer before the first one has stored how far it came."""
    application = installation.embedded.notifier.application
    before = reached(installation, complaint)
    for incoming in facts(installation, complaint, COMPLAINT_EVENTS):
        received = receive(incoming)
        assert received.message
        application.note(received.message, received.envelope, (), now=installation.clock()).result()
    installation.settle()
    assert reached(installation, complaint) == before


def test_a_clock_that_overtakes_the_submission_waits_and_is_told_then(
    installation: Running, complaint: Complaint, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with alone(installation, tmp_path) as notifier, caplog.at_level(logging.WARNING):
        notifier.hear(facts(installation, complaint, DEADLINE_EVENTS))
        wait_until(lambda: "came before its submission" in caplog.text, what="the clock to wait")
        assert (notifier.told(), notifier.has_heard_everything()) == ([], False)
        notifier.hear(facts(installation, complaint, COMPLAINT_EVENTS))
        notifier.settle()
        templates = [template for _, _, template in notifier.told()]
    assert sorted(templates) == sorted(template for _, template in reached(installation, complaint))
    assert "staff-clock-missed" in templates


def test_facts_of_a_complaint_that_come_in_the_wrong_order_are_told_in_the_right_one(
    installation: Running, complaint: Complaint, tmp_path: Path
) -> None:
    with alone(installation, tmp_path) as notifier:
        notifier.hear(facts(installation, complaint, COMPLAINT_EVENTS)[::-1])
        notifier.settle()
        wait_until(lambda: len(notifier.told()) == 2, what="the facts that waited to be told")
        assert [template for _, _, template in notifier.told()] == ["acknowledgement", "staff-escalated"]


def test_a_fact_that_nobody_is_told_of_is_remembered(installation: Running) -> None:
    complaint = submitted(installation)
    installation.api.as_app("u-1").command(complaint, "change-contact", {"language": "en", "preferred_medium": "sms"})
    installation.settle()
    memory = installation.embedded.notifier.application.memories.of(UUID(complaint["id"]))
    assert memory is not None
    assert (memory.language, memory.preferred_medium) == ("en", "sms")
