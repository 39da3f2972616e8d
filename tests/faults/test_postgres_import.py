"""`recourse import` on PostgreSQL: killed in the middle, repeated, beside services that go on; each case once."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.runtime.backends import development_settings
from shared.runtime.settings import Settings
from tests.importing import csv_of, file_of, row
from tests.installation import HERE
from tests.postgres import Database
from tests.system.commanding import CALM_CLOCKS, recourse
from tests.waiting import wait_until

CASES, FEW = 200, 40
FROM = ("--system", "old-desk")
BY = ("--by", "mei")


@pytest.fixture
def data_dir(tmp_path: Path, on_postgres: Database) -> Path:
    development_settings(Settings(data_dir=tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Path]:
    with file_of(tmp_path, csv_of(*(row(number) for number in range(CASES)))) as file:
        yield file


def submitted(database: Database) -> Counter[str]:
    """How often each complaint was submitted, read as the administrator."""
    found = database.do("SELECT originator_id FROM intake.intake_events WHERE topic = 'complaint.submitted'")
    return Counter(str(each) for (each,) in found)


def begin(data_dir: Path, file: Path) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, **CALM_CLOCKS, "RECOURSE_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "services", "import", "apply", str(file), *FROM, *BY]
    return subprocess.Popen(command, env=environment, cwd=HERE.parent, stdout=subprocess.DEVNULL)


def counts(data_dir: Path, database: Database, *arguments: str | Path) -> dict[str, int]:
    done = recourse(data_dir, "import", *map(str, arguments), "--json", **database.environment)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    told: dict[str, int] = report["counts"]
    return told


def test_killed_in_the_middle_and_repeated_each_case_is_there_once(
    data_dir: Path, on_postgres: Database, many: Path
) -> None:
    assert counts(data_dir, on_postgres, "check", many, *FROM)["new"] == CASES
    assert not submitted(on_postgres)
    process = begin(data_dir, many)
    wait_until(lambda: bool(submitted(on_postgres)), seconds=60, what="the first case")
    process.send_signal(signal.SIGKILL)
    process.wait()
    survived = len(submitted(on_postgres))
    assert 0 < survived < CASES
    again = {"new": CASES - survived, "same": survived, "differing": 0, "faults": 0}
    assert counts(data_dir, on_postgres, "apply", many, *FROM, *BY) == again
    assert counts(data_dir, on_postgres, "apply", many, *FROM, *BY)["same"] == CASES
    assert (len(submitted(on_postgres)), set(submitted(on_postgres).values())) == (CASES, {1})


def test_two_who_import_one_file_at_once_bring_each_case_once(
    data_dir: Path, on_postgres: Database, tmp_path: Path
) -> None:
    with file_of(tmp_path, csv_of(*(row(number) for number in range(FEW)))) as file:
        both = [begin(data_dir, file) for _ in range(2)]
        assert [process.wait(120) for process in both] == [0, 0]
    assert (len(submitted(on_postgres)), set(submitted(on_postgres).values())) == (FEW, {1})
