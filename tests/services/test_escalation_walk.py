"""Clocks as people see them: one installation, from what happens to a complaint to the dates it is shown with."""

from datetime import timedelta
from typing import Any

import pytest

from services.escalation.domain.case import Case
from tests.builders import NOW
from tests.client import Client
from tests.conftest import Running, StartInstallation
from tests.services.escalation_scenes import AN_HOUR_MS, clock_of, events_of, tick_through

RESOLUTION = {"decision": "upheld", "reason": "error-confirmed", "explanation": "已查明原因"}


@pytest.fixture
def quiet(start: StartInstallation) -> Running:
    """An installation whose ticker leaves the ticking to the test."""
    return start(ticker_poll_ms=AN_HOUR_MS)


def _promises(client: Client, complaint: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """State and date of the newest run of each clock."""
    return {each["clock"]: (each["state"], each["due_on"]) for each in client.read(complaint)["promises"]}


def test_a_wait_stops_the_promised_dates_and_its_end_moves_them(quiet: Running) -> None:
    app, anna = quiet.api.as_app("u-1"), quiet.api.as_handler()
    complaint = app.submit()
    anna.command(complaint, "request-information", {"items": ["bank-record"], "text": "请提供银行记录"})
    quiet.settle()
    assert _promises(app, complaint) == {"first_answer": ("paused", "2025-09-28"), "final": ("paused", "2025-09-30")}
    quiet.clock.set(NOW + timedelta(days=4))
    assert tick_through(quiet) == 0
    app.command(complaint, "provide-information", {"text": "这是银行记录"})
    quiet.settle()
    assert _promises(app, complaint) == {"first_answer": ("running", "2025-10-09"), "final": ("running", "2025-10-11")}


def test_an_extension_moves_the_date_that_people_are_shown(quiet: Running) -> None:
    app = quiet.api.as_app("u-1")
    complaint = app.submit()
    quiet.settle()
    extension = {
        "clock_id": str(clock_of(quiet, complaint, "final").clock_id),
        "amount": 2,
        "reason": "beyond-control",
    }
    quiet.api.as_supervisor().decide(complaint, "extend", extension)
    quiet.settle()
    assert _promises(app, complaint)["final"] == ("running", "2025-10-10")


def test_another_complexity_moves_the_date_of_a_clock_that_stands_still_and_leaves_it_standing(quiet: Running) -> None:
    app, anna = quiet.api.as_app("u-1"), quiet.api.as_handler()
    complaint = app.submit()
    anna.command(complaint, "request-information", {"items": ["bank-record"], "text": "请提供银行记录"})
    anna.command(complaint, "classify", {"complexity": "complex", "reason": "handler-review"})
    quiet.settle()
    assert _promises(app, complaint)["final"] == ("paused", "2025-10-13")


def test_a_theft_that_is_found_out_while_somebody_is_asked_is_answered_around_the_clock(quiet: Running) -> None:
    app, anna = quiet.api.as_app("u-1"), quiet.api.as_handler()
    complaint = app.submit()
    anna.command(complaint, "request-information", {"items": ["bank-record"], "text": "请提供银行记录"})
    anna.command(complaint, "classify", {"urgent": True, "reason": "handler-review"})
    quiet.settle()
    states = {clock: state for clock, (state, _) in _promises(app, complaint).items()}
    assert states == {"first_answer": "running", "freeze": "running", "final": "paused"}
    quiet.clock.advance(hours=2)
    tick_through(quiet)
    assert sorted(event.clock for event in events_of(quiet, complaint, Case.ClockMissed)) == ["first_answer", "freeze"]


def test_a_rejected_resolution_gives_the_full_target_again(quiet: Running) -> None:
    app, anna = quiet.api.as_app("u-1"), quiet.api.as_handler()
    complaint = app.submit()
    anna.decide(complaint, "resolve", RESOLUTION)
    quiet.settle()
    assert _promises(app, complaint)["final"][0] == "met"
    quiet.clock.set(NOW + timedelta(days=14))
    app.command(complaint, "reject-resolution", {"reason": "not-enough"})
    quiet.settle()
    running = [each for each in app.read(complaint)["promises"] if each["state"] == "running"]
    assert [(each["clock"], each["due_on"]) for each in running] == [("final", "2025-10-14")]


def test_a_resolution_that_nobody_answers_in_ten_days_is_closed(quiet: Running) -> None:
    app, anna = quiet.api.as_app("u-1"), quiet.api.as_handler()
    complaint = app.submit()
    anna.decide(complaint, "resolve", RESOLUTION)
    anna.command(complaint, "answer", {"text": "处理结果见应用。", "kind": "final", "medium": "phone"})
    quiet.settle()
    due_at = clock_of(quiet, complaint, "acceptance").due_at
    assert due_at.isoformat() == "2025-10-06T16:00:00+00:00"
    quiet.clock.set(due_at)
    tick_through(quiet)
    quiet.settle()
    assert app.read(complaint)["status"]["code"] == "closed"
    assert app.events(complaint)[-1] == "closed"


def test_a_letter_that_was_typed_in_too_late_is_missed_at_once_with_its_lateness(quiet: Running) -> None:
    anna = quiet.api.as_handler()
    received_at = NOW - timedelta(days=20)
    complaint = anna.submit(channel="letter", received_at=received_at.isoformat(), entry_reason="by-post")
    quiet.settle()
    tick_through(quiet)
    quiet.settle()
    missed = events_of(quiet, complaint, Case.ClockMissed)
    assert sorted(event.clock for event in missed) == ["final", "first_answer"]
    assert all(event.late_by_seconds > 13 * 24 * 3600 for event in missed)
    assert anna.read(complaint)["level"] == 2
