"""How fast clocks start, and how fast a ticker drains what is overdue with its facts published, by bare inserts.

It happens among many open clocks that are not due: `--scale 5` starts 10,000 among 300,000, `--scale 50` drains 100,000
among three million. What one tick costs with more of them is measured by `ticking`; the two halves of the drain show
whether it slows down on its way.
"""

import resource
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

from bench.house import House, house, seconds
from bench.ticking import fill
from shared.runtime.clock import system_clock
from tests.domain.escalation_facts import classified, submitted
from tests.services.escalation_overdue import tell
from tests.waiting import wait_until

COMPLAINTS = 1000
CLOCKS = 2
"""Of each complaint: its first answer and its result."""
OPEN = 60_000
AT_ONCE = 500
BARE_CLOCKS = 5_000
ROWS, STATE = 3, "x" * 700
"""A miss, the command that follows and the row of the board, each as large as an event of a clock."""
LONG_AGO = timedelta(days=400)
MEGABYTE = 1024


def line(scale: float) -> str:
    complaints = [uuid4() for _ in range(max(int(COMPLAINTS * scale), 1))]
    with house() as here:
        fill(here, 0, int(OPEN * scale))
        with here.running("escalation-writer", "escalation-relay"):
            starting = CLOCKS * len(complaints) / seconds(lambda: _start(here, complaints))
            _wait_until_published(here)
            before = _resident()
            fired: list[float] = []
            draining = seconds(lambda: fired.extend(_drain(here)))
        bare = BARE_CLOCKS / seconds(lambda: _insert(here, BARE_CLOCKS))
    halves = _rate(fired[: len(fired) // 2]), _rate(fired[len(fired) // 2 :])
    drained = CLOCKS * len(complaints) / draining
    return (
        f"among {int(OPEN * scale):,} open clocks {starting:.0f} started a second, {starting / bare:.3f} of the"
        f" {bare:.0f} whose rows are inserted bare; {drained:.0f} overdue fired and published,"
        f" {drained / bare:.3f} of it; first half {halves[0]:.0f}, second {halves[1]:.0f};"
        f" memory {before:.0f} -> {_resident():.0f} MB"
    )


def _insert(here: House, clocks: int) -> None:
    """As many rows of that size as a miss writes, a page of clocks at a time, into a table of the same store."""
    for _ in range(0, clocks, AT_ONCE):
        with here.embedded.escalation.application.store.write() as transaction:
            for _ in range(ROWS * AT_ONCE):
                transaction.execute(
                    "INSERT INTO escalation_known_facts"
                    " (complaint_id, version, event_id, stored_name, tenant, correlation_id, recorded_at, fact)"
                    " VALUES (:id, 1, :id, 'bare', 'bare', :id, :at, :fact)",
                    {"id": str(uuid4()), "at": transaction.recorded_at, "fact": STATE},
                )


def _start(here: House, complaints: Sequence[UUID]) -> None:
    """Complaints that were received long ago, each with the clocks of the house promise."""
    at, escalation = system_clock() - LONG_AGO, here.embedded.escalation.application
    for begin in range(0, len(complaints), AT_ONCE):
        for version, fact in enumerate((submitted(at), classified()), start=1):
            told = [tell(escalation, each, version, fact, at) for each in complaints[begin : begin + AT_ONCE]]
            for each in told:
                each.result()


def _drain(here: House) -> list[float]:
    """Tick until nothing is due and everything is on its topic; return for each clock what it took."""
    took: list[float] = []
    fired: list[int] = []
    tick = partial(_tick, here, fired)
    while (lasted := seconds(tick)) and fired[-1]:
        took += [lasted / fired[-1]] * fired[-1]
    _wait_until_published(here)
    return took


def _tick(here: House, fired: list[int]) -> None:
    fired.append(here.embedded.escalation.ticker.tick())


def _rate(took: Sequence[float]) -> float:
    return len(took) / sum(took) if took else 0.0


def _wait_until_published(here: House) -> None:
    store = here.embedded.escalation.application.store

    def is_published() -> bool:
        with store.read() as reader:
            at = reader.execute("SELECT position FROM escalation_relay")[0]["position"]
        return bool(at == store.recorder.max_notification_id())

    wait_until(is_published, seconds=600, what="every fact to be published")


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
