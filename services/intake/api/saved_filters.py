"""Routes for the filters that a handler keeps: a queue of one's own, or of the team's, with its count."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Response

from services.intake.api.fields import Answer, Line, Request
from services.intake.api.filters import PageQuery, WorkQuery, work_filter
from services.intake.api.queue_answers import QueueOut
from services.intake.api.queues import page
from services.intake.api.routes import problems
from services.intake.api.visits import Visit, visit
from services.intake.domain.errors import NotPermittedError
from services.intake.request_errors import SavedFilterNotFoundError, TeamMissingError
from services.intake.saved_filters import OWN, SavedFilter
from services.intake.views.work_filter import Sort
from shared.access.principals import Scope
from shared.eventstore.command import Command, Decision

router = APIRouter(prefix="/saved-filters", tags=["queues"])

Staff = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE)]
MOST_COUNTED = 1000


class SaveFilter(Request):
    """`shared` shows it to the whole team of its owner; it names nobody, so that its words may be kept."""

    name: Line
    filter: WorkQuery
    sort: Sort = Sort.DUE
    shared: bool = False


class SavedFilterOut(Answer):
    """`complaints` stops counting at a thousand: `or_more` then."""

    id: UUID
    name: str
    owner: str
    team: str | None
    filter: WorkQuery
    sort: Sort
    complaints: int
    or_more: bool


class SavedFiltersOut(Answer):
    data: tuple[SavedFilterOut, ...]


class PageOf(Request):
    limit: Annotated[int, Query(ge=1, le=100)] = 20
    cursor: str | None = None


@router.post(
    "",
    status_code=201,
    summary="Keep a filter",
    operation_id="save_filter",
    response_model=SavedFilterOut,
    responses=problems(409, 413),
)
async def save(body: SaveFilter, visit: Staff) -> Response:
    saved, counter = _saved(uuid4(), body, visit), visit.counter
    decision = Decision(saved.filter_id, 0, steps=(counter.saved.keep(saved),))
    receipt = await visit.carry_out(
        body, lambda call: counter.intake.execute(Command(decide=lambda: decision, key=call.key))
    )
    first = replace(saved, filter_id=receipt.stream_id)
    return visit.json(await visit.read(_told, first, visit), status=201)


@router.get(
    "",
    summary="List one's own filters and those of one's team, each with its count",
    operation_id="list_saved_filters",
    response_model=SavedFiltersOut,
    responses=problems(),
)
async def saved_filters(visit: Staff) -> Response:
    def listed() -> SavedFiltersOut:
        principal = visit.caller.principal
        known = visit.counter.saved.known_to(principal.tenant, principal.subject, _team(visit))
        return SavedFiltersOut(data=tuple(_told(saved, visit) for saved in known))

    return visit.json(await visit.read(listed))


@router.get(
    "/{filter_id}/complaints",
    summary="Show the queue of a filter",
    operation_id="show_saved_filter",
    response_model=QueueOut,
    responses=problems(404),
)
async def show(filter_id: UUID, asked: Annotated[PageOf, Query()], visit: Staff) -> Response:
    saved = await visit.read(_found, filter_id, visit)
    query = PageQuery.model_validate({**saved.asked, **asked.model_dump()})
    return await page(visit, work_filter(query, visit), query, Sort(saved.sort), filter=str(filter_id))


@router.put(
    "/{filter_id}",
    summary="Change a filter",
    operation_id="change_filter",
    response_model=SavedFilterOut,
    responses=problems(404, 413),
)
async def change(filter_id: UUID, body: SaveFilter, visit: Staff) -> Response:
    await visit.read(_owned, filter_id, visit)
    saved = _saved(filter_id, body, visit)
    await visit.write(visit.counter.saved.keep(saved))
    return visit.json(await visit.read(_told, saved, visit))


@router.delete(
    "/{filter_id}",
    summary="Forget a filter, and tell what it was",
    operation_id="forget_filter",
    response_model=SavedFilterOut,
    responses=problems(404),
)
async def forget(filter_id: UUID, visit: Staff) -> Response:
    saved = await visit.read(_owned, filter_id, visit)
    await visit.write(visit.counter.saved.forget(filter_id))
    return visit.json(await visit.read(_told, saved, visit))


def _team(visit: Visit) -> str | None:
    principal = visit.caller.principal
    return visit.counter.intake.tenants[principal.tenant].team_of(principal.subject)


def _saved(filter_id: UUID, body: SaveFilter, visit: Visit) -> SavedFilter:
    principal, team = visit.caller.principal, _team(visit)
    if body.shared and team is None:
        raise TeamMissingError("a filter is shared with its owner's team, and you are on none")
    return SavedFilter(
        filter_id=filter_id,
        tenant=principal.tenant,
        owner=principal.subject,
        team=team if body.shared and team else OWN,
        name=body.name,
        sort=body.sort,
        asked=body.filter.model_dump(mode="json", exclude_defaults=True),
    )


def _found(filter_id: UUID, visit: Visit) -> SavedFilter:
    """A filter that the caller may use; somebody else's own one is not there."""
    principal = visit.caller.principal
    saved = visit.counter.saved.find(filter_id, principal.tenant)
    if principal.subject != saved.owner and saved.team != _team(visit):
        raise SavedFilterNotFoundError
    return saved


def _owned(filter_id: UUID, visit: Visit) -> SavedFilter:
    saved = _found(filter_id, visit)
    if saved.owner != visit.caller.principal.subject:
        raise NotPermittedError("a filter is changed by its owner; save one of your own")
    return saved


def _told(saved: SavedFilter, visit: Visit) -> SavedFilterOut:
    asked = WorkQuery.model_validate(saved.asked)
    found = visit.counter.worklist.count(work_filter(asked, visit), at_most=MOST_COUNTED)
    return SavedFilterOut(
        id=saved.filter_id,
        name=saved.name,
        owner=saved.owner,
        team=saved.team or None,
        filter=asked,
        sort=Sort(saved.sort),
        complaints=found,
        or_more=found == MOST_COUNTED,
    )
