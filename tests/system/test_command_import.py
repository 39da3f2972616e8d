"""`recourse import`: looks before it writes, and whatever ends it in the middle, each case is there once after all."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.intake.importing.cases import COLUMNS
from shared.runtime.backends import development_settings
from shared.runtime.settings import Settings
from tests import people
from tests.importing import csv_of, file_of, row
from tests.installation import HERE, Installation
from tests.network import free_port
from tests.system.commanding import CALM_CLOCKS, come_to_rest, complaint_of, recourse, said

CASES = 400
HOWTO = HERE.parent / "docs/howto/import.md"
FROM = ("--system", "old-desk")
BY = ("--by", "mei")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    development_settings(Settings(data_dir=tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Path]:
    with file_of(tmp_path, csv_of(*(row(number) for number in range(CASES)))) as file:
        yield file


def submissions(data_dir: Path) -> int:
    """How many complaints are recorded, read from outside."""
    if not (data_dir / "intake.db").exists():
        return 0
    with closing(sqlite3.connect(data_dir / "intake.db", timeout=10)) as connection:
        try:
            counted = connection.execute("SELECT count(*) FROM intake_events WHERE topic = 'complaint.submitted'")
        except sqlite3.OperationalError:
            return 0
        return int(counted.fetchone()[0])


def report(data_dir: Path, *arguments: str | Path, code: int = 0) -> Any:
    done = recourse(data_dir, "import", *map(str, arguments), "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


@pytest.mark.on_files
def test_killed_in_the_middle_and_run_again_each_case_is_there_once(data_dir: Path, many: Path) -> None:
    environment = {**os.environ, **CALM_CLOCKS, "RECOURSE_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "services", "import", "apply", str(many), *FROM, *BY]
    process = subprocess.Popen(command, env=environment, cwd=HERE.parent)
    while submissions(data_dir) == 0:
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    survived = submissions(data_dir)
    assert 0 < survived < CASES
    counts = report(data_dir, "apply", many, *FROM, *BY)["counts"]
    assert counts == {"new": CASES - survived, "same": survived, "differing": 0, "faults": 0}
    assert submissions(data_dir) == CASES
    assert report(data_dir, "apply", many, *FROM, *BY)["counts"]["same"] == CASES


def test_nothing_is_written_where_a_line_is_at_fault_unless_asked_for(data_dir: Path, tmp_path: Path) -> None:
    with file_of(tmp_path, csv_of(row(1), row(2, category="lost"))) as file:
        refused = recourse(data_dir, "import", "apply", str(file), *FROM, *BY)
        assert complaint_of(refused).startswith("line 3, column category: there is no category 'lost'")
        assert report(data_dir, "check", file, *FROM, code=2)["counts"]["new"] == 1
        taken = report(data_dir, "apply", file, *FROM, *BY, "--leave-faults", code=2)
    assert [(case["line"], case["reference"], case["outcome"]) for case in taken["cases"]] == [(2, "ZD-1", "new")]


def test_a_look_says_what_would_come_and_writes_nothing(data_dir: Path, many: Path) -> None:
    assert said(data_dir, "import", "check", str(many), *FROM).splitlines() == [
        "new\tsame\tdiffering\tfaults",
        f"{CASES}\t0\t0\t0",
    ]
    assert report(data_dir, "check", many, *FROM)["counts"]["new"] == CASES


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--system", "Old Desk"), "a system is a code such as old-desk, got 'Old Desk'"),
        ((*FROM, "--tenant", "nobody"), "there is no tenant 'nobody'"),
        ((*FROM, "--time-zone", "Asia/Nowhere"), "there is no time zone 'Asia/Nowhere'"),
    ],
)
def test_what_cannot_be_is_refused_with_a_line(data_dir: Path, tmp_path: Path, arguments: Any, why: str) -> None:
    with file_of(tmp_path, csv_of(row())) as file:
        done = recourse(data_dir, "import", "check", str(file), *arguments)
    assert complaint_of(done).endswith(why)


def test_a_header_that_is_none_is_refused_with_a_line(data_dir: Path, tmp_path: Path) -> None:
    with file_of(tmp_path, "subject\n") as file:
        done = recourse(data_dir, "import", "check", str(file), *FROM)
    assert complaint_of(done) == "line 1: there is no column 'subject'; docs/howto/import.md lists them"


@pytest.mark.on_files
def test_what_was_taken_in_while_nothing_ran_is_published_and_followed_after_the_next_start(
    data_dir: Path, tmp_path: Path
) -> None:
    with file_of(tmp_path, csv_of(row(acknowledged_at="2025-09-26T09:05:00+08:00"))) as file:
        (taken,) = report(data_dir, "apply", file, *FROM, *BY)["cases"]
    installation = Installation(data_dir, free_port(), CALM_CLOCKS)
    try:
        installation.start()
        come_to_rest(installation)
        busy = recourse(data_dir, "import", "apply", "/dev/null", *FROM, *BY)
        complaint = installation.api.as_handler().read({"id": taken["complaint_id"]})
    finally:
        installation.kill()
    assert complaint["parties"][0]["person"]["name"] == people.NAMES[0]
    assert {each["state"] for each in complaint["promises"]} == {"missed"}
    assert complaint["level"] == 2
    assert complaint_of(busy) == f"another process runs on {data_dir}; stop it first"


def test_the_howto_lists_every_column_in_the_words_of_the_errors() -> None:
    columns = HOWTO.read_text(encoding="utf-8").partition("## What happened so far")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", columns, re.MULTILINE)
    assert dict(rows) == dict(COLUMNS)
