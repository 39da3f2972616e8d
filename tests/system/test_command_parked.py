"""`recourse parked`: a message that cannot be applied is seen, shown whole, and tried again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.topics import ALL_TOPICS, COMPLAINT_COMMANDS
from shared.messaging.log import Outgoing
from shared.messaging.sqlite_log import SQLiteLog
from tests import people
from tests.installation import Installation
from tests.network import free_port
from tests.system.commanding import CALM_CLOCKS, come_to_rest, complaint_of, recourse, said, said_json
from tests.waiting import wait_until

NO_COMMAND = (("ce_id", b"\xff"),)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("parked") / "data", free_port(), CALM_CLOCKS)
    made.start()
    yield made
    made.kill()


@contextmanager
def _standing(installation: Installation) -> Iterator[None]:
    """While its process does not run."""
    installation.stop()
    yield
    installation.start()


def _rows(installation: Installation, key: str) -> list[dict[str, Any]]:
    return [row for row in said_json(installation.data_dir, "parked", "list") if row["complaint"] == key]


def _states(installation: Installation, *keys: str) -> list[str]:
    return [row["state"] for key in keys for row in _rows(installation, key)]


def _park(installation: Installation, *keys: str) -> None:
    log = SQLiteLog(installation.data_dir / "topics.db", ALL_TOPICS)
    log.append([Outgoing(COMPLAINT_COMMANDS, key, NO_COMMAND, b"no json") for key in keys])
    log.close()
    parked = ["parked"] * len(keys)
    wait_until(lambda: _states(installation, *keys) == parked, seconds=30, what="the messages to be parked")


def test_what_is_parked_is_listed_with_its_reason_and_shown_whole(installation: Installation) -> None:
    key = str(uuid4())
    _park(installation, key)
    (row,) = _rows(installation, key)
    assert (row["service"], row["complaint"], row["state"], row["reason"]) == ("intake", key, "parked", "undecodable")
    shown = said_json(installation.data_dir, "parked", "show", row["id"])
    assert {**shown, **row} == shown
    assert (shown["value"], shown["headers"]) == ("no json", {"ce_id": "\xff"})
    (told,) = [line for line in said(installation.data_dir, "parked", "list").splitlines() if key in line]
    assert told.split("\t")[:3] == [row["id"], "intake", key]


def test_a_redrive_by_number_tries_one_complaint_and_leaves_the_others(installation: Installation) -> None:
    complaint = installation.api.as_app("u-1").submit(description=people.TEXTS[0])
    come_to_rest(installation)
    other = str(uuid4())
    _park(installation, complaint["id"], other)
    with _standing(installation):
        told = said(installation.data_dir, "parked", "redrive", "intake", complaint["number"])
        assert told == "1 message is tried again\n"
        assert _states(installation, complaint["id"], other) == ["redrive", "parked"]


def test_a_stopped_consumer_tries_again_when_it_starts(installation: Installation) -> None:
    key = str(uuid4())
    _park(installation, key)
    with _standing(installation):
        said(installation.data_dir, "parked", "redrive", "intake", key)
        assert _states(installation, key) == ["redrive"]
    wait_until(lambda: _states(installation, key) == ["parked"], what="the message to fail again")


def test_a_redrive_where_nothing_is_parked_tries_nothing(installation: Installation) -> None:
    assert said(installation.data_dir, "parked", "redrive", "notifier") == "0 messages are tried again\n"


def test_a_message_or_service_that_is_none_is_refused_by_name(installation: Installation) -> None:
    assert "nothing is parked as 'no/0/1'" in complaint_of(recourse(installation.data_dir, "parked", "show", "no/0/1"))
    assert "'audit' is not one of" in complaint_of(recourse(installation.data_dir, "parked", "redrive", "audit"))
