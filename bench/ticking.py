"""What it costs to look for what is due, by how many clocks are open, against looking with none.

`--scale 10` looks among three million.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

from bench.house import House, house, seconds

OPEN = (0, 3_000, 30_000, 300_000)
TIMES = 200
BATCH = 100_000
MICROSECONDS = 1_000_000
ID = "'{}0000000-0000-4000-8000-' || CAST(100000000000 + number AS TEXT)"
IN_A_YEAR = timedelta(days=365)


def line(scale: float) -> str:
    took: dict[int, float] = {}
    with house() as here:
        ticker, filled = here.embedded.escalation.ticker, 0
        for clocks in OPEN:
            wanted = int(clocks * scale)
            fill(here, filled, wanted)
            filled = wanted
            took[wanted] = _median(ticker.tick)
        assert ticker.fires
        plain = _median(partial(_ask, here))
    told = ", ".join(f"{clocks:,}: {MICROSECONDS * each:.0f} us" for clocks, each in took.items())
    most = took[max(took)]
    return (
        f"an idle tick with open clocks {told}; with the most {most / took[0]:.1f} times that with none,"
        f" {most / plain:.1f} times a question for nothing"
    )


def _median(act: Callable[[], object]) -> float:
    """After a few that no longer count, since the first ones open connections."""
    return median([seconds(act) for _ in range(TIMES)][TIMES // 10 :])


def _ask(here: House) -> None:
    with here.embedded.escalation.application.store.read() as reader:
        reader.execute("SELECT 1")


def fill(here: House, first: int, last: int) -> None:
    """Put open clocks that are due in a year into the view that the ticker asks."""
    store, at = here.embedded.escalation.application.store, datetime.now(UTC) + IN_A_YEAR
    for begin in range(first, last, BATCH):
        with store.write() as transaction:
            transaction.execute(
                "WITH RECURSIVE numbers (number) AS"
                " (SELECT CAST(:first AS BIGINT) UNION ALL SELECT number + 1 FROM numbers WHERE number < :last)"
                f" INSERT INTO {store.application}_due_clocks"
                f" SELECT {ID.format('a')}, {ID.format('b')}, :at, :at FROM numbers",
                {"first": begin, "last": min(begin + BATCH, last) - 1, "at": at + timedelta(seconds=begin)},
            )
