"""The ticker: what is due fires once, nothing that was kept is missed, and no clock of its own hurries it."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent

from services.escalation.domain.case import Case
from shared.contracts.complaint_versions import ComplaintVersions, VersionsAt
from shared.contracts.deadline_events import case_id
from tests.builders import NOW
from tests.clock import StandingClock
from tests.conftest import Running, StartInstallation
from tests.services.escalation_scenes import (
    AN_HOUR_MS,
    a_ticker,
    clock_of,
    events_of,
    following_again,
    happened,
    missed_in_order,
    poison,
    running_aside,
    stop_following,
    tick_through,
)
from tests.waiting import wait_until

URGENT = {"category": "account.takeover", "description": "我的账户被盗了"}


class CountingClock(StandingClock):
    """The ticker reads its clock once each time that it looks for what is due."""

    readings = 0

    def __call__(self) -> datetime:
        self.readings += 1
        return super().__call__()


class OutOfReach(ComplaintVersions):
    """Intake behind a network that is down until it is mended."""

    def __init__(self, intake: ComplaintVersions) -> None:
        self._intake = intake
        self.asked = 0
        self.mended = False

    def current(self, complaint_ids: Sequence[UUID]) -> VersionsAt:
        self.asked += 1
        if not self.mended:
            raise ConnectionError("intake cannot be reached")
        return self._intake.current(complaint_ids)


@pytest.fixture
def quiet(start: StartInstallation) -> Running:
    """An installation whose ticker leaves the ticking to the test."""
    return start(ticker_poll_ms=AN_HOUR_MS)


def test_a_clock_fires_when_it_is_due_and_the_complaint_climbs(running: Running) -> None:
    app = running.api.as_app("u-1")
    complaint = app.submit(URGENT)
    running.settle()
    running.clock.set(clock_of(running, complaint, "freeze").due_at)
    wait_until(lambda: "ClockMissed freeze" in happened(running, complaint), what="the freeze to be missed")
    running.settle()
    assert app.read(complaint)["level"] == 2
    assert [promise["state"] for promise in app.read(complaint)["promises"] if promise["clock"] == "freeze"] == [
        "missed"
    ]


def test_nothing_fires_before_it_is_due(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit(URGENT)
    quiet.settle()
    warning = clock_of(quiet, complaint, "freeze").next_at
    quiet.clock.set(warning - timedelta(seconds=1))
    assert tick_through(quiet) == 0
    assert happened(quiet, complaint) == []


def test_a_warning_comes_at_its_time_and_the_end_at_its_own(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit(URGENT)
    quiet.settle()
    freeze = clock_of(quiet, complaint, "freeze")
    quiet.clock.set(freeze.next_at)
    assert tick_through(quiet) == 2
    assert sorted(happened(quiet, complaint)) == ["ClockWarned first_answer", "ClockWarned freeze"]
    quiet.clock.set(freeze.due_at)
    assert tick_through(quiet) == 2
    assert sorted(happened(quiet, complaint)[2:]) == ["ClockMissed first_answer", "ClockMissed freeze"]


def test_a_clock_fires_once_however_often_the_ticker_comes(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit()
    quiet.settle()
    quiet.clock.set(NOW + timedelta(days=60))
    assert tick_through(quiet) == 2
    assert tick_through(quiet) == 0
    assert sorted(happened(quiet, complaint)) == ["ClockMissed final", "ClockMissed first_answer"]


def test_two_tickers_at_once_fire_a_clock_once(quiet: Running) -> None:
    complaints = [quiet.api.as_app("u-1").submit() for _ in range(5)]
    quiet.settle()
    quiet.clock.set(NOW + timedelta(days=60))
    first, second = (a_ticker(quiet, poll_seconds=0.01) for _ in range(2))
    with running_aside(first.run), running_aside(second.run):
        wait_until(lambda: len(missed_in_order(quiet)) >= 10, what="everything to be missed")
        quiet.settle()
    assert [len(events_of(quiet, each, Case.ClockMissed)) for each in complaints] == [2] * 5


def test_after_an_outage_everything_fires_the_oldest_first_with_its_lateness(quiet: Running) -> None:
    app = quiet.api.as_app("u-1")
    complaints = []
    for _ in range(3):
        complaints.append(app.submit())
        quiet.settle()
        quiet.clock.advance(days=1)
    complaints.append(app.submit(URGENT))
    quiet.settle()
    now = NOW + timedelta(days=40)
    quiet.clock.set(now)
    tick_through(quiet)
    missed = missed_in_order(quiet)
    by_complaint = [[due_at for due_at, about in missed if str(about) == each["id"]] for each in complaints]
    assert len(missed) == 3 * 2 + 3
    assert [due_at for due_at, _ in missed] == sorted(due_at for due_at, _ in missed)
    assert all(dues == sorted(dues) for dues in by_complaint)
    for event in [event for each in complaints for event in events_of(quiet, each, Case.ClockMissed)]:
        assert event.late_by_seconds == int((event.timestamp - event.due_at).total_seconds())
        assert event.timestamp >= now


def test_a_promise_that_was_kept_is_not_missed_because_the_fact_comes_late(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit()
    quiet.settle()
    due_at = clock_of(quiet, complaint, "first_answer").due_at
    stop_following(quiet)
    quiet.clock.set(due_at - timedelta(seconds=1))
    answer = {"text": "我们正在与银行核对。", "kind": "interim", "medium": "in_app"}
    quiet.api.as_handler().command(complaint, "answer", answer)
    quiet.clock.set(due_at + timedelta(hours=6))
    assert tick_through(quiet) == 0
    with following_again(quiet):
        tick_through(quiet)
    (met,) = events_of(quiet, complaint, Case.ClockMet)
    assert met.met_at < due_at
    assert "ClockMissed first_answer" not in happened(quiet, complaint)


def test_a_promise_that_was_not_kept_is_missed_as_soon_as_everything_is_known(quiet: Running) -> None:
    app = quiet.api.as_app("u-1")
    complaint = app.submit()
    quiet.settle()
    due_at = clock_of(quiet, complaint, "first_answer").due_at
    stop_following(quiet)
    app.command(complaint, "follow-up", {"text": "请问处理到哪一步了？"})
    quiet.clock.set(due_at + timedelta(hours=6))
    assert tick_through(quiet) == 0
    with following_again(quiet):
        tick_through(quiet)
    (missed,) = events_of(quiet, complaint, Case.ClockMissed)
    assert missed.late_by_seconds >= 6 * 3600


def test_a_complaint_with_a_parked_message_does_not_fire_and_every_other_does(quiet: Running) -> None:
    app = quiet.api.as_app("u-1")
    parked, other = app.submit(), app.submit()
    quiet.settle()
    poison(quiet, parked)
    quiet.clock.set(NOW + timedelta(days=60))
    assert tick_through(quiet) == 2
    assert happened(quiet, parked) == []
    assert len(events_of(quiet, other, Case.ClockMissed)) == 2


def test_a_ticker_whose_clock_is_ahead_of_intakes_fires_nothing_early_and_does_not_spin(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit(URGENT)
    quiet.settle()
    due_at = clock_of(quiet, complaint, "freeze").next_at
    quiet.clock.set(due_at - timedelta(minutes=2))
    ahead = StandingClock(due_at + timedelta(minutes=3))
    ahead, poll_seconds = CountingClock(due_at + timedelta(minutes=3)), 0.05
    began = time.monotonic()
    with running_aside(a_ticker(quiet, now=ahead, poll_seconds=poll_seconds).run):
        wait_until(lambda: ahead.readings >= 6, what="the ticker to look several times")
        looked, took = ahead.readings, time.monotonic() - began
        assert happened(quiet, complaint) == []
        assert took >= (looked - 1) * poll_seconds
        quiet.clock.set(due_at)
        wait_until(lambda: len(happened(quiet, complaint)) == 2, what="the warnings, when intake says it is time")
    assert sorted(happened(quiet, complaint)) == ["ClockWarned first_answer", "ClockWarned freeze"]


def test_while_intake_cannot_be_reached_nothing_fires_and_then_everything_does(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit()
    quiet.settle()
    quiet.clock.set(NOW + timedelta(days=60))
    network = OutOfReach(quiet.embedded.intake.application)
    with running_aside(a_ticker(quiet, versions=network, poll_seconds=0.01).run):
        wait_until(lambda: network.asked >= 3, what="the ticker to ask again and again")
        assert happened(quiet, complaint) == []
        network.mended = True
        wait_until(lambda: len(happened(quiet, complaint)) == 2, what="both clocks to fire")


def test_a_case_that_cannot_be_read_stops_no_other_and_is_told(quiet: Running) -> None:
    broken, sound = (quiet.api.as_app(user).submit(URGENT) for user in ("u-1", "u-2"))
    quiet.settle()
    spoil(quiet, broken)
    quiet.clock.set(clock_of(quiet, sound, "freeze").due_at)
    ticker = a_ticker(quiet)
    while ticker.tick():
        pass
    assert "ClockMissed freeze" in happened(quiet, sound)
    assert not ticker.is_well


def spoil(running: Running, complaint: dict[str, Any]) -> None:
    """Add an event of no known kind to a case, as a release that was rolled back may have left one."""
    stream, store = case_id(UUID(complaint["id"])), running.embedded.escalation.application.store
    with store.write() as transaction:
        version = transaction.version(stream) + 1
        transaction.append([StoredEvent(stream, version, topic="case.unheard_of", state=b"{}")])
