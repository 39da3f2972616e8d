"""A clock that was set is not time that passed: nothing fires until a person says so, and then everything once."""

import threading
from datetime import datetime, timedelta

import httpx
import pytest
from typer.testing import CliRunner

from services.__main__ import app
from services.escalation.heartbeat import Heartbeat
from shared.eventstore.store import Store
from tests.builders import NOW
from tests.clock import StandingClock
from tests.conftest import Running, StartInstallation
from tests.services.escalation_scenes import (
    AN_HOUR_MS,
    a_ticker,
    clock_of,
    happened,
    missed_in_order,
    tick_through,
)
from tests.waiting import wait_until

A_YEAR = timedelta(days=365)


@pytest.fixture
def quiet(start: StartInstallation) -> Running:
    """An installation whose ticker leaves the ticking to the test, and has looked once."""
    running = start(ticker_poll_ms=AN_HOUR_MS)
    running.embedded.escalation.ticker.tick()
    return running


def _beat(store: Store, clock: StandingClock) -> str | None:
    """What another process says when it starts at that time."""
    heartbeat = Heartbeat(store, clock, clock.steady)
    return heartbeat.beat(heartbeat.read())


def test_a_process_that_stands_still_while_it_looks_does_not_mistrust_the_clock(quiet: Running) -> None:
    clock = StandingClock(NOW)

    def held_up() -> datetime:
        now = clock()
        clock.advance(hours=5)
        return now

    heartbeat = Heartbeat(quiet.embedded.escalation.application.store, held_up, clock.steady)
    assert [heartbeat.beat(heartbeat.read()) for _ in range(3)] == [None] * 3


def _resume(running: Running) -> None:
    running.embedded.escalation.heartbeat.resume()


@pytest.mark.parametrize("seconds", [3601, 86_400, -61, -86_400])
def test_a_clock_that_was_set_stops_firing(quiet: Running, seconds: int) -> None:
    complaint = quiet.api.as_app("u-1").submit()
    quiet.settle()
    quiet.clock.set(clock_of(quiet, complaint, "first_answer").due_at - timedelta(hours=1))
    tick_through(quiet)
    before = happened(quiet, complaint)
    quiet.clock.jump(seconds=seconds)
    assert (tick_through(quiet), happened(quiet, complaint)) == (0, before)
    assert "the clock jumped from" in (quiet.embedded.escalation.heartbeat.stopped_because() or "")


@pytest.mark.parametrize("seconds", [3599, 300, -59])
def test_a_clock_that_is_corrected_a_little_stops_nothing(quiet: Running, seconds: int) -> None:
    quiet.clock.jump(seconds=seconds)
    quiet.embedded.escalation.ticker.tick()
    assert quiet.embedded.escalation.heartbeat.stopped_because() is None


def test_time_that_passes_stops_nothing_however_much_it_is(quiet: Running) -> None:
    quiet.clock.set(NOW + A_YEAR)
    quiet.embedded.escalation.ticker.tick()
    assert quiet.embedded.escalation.heartbeat.stopped_because() is None


def test_nothing_fires_even_when_the_clock_is_put_right_until_somebody_resumes(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit()
    quiet.settle()
    quiet.clock.jump(days=60)
    assert tick_through(quiet) == 0
    quiet.clock.jump(days=-60)
    quiet.clock.set(NOW + timedelta(days=20))
    assert tick_through(quiet) == 0
    _resume(quiet)
    assert tick_through(quiet) == 2
    assert tick_through(quiet) == 0
    assert sorted(happened(quiet, complaint)) == ["ClockMissed final", "ClockMissed first_answer"]


def test_another_process_that_starts_meanwhile_does_not_fire_either(quiet: Running) -> None:
    quiet.api.as_app("u-1").submit()
    quiet.settle()
    quiet.clock.jump(days=60)
    tick_through(quiet)
    assert (a_ticker(quiet).tick(), missed_in_order(quiet)) == (0, [])


def test_a_clock_that_went_back_over_a_restart_stops_firing(quiet: Running) -> None:
    store = quiet.embedded.escalation.application.store
    behind = _beat(store, StandingClock(NOW - timedelta(seconds=61)))
    assert behind is not None
    assert "over a restart" in behind


def test_an_outage_is_no_jump(quiet: Running) -> None:
    assert _beat(quiet.embedded.escalation.application.store, StandingClock(NOW + timedelta(days=3))) is None


def test_a_time_of_intake_that_is_hours_away_stops_firing(quiet: Running) -> None:
    complaint = quiet.api.as_app("u-1").submit()
    quiet.settle()
    ahead = StandingClock(NOW + timedelta(days=60))
    assert a_ticker(quiet, now=ahead).tick() == 0
    assert happened(quiet, complaint) == []
    assert "intake's time is" in (quiet.embedded.escalation.heartbeat.stopped_because() or "")


def test_a_stopped_ticker_is_seen_in_health_and_goes_on_when_the_command_says_so(start: StartInstallation) -> None:
    running = start()
    wait_until(lambda: httpx.get(f"{running.url}/readyz").status_code == 200, what="the ticker to look once")
    complaint = running.api.as_app("u-1").submit()
    running.settle()
    running.clock.jump(days=60)
    wait_until(lambda: httpx.get(f"{running.url}/readyz").status_code == 503, what="the ticker to stop")
    assert happened(running, complaint) == []
    environment = {"RECOURSE_DATA_DIR": str(running.backend.settings.data_dir)}
    done = CliRunner(env=environment).invoke(app, ["clocks", "resume"])
    assert (done.exit_code, "the clock jumped from" in done.output) == (0, True), done.output
    wait_until(lambda: len(happened(running, complaint)) >= 2, what="everything to fire")


def test_an_outage_is_worked_off_no_faster_than_the_rate(start: StartInstallation) -> None:
    running = start(ticker_poll_ms=AN_HOUR_MS)
    for _ in range(4):
        running.api.as_app("u-1").submit()
    running.settle()
    running.clock.set(NOW + timedelta(days=60))
    ticker = a_ticker(running, poll_seconds=0.01, fires_per_second=20)
    waits: list[float] = []

    class Watched(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0)
            return super().wait(timeout)

    stop = Watched()
    thread = threading.Thread(target=ticker.run, args=(stop,))
    thread.start()
    wait_until(lambda: len(missed_in_order(running)) == 8, what="everything to be missed")
    wait_until(lambda: bool(waits), what="the ticker to wait")
    stop.set()
    thread.join()
    assert waits[0] == pytest.approx(8 / 20)
