"""A move that is killed at any step is served by nobody, says so, and goes on when it is called again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import StartInstallation
from tests.distributed.fleet import prepare
from tests.installation import HERE
from tests.kafka_logs import own_prefix
from tests.postgres import Database
from tests.services.replaying import live_through, stop
from tests.system.commanding import CALM_CLOCKS, complaint_of, recourse

pytestmark = pytest.mark.on_files
STEPS = ("write:2", "append:2", "write:2", "begin_at:2", "write:3")
"""Between two marks, between two topics, in the second service, between two groups, before the last mark."""


def killed_at(step: str, data_dir: Path, settings: dict[str, str]) -> int:
    environment = {**os.environ, **settings, "RECOURSE_DATA_DIR": str(data_dir), "RECOURSE_KILL_AT": step}
    command = (sys.executable, "-m", "tests.faults.moving")
    return subprocess.run(command, env=environment, cwd=HERE.parent, check=False, timeout=120).returncode


def test_a_move_killed_again_and_again_is_never_served_half_and_ends_whole(
    start: StartInstallation, database: Database, kafka: str
) -> None:
    running = start()
    live_through(running)
    stop(running)
    data_dir = running.backend.settings.data_dir
    settings = prepare(database, kafka, own_prefix())
    for step in STEPS:
        assert killed_at(step, data_dir, settings) == -signal.SIGKILL, step
        assert "`recourse move` again ends it" in complaint_of(recourse(data_dir, "run", "--development"))
        half = recourse(data_dir, "run", "--development", **settings)
        assert "on its way into this database" in complaint_of(half), step
    done = recourse(data_dir, "move", **settings, **CALM_CLOCKS)
    assert (done.returncode, "everything is there as it was" in done.stdout) == (0, True), done.stderr
    assert recourse(data_dir, "export", **settings).stdout == recourse(data_dir, "export").stdout
