"""What it costs to look for what is due, by how many clocks are open, against looking with none.

`--scale 10` looks among three million.
"""

from datetime import UTC, datetime, timedelta
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
            _fill(here, filled, wanted)
            filled = wanted
            took[wanted] = median(seconds(ticker.tick) for _ in range(max(int(TIMES * scale), 1)))
        assert ticker.fires
    told = ", ".join(f"{clocks:,}: {MICROSECONDS * each:.0f} us" for clocks, each in took.items())
    return f"an idle tick with open clocks {told}; with the most {took[max(took)] / took[0]:.1f} times that with none"


def _fill(here: House, first: int, last: int) -> None:
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
