"""The route for tasks: what handlers have to do by hand, across complaints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.cursors import Cursors
from services.intake.api.fields import Answer
from services.intake.api.routes import problems
from services.intake.api.visits import Visit, visit
from services.intake.views.tasks import TaskKind, Wanted
from shared.access.principals import Scope

router = APIRouter(tags=["queues"])

Handler = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE)]


class TasksQuery(BaseModel):
    """Filters; each one narrows. `assigned_to` is who works on the complaint, by their staff id."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[list[TaskKind], Field(max_length=len(TaskKind))] = []
    complaint_id: UUID | None = None
    assigned_to: str | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None


class TaskOut(Answer):
    """What is to be done by hand, and on which complaint, as it is now."""

    task_id: UUID
    complaint_id: UUID
    number: str
    kind: TaskKind
    level: int
    assigned_to: str | None
    opened_at: datetime


class TaskListOut(Answer):
    data: tuple[TaskOut, ...]
    next_cursor: str | None
    has_more: bool


@router.get(
    "/tasks",
    summary="List what handlers have to do by hand, the oldest first",
    operation_id="list_tasks",
    response_model=TaskListOut,
    responses=problems(400),
)
async def tasks(query: Annotated[TasksQuery, Query()], visit: Handler) -> Response:
    tenant, cursors = visit.caller.principal.tenant, Cursors(visit.counter.cursor_key)
    question = {"tasks": tenant, **query.model_dump(exclude={"cursor", "limit"})}
    place = cursors.read(query.cursor, question) if query.cursor else None
    after = (datetime.fromisoformat(place[0]), place[1]) if place else None
    wanted = Wanted(
        tenant=tenant, kinds=tuple(query.kind), complaint_id=query.complaint_id, assigned_to=query.assigned_to
    )
    view = visit.counter.tasks
    rows = await visit.read(lambda: view.open_tasks(wanted, after=after, limit=query.limit + 1))
    shown, more = rows[: query.limit], len(rows) > query.limit
    last = [shown[-1]["opened_at"].isoformat(), shown[-1]["task_id"]] if more else []
    return visit.json(
        TaskListOut(
            data=tuple(TaskOut.model_validate(dict(row)) for row in shown),
            next_cursor=cursors.write(last, question) if more else None,
            has_more=more,
        )
    )
