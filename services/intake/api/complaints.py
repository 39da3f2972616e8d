"""Routes for submitting a complaint, and for reading one, its history, or many."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from uuid_utils.compat import uuid7

from services.intake.api.answers import ComplaintListOut, ComplaintOut, HistoryOut, ListedComplaint
from services.intake.api.cursors import Cursors
from services.intake.api.drafts import draft
from services.intake.api.fields import Code, Instant, LabelledCode
from services.intake.api.instants import read_as_of
from services.intake.api.reading import Sight
from services.intake.api.requests import Submit
from services.intake.api.routes import problems
from services.intake.api.visits import Visit, visit
from services.intake.catalogue import Catalogue
from services.intake.domain.errors import NotPermittedError
from services.intake.domain.lifecycle import Status
from services.intake.domain.number import read_number
from services.intake.views.complaint_list import ListFilter, PageStart
from shared.access.principals import Scope
from shared.eventstore.store import Row

router = APIRouter(tags=["complaints"])

Submitter = Annotated[Visit, visit(Scope.SUBMIT, Scope.HANDLE)]
Reader = Annotated[Visit, visit(Scope.READ, Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)]
AsOf = Annotated[str | None, Query(description="An instant with offset: what was recorded by then, inclusive")]


@router.post(
    "/complaints",
    status_code=201,
    summary="Submit a complaint",
    operation_id="submit_complaint",
    response_model=ComplaintOut,
    responses=problems(400, 404, 409, 413),
)
async def submit(body: Submit, visit: Submitter) -> Response:
    complaint_id = uuid7()
    drafted = draft(body, visit)
    receipt = await visit.carry_out(body, lambda call: visit.counter.intake.submit(complaint_id, call, drafted))
    receipt = await visit.wait_for_promises(receipt, body)
    visit = await visit.again()
    location = {"Location": f"/v1/complaints/{receipt.stream_id}"}
    return await visit.answer(receipt, status=201, headers=location)


@router.get(
    "/complaints/{complaint_id}",
    summary="Get one complaint, now, at an instant, or at a version",
    operation_id="get_complaint",
    response_model=ComplaintOut,
    responses=problems(404),
)
async def get(
    complaint_id: UUID,
    visit: Reader,
    as_of: AsOf = None,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    sight = await sight_of(visit, complaint_id, as_of, version)
    historical = as_of is not None or version is not None
    return visit.show(sight, at=sight.seen_at if historical else visit.counter.now())


@router.get(
    "/complaints/{complaint_id}/history",
    summary="Get the history of one complaint, as far as the caller may see it",
    operation_id="get_history",
    response_model=HistoryOut,
    responses=problems(404),
)
async def history(
    complaint_id: UUID,
    visit: Reader,
    as_of: AsOf = None,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    sight = await sight_of(visit, complaint_id, as_of, version)
    entries = await visit.read(visit.counter.reading.entries, sight, visit.caller)
    return visit.json(HistoryOut(data=tuple(entries)), headers={"ETag": sight.etag})


async def sight_of(visit: Visit, complaint_id: UUID, as_of: str | None, version: int | None = None) -> Sight:
    """What this caller may see of a complaint: at an instant, at a version, or now."""
    reading = visit.counter.reading
    instant = read_as_of(as_of, visit.counter.now())
    if instant is not None:
        return await visit.read(reading.as_of, complaint_id, instant, visit.caller)
    if version is not None:
        return await visit.read(reading.at_version, complaint_id, version, visit.caller)
    return await visit.read(reading.now, complaint_id, visit.caller)


class ListQuery(BaseModel):
    """Filters of the list; each one narrows it."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[list[Status], Field(max_length=9)] = []
    category: Code | None = None
    level: Annotated[int, Field(ge=0, le=3)] | None = None
    urgent: bool | None = None
    assigned_to: str | None = None
    number: str | None = None
    received_from: Instant | None = None
    received_to: Instant | None = None
    as_of: str | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None


@router.get(
    "/complaints",
    summary="List complaints, the newest received first",
    operation_id="list_complaints",
    response_model=ComplaintListOut,
    responses=problems(400),
)
async def complaint_list(query: Annotated[ListQuery, Query()], visit: Reader) -> Response:
    wanted = _filter(query, visit)
    question = {**query.model_dump(exclude={"cursor", "limit"}), "tenant": wanted.tenant, "party": wanted.party}
    cursors = Cursors(visit.counter.cursor_key)
    after = _page_start(cursors.read(query.cursor, question)) if query.cursor else None
    rows = await visit.read(_page, visit, wanted, after, query.limit + 1)
    shown, more = rows[: query.limit], len(rows) > query.limit
    last = [shown[-1]["received_at"].isoformat(), shown[-1]["complaint_id"]] if more else []
    return visit.json(
        ComplaintListOut(
            data=tuple(_listed(row, visit.counter.catalogue, visit) for row in shown),
            next_cursor=cursors.write(last, question) if more else None,
            has_more=more,
        )
    )


def _page(visit: Visit, wanted: ListFilter, after: PageStart | None, limit: int) -> list[Row]:
    """Nobody's list is empty by mistake: a user who is no party yet has no complaints."""
    if visit.caller.in_session and visit.caller.party_id is None:
        return []
    return visit.counter.complaints.page(wanted, after=after, limit=limit)


def _filter(query: ListQuery, visit: Visit) -> ListFilter:
    if query.assigned_to is not None and visit.caller.in_session:
        raise NotPermittedError("a party does not know who works on a complaint; leave assigned_to out")
    return ListFilter(
        tenant=visit.caller.principal.tenant,
        party=visit.caller.party_id,
        status=tuple(query.status),
        category=query.category,
        level=query.level,
        urgent=query.urgent,
        assigned_to=query.assigned_to,
        number=query.number and (read_number(query.number) or query.number),
        received_from=query.received_from,
        received_to=query.received_to,
        as_of=read_as_of(query.as_of, visit.counter.now()),
    )


def _page_start(place: list[str]) -> PageStart:
    return PageStart(datetime.fromisoformat(place[0]), UUID(place[1]))


def _listed(row: Row, catalogue: Catalogue, visit: Visit) -> ListedComplaint:
    language = visit.language
    shown: dict[str, Any] = dict(row)
    return ListedComplaint(
        id=shown["complaint_id"],
        number=shown["number"],
        version=shown["version"],
        status=LabelledCode(code=shown["status"], label=catalogue.label("status", shown["status"], language)),
        level=shown["level"],
        category=LabelledCode(code=shown["category"], label=catalogue.category(shown["category"]).labels[language]),
        urgent=shown["urgent"],
        received_at=shown["received_at"],
        submitted_at=shown["submitted_at"],
        updated_at=shown["updated_at"],
        assigned_to=None if visit.caller.in_session else shown["assigned_to"],
    )
