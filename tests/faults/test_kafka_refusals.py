"""The broker refuses one message of many, or carries what nobody can read: what is good goes on, in order."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from services.intake.publishing import publisher
from services.intake.views.complaint_list import ComplaintList
from shared.contracts.topics import COMPLAINT_COMMANDS, COMPLAINT_EVENTS, COMPLAINT_STATE, DEADLINE_EVENTS, READ_BY
from shared.contracts.topics import dead_letter_topic as dead
from shared.messaging.facts import receive
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import LogUnavailableError
from shared.messaging.parking import Parking
from shared.messaging.relay import Relay
from tests.builders import COMPLAINT_ID, NOW
from tests.client import refused
from tests.clock import StandingClock
from tests.conftest import Running, StartInstallation
from tests.kafka_logs import few_topics, kafka_log, own_prefix
from tests.services.archive import Archive, lease_of, sqlite
from tests.waiting import wait_until


@pytest.fixture
def prefix() -> str:
    return own_prefix()


@pytest.fixture
def log(kafka: str, prefix: str) -> Iterator[KafkaLog]:
    log = kafka_log(kafka, prefix, few_topics())
    log.create_topics()
    yield log
    log.close()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    store = sqlite(tmp_path, StandingClock(NOW))
    archive = Archive(store, projections=(ComplaintList(store),))
    archive.begin()
    yield archive
    archive.stop()
    archive.application.close()


def configure(kafka: str, topic: str, settings: Mapping[str, str]) -> None:
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=dict(settings))])


def test_the_position_stops_before_the_one_message_of_a_batch_that_the_broker_refused(
    archive: Archive, log: KafkaLog, kafka: str, prefix: str
) -> None:
    publish = publisher("intake", ComplaintList(archive.store))
    relay = Relay(archive.store, log, publish, lease_of(archive.store), poll_seconds=0.01)
    configure(kafka, prefix + COMPLAINT_STATE, {"max.message.bytes": "100"})
    archive.carry_out(archive.submit(COMPLAINT_ID))
    archive.carry_out(archive.follow_up(COMPLAINT_ID))
    events = archive.events()
    wait_until(lambda: relay.round() == 1, seconds=30, what="what comes before the state to be published")
    assert relay.position() == events[0].position
    assert not _rounds_to(relay, events[-1].position)
    configure(kafka, prefix + COMPLAINT_STATE, {"max.message.bytes": str(8 * 1_048_576)})
    wait_until(lambda: _rounds_to(relay, events[-1].position), seconds=30, what="the rest to be published")
    versions = [receive(each).envelope.version for each in log.read((COMPLAINT_EVENTS,))]
    assert list(dict.fromkeys(versions)) == [event.originator_version for event in events]
    assert [receive(each).envelope.version for each in log.read((COMPLAINT_STATE,))][-1] == len(events)


def _rounds_to(relay: Relay, position: int) -> bool:
    try:
        relay.round()
    except LogUnavailableError:
        return False
    return relay.position() == position


def poison(fact: Mapping[str, bytes], command: Mapping[str, bytes]) -> list[tuple[str, dict[str, object]]]:
    """What others may put on our topics by mistake: headers of a real message with something else in it."""

    def like(headers: Mapping[str, bytes], number: int, **changed: bytes) -> list[tuple[str, bytes]]:
        own = f"00000000-0000-4000-8000-{number:012d}".encode()
        about = {"ce_subject": own, "ce_partitionkey": own, "ce_streamid": own, "ce_streamversion": b"1"}
        return list({**headers, **about, **changed}.items())

    return [
        (COMPLAINT_EVENTS, {"key": None, "value": b"", "headers": []}),
        (COMPLAINT_EVENTS, {"key": b"\xff\xfe", "value": None, "headers": [("ce_id", b"\xff")]}),
        (COMPLAINT_EVENTS, {"key": b"bad-json", "value": b'{"tenant": ', "headers": like(fact, 1)}),
        (COMPLAINT_EVENTS, {"key": b"no-version", "value": b"{}", "headers": like(fact, 2, ce_streamversion=b"-1")}),
        (COMPLAINT_EVENTS, {"key": b"huge", "value": b"9" * 4_000_000, "headers": like(fact, 3)}),
        (DEADLINE_EVENTS, {"key": b"deep", "value": b"[" * 100_000, "headers": like(fact, 4)}),
        (COMPLAINT_COMMANDS, {"key": b"command", "value": b"{}", "headers": like(command, 5)}),
        (
            COMPLAINT_COMMANDS,
            {"key": b"unknown", "value": b"{}", "headers": like(command, 6, ce_type=b"recourse.command.sing.v1")},
        ),
    ]


def parked(running: Running) -> dict[str, list[str]]:
    """The reasons for which each service has put messages aside."""
    found = {}
    for store in running.stores:
        with store.read() as reader:
            found[store.application] = sorted(each.reason for each in Parking(store.application).all(reader))
    return found


def test_poison_is_parked_with_its_reason_and_told_and_every_other_complaint_flows(
    start: StartInstallation, kafka: str, prefix: str
) -> None:
    running = start(kafka_bootstrap=kafka, kafka_prefix=prefix)
    before = running.api.as_app("u-1").submit()
    running.settle()
    fact = dict(next(iter(running.backend.log.read((COMPLAINT_EVENTS,)))).headers)
    command = dict(next(iter(running.backend.log.read((COMPLAINT_COMMANDS,)))).headers)
    with ExitStack() as stack:
        producer = KafkaProducer(bootstrap_servers=kafka, max_request_size=8_000_000)
        stack.callback(producer.close)
        for topic, message in poison(fact, command):
            producer.send(prefix + topic, **message).get(timeout=30)
    after = running.api.as_app("u-2").submit()
    running.settle()
    expected = {
        "intake": [*["undecodable"] * 7, "unknown-command"],
        "escalation": ["undecodable"] * 5,
        "notifier": ["undecodable"] * 6,
    }
    wait_until(lambda: parked(running) == expected, seconds=30, what="all poison to be parked")
    running.settle()
    topics = [dead(topic, group) for topic, groups in READ_BY.items() for group in groups]
    notices = [receive(each).envelope.application for each in running.backend.log.read(topics)]
    assert {group: notices.count(group) for group in expected} == {name: len(each) for name, each in expected.items()}
    assert all(running.embedded.process.health().values())
    auditor = running.api.as_staff("auditor", "li")
    for complaint in (before, after):
        assert "acknowledged" in auditor.events(complaint)


def test_what_would_be_too_large_for_a_topic_is_refused_at_the_door(running: Running) -> None:
    body = {"category": "topup.not_credited", "description": "额" * 1_000_000}
    refused(running.api.as_app("u-1").post("/v1/complaints", body), 413, "body-too-large")
