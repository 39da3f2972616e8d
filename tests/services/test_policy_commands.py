"""`recourse policy`: errors with their lines before a file promises anything, and every date on a timeline."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.__main__ import app
from services.escalation.policy_files import SHIPPED_CALENDARS, SHIPPED_POLICIES, PolicyFileError, shelf

SEED = (SHIPPED_POLICIES / "seed-default.toml").read_text(encoding="utf-8")
RECEIVED = ("--received-at", "2025-09-26T10:00:00+08:00")

BOARD = """
[[body]]
code = "our-board"
zh-CN = "行业调解委员会"
en = "The board of our industry"
kind = "mediation"
source = "Our membership"
verified = true

[[body.limit]]
within = { weeks = 8 }
from = "receipt"
source = "Rules of the board"
verified = true
"""


def _run(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["policy", *map(str, arguments)])
    return done.exit_code, done.output


def _preview(*arguments: str) -> str:
    code, output = _run("preview", *RECEIVED, *arguments)
    assert code == 0, output
    return output


def test_every_shipped_file_is_good() -> None:
    code, output = _run("check", *SHIPPED_POLICIES.glob("*.toml"), *SHIPPED_CALENDARS.glob("*.toml"))
    assert code == 0, output
    assert "seed-default.toml: policy seed-default 2 (house): first_answer, freeze, final" in output
    assert "cn.calendar.toml: calendar cn 2026.1, covers until 2026-12-31" in output


@pytest.mark.parametrize(
    ("written", "instead", "errors"),
    [
        ("pauses = true", 'pauses = "perhaps"', ["mine.toml:34: clock.0.pauses", "mine.toml:70: clock.3.pauses"]),
        ("business_days = 7", "business_day = 7", ["mine.toml:81: clock.4.target: name exactly one of seconds"]),
        ('version = "2"', "", ["mine.toml:1: version: Field required"]),
        ("verified = true", "verified = tru", ["mine.toml:7: Invalid value"]),
        ('calendar = "cn"', 'calendar = "moon"', ["mine.toml:9: there is no calendar 'moon'"]),
        ('id = "freeze"', "", ["mine.toml:50: clock.2.id: Field required"]),
        (
            "times = 1",
            "times = 2, in_all = { business_days = 6 }",
            ["mine.toml:62: clock.3: final-simple: extensions could make 9, more than 6 in all"],
        ),
    ],
)
def test_an_error_names_its_line(tmp_path: Path, written: str, instead: str, errors: list[str]) -> None:
    (tmp_path / "mine.toml").write_text(SEED.replace(written, instead), encoding="utf-8")
    code, output = _run("check", tmp_path / "mine.toml")
    assert code == 2
    assert [error for error in errors if error not in output] == [], output


@pytest.mark.parametrize(
    ("added", "error"),
    [
        ('second_stage = { opened_by = "holding_letter", business_days = 1 }', "must be longer than the first"),
        ('second_stage = { opened_by = "holding_letter", hours = 9 }', "needs a target that counts as it does"),
        (
            'extension = { cap = { weeks = 1 }, times = 1, approver = "supervisor", in_all = { weeks = 9 } }',
            "in_all, cap and target must have one unit",
        ),
    ],
)
def test_stages_and_caps_that_cannot_be_are_refused(tmp_path: Path, added: str, error: str) -> None:
    text = SEED.replace("target = { business_days = 1 }", f"target = {{ business_days = 1 }}\n{added}", 1)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    code, output = _run("check", tmp_path / "mine.toml")
    assert (code, error in output) == (2, True), output


def test_a_calendar_beside_the_file_counts(tmp_path: Path) -> None:
    calendar = (SHIPPED_CALENDARS / "cn.calendar.toml").read_text(encoding="utf-8")
    (tmp_path / "moon.calendar.toml").write_text(calendar.replace('"cn"', '"moon"'), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(SEED.replace('calendar = "cn"', 'calendar = "moon"'), encoding="utf-8")
    assert _run("check", tmp_path / "mine.toml")[0] == 0


def test_a_policy_that_names_an_unknown_body_is_refused_at_its_line(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(SEED.replace('on_missed = "raise_level"', 'refers_to = ["our-board", "pbc"]', 1), encoding="utf-8")
    code, output = _run("check", mine)
    assert (code, ": there is no outside body our-board" in output, "mine.toml:" in output) == (2, True, True), output
    with pytest.raises(PolicyFileError, match="there is no outside body our-board"):
        shelf(tmp_path)
    bodies = tmp_path / "our.bodies.toml"
    bodies.write_text(BOARD, encoding="utf-8")
    assert _run("check", mine, bodies)[0] == 0
    assert shelf(tmp_path).policies


def test_a_file_of_outside_bodies_is_checked_too(tmp_path: Path) -> None:
    bodies = tmp_path / "our.bodies.toml"
    bodies.write_text(BOARD, encoding="utf-8")
    assert _run("check", bodies) == (0, "our.bodies.toml: 1 outside bodies\n")
    for written, instead in (('kind = "mediation"', 'kind = "friend"'), ("weeks = 8", "weeks = 8, months = 2")):
        bodies.write_text(BOARD.replace(written, instead), encoding="utf-8")
        code, output = _run("check", bodies)
        assert (code, output.startswith("our.bodies.toml: ")) == (2, True), output
    with pytest.raises(PolicyFileError, match="one unit"):
        shelf(tmp_path)


def test_a_preview_draws_a_line_for_each_clock_and_every_date_in_order() -> None:
    output = _preview("--complexity", "complex")
    assert "seed-default first_answer" in output
    assert "█" in output
    assert "█ Mon 2025-10-13  10-13 16:00 UTC  seed-default final: due" in output
    assert "░ Thu 2025-10-16" in output
    dates = re.findall(r"^. \w{3} (202\d-\d\d-\d\d)", output, re.MULTILINE)
    assert len(dates) == 6
    assert dates == sorted(dates)


def test_a_preview_tells_why_a_policy_does_not_apply_and_what_is_unverified() -> None:
    output = _preview("--policy", "cn-pbc-2020-5", "--policy", "uk-disp-psp", "--policy", "seed-default")
    assert "cn-pbc-2020-5 2 (unverified)" in output
    assert "uk-disp-psp 2 does not apply: it asks for another jurisdiction" in output
    assert "hk-hkma 2 (unverified, in force since when is not known)" in _preview(
        "--policy", "hk-hkma", "--jurisdiction", "HK"
    )
    assert "the complainant may turn to pbc" in output


def test_within_a_family_the_first_named_wins() -> None:
    output = _preview("--jurisdiction", "GB", "--policy", "uk-disp-psp", "--policy", "uk-disp-general")
    assert "uk-disp-general 2 does not apply: uk-disp-psp 2 stands before it in uk-final" in output
    assert "due, with a holding letter in time" in output


def test_a_preview_for_machines_is_its_timeline() -> None:
    moments = json.loads(_preview("--json", "--amount", "120.50", "--currency", "CNY"))
    assert [moment["kind"] for moment in moments if moment["clock"] == "final"] == ["warns", "due", "due_extended"]
    assert moments[0]["kind"] == "received"


def test_a_preview_of_what_is_not_there_is_refused() -> None:
    for arguments in (("--tenant", "nobody"), ("--policy", "nowhere"), ("--received-at", "2025-09-26T10:00:00")):
        assert _run("preview", *RECEIVED, *arguments)[0] == 2
