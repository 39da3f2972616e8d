"""The due board: what is overdue, due today, paused or later, by level and handler, until it is made up for."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from services.__main__ import app
from services.escalation import operations
from shared.access.principals import CallerType, Principal, Scope
from tests.client import Client, answered, refused
from tests.conftest import Running, StartInstallation
from tests.services.escalation_scenes import AN_HOUR_MS, clock_of, tick_through


@pytest.fixture
def quiet(start: StartInstallation) -> Running:
    """An installation whose ticker leaves the ticking to the test."""
    return start(ticker_poll_ms=AN_HOUR_MS)


def _board(running: Running, **asked: Any) -> dict[str, Any]:
    question = "&".join(f"{name}={value}" for name, value in asked.items())
    return answered(running.api.as_handler().get(f"/v1/clocks?{question}".replace("+", "%2B")))


def _shown(running: Running, **asked: Any) -> list[tuple[str, str]]:
    return [(row["clock"], row["state"]) for row in _board(running, **asked)["data"]]


def _submitted(running: Running) -> dict[str, Any]:
    complaint = running.api.as_app("u-1").submit()
    running.settle()
    return complaint


def test_a_clock_goes_from_later_to_due_today_to_overdue_and_off_the_board_when_made_up_for(quiet: Running) -> None:
    complaint = _submitted(quiet)
    due_at = clock_of(quiet, complaint, "first_answer").due_at
    assert _shown(quiet, standing="later") == [("first_answer", "running"), ("final", "running")]
    quiet.clock.set(due_at - timedelta(hours=3))
    assert _shown(quiet, standing="due_today") == [("first_answer", "running")]
    quiet.clock.set(due_at + timedelta(minutes=1))
    assert _shown(quiet, standing="overdue") == [("first_answer", "running")]
    tick_through(quiet)
    assert _shown(quiet, standing="overdue") == [("first_answer", "missed")]
    quiet.settle()
    quiet.api.as_handler().command(complaint, "answer", {"text": "抱歉", "kind": "interim", "medium": "in_app"})
    quiet.settle()
    assert _shown(quiet) == [("final", "running")]


def test_a_complaint_that_has_ended_owes_nothing(quiet: Running) -> None:
    complaint = _submitted(quiet)
    quiet.clock.advance(days=30)
    tick_through(quiet)
    quiet.settle()
    assert len(_shown(quiet, standing="overdue")) == 2
    quiet.api.as_app("u-1").command(complaint, "withdraw", {"reason": "solved"})
    quiet.settle()
    assert _shown(quiet) == []


def test_what_is_paused_is_shown_apart(quiet: Running) -> None:
    complaint = _submitted(quiet)
    quiet.api.as_handler().command(complaint, "request-information", {"items": ["bank-record"], "text": "流水"})
    quiet.settle()
    assert _shown(quiet, standing="paused") == [("first_answer", "paused"), ("final", "paused")]
    assert _shown(quiet, standing="later") == []


def test_rows_are_chosen_and_counted_by_level_and_handler(quiet: Running) -> None:
    first, _ = _submitted(quiet), _submitted(quiet)
    quiet.api.as_handler().command(first, "assign", {"handler_id": "li", "reason": "by-hand"})
    quiet.api.as_handler().command(first, "escalate", {"reason": "complainant-wish"})
    quiet.settle()
    board = _board(quiet)
    assert [(count["standing"], count["level"], count["handler"], count["clocks"]) for count in board["counts"]] == [
        ("later", 1, "li", 2),
        ("later", 0, None, 2),
    ]
    assert {row["complaint_id"] for row in _board(quiet, level=1)["data"]} == {first["id"]}
    assert {row["complaint_id"] for row in _board(quiet, handler="li")["data"]} == {first["id"]}
    assert _shown(quiet, handler="nobody") == []


def test_pages_follow_each_other_and_lose_nothing(quiet: Running) -> None:
    for _ in range(3):
        quiet.api.as_app("u-1").submit()
    quiet.settle()
    seen: list[str] = []
    page = _board(quiet, limit=2)["data"]
    while page:
        seen += [row["clock_id"] for row in page]
        page = _board(quiet, limit=2, after=page[-1]["due_at"], after_clock=page[-1]["clock_id"])["data"]
    assert (len(seen), len(set(seen))) == (6, 6)


def test_only_staff_see_across_complaints_and_a_page_needs_both_its_ends(quiet: Running) -> None:
    refused(quiet.api.as_app("u-1").get("/v1/clocks"), 403, "scope-missing")
    stranger = Principal("elsewhere", CallerType.HANDLER, "eve", frozenset({Scope.HANDLE}))
    refused(Client(quiet.url, quiet.sign, quiet.sign(stranger)).get("/v1/clocks"), 403, "tenant-unknown")
    refused(quiet.api.as_handler().get("/v1/clocks?after=2025-09-26T02:00:00Z"), 422, "page-incomplete")
    refused(quiet.api.as_handler().get("/v1/clocks?standing=soon"), 422, "invalid-request")


def test_the_board_shown_anew_is_the_same(quiet: Running) -> None:
    complaint = _submitted(quiet)
    quiet.clock.set(clock_of(quiet, complaint, "first_answer").due_at)
    tick_through(quiet)
    quiet.settle()
    before = _board(quiet)["data"]
    operations.replay_due_board(quiet.embedded.escalation, lambda _: None)
    assert _board(quiet)["data"] == before


def test_the_command_shows_what_the_api_shows(quiet: Running) -> None:
    _submitted(quiet)
    environment = {"RECOURSE_DATA_DIR": str(quiet.backend.settings.data_dir), "COLUMNS": "200"}
    told = CliRunner(env=environment).invoke(app, ["clocks", "--json"])
    rows = json.loads(told.output)["clocks"]
    assert [(row["clock"], row["complaint_id"]) for row in rows] == [
        (row["clock"], row["complaint_id"]) for row in _board(quiet)["data"]
    ]
    drawn = CliRunner(env=environment).invoke(app, ["clocks", "--standing", "overdue"]).output
    assert "first_answer" in drawn
    assert datetime.fromisoformat(rows[0]["due_at"]).isoformat(" ")[:10] in drawn
    assert "nothing to resume" in CliRunner(env=environment).invoke(app, ["clocks", "resume"]).output
    assert CliRunner(env=environment).invoke(app, ["clocks", "--tenant", "nobody"]).exit_code == 2
