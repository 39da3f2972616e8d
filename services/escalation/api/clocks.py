"""The route of the due board: what is owed by when, across the complaints of a tenant."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.concurrency import run_in_threadpool

from services.escalation.api.desk import PolicyDesk, desk_of
from services.escalation.views.due_board import BoardRow, Count, Standing, Wanted, tonight
from shared.access.principals import Scope
from shared.web.bearer import Caller
from shared.web.problems import CallError, ScopeMissingError

router = APIRouter(tags=["clocks"])

STAFF = (Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)
MOST_ROWS = 200


class PageIncompleteError(CallError):
    """`after` and `after_clock` go together: both are those of the last row of the page before."""

    code, status = "page-incomplete", 422


class BoardClock(BaseModel):
    """One clock that is owed: running, paused, or missed and not made up for since."""

    clock_id: UUID
    complaint_id: UUID
    clock: str
    owner: str
    source: str
    policy: str
    policy_version: str
    state: str
    due_at: datetime
    due_on: date
    time_zone: str
    verified: bool
    beyond_calendar: bool
    level: int
    handler: str | None


class BoardCount(BaseModel):
    standing: Standing
    level: int
    handler: str | None
    clocks: int


class BoardOut(BaseModel):
    """`counts` are of everything that was asked for, `data` is one page of it, the first due first.

    `stopped_because` is there while no clock fires, because the time cannot be believed.
    """

    now: datetime
    stopped_because: str | None
    counts: list[BoardCount]
    data: list[BoardClock]


class Asked(BaseModel):
    standing: Standing | None = None
    level: Annotated[int, Field(ge=0, le=2)] | None = None
    handler: Annotated[str, Field(max_length=200)] | None = None
    after: AwareDatetime | None = None
    after_clock: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 50


@router.get("/clocks", summary="Show what is due, by level and handler", operation_id="due_board")
async def due_board(request: Request, caller: Caller, asked: Annotated[Asked, Query()]) -> BoardOut:
    desk = desk_of(request, caller)
    if not caller.may(*STAFF):
        raise ScopeMissingError
    if (asked.after is None) != (asked.after_clock is None):
        raise PageIncompleteError
    return await run_in_threadpool(_board, desk, caller.tenant, asked)


def _board(desk: PolicyDesk, tenant: str, asked: Asked) -> BoardOut:
    now = desk.now()
    wanted = Wanted(
        tenant=tenant,
        now=now,
        tonight=tonight(now, desk.tenants[tenant].time_zone),
        standing=asked.standing,
        level=asked.level,
        handler=asked.handler,
        after=(asked.after, asked.after_clock) if asked.after and asked.after_clock else None,
        limit=asked.limit,
    )
    board = desk.escalation.board
    return BoardOut(
        now=now,
        stopped_because=desk.heartbeat.stopped_because(),
        counts=[_count(count) for count in board.counts(wanted)],
        data=[_clock(row) for row in board.rows(wanted)],
    )


def _count(count: Count) -> BoardCount:
    return BoardCount.model_validate(count, from_attributes=True)


def _clock(row: BoardRow) -> BoardClock:
    return BoardClock.model_validate(row, from_attributes=True)
