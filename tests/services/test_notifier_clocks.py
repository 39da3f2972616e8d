"""Who is told when a date is near or missed: while the complaint is open, resolved, or ended."""

from datetime import UTC, datetime

import pytest

from tests.client import Client
from tests.conftest import Running, StartInstallation
from tests.services.notifier_matters import RESOLUTION, after, so_far, submitted
from tests.services.notifier_scenes import PROMPT, wait_until_reached

DUE_DAY_IS_OVER = datetime(2025, 10, 10, 16, 1, tzinfo=UTC)


@pytest.fixture
def installation(start: StartInstallation) -> Running:
    return start(**PROMPT)


@pytest.fixture
def app(installation: Running) -> Client:
    return installation.api.as_app("u-1")


@pytest.fixture
def handler(installation: Running) -> Client:
    return installation.api.as_handler()


def test_a_clock_warns_the_team_and_once_missed_tells_the_next_level_too(
    installation: Running, handler: Client
) -> None:
    complaint = submitted(installation, category="account.takeover")
    handler.command(complaint, "confirm-freeze")
    wait_until_reached(installation, complaint, "senior", "staff-escalated")
    installation.clock.advance(minutes=31)
    wait_until_reached(installation, complaint, "front_line", "staff-clock-warned")
    installation.clock.advance(minutes=30)
    wait_until_reached(installation, complaint, "front_line", "staff-clock-missed")
    wait_until_reached(installation, complaint, "compliance", "staff-escalated")
    assert handler.read(complaint)["level"] == 2


def test_a_clock_missed_on_a_resolved_complaint_is_told_to_compliance_and_to_nobody_else(
    installation: Running, handler: Client
) -> None:
    complaint = submitted(installation)
    handler.decide(complaint, "resolve", RESOLUTION)
    before = so_far(installation, complaint)
    installation.clock.set(DUE_DAY_IS_OVER)
    wait_until_reached(installation, complaint, "compliance", "staff-clock-missed")
    assert after(installation, complaint, before) == [("compliance", "staff-clock-missed")]


def test_a_clock_missed_on_an_ended_complaint_is_told_to_compliance_and_to_nobody_else(
    installation: Running, app: Client, handler: Client
) -> None:
    complaint = submitted(installation)
    handler.command(complaint, "assign", {"handler_id": "anna"})
    handler.decide(complaint, "resolve", RESOLUTION)
    app.command(complaint, "accept-resolution")
    before = so_far(installation, complaint)
    installation.clock.set(DUE_DAY_IS_OVER)
    wait_until_reached(installation, complaint, "compliance", "staff-clock-missed")
    assert after(installation, complaint, before) == [("compliance", "staff-clock-missed")]
