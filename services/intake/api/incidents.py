"""Routes for incidents: one cause, many complaints, one answer and a letter for each."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from uuid_utils.compat import uuid7

from services.intake.api import incident_bodies as bodies
from services.intake.api.cursors import Cursors
from services.intake.api.routes import problems
from services.intake.api.signals import signal_of
from services.intake.api.visits import Visit, visit
from services.intake.domain.incident import BulkAnswer, GroupedBy, Incident
from services.intake.domain.lifecycle import Status
from services.intake.request_errors import GroupTooLargeError
from services.intake.views.complaint_list import ListFilter
from services.intake.views.incident_letters import LetterState
from shared.access.principals import Scope
from shared.eventstore.command import Receipt

router = APIRouter(tags=["incidents"])

Supervisor = Annotated[Visit, visit(Scope.SUPERVISE)]
Reader = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)]

CHANGED = problems(400, 404, 409, 413)


@router.post(
    "/incidents",
    status_code=201,
    summary="Open an incident, for what a signal counted or for what is grouped later",
    operation_id="open_incident",
    response_model=bodies.IncidentOut,
    responses=CHANGED,
)
async def open_incident(body: bodies.OpenIncident, visit: Supervisor) -> Response:
    incident_id, intake = uuid7(), visit.counter.intake
    grouped_by = await visit.read(_of_signal, visit, body.signal_id) if body.signal_id else None

    def find() -> tuple[UUID, ...]:
        return _found(visit, grouped_by) if grouped_by else ()

    receipt = await visit.carry_out(
        body,
        lambda call: intake.open_incident(
            incident_id, call, name=body.name, signal_id=body.signal_id, grouped_by=grouped_by, find=find
        ),
    )
    return await _answer(visit, receipt, status=201)


@router.post(
    "/incidents/{incident_id}/group",
    summary="Let the complaints that a filter finds join an incident",
    operation_id="group_complaints",
    response_model=bodies.IncidentOut,
    responses=CHANGED,
)
async def group(incident_id: UUID, body: bodies.GroupComplaints, visit: Supervisor) -> Response:
    asked = body.filter.model_dump()
    grouped_by = GroupedBy(**{**asked, "status": tuple(status.value for status in asked["status"])})
    intake = visit.counter.intake
    receipt = await visit.carry_out(
        body,
        lambda call: intake.group(incident_id, call, find=lambda: _found(visit, grouped_by), grouped_by=grouped_by),
    )
    return await _answer(visit, receipt)


@router.post(
    "/incidents/{incident_id}/answer",
    summary="Give every complaint of an incident one answer",
    operation_id="answer_incident",
    response_model=bodies.IncidentOut,
    responses=CHANGED,
)
async def answer(incident_id: UUID, body: bodies.AnswerIncident, visit: Supervisor) -> Response:
    said = BulkAnswer(
        text=body.text,
        kind=body.kind,
        medium=body.medium,
        decision=body.decision,
        reason=body.reason,
        remedies=visit.remedies(body.remedies),
    )
    intake = visit.counter.intake
    receipt = await visit.carry_out(
        body, lambda call: intake.answer_incident(incident_id, call, answer=said, only_new=body.only_new)
    )
    return await _answer(visit, receipt)


@router.post(
    "/incidents/{incident_id}/close",
    summary="Close an incident whose answers are given",
    operation_id="close_incident",
    response_model=bodies.IncidentOut,
    responses=CHANGED,
)
async def close(incident_id: UUID, body: bodies.CloseIncident, visit: Supervisor) -> Response:
    intake, letters = visit.counter.intake, visit.counter.letters

    def is_answering() -> bool:
        return any(counted[LetterState.REMAINING] for counted in letters.counts(incident_id).values())

    receipt = await visit.carry_out(
        body, lambda call: intake.close_incident(incident_id, call, is_answering=is_answering)
    )
    return await _answer(visit, receipt)


@router.get(
    "/incidents",
    summary="List incidents, the newest first",
    operation_id="list_incidents",
    response_model=bodies.IncidentListOut,
    responses=problems(400),
)
async def incidents(query: Annotated[bodies.IncidentsQuery, Query()], visit: Reader) -> Response:
    tenant, cursors = visit.caller.principal.tenant, Cursors(visit.counter.cursor_key)
    question = {"incidents": tenant, "status": query.status}
    place = cursors.read(query.cursor, question) if query.cursor else None
    after = (datetime.fromisoformat(place[0]), place[1]) if place else None
    is_open, view = query.status and query.status == "open", visit.counter.letters
    rows = await visit.read(lambda: view.newest(tenant, is_open=is_open, after=after, limit=query.limit + 1))
    shown, more = rows[: query.limit], len(rows) > query.limit
    last = [shown[-1]["opened_at"].isoformat(), shown[-1]["incident_id"]] if more else []
    return visit.json(
        bodies.IncidentListOut(
            data=tuple(bodies.ListedIncident.model_validate({**row, "id": row["incident_id"]}) for row in shown),
            next_cursor=cursors.write(last, question) if more else None,
            has_more=more,
        )
    )


@router.get(
    "/incidents/{incident_id}",
    summary="Get an incident, and how far each of its answers has come",
    operation_id="get_incident",
    response_model=bodies.IncidentOut,
    responses=problems(404),
)
async def get(incident_id: UUID, visit: Reader) -> Response:
    return visit.json(await visit.read(_shown, visit, incident_id))


@router.get(
    "/incidents/{incident_id}/letters",
    summary="List the complaints that an incident's answers went to, in one state",
    operation_id="list_incident_letters",
    response_model=bodies.IncidentLettersOut,
    responses=problems(400, 404),
)
async def letters(
    incident_id: UUID,
    visit: Reader,
    state: LetterState = LetterState.REFUSED,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: str | None = None,
) -> Response:
    await visit.read(visit.counter.intake.incident, incident_id, visit.caller.principal.tenant)
    cursors, question = Cursors(visit.counter.cursor_key), {"letters": str(incident_id), "state": state.value}
    (after,) = cursors.read(cursor, question) if cursor else ("",)
    rows = await visit.read(lambda: visit.counter.letters.page(incident_id, state, after=after, limit=limit + 1))
    shown, more = rows[:limit], len(rows) > limit
    return visit.json(
        bodies.IncidentLettersOut(
            data=tuple(bodies.IncidentLetterOut.model_validate({**row, "state": state}) for row in shown),
            next_cursor=cursors.write([shown[-1]["command_id"]], question) if more else None,
            has_more=more,
        )
    )


def _of_signal(visit: Visit, signal_id: UUID) -> GroupedBy:
    """What a signal counted and is still open."""
    raised = signal_of(visit, signal_id)
    open_ones = tuple(status.value for status in bodies.FilterBody().status)
    until = raised.to_at + timedelta(microseconds=1)
    return GroupedBy(status=open_ones, category=raised.category, received_from=raised.from_at, received_to=until)


def _found(visit: Visit, grouped_by: GroupedBy) -> tuple[UUID, ...]:
    asked = ListFilter(
        tenant=visit.caller.principal.tenant,
        **{**vars(grouped_by), "status": tuple(Status(each) for each in grouped_by.status)},
    )
    most = visit.counter.most_grouped
    rows = visit.counter.complaints.page(asked, after=None, limit=most + 1)
    if len(rows) > most:
        raise GroupTooLargeError(f"the filter finds more than {most} complaints; narrow it")
    return tuple(UUID(row["complaint_id"]) for row in rows)


async def _answer(visit: Visit, receipt: Receipt, *, status: int = 200) -> Response:
    shown = await visit.read(_shown, visit, receipt.stream_id)
    headers = {"Idempotent-Replayed": "true"} if receipt.replayed else {}
    if status == 201:  # noqa: PLR2004 - created
        headers |= {"Location": f"/v1/incidents/{receipt.stream_id}"}
    return visit.json(shown, status=status, headers=headers)


def _shown(visit: Visit, incident_id: UUID) -> bodies.IncidentOut:
    incident = visit.counter.intake.incident(incident_id, visit.caller.principal.tenant)
    counted = visit.counter.letters.counts(incident_id)
    none = dict.fromkeys(LetterState, 0)
    return bodies.IncidentOut(
        id=incident_id,
        name=incident.name,
        version=incident.version,
        signal_id=incident.signal_id,
        opened_at=incident.created_on,
        closed_at=incident.closed_at,
        grouped=len(incident.grouped),
        answers=tuple(
            _shown_answer(answer_id, given, {**none, **counted.get(answer_id, {})})
            for answer_id, given in incident.answers.items()
        ),
    )


def _shown_answer(
    answer_id: UUID, given: Incident.Answered, counted: dict[LetterState, int]
) -> bodies.IncidentAnswerOut:
    return bodies.IncidentAnswerOut(
        answer_id=answer_id,
        answered_at=given.timestamp,
        kind=given.kind,
        medium=given.medium,
        decision=given.decision,
        text=given.text,
        total=given.count,
        **{state.value: number for state, number in counted.items()},
    )
