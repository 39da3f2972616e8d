"""Routes for what was promised to make it good: it came, it failed, something else is promised instead."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from services.intake.api.fields import Line, MoneyBody, RemedyBody, Request
from services.intake.api.requests import WithReason
from services.intake.api.routes import command
from services.intake.api.visits import Visit, visit
from shared.access.principals import Scope

router = APIRouter(tags=["remedies"])

Handler = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE)]
HandlerOrService = Annotated[Visit, visit(Scope.HANDLE, Scope.SERVICE)]


class FulfilRemedy(Request):
    """`amount` is what was paid, whole; with the same reference a repeat is no event."""

    remedy_id: UUID
    reference: Line | None = None
    amount: MoneyBody | None = None


class FailRemedy(WithReason):
    remedy_id: UUID
    reference: Line | None = None


class ReplaceRemedy(WithReason):
    """Promises these remedies instead of one that failed; they are owed as it was."""

    remedy_id: UUID
    remedies: Annotated[tuple[RemedyBody, ...], Field(min_length=1, max_length=20)]


@command(router, "fulfil-remedy", "Record that a remedy arrived")
async def fulfil_remedy(complaint_id: UUID, body: FulfilRemedy, visit: HandlerOrService) -> Response:
    menu = visit.counter.intake
    amount = visit.money(body.amount)
    return await visit.change(
        body,
        lambda call: menu.fulfil_remedy(
            complaint_id, call, remedy_id=body.remedy_id, reference=body.reference, amount=amount
        ),
    )


@command(router, "fail-remedy", "Record that a remedy did not arrive")
async def fail_remedy(complaint_id: UUID, body: FailRemedy, visit: HandlerOrService) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.fail_remedy(
            complaint_id,
            call,
            remedy_id=body.remedy_id,
            reason=body.reason,
            reference=body.reference,
            reason_text=body.reason_text,
        ),
    )


@command(router, "replace-remedy", "Promise something else for a remedy that failed")
async def replace_remedy(complaint_id: UUID, body: ReplaceRemedy, visit: Handler) -> Response:
    menu = visit.counter.intake
    remedies = visit.remedies(body.remedies)
    return await visit.change(
        body,
        lambda call: menu.replace_remedy(
            complaint_id,
            call,
            remedy_id=body.remedy_id,
            remedies=remedies,
            reason=body.reason,
            reason_text=body.reason_text,
        ),
    )
