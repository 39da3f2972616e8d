"""Routes for what a complaints team works from: its queues with their counts, and the search."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.intake.api.cursors import Cursors
from services.intake.api.fields import Code, LabelledCode, Line, Request
from services.intake.api.filters import PageQuery, Search, question, work_filter
from services.intake.api.queue_answers import LevelCountOut, QueueCountOut, QueueCountsOut, QueuedComplaint, QueueOut
from services.intake.api.routes import problems
from services.intake.api.visits import Visit, visit
from services.intake.views.queue_counts import Count, this_minute
from services.intake.views.queues import QUEUES, Queue, Whose, counted, in_queue
from services.intake.views.work_filter import NEVER, NOBODY, Place, Sort, WorkFilter
from services.intake.views.worklist import place_of
from shared.access.principals import Scope
from shared.contracts.tenant import Tenant
from shared.eventstore.store import Row

router = APIRouter(tags=["queues"])

Staff = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)]


class Named(Request):
    """Whose queues: the caller's own where nobody is named."""

    handler: Line | None = None
    team: Code | None = None


class QueueQuery(PageQuery):
    handler: Line | None = None


@router.get(
    "/queues",
    summary="Count what stands in each queue, by level, and what of it is late or due today",
    operation_id="count_queues",
    response_model=QueueCountsOut,
    responses=problems(),
)
async def queue_counts(asked: Annotated[Named, Query()], visit: Staff) -> Response:
    return visit.json(await visit.read(_counts, visit, asked))


@router.get(
    "/queues/{queue}",
    summary="Show a queue, what is due first on top",
    operation_id="show_queue",
    response_model=QueueOut,
    responses=problems(),
)
async def show_queue(queue: Queue, asked: Annotated[QueueQuery, Query()], visit: Staff) -> Response:
    whose = _whose(visit, asked.handler, asked.team)
    wanted = in_queue(queue, whose, work_filter(asked, visit))
    return await page(visit, wanted, asked, Sort.DUE, queue=queue, whose=str(whose))


@router.post(
    "/complaints/search",
    summary="Search complaints by what is known of them; what identifies somebody goes into the body",
    operation_id="search_complaints",
    response_model=QueueOut,
    responses=problems(413),
)
async def search(body: Search, visit: Staff) -> Response:
    return await page(visit, work_filter(body, visit), body, body.sort)


async def page(visit: Visit, wanted: WorkFilter, asked: PageQuery, sort: Sort, **besides: object) -> Response:
    """Answer one page of a question, with a cursor that fits no other question."""
    limit, cursor = asked.limit, asked.cursor
    cursors, asks = Cursors(visit.counter.cursor_key), question(asked, visit, **besides)
    after = _place(cursors.read(cursor, asks)) if cursor else None
    rows = await visit.read(lambda: visit.counter.worklist.page(wanted, sort=sort, after=after, limit=limit + 1))
    shown, more = rows[:limit], len(rows) > limit
    return visit.json(
        QueueOut(
            data=tuple(_line(row, visit) for row in shown),
            next_cursor=cursors.write(_written(place_of(shown[-1], sort)), asks) if more else None,
            has_more=more,
        )
    )


def _place(written: list[str]) -> Place:
    return Place(datetime.fromisoformat(written[0]), UUID(written[1]))


def _written(place: Place) -> list[str]:
    return [place.at.isoformat(), str(place.complaint_id)]


def _tenant(visit: Visit) -> Tenant:
    return visit.counter.intake.tenants[visit.caller.principal.tenant]


def _whose(visit: Visit, handler: str | None, team: str | None) -> Whose:
    handler = handler or visit.caller.principal.subject
    return Whose(handler, team or _tenant(visit).team_of(handler))


def _counts(visit: Visit, asked: Named) -> QueueCountsOut:
    tenant, now, whose = _tenant(visit), visit.counter.now(), _whose(visit, asked.handler, asked.team)
    tonight, counts = tenant.tonight(now), visit.counter.worklist.counts
    queues = [queue for queue in QUEUES if queue != Queue.TEAM or whose.team]
    of = {Queue.MINE: whose.handler, Queue.TEAM: whose.team}
    found = {queue: counted(counts, tenant.tenant, queue, whose, now=now, tonight=tonight) for queue in queues}
    return QueueCountsOut(
        now=now, tonight=tonight, data=tuple(_count(queue, of.get(queue), found[queue]) for queue in queues)
    )


def _count(queue: Queue, of: str | None, levels: list[Count]) -> QueueCountOut:
    return QueueCountOut(
        queue=queue,
        of=of,
        complaints=sum(count.complaints for count in levels),
        late=sum(count.late for count in levels),
        due_today=sum(count.due_today for count in levels),
        levels=tuple(LevelCountOut.model_validate(vars(count)) for count in levels),
    )


def _line(row: Row, visit: Visit) -> QueuedComplaint:
    catalogue, language = visit.counter.catalogue, visit.language
    shown: dict[str, Any] = {name: row[name] for name in QueuedComplaint.model_fields if name in row}
    is_due = row["due_at"] != NEVER
    return QueuedComplaint(
        **shown
        | {
            "id": row["complaint_id"],
            "status": LabelledCode(code=row["status"], label=catalogue.label("status", row["status"], language)),
            "category": LabelledCode(code=row["category"], label=catalogue.category(row["category"]).labels[language]),
            "assigned_to": row["assigned_to"] if row["assigned_to"] != NOBODY else None,
            "team": row["team"] if row["team"] != NOBODY else None,
            "due_at": row["due_at"] if is_due else None,
            "late": is_due and row["due_at"] <= this_minute(visit.counter.now()),
        }
    )
