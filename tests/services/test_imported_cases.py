"""Cases of another system: their history as it was, their clocks as if they had always run here, nobody told again."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.intake.importing.cases import Case
from services.intake.importing.importer import Importer, Origin
from shared.contracts.deadline_events import ClockMissed
from shared.contracts.topics import DEADLINE_EVENTS
from shared.eventstore.purpose_keys import PurposeKey
from shared.eventstore.rebuild import all_events
from shared.messaging.replay import facts_of
from tests import people
from tests.builders import NOW
from tests.client import Client, answered
from tests.conftest import Running, StartInstallation
from tests.importing import Row, file_of, json_lines_of, row, run, taken_in
from tests.services.notifier_scenes import told
from tests.waiting import wait_until

LONG_AGO = "2025-09-22T09:00:00+08:00"
"""A Monday: what was promised for a business day, or three, is over on Friday."""

ANSWER = {
    "event": "answered",
    "at": "2025-09-22T15:00:00+08:00",
    "text": people.TEXTS[3],
    "kind": "interim",
    "medium": "letter",
    "by": "li.na",
}
HISTORY: Row = {
    "received_at": LONG_AGO,
    "acknowledged_at": "2025-09-22T09:05:00+08:00",
    "assigned_to": "bo",
    "events": [
        ANSWER,
        {"event": "identity_verified", "at": "2025-09-22T10:00:00+08:00"},
        {"event": "noted", "at": "2025-09-22T11:00:00+08:00", "text": people.TEXTS[5]},
        {"event": "information_requested", "at": "2025-09-22T16:00:00+08:00", "text": people.TEXTS[1]},
        {"event": "information_provided", "at": "2025-09-24T16:00:00+08:00", "text": people.TEXTS[2]},
        {"event": "followed_up", "at": "2025-09-25T16:00:00+08:00", "text": people.TEXTS[3]},
        {"event": "third_party_awaited", "at": "2025-09-25T16:30:00+08:00", "third_party": "bank"},
        {"event": "third_party_answered", "at": "2025-09-25T17:30:00+08:00"},
    ],
}
HAPPENED = [
    ("submitted", "mei", "2025-09-22T01:00:00Z"),
    ("classified", "recourse", "2025-09-22T01:00:00Z"),
    ("acknowledged", "mei", "2025-09-22T01:05:00Z"),
    ("assigned", "mei", "2025-09-22T01:05:00Z"),
    ("identity-verified", "mei", "2025-09-22T02:00:00Z"),
    ("note-added", "mei", "2025-09-22T03:00:00Z"),
    ("answered", "li.na", "2025-09-22T07:00:00Z"),
    ("information-requested", "mei", "2025-09-22T08:00:00Z"),
    ("information-provided", "mei", "2025-09-24T08:00:00Z"),
    ("followed-up", "mei", "2025-09-25T08:00:00Z"),
    ("third-party-awaited", "mei", "2025-09-25T08:30:00Z"),
    ("third-party-answered", "mei", "2025-09-25T09:30:00Z"),
]


def auditor(running: Running) -> Client:
    return running.api.as_staff("auditor", "otto")


def imported(running: Running, directory: Path, **changes: Any) -> dict[str, Any]:
    (taken,) = taken_in(running, directory, row(1, **changes)).taken
    return auditor(running).read({"id": str(taken.complaint_id)})


def test_everything_that_happened_stands_in_the_history_when_it_happened_and_as_imported(
    running: Running, tmp_path: Path
) -> None:
    complaint = imported(running, tmp_path, **HISTORY)
    history = auditor(running).history(complaint)[: len(HAPPENED)]
    seen = [(each["type"].split(".")[2], each["actor"]["id"], each["occurred_at"]) for each in history]
    assert seen == HAPPENED
    assert {each["fields"]["imported"] for each in history} == {True}
    assert history[0]["fields"]["imported_from"]["system"] == "old-desk"
    assert len({each["recorded_at"] for each in history}) == 1
    assert [each["version"] for each in history] == list(range(1, len(HAPPENED) + 1))


def test_nobody_is_told_again_what_was_told_elsewhere(running: Running, tmp_path: Path) -> None:
    complaint = imported(running, tmp_path, **HISTORY)
    assert [each.plan.template for each in told(running, complaint) if each.plan.letter_id] == []
    assert "deliver-letter" not in [
        each["kind"] for each in answered(running.api.as_handler().get("/v1/tasks"))["data"]
    ]


def test_what_was_not_acknowledged_elsewhere_is_acknowledged_here(running: Running, tmp_path: Path) -> None:
    complaint = imported(running, tmp_path)
    wait_until(lambda: "acknowledged" in auditor(running).events(complaint), what="the acknowledgement")
    running.settle()
    assert "acknowledgement" in [each.plan.template for each in told(running, complaint)]


def clocks(running: Running, complaint: dict[str, Any]) -> dict[str, tuple[str, str]]:
    promises = auditor(running).read(complaint)["promises"]
    return {each["clock"]: (each["state"], each["due_on"]) for each in promises}


def test_a_clock_counts_from_when_the_complaint_was_received(running: Running, tmp_path: Path) -> None:
    """As in the worked example of the deadlines: received on Friday 26 September, 3 business days later the 30th."""
    complaint = imported(running, tmp_path)
    assert clocks(running, complaint)["final"] == ("running", "2025-09-30")


def test_what_was_overdue_elsewhere_is_missed_at_once_with_its_lateness(running: Running, tmp_path: Path) -> None:
    complaint = imported(running, tmp_path, received_at=LONG_AGO, acknowledged_at="2025-09-22T09:05:00+08:00")
    wait_until(lambda: clocks(running, complaint)["first_answer"][0] == "missed", what="the first answer to be missed")
    (promise,) = (each for each in auditor(running).read(complaint)["promises"] if each["clock"] == "first_answer")
    late_by = running.clock() - datetime.fromisoformat(promise["due_at"])
    facts = facts_of(running.backend.log, (DEADLINE_EVENTS,), (ClockMissed,))
    missed = {each.message.clock: each.message for each in facts if isinstance(each.message, ClockMissed)}
    assert abs(missed["first_answer"].late_by_seconds - late_by.total_seconds()) < 5
    assert late_by > timedelta(days=2)


def test_what_was_answered_in_time_elsewhere_is_kept_here(running: Running, tmp_path: Path) -> None:
    complaint = imported(running, tmp_path, **HISTORY)
    assert clocks(running, complaint)["first_answer"][0] == "met"


def lived(start: StartInstallation, directory: Path) -> Running:
    """An installation in which the same history happens, each event at its time."""
    live = start(directory, now=datetime.fromisoformat(LONG_AGO))
    app, bo = live.api.as_app("user-1"), live.api.as_handler("bo")
    complaint = app.submit(complainant={"name": people.NAMES[0], "email": people.EMAILS[0]})
    answer = {"text": people.TEXTS[3], "kind": "interim", "medium": "letter"}
    for at, who, command, body in (
        ("2025-09-22T09:05:00+08:00", bo, "assign", {"handler_id": "bo"}),
        (ANSWER["at"], bo, "answer", answer),
        ("2025-09-22T16:00:00+08:00", bo, "request-information", {"text": people.TEXTS[1]}),
        ("2025-09-24T16:00:00+08:00", app, "provide-information", {"text": people.TEXTS[2]}),
        ("2025-09-25T16:00:00+08:00", app, "follow-up", {"text": people.TEXTS[3]}),
        ("2025-09-25T16:30:00+08:00", bo, "await-third-party", {"third_party": "bank"}),
        ("2025-09-25T17:30:00+08:00", bo, "record-third-party-answer", {}),
    ):
        live.settle()
        live.clock.set(datetime.fromisoformat(at))
        who.command(complaint, command, body)
    live.settle()
    live.clock.set(NOW)
    return live


@pytest.mark.on_files
def test_the_clocks_stand_as_if_the_complaint_had_always_been_here(
    running: Running, start: StartInstallation, tmp_path: Path
) -> None:
    live = lived(start, tmp_path / "live")
    (here,) = answered(live.api.as_handler().get("/v1/complaints"))["data"]
    there = imported(running, tmp_path, **HISTORY)
    wait_until(lambda: clocks(running, there) == clocks(live, here), what="the same clocks")
    assert clocks(running, there)["final"] == ("running", "2025-09-29")


def test_the_same_file_again_adds_nothing(running: Running, tmp_path: Path) -> None:
    first = taken_in(running, tmp_path, row(1), row(2, **HISTORY))
    recorded = len(list(all_events(running.embedded.intake.application.store)))
    again = taken_in(running, tmp_path, row(2, **HISTORY), row(1))
    assert (first.counts()["new"], again.counts()) == (2, {"new": 0, "same": 2, "differing": 0, "faults": 0})
    assert {each.complaint_id for each in first.taken} == {each.complaint_id for each in again.taken}
    assert len(list(all_events(running.embedded.intake.application.store))) == recorded


def test_a_line_that_says_something_else_than_before_is_told_of_and_not_taken(running: Running, tmp_path: Path) -> None:
    (taken,) = taken_in(running, tmp_path, row(1)).taken
    version = auditor(running).read({"id": str(taken.complaint_id)})["version"]
    with file_of(tmp_path, json_lines_of(row(1, category="other"), row(2)), "open.jsonl") as file:
        for report in (run(running, file).check(), run(running, file).apply()):
            assert [(each.line, report.counts()["new"]) for each in report.differing] == [(1, 1)]
    running.settle()
    assert auditor(running).read({"id": str(taken.complaint_id)})["version"] == version


def test_who_is_known_already_keeps_their_party_and_sees_the_case(running: Running, tmp_path: Path) -> None:
    own = running.api.as_app("user-1").submit()
    complaint = imported(
        running, tmp_path, urgent=True, complexity="complex", disputed_amount="50.00", disputed_currency="CNY"
    )
    assert complaint["urgent"] is True
    listed = answered(running.api.as_app("user-1").get("/v1/complaints"))["data"]
    assert {each["id"] for each in listed} == {own["id"], complaint["id"]}


@pytest.mark.parametrize("system", ["old-desk", "older-desk"])
def test_the_id_of_a_case_says_nothing_without_the_key(running: Running, tmp_path: Path, system: str) -> None:
    backend, case = running.backend, Case.model_validate(row(1))
    origin = Origin(tenant=backend.tenants["default"], system=system, brought_by="mei")
    made = [
        Importer(running.embedded.intake.application, origin, key=PurposeKey(key), now=backend.clock).complaint_id(case)
        for key in (b"one", b"two", b"one")
    ]
    assert made[0] == made[2] != made[1]
