"""The benches run: each prints its line, whatever it measures on the day."""

import os
import subprocess
import sys

import pytest

from bench.__main__ import BENCHES
from tests.installation import HERE

NEEDS_KAFKA = {"relay"}


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_prints_its_line(name: str, request: pytest.FixtureRequest) -> None:
    broker = {"RECOURSE_TEST_KAFKA": request.getfixturevalue("kafka")} if name in NEEDS_KAFKA else {}
    done = subprocess.run(
        [sys.executable, "-m", "bench", name, "--scale", "0.01"],
        env={**os.environ, **broker},
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{name}: ")
