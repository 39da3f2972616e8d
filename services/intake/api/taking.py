"""Routes for taking a complaint to work on, and for giving it back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.intake.api.fields import Code, Request
from services.intake.api.routes import command
from services.intake.api.visits import Visit, visit
from shared.access.principals import Scope

router = APIRouter(tags=["decisions"])

Handler = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE)]


class Take(Request):
    """Nothing to say: who takes it is whose token it is."""


class Release(Request):
    reason: Code


@command(router, "take", "Begin to work on what nobody works on; of two who take it, one is refused", if_match=True)
async def take(complaint_id: UUID, body: Take, visit: Handler) -> Response:
    menu, principal = visit.counter.intake, visit.caller.principal
    team = menu.tenants[principal.tenant].team_of(principal.subject)
    return await visit.change_if_match(body, lambda call: menu.take(complaint_id, call, team=team))


@command(router, "release", "Give the complaint back: nobody works on it until somebody takes it")
async def release(complaint_id: UUID, body: Release, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change(body, lambda call: menu.release(complaint_id, call, reason=body.reason))
