"""Routes for remedies across complaints: the list of what is owed, and exact sums of it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.cursors import Cursors
from services.intake.api.fields import Answer, Code, Day, LabelledCode, MoneyOut, PlainAmount
from services.intake.api.routes import problems
from services.intake.api.visits import Visit, visit
from services.intake.domain.remedies import RemedyKind
from services.intake.views.remedies import Standing, Total, Wanted
from shared.access.principals import Scope
from shared.eventstore.store import Row

router = APIRouter(tags=["remedies"])

Reader = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)]


class TotalsQuery(BaseModel):
    """Filters; each one narrows. `due_from` is counted in, `due_before` is not."""

    model_config = ConfigDict(extra="forbid")

    state: Annotated[list[Standing], Field(max_length=len(Standing))] = []
    kind: RemedyKind | None = None
    category: Code | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z0-9]{3,12}$")] | None = None
    due_from: Day | None = None
    due_before: Day | None = None


class RemediesQuery(TotalsQuery):
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None


class ListedRemedy(Answer):
    """A remedy beside its complaint; `state` is overdue once its day is over, in the tenant's time zone.

    One that `awaits_acceptance` is not owed yet; `replaces` names the one that failed before it.
    """

    complaint_id: UUID
    number: str
    remedy_id: UUID
    category: LabelledCode
    kind: str
    state: Standing
    awaits_acceptance: bool
    due_on: date
    amount: MoneyOut | None
    replaces: UUID | None
    promised_at: datetime
    settled_at: datetime | None


class RemedyListOut(Answer):
    data: tuple[ListedRemedy, ...]
    next_cursor: str | None
    has_more: bool


class RemedyTotal(Answer):
    """`amount` is the exact sum of `count` promises, null where they are not money; never across currencies."""

    currency: str | None
    state: Standing
    kind: str
    category: LabelledCode
    count: int
    amount: PlainAmount | None


class RemedyTotalsOut(Answer):
    data: tuple[RemedyTotal, ...]


@router.get(
    "/remedies",
    summary="List promised remedies across complaints, what is due first comes first",
    operation_id="list_remedies",
    response_model=RemedyListOut,
    responses=problems(400),
)
async def remedies(query: Annotated[RemediesQuery, Query()], visit: Reader) -> Response:
    tenant, cursors = visit.caller.principal.tenant, Cursors(visit.counter.cursor_key)
    question = {**query.model_dump(exclude={"cursor", "limit"}), "remedies": tenant}
    place = cursors.read(query.cursor, question) if query.cursor else None
    after = (place[0], place[1]) if place else None
    view = visit.counter.remedies
    rows = await visit.read(lambda: view.page(_wanted(query, visit), after=after, limit=query.limit + 1))
    shown, more = rows[: query.limit], len(rows) > query.limit
    last = [shown[-1]["due_on"], shown[-1]["remedy_id"]] if more else []
    return visit.json(
        RemedyListOut(
            data=tuple(_listed(row, visit) for row in shown),
            next_cursor=cursors.write(last, question) if more else None,
            has_more=more,
        )
    )


@router.get(
    "/remedies/totals",
    summary="Add up promised remedies by currency, state, kind and category",
    operation_id="total_remedies",
    response_model=RemedyTotalsOut,
    responses=problems(),
)
async def totals(query: Annotated[TotalsQuery, Query()], visit: Reader) -> Response:
    found = await visit.read(visit.counter.remedies.totals, _wanted(query, visit))
    return visit.json(RemedyTotalsOut(data=tuple(_total(each, visit) for each in found)))


def _wanted(query: TotalsQuery, visit: Visit) -> Wanted:
    tenant = visit.counter.intake.tenants[visit.caller.principal.tenant]
    return Wanted(
        tenant=tenant.tenant,
        today=visit.counter.now().astimezone(ZoneInfo(tenant.time_zone)).date(),
        state=tuple(query.state),
        kind=query.kind,
        category=query.category,
        currency=query.currency,
        due_from=query.due_from,
        due_before=query.due_before,
    )


def _listed(row: Row, visit: Visit) -> ListedRemedy:
    amount = None if row["amount"] is None else MoneyOut(amount=Decimal(row["amount"]), currency=row["currency"])
    return ListedRemedy(
        complaint_id=row["complaint_id"],
        number=row["number"],
        remedy_id=row["remedy_id"],
        category=_category(row["category"], visit),
        kind=row["kind"],
        state=row["standing"],
        awaits_acceptance=row["awaits_acceptance"],
        due_on=row["due_on"],
        amount=amount,
        replaces=row["replaces"],
        promised_at=row["promised_at"],
        settled_at=row["settled_at"],
    )


def _total(total: Total, visit: Visit) -> RemedyTotal:
    return RemedyTotal(
        currency=total.currency,
        state=Standing(total.standing),
        kind=total.kind,
        category=_category(total.category, visit),
        count=total.count,
        amount=total.amount,
    )


def _category(code: str, visit: Visit) -> LabelledCode:
    return LabelledCode(code=code, label=visit.counter.catalogue.category(code).labels[visit.language])
