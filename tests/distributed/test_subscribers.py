"""Others read our topics on a real Kafka: the subscriber of the manual, and the CloudEvents SDK."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from kafka import KafkaConsumer

from shared.contracts.registry import REGISTRY
from shared.contracts.topics import COMPLAINT_EVENTS
from shared.messaging.facts import publish
from shared.messaging.log import Outgoing
from tests.conftest import Running, StartInstallation
from tests.installation import HERE
from tests.kafka_logs import own_prefix

SUBSCRIBER = HERE.parent / "docs" / "howto" / "subscriber.py"


@pytest.fixture
def prefix() -> str:
    return own_prefix()


@pytest.fixture
def running(start: StartInstallation, kafka: str, prefix: str) -> Running:
    """An installation whose topics are on Kafka, with a complaint that was followed up."""
    running = start(kafka_bootstrap=kafka, kafka_prefix=prefix)
    app = running.api.as_app("u-1")
    complaint = app.submit()
    app.command(complaint, "follow-up", {"text": "请问处理到哪一步了？"})
    running.settle()
    return running


def _subscribe(bootstrap: str, prefix: str, directory: Path) -> list[str]:
    environment = {
        **os.environ,
        "RECOURSE_KAFKA_BOOTSTRAP": bootstrap,
        "RECOURSE_KAFKA_PREFIX": prefix,
        "SUBSCRIBER_DB": str(directory / "subscriber.db"),
        "SUBSCRIBER_IDLE_MS": "8000",
    }
    command = (sys.executable, str(SUBSCRIBER))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.splitlines()


def test_the_subscriber_of_the_manual_replays_everything_once_and_keeps_the_newest_state(
    running: Running, kafka: str, prefix: str, tmp_path: Path
) -> None:
    events = list(running.backend.log.read((COMPLAINT_EVENTS,)))
    lines = _subscribe(kafka, prefix, tmp_path)
    assert len(lines) == len(events)
    assert lines[0].startswith("recourse.complaint.submitted.v1")
    assert running.backend.log.append(_again(running)) == len(events)
    assert _subscribe(kafka, prefix, tmp_path) == []
    with sqlite3.connect(tmp_path / "subscriber.db") as table:
        ((version, state),) = table.execute("SELECT version, state FROM complaints").fetchall()
    assert version == len(events)
    assert json.loads(state)["status"] == "acknowledged"


def _again(running: Running) -> list[Outgoing]:
    """What a relay sends that was stopped between publishing and remembering."""
    return [publish(stored, "intake") for stored in running.embedded.intake.application.store.follow(0, 1000)]


@pytest.mark.usefixtures("running")
def test_the_cloudevents_sdk_reads_the_topic(kafka: str, prefix: str) -> None:
    topic = prefix + COMPLAINT_EVENTS
    consumer = KafkaConsumer(
        topic, bootstrap_servers=kafka, auto_offset_reset="earliest", group_id=None, consumer_timeout_ms=5_000
    )
    records = list(consumer)
    consumer.close()
    versions = []
    for record in records:
        event = from_binary_event(KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value))
        assert event.get_specversion() == "1.0"
        assert event.get_type() in REGISTRY.by_type
        assert event.get_subject() == event.get_extension("partitionkey") == record.key.decode()
        assert UUID(event.get_id()).version == 5
        versions.append(int(event.get_extension("streamversion")))
    assert versions == list(range(1, len(records) + 1))
    assert len(records) >= 4
