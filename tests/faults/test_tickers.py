"""Two tickers on one PostgreSQL database share what is overdue, and one that is killed loses nothing."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.escalation.application import Escalation
from services.escalation.domain.case import Case
from shared.runtime.clock import system_clock
from tests.conftest import Running, StartInstallation
from tests.domain.escalation_facts import classified, submitted
from tests.postgres import Database
from tests.services.escalation_overdue import tell
from tests.services.escalation_scenes import AN_HOUR_MS
from tests.waiting import wait_until

COMPLAINTS = 1000
CLOCKS = 2 * COMPLAINTS
PATIENCE_SECONDS = 240


@pytest.fixture
def quiet(on_postgres: Database, start: StartInstallation) -> Running:
    """An installation on PostgreSQL whose own ticker looks for nothing while the test runs."""
    assert on_postgres.url
    return start(ticker_poll_ms=AN_HOUR_MS)


@pytest.fixture
def tickers(quiet: Running, tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two processes, slow enough to be met in the middle of their work."""
    _make_overdue(quiet.embedded.escalation.application)
    environment = {
        **os.environ,
        "RECOURSE_DATA_DIR": str(quiet.backend.settings.data_dir),
        "RECOURSE_TICKER_FIRES_PER_SECOND": "200",
        "RECOURSE_TICKER_POLL_MS": "50",
    }
    with (tmp_path / "tickers.log").open("ab") as log:
        command = (sys.executable, "-m", "tests.faults.ticking")
        started = [subprocess.Popen(command, env=environment, stdout=log, stderr=log) for _ in range(2)]
    yield started
    for each in started:
        each.kill()
        each.wait(30)


def _make_overdue(escalation: Escalation) -> None:
    """Complaints with two clocks each, due last year."""
    long_ago = system_clock() - timedelta(days=400)
    complaints = [uuid4() for _ in range(COMPLAINTS)]
    for version, fact in enumerate((submitted(long_ago), classified()), start=1):
        for told in [tell(escalation, each, version, fact, long_ago) for each in complaints]:
            told.result()


def test_two_tickers_share_what_is_overdue_and_one_that_is_killed_loses_nothing(
    quiet: Running, tickers: list[subprocess.Popen[bytes]], database: Database
) -> None:
    holders: set[object] = set()

    def both_have_a_share() -> bool:
        holders.update(database.do("SELECT DISTINCT holder FROM escalation.escalation_due_claims"))
        return len(holders) == 2 and sum(_missed(quiet).values()) >= CLOCKS / 10

    wait_until(both_have_a_share, seconds=PATIENCE_SECONDS, what="both tickers to fire")
    tickers[0].send_signal(signal.SIGKILL)
    in_the_middle = sum(_missed(quiet).values())
    wait_until(lambda: len(_missed(quiet)) == CLOCKS, seconds=PATIENCE_SECONDS, what="the other to fire the rest")
    assert in_the_middle < CLOCKS
    assert set(_missed(quiet).values()) == {1}
    assert tickers[1].poll() is None


def _missed(running: Running) -> Counter[UUID]:
    """How often each clock was declared missed."""
    sql = "SELECT state FROM escalation_events WHERE topic = :topic"
    escalation = running.embedded.escalation.application
    with escalation.store.read() as reader:
        rows = reader.execute(sql, {"topic": Case.ClockMissed.TOPIC})
    return Counter(UUID(json.loads(bytes(row["state"]))["public"]["clock_id"]) for row in rows)
