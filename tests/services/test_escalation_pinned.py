"""What a clock was started by stays what it counts by: pinned bytes, refused changes, migration, calendar data."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.__main__ import app
from services.escalation import operations
from services.escalation.domain.case import Case
from services.escalation.pinned_files import PinnedFiles
from services.escalation.policy_files import SHIPPED_CALENDARS, SHIPPED_POLICIES, PolicyFileError, book_of, shelf
from tests.builders import NOW
from tests.conftest import Running, StartInstallation
from tests.services.escalation_scenes import clock_of, events_of, happened

SEED = (SHIPPED_POLICIES / "seed-default.toml").read_text(encoding="utf-8")
CALENDAR = (SHIPPED_CALENDARS / "cn.calendar.toml").read_text(encoding="utf-8")
FIVE_DAYS = SEED.replace('version = "2"', 'version = "3"').replace(
    "business_days = 3 }\nwhen", "business_days = 5 }\nwhen"
)

Write = Callable[..., None]


@pytest.fixture
def policies_dir(tmp_path: Path) -> Path:
    directory = tmp_path / "policies"
    directory.mkdir()
    return directory


def _stop(running: Running) -> None:
    running.embedded.process.stop()
    running.backend.release_directory()


def _files(directory: Path, **texts: str) -> None:
    for name, text in texts.items():
        (directory / name.replace("__", ".")).write_text(text, encoding="utf-8")


def _submitted(running: Running) -> dict[str, Any]:
    complaint = running.api.as_app("u-1").submit()
    running.settle()
    return complaint


def test_a_clock_says_the_versions_and_digests_it_was_started_by_and_their_bytes_are_kept(running: Running) -> None:
    complaint = _submitted(running)
    started = events_of(running, complaint, Case.ClockStarted)[0]
    files = shelf()
    assert started.policy.digest == files.policy_digests()["seed-default", "2"]
    assert started.calendar.digest == files.calendar_digests()["cn", "2026.1"]
    pinned = PinnedFiles(running.embedded.escalation.application.store, files).shelf()
    assert [read.file.content.decode() for read in pinned.policies] == [SEED]
    assert [read.file.content.decode() for read in pinned.calendars] == [CALENDAR]


@pytest.mark.parametrize(
    ("file", "text", "refusal"),
    [
        ("mine.toml", SEED + "# changed\n", "policy seed-default 2 has promised by other bytes"),
        ("cn.calendar.toml", CALENDAR + "# changed\n", "calendar cn 2026.1 has promised by other bytes"),
    ],
)
def test_the_same_version_with_other_bytes_refuses_to_start(
    running: Running, policies_dir: Path, file: str, text: str, refusal: str
) -> None:
    _submitted(running)
    (policies_dir / file).write_text(text, encoding="utf-8")
    changed = PinnedFiles(running.embedded.escalation.application.store, shelf(policies_dir))
    with pytest.raises(PolicyFileError, match=refusal):
        changed.require_unchanged()


def test_what_has_not_promised_anything_may_change(running: Running, policies_dir: Path) -> None:
    _files(policies_dir, mine__toml=SEED + "# changed\n")
    PinnedFiles(running.embedded.escalation.application.store, shelf(policies_dir)).require_unchanged()


def test_a_version_that_no_file_says_any_more_still_counts_for_its_clocks(
    start: StartInstallation, policies_dir: Path
) -> None:
    _files(policies_dir, mine__toml=FIVE_DAYS)
    first = start(policies_dir=policies_dir)
    complaint = _submitted(first)
    assert clock_of(first, complaint, "final").due_on == date(2025, 10, 10)
    _stop(first)
    (policies_dir / "mine.toml").unlink()
    again = start(first.backend.settings.data_dir, policies_dir=policies_dir)
    app_ = again.api.as_handler()
    app_.command(complaint, "request-information", {"items": ["bank-record"], "text": "流水"})
    again.settle()
    again.clock.advance(days=1)
    again.api.as_app("u-1").command(complaint, "provide-information", {"text": "已上传"})
    again.settle()
    assert clock_of(again, complaint, "final").policy_version == "3"
    assert clock_of(again, complaint, "final").due_on > date(2025, 10, 10)
    assert clock_of(again, _submitted(again), "final").policy_version == "2"


def test_a_new_version_moves_no_running_clock_until_somebody_migrates_it(
    start: StartInstallation, policies_dir: Path
) -> None:
    first = start(policies_dir=policies_dir)
    complaint = _submitted(first)
    _stop(first)
    _files(policies_dir, mine__toml=FIVE_DAYS)
    data_dir = first.backend.settings.data_dir
    again = start(data_dir, policies_dir=policies_dir)
    again.settle()
    assert happened(again, complaint) == []
    assert clock_of(again, complaint, "final").due_on == date(2025, 9, 30)
    _stop(again)
    environment = {"RECOURSE_DATA_DIR": str(data_dir), "RECOURSE_POLICIES_DIR": str(policies_dir), "COLUMNS": "200"}
    migrate = ["policy", "migrate", "--by", "wang"]
    asked = CliRunner(env=environment).invoke(app, migrate, input="n\n")
    assert "2025-09-30 -> 2025-10-10" in asked.output
    done = CliRunner(env=environment).invoke(
        app, ["policy", "migrate", "--by", "wang", "--why", "law-changed", "--yes"]
    )
    assert (done.exit_code, "seed-default 2 -> 3" in done.output) == (0, True), done.output
    last = start(data_dir, policies_dir=policies_dir)
    last.settle()
    moved = [
        event for event in events_of(last, complaint, Case.ClockRecalculated) if event.due_on == date(2025, 10, 10)
    ]
    (event,) = moved
    assert (event.why, event.actor.type, event.actor.id) == ("law-changed", "supervisor", "wang")
    assert (event.policy.version, event.old_due_at < event.due_at) == ("3", True)
    promises = last.api.as_app("u-1").read(complaint)["promises"]
    assert [each["due_on"] for each in promises if each["clock"] == "final"] == ["2025-10-10"]


OTHER_CLOCKS = FIVE_DAYS.replace('name = "first_answer"', 'name = "first_word"')


def test_a_migration_starts_what_is_new_and_cancels_what_is_no_more_and_shows_it_first(
    start: StartInstallation, policies_dir: Path
) -> None:
    first = start(policies_dir=policies_dir)
    complaint = _submitted(first)
    _stop(first)
    _files(policies_dir, mine__toml=OTHER_CLOCKS)
    data_dir = first.backend.settings.data_dir
    environment = {"RECOURSE_DATA_DIR": str(data_dir), "RECOURSE_POLICIES_DIR": str(policies_dir), "COLUMNS": "200"}
    done = CliRunner(env=environment).invoke(
        app, ["policy", "migrate", "--by", "wang", "--why", "law-changed", "--yes"]
    )
    assert done.exit_code == 0, done.output
    assert "2025-09-28 -> cancelled" in done.output
    assert "starts -> 2025-09-28" in done.output
    last = start(data_dir, policies_dir=policies_dir)
    last.settle()
    (cancelled,) = events_of(last, complaint, Case.ClockCancelled)
    started = events_of(last, complaint, Case.ClockStarted)[-1]
    assert (cancelled.clock, cancelled.why, cancelled.policy) == ("first_answer", "law-changed", started.policy)
    assert started.clock == "first_word"
    promises = last.api.as_app("u-1").read(complaint)["promises"]
    assert {each["clock"]: each["state"] for each in promises} == {
        "first_answer": "cancelled",
        "first_word": "running",
        "final": "running",
    }
    assert operations.migrations(last.embedded.escalation, None, NOW) == []


def test_there_is_nothing_to_migrate_where_every_clock_counts_by_the_newest(running: Running) -> None:
    _submitted(running)
    assert operations.migrations(running.embedded.escalation, None, NOW) == []


def test_a_date_beyond_the_calendar_moves_when_the_data_arrive_and_says_why(
    start: StartInstallation, policies_dir: Path
) -> None:
    known = CALENDAR.split("closed = [")[0].replace("2026-12-31", "2025-09-27").replace('"2026.1"', '"2025.1"')
    _files(policies_dir, cn__calendar__toml=known + "closed = []\nworked = []\n")
    first = start(policies_dir=policies_dir)
    complaint = _submitted(first)
    before = clock_of(first, complaint, "final")
    assert (before.due_on, before.beyond_calendar) == (date(2025, 10, 1), True)
    _stop(first)
    (policies_dir / "cn.calendar.toml").unlink()
    again = start(first.backend.settings.data_dir, policies_dir=policies_dir)
    again.settle()
    after = clock_of(again, complaint, "final")
    assert (after.due_on, after.beyond_calendar, after.calendar_version) == (date(2025, 9, 30), False, "2026.1")
    assert {event.why for event in events_of(again, complaint, Case.ClockRecalculated)} == {"calendar-data"}
    assert before.due_on - after.due_on == timedelta(days=1)


def test_an_exception_of_the_operator_is_a_day_of_its_own(policies_dir: Path) -> None:
    moved = '[[exception]]\nday = 2025-09-29\nworked = false\nreason = "system change"\n'
    mine = CALENDAR.replace('"2026.1"', '"2026.1-mine"') + "\n" + moved
    _files(policies_dir, cn__calendar__toml=mine)
    calendar = next(
        policy.calendar for policy in book_of(shelf(policies_dir), []).all() if policy.calendar.name == "cn"
    )
    assert (calendar.version, calendar.is_business_day(date(2025, 9, 29))) == ("2026.1-mine", False)
    assert calendar.is_business_day(date(2025, 9, 30))
