"""The gate: style, types, import contracts, then every suite; the last line names what ran, and on what."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.kafka_broker import way

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

CHECKS: Sequence[tuple[str, Sequence[str]]] = (
    ("lint", (f"{BIN}/ruff", "check", ".")),
    ("format", (f"{BIN}/ruff", "format", "--check", ".")),
    ("types", (f"{BIN}/mypy",)),
    ("imports", (f"{BIN}/lint-imports",)),
)

SUITES = ("domain", "contracts", "conformance", "services", "system", "distributed", "faults", "architecture")


def main() -> int:
    begun = time.monotonic()
    for name, command in CHECKS:
        if not _passes(name, command):
            return 1
    present = [suite for suite in SUITES if list((ROOT / "tests" / suite).glob("test_*.py"))]
    paths = [f"tests/{suite}" for suite in present]
    pytest = (sys.executable, "-m", "coverage", "run", "-m", "pytest", *paths, "tests/test_nothing_in_clear.py")
    if not _passes("suites", pytest):
        return 1
    coverage = (sys.executable, "-m", "coverage", "report", "--fail-under=100", f"--include={COVERED}")
    if not _passes("coverage of domain and contracts", coverage):
        return 1
    missing = [suite for suite in SUITES if suite not in present] + ([] if way() else ["whatever needs Kafka"])
    backends = "SQLite" + (f" and Kafka ({way()})" if way() else "")
    seconds = time.monotonic() - begun
    print(  # noqa: T201 - the last line is what people read
        f"ran on {backends}: {', '.join(present)} in {seconds:.0f} s; did not run: {', '.join(missing) or 'nothing'}"
    )
    return 0


COVERED = "services/*/domain/*,shared/contracts/*"


def _passes(name: str, command: Sequence[str]) -> bool:
    print(f"== {name}", flush=True)  # noqa: T201 - progress for people
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
