"""How queues are read: each from an index in its order, in both databases, so that a page costs what it shows."""

import os
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from bench.house import House, house
from bench.queueing import NOW, TONIGHT, WHOSE, fill, multiply
from bench.stores import STORES
from services.intake.views.queues import Queue, in_queue
from services.intake.views.work_filter import Place, Sort, WorkFilter
from services.intake.views.worklist import page_question

COPIES = 20
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgres": "EXPLAIN"}
Plan = list[str]


@pytest.fixture(scope="module", params=EXPLAIN)
def full(request: pytest.FixtureRequest) -> Iterator[tuple[str, House]]:
    """A worklist with twenty thousand complaints."""
    with STORES[request.param](), house() as here:
        fill(here, 1000)
        multiply(here.intake.store, COPIES)
        if request.param == "postgres":
            with psycopg.connect(os.environ["RECOURSE_DATABASE_OWNER_URL"]) as owner:
                owner.execute("ANALYZE intake.intake_worklist")
        yield request.param, here


def plan(full: tuple[str, House], wanted: WorkFilter, sort: Sort, after: Place | None) -> Plan:
    name, here = full
    sql, parameters = page_question("intake", wanted, sort=sort, after=after, limit=21)
    with here.intake.store.read() as reader:
        rows = reader.execute(f"{EXPLAIN[name]} {sql}", parameters)
    return [str(list(row.values())[-1]) for row in rows]


def reads_in_order(steps: Plan) -> bool:
    """One range of an index in the order that is shown: nothing is scanned whole, and nothing sorted."""
    text = "\n".join(steps)
    one_range = "USING INDEX intake_worklist" in text or "Index Scan" in text
    return one_range and not any(word in text for word in ("SCAN ", "Seq Scan", "Sort", "TEMP B-TREE", "Bitmap"))


@pytest.mark.parametrize("level", [(), (1,)], ids=["every level", "one level"])
@pytest.mark.parametrize("queue", Queue)
def test_a_page_of_a_queue_is_one_range_of_an_index(
    full: tuple[str, House], queue: Queue, level: tuple[int, ...]
) -> None:
    wanted = in_queue(queue, WHOSE, WorkFilter(tenant="default", now=NOW, tonight=TONIGHT, level=level))
    for place in (None, Place(NOW, UUID(int=0))):
        steps = plan(full, wanted, Sort.DUE, place)
        assert reads_in_order(steps), steps


@pytest.mark.parametrize("sort", Sort)
def test_who_is_known_by_something_is_looked_up_and_not_looked_for(full: tuple[str, House], sort: Sort) -> None:
    wanted = WorkFilter(tenant="default", terms=("a", "b"), now=NOW, tonight=TONIGHT)
    text = "\n".join(plan(full, wanted, sort, None))
    assert "intake_worklist_pkey" in text or "sqlite_autoindex_intake_worklist_1" in text, text
    assert not any(index in text for index in ("worklist_due", "worklist_received", "Seq Scan on intake_worklist")), (
        text
    )
