"""Routes for signals: which sudden rises there were, what each counted, and which incident was opened of it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.cursors import Cursors
from services.intake.api.fields import Answer, Code, LabelledCode
from services.intake.api.handling import IncidentBrief, incident_brief
from services.intake.api.routes import problems
from services.intake.api.visits import Visit, visit
from services.intake.domain.signals import SignalRaised
from services.intake.request_errors import SignalNotFoundError
from shared.access.principals import Scope
from shared.eventstore.store import Row

router = APIRouter(tags=["incidents"])

Reader = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)]


class SignalsQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    category: Code | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None


class ListedSignal(Answer):
    """More of a category came than its past lets expect: `counted` between two instants, `threshold` is too many.

    `baseline` are the counts of the same hours in earlier weeks, the last one first; `incident` was opened of it.
    """

    id: UUID
    category: LabelledCode
    raised_at: datetime
    from_at: datetime
    to_at: datetime
    counted: int
    threshold: int
    baseline: tuple[int, ...]
    incident: IncidentBrief | None


class SignalListOut(Answer):
    data: tuple[ListedSignal, ...]
    next_cursor: str | None
    has_more: bool


class SignalOut(ListedSignal):
    """A signal with what it counted, the last to come first, 200 of them at most."""

    complaint_ids: tuple[UUID, ...]


@router.get(
    "/signals",
    summary="List sudden rises of a category, the newest first",
    operation_id="list_signals",
    response_model=SignalListOut,
    responses=problems(400),
)
async def signals(query: Annotated[SignalsQuery, Query()], visit: Reader) -> Response:
    tenant, cursors = visit.caller.principal.tenant, Cursors(visit.counter.cursor_key)
    question = {"signals": tenant, "category": query.category}
    place = cursors.read(query.cursor, question) if query.cursor else None
    after = (datetime.fromisoformat(place[0]), place[1]) if place else None
    view = visit.counter.signals
    rows = await visit.read(lambda: view.page(tenant, category=query.category, after=after, limit=query.limit + 1))
    shown, more = rows[: query.limit], len(rows) > query.limit
    last = [shown[-1]["raised_at"].isoformat(), shown[-1]["signal_id"]] if more else []
    return visit.json(
        SignalListOut(
            data=tuple(ListedSignal(**_shown(row, visit)) for row in shown),
            next_cursor=cursors.write(last, question) if more else None,
            has_more=more,
        )
    )


@router.get(
    "/signals/{signal_id}",
    summary="Get a signal with what it counted",
    operation_id="get_signal",
    response_model=SignalOut,
    responses=problems(404),
)
async def signal(signal_id: UUID, visit: Reader) -> Response:
    raised = await visit.read(signal_of, visit, signal_id)
    row = await visit.read(visit.counter.signals.one, signal_id)
    return visit.json(SignalOut(**_shown(row, visit), complaint_ids=raised.complaint_ids))


def signal_of(visit: Visit, signal_id: UUID) -> SignalRaised:
    """Load a signal of the caller's tenant; raises SignalNotFoundError."""
    events = [recorded.event for recorded in visit.counter.intake.recorded(signal_id, up_to=1)]
    if events and isinstance(events[0], SignalRaised) and events[0].tenant == visit.caller.principal.tenant:
        return events[0]
    raise SignalNotFoundError


def _shown(row: Row, visit: Visit) -> dict[str, Any]:
    names = ("raised_at", "from_at", "to_at", "counted", "threshold", "baseline")
    label = visit.counter.catalogue.category(row["category"]).labels[visit.language]
    opened = row["incident_id"] is not None
    return {
        "id": row["signal_id"],
        "category": LabelledCode(code=row["category"], label=label),
        **{name: row[name] for name in names},
        "incident": incident_brief(row["incident_id"], row["name"], row["closed_at"], None) if opened else None,
    }
