"""Started again after SIGTERM or kill -9: everything is there, every date holds, and nobody is told twice."""

import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.topics import ALL_TOPICS
from tests import people
from tests.faults.accounts import on_topic
from tests.installation import Installation
from tests.network import free_port
from tests.stories.stage import state_of
from tests.system.commanding import CALM_CLOCKS, come_to_rest, said_json
from tests.waiting import wait_until

Complaint = dict[str, Any]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data", free_port())
    yield made
    made.kill()


def _seen(installation: Installation, complaint: Complaint) -> Any:
    """Everything that an auditor sees of a complaint, and what was told about it."""
    auditor = installation.api.as_staff("auditor", "li")
    outbox = installation.api.as_handler().get(f"/v1/outbox?complaint_id={complaint['id']}").json()
    return auditor.read(complaint), auditor.history(complaint), outbox


def _published(installation: Installation) -> dict[str, int]:
    return {topic.name: len(on_topic(installation.data_dir, topic.name)) for topic in ALL_TOPICS}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_second_start_shows_what_the_first_had_accepted_and_tells_it_to_nobody_again(
    installation: Installation, number: signal.Signals
) -> None:
    installation.environment = CALM_CLOCKS
    installation.start()
    person = {"name": people.NAMES[0], "email": people.EMAILS[0]}
    complaints = [
        installation.api.as_app(f"u-{each}").submit(description=people.TEXTS[0], complainant=person)
        for each in range(3)
    ]
    installation.api.as_app("u-0").command(complaints[0], "follow-up", {"text": people.TEXTS[3]})
    come_to_rest(installation)
    before = [_seen(installation, complaint) for complaint in complaints], _published(installation)
    installation.signal(number)
    installation.wait()
    installation.start()
    come_to_rest(installation)
    assert ([_seen(installation, complaint) for complaint in complaints], _published(installation)) == before
    assert all(len(outbox["data"]) == 1 for _, _, outbox in before[0][1:])


def test_what_was_answered_right_before_kill_minus_9_is_promised_its_dates_from_when_it_came(
    installation: Installation,
) -> None:
    installation.start()
    app = installation.api.as_app("u-1")
    body = {"category": "topup.not_credited", "description": people.TEXTS[0]}
    complaint = app.post("/v1/complaints", body).json()
    installation.kill()
    installation.start()
    wait_until(lambda: app.read(complaint)["promises_state"] == "ready", what="the promised dates")
    promised = {each["clock"]: _seconds_from_receipt(complaint, each) for each in app.read(complaint)["promises"]}
    assert (promised["first_answer"], promised["final"]) == (4, 45)


def _seconds_from_receipt(complaint: Complaint, promise: dict[str, Any]) -> float:
    received, due = complaint["received_at"], promise["due_at"]
    return (datetime.fromisoformat(due) - datetime.fromisoformat(received)).total_seconds()


class Album:
    """What was known at the instant of each event, looked up again whenever something has happened."""

    def __init__(self, installation: Installation, complaint: Complaint) -> None:
        self._installation = installation
        self._complaint = complaint
        self.pages: dict[str, Complaint] = {}

    def look(self) -> None:
        """Look at every instant so far: what was seen before must be seen again."""
        come_to_rest(self._installation)
        history = self._installation.api.as_staff("auditor", "li").history(self._complaint)
        now = {entry["recorded_at"]: self._known_at(entry["recorded_at"]) for entry in history}
        assert {instant: now[instant] for instant in self.pages} == self.pages
        self.pages = now

    def _known_at(self, instant: str) -> Complaint:
        known: Complaint = said_json(
            self._installation.data_dir, "state", self._complaint["number"], "--as-of", instant
        )
        return known

    @property
    def levels(self) -> list[int]:
        return [page["level"] for page in self.pages.values()]


def test_story_2_goes_on_through_two_kills_and_its_past_stays_as_it_was(installation: Installation) -> None:
    installation.start()
    app, chen = installation.api.as_app("story-2"), installation.api.as_handler("chen-senior")
    person = {"name": people.NAMES[1], "phone": people.PHONES[1], "email": people.EMAILS[1]}
    complaint = app.submit(category="withdrawal.delayed", description=people.TEXTS[1], complainant=person)
    app.command(complaint, "follow-up", {"text": "请问处理到哪一步了？"})
    _kill_until_due(installation, complaint)
    wait_until(lambda: "escalated" in chen.events(complaint), seconds=30, what="the missed date to raise the level")
    album = Album(installation, complaint)
    album.look()
    app.command(complaint, "follow-up", {"text": "已经过了你们承诺的日期。"})
    app.command(complaint, "follow-up", {"text": "请尽快处理。"})
    installation.kill()
    installation.start()
    wait_until(lambda: chen.events(complaint).count("escalated") > 1, seconds=30, what="the level to be raised again")
    album.look()
    chen.command(complaint, "assign", {"handler_id": "chen-senior", "team": "senior"})
    chen.command(complaint, "answer", {"text": "已联系审核部门。", "kind": "interim", "medium": "in_app"})
    chen.decide(
        complaint, "resolve", {"decision": "upheld", "reason": "error-confirmed", "explanation": "提现已放行。"}
    )
    album.look()
    assert album.levels == sorted(album.levels)
    assert (album.levels[0], album.levels[-1]) == (0, 2)
    resolved = app.read(complaint)
    assert (resolved["status"]["code"], state_of(resolved, "first_answer")) == ("resolved", "missed")
    _require_told_once(installation, complaint)


def _kill_until_due(installation: Installation, complaint: Complaint) -> None:
    """Kill the process and start it again when the date of the first answer has passed."""
    due = next(promise["due_at"] for promise in complaint["promises"] if promise["clock"] == "first_answer")
    installation.kill()
    wait_until(lambda: datetime.now(UTC) > datetime.fromisoformat(due), what="the date to pass")
    installation.start()


def _require_told_once(installation: Installation, complaint: Complaint) -> None:
    history = installation.api.as_staff("auditor", "li").history(complaint)
    causes = [entry["fields"]["cause_id"] for entry in history if entry["type"].endswith("escalated.v1")]
    notices = said_json(installation.data_dir, "outbox", "--complaint", complaint["id"], "--limit", "100")
    told = Counter(notice["template"] for notice in notices)
    promises = installation.api.as_app("story-2").read(complaint)["promises"]
    assert len(set(causes)) == len(causes)
    assert told["acknowledgement"] == 1
    assert told["staff-escalated"] == len(causes)
    assert told["staff-clock-missed"] == Counter(promise["state"] for promise in promises)["missed"]
