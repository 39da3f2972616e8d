"""Hosts and their database are five minutes apart: nothing is early, and nothing is missed that was kept."""

from datetime import timedelta

import pytest
from typing_extensions import override

from services.escalation.domain.case import Case
from shared.eventstore.store import Store
from shared.runtime.backends import Backend
from shared.runtime.clock import Clock, Steady
from shared.runtime.settings import Settings
from tests.conftest import Running, StartInstallation
from tests.services.escalation_scenes import AN_HOUR_MS, clock_of, events_of, happened, tick_through

APART = timedelta(minutes=5)
ANSWER = {"text": "我们正在与银行核对。", "kind": "interim", "medium": "in_app"}


class Skewed(Backend):
    """The clock that a test moves is the database's; that of the host is `skew` away."""

    skew = timedelta()

    def __init__(self, settings: Settings, clock: Clock, steady: Steady) -> None:
        super().__init__(settings, lambda: clock() + self.skew, steady)
        self._database = Backend(settings, clock, steady)

    @override
    def store(self, application: str) -> Store:
        return self._database.store(application)


class Ahead(Skewed):
    skew = APART


class Behind(Skewed):
    skew = -APART


@pytest.fixture(params=[Ahead, Behind])
def apart(on_postgres: object, request: pytest.FixtureRequest, start: StartInstallation) -> Running:
    return start(made=request.param, ticker_poll_ms=AN_HOUR_MS)


def test_clocks_that_are_five_minutes_apart_miss_nothing_early_and_nothing_that_was_kept(apart: Running) -> None:
    app, minute = apart.api.as_app("u-1"), timedelta(minutes=1)
    kept, broken = app.submit(), app.submit()
    apart.settle()
    due_at = clock_of(apart, kept, "first_answer").due_at
    apart.clock.set(due_at - minute)
    tick_through(apart)
    apart.api.as_handler().command(kept, "answer", ANSWER)
    apart.settle()
    assert "ClockMissed first_answer" not in happened(apart, kept) + happened(apart, broken)
    apart.clock.set(due_at + APART + minute)
    tick_through(apart)
    apart.settle()
    assert "ClockMet first_answer" in happened(apart, kept)
    (missed,) = events_of(apart, broken, Case.ClockMissed)
    assert missed.due_at <= missed.timestamp <= apart.clock()
    assert events_of(apart, kept, Case.ClockMissed) == []
    assert apart.embedded.escalation.heartbeat.stopped_because() is None
