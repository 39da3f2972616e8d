"""The gate: style, types, import contracts, then every suite; the last line names what ran, and on what."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import kafka_broker, postgres
from tests.deploy.engine import engine_answers

TESTS = Path(__file__).parent
ROOT = TESTS.parent
BIN = Path(sys.executable).parent

CHECKS: Sequence[tuple[str, Sequence[str]]] = (
    ("lint", (f"{BIN}/ruff", "check", ".")),
    ("format", (f"{BIN}/ruff", "format", "--check", ".")),
    ("types", (f"{BIN}/mypy",)),
    ("imports", (f"{BIN}/lint-imports",)),
)

SUITES = ("domain", "contracts", "services", "conformance", "system", "distributed", "deploy", "faults", "architecture")


def main() -> int:
    begun = time.monotonic()
    for name, command in CHECKS:
        if not _passes(name, command):
            return 1
    if not all([_suites_pass(_lanes()), _suites_pass(LAST)]):
        return 1
    if not _passes(
        "coverage of domain and contracts", (*COVERAGE, "report", "--fail-under=100", f"--include={COVERED}")
    ):
        return 1
    kafka = kafka_broker.way()
    missing = [] if kafka else ["whatever needs Kafka"]
    missing += [] if kafka_broker.has_jvm() else ["faults of a broker (no Java and Maven)"]
    missing += [] if engine_answers() else ["deploy (no Docker engine answers)"]
    backends = f"SQLite, PostgreSQL ({postgres.way()})" + (f", Kafka ({kafka})" if kafka else "")
    seconds = time.monotonic() - begun
    print(  # noqa: T201 - the last line is what people read
        f"ran on {backends}: {', '.join(SUITES)} in {seconds:.0f} s; did not run: {', '.join(missing) or 'nothing'}"
    )
    return 0


COVERED = "services/*/domain/*,shared/contracts/*"
COVERAGE = (sys.executable, "-m", "coverage")
MEASURED = "api"
LAST: Mapping[str, Sequence[Path]] = {"deploy": [TESTS / "deploy"]}
"""What starts so many processes that nothing else runs beside it."""


def _lanes() -> Mapping[str, Sequence[Path]]:
    """What runs one after the other; the lanes run side by side, since most tests wait for something."""
    services = sorted((TESTS / "services").glob("test_*.py"))
    api = [file for file in services if file.name.startswith("test_api_")]
    return {
        "api": [TESTS / "domain", TESTS / "contracts", *api],
        "services": [file for file in services if file not in api],
        "whole": [TESTS / suite for suite in SUITES[3:] if suite not in LAST],
    }


def _suites_pass(lanes: Mapping[str, Sequence[Path]]) -> bool:
    """Run the lanes side by side; each searches what it wrote for personal data at its end."""
    print(f"== suites: {', '.join(lanes)}", flush=True)  # noqa: T201 - progress for people
    with ThreadPoolExecutor(len(lanes)) as running:
        return all(list(running.map(_lane_passes, lanes, lanes.values())))


def _lane_passes(name: str, paths: Sequence[Path]) -> bool:
    told = (*map(str, paths), str(TESTS / "test_nothing_in_clear.py"))
    measured = (*COVERAGE, "run") if name == MEASURED else (sys.executable,)
    command = (*measured, "-m", "pytest", *told)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as lane:
        for line in lane.stdout or ():
            print(f"{name:>8} | {line}", end="", flush=True)  # noqa: T201 - progress for people
    return lane.returncode == 0


def _passes(name: str, command: Sequence[str]) -> bool:
    print(f"== {name}", flush=True)  # noqa: T201 - progress for people
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
