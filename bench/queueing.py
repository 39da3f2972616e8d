"""How long a team waits for its counts and its first page as complaints grow, against counting them all."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from bench.house import House, house, seconds
from services.intake.views.queues import QUEUES, Queue, Whose, counted, in_queue
from services.intake.views.work_filter import Sort, WorkFilter
from shared.eventstore.store import Store

FEW, MANY = 1_000, 100_000
TIMES = 30
MILLISECONDS = 1000
NOW = datetime(2025, 9, 26, 2, tzinfo=UTC)
TONIGHT = NOW + timedelta(hours=14)
WHOSE = Whose("anna", "front_line")
HANDLERS, STATUSES = ("", "anna", "bo", "cleo"), ("in_progress", "waiting_on_complainant", "acknowledged")


def line(scale: float) -> str:
    few = max(int(FEW * scale), 10)
    with house() as here:
        fill(here, few)
        before = _measure(here, scale)
        multiply(here.intake.store, MANY // FEW)
        after = _measure(here, scale)
    many = few * MANY // FEW
    return ", ".join(
        f"{what} {MILLISECONDS * after[what]:.2f} ms at {many:,} ({after[what] / before[what]:.1f} times {few:,})"
        for what in after
    )


def _measure(here: House, scale: float) -> Mapping[str, float]:
    worklist, table = here.embedded.intake.worklist, f"{here.intake.store.application}_worklist"

    def counts() -> None:
        for queue in QUEUES:
            counted(worklist.counts, "default", queue, WHOSE, now=NOW, tonight=TONIGHT)

    def page(queue: Queue) -> None:
        wanted = in_queue(queue, WHOSE, WorkFilter(tenant="default", now=NOW, tonight=TONIGHT))
        assert len(worklist.page(wanted, sort=Sort.DUE, after=None, limit=20)) > 0

    def pages() -> None:
        for queue in QUEUES:
            if queue != Queue.WAITING_ON_THIRD_PARTY:
                page(queue)

    def plainly() -> None:
        with here.intake.store.read() as reader:
            reader.execute(f"SELECT level, COUNT(*) FROM {table} WHERE tenant = 'default' AND on_desk GROUP BY level")

    times = max(int(TIMES * scale), 1)
    asked = {"all counts": counts, "pages of every queue": pages, "COUNT(*) of one": plainly}
    return {what: median(seconds(ask) for _ in range(times)) for what, ask in asked.items()}


def _rows(few: int) -> Iterator[dict[str, Any]]:
    """Due at the end of some working day, as most promises are; one in ten at a minute of its own."""
    for number in range(few):
        own = timedelta(minutes=number) if number % 10 == 0 else timedelta(hours=14)
        yield {
            "complaint_id": f"{number:08}",
            "version": 5,
            "tenant": "default",
            "number": f"{number:010}",
            "status": STATUSES[number % 3],
            "on_desk": True,
            "level": number % 4,
            "category": "other",
            "urgent": number % 10 == 0,
            "language": "en",
            "assigned_to": HANDLERS[number // 3 % 4],
            "team": "front_line" if number % 2 else "",
            "received_at": NOW - timedelta(minutes=number),
            "submitted_at": NOW,
            "updated_at": NOW,
            "kept": "{}",
            "due_at": NOW + timedelta(days=number % 9 - 3) + own,
        }


def fill(here: House, few: int) -> None:
    worklist = here.embedded.intake.worklist
    with here.intake.store.write() as transaction:
        for row in _rows(few):
            worklist.counts.move(transaction, None, row)
            columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            table = f"{here.intake.store.application}_worklist"
            transaction.execute(f"INSERT INTO {table} ({columns}) VALUES ({values})", row)


def multiply(store: Store, times: int) -> None:
    """The same again, with other ids: what grows is the number of complaints, not that of dates."""
    columns = ", ".join(name for name in next(_rows(1)) if name != "complaint_id")
    table = f"{store.application}_worklist"
    for copy in range(1, times):
        with store.write() as transaction:
            transaction.execute(
                f"INSERT INTO {table} (complaint_id, {columns}) SELECT complaint_id || :copy, {columns} FROM {table}"
                " WHERE LENGTH(complaint_id) = 8",
                {"copy": f"-{copy}"},
            )
    with store.write() as transaction:
        counts = f"{store.application}_queue_counts"
        transaction.execute(f"UPDATE {counts} SET complaints = complaints * :times", {"times": times})
