"""Routes for identities, freezes, legal holds, erasure, links."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.intake.api import requests as bodies
from services.intake.api.routes import command
from services.intake.api.visits import Visit, visit
from shared.access.principals import Scope

router = APIRouter(tags=["safeguards"])

Speaker = Annotated[Visit, visit(Scope.SUBMIT, Scope.HANDLE)]
Handler = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE)]
HandlerOrService = Annotated[Visit, visit(Scope.HANDLE, Scope.SERVICE)]
Supervisor = Annotated[Visit, visit(Scope.SUPERVISE)]
Administrator = Annotated[Visit, visit(Scope.ADMIN)]


@command(router, "verify-identity", "Record how a party proved who they are")
async def verify_identity(complaint_id: UUID, body: bodies.VerifyIdentity, visit: HandlerOrService) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.verify_identity(
            complaint_id, call, party_id=body.party_id, method=body.method, result=body.result
        ),
    )


@command(router, "request-freeze", "Ask that the account be frozen")
async def request_freeze(complaint_id: UUID, body: bodies.WithReason, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.request_freeze(complaint_id, call, reason=body.reason, reason_text=body.reason_text),
    )


@command(router, "confirm-freeze", "Record that the account is frozen")
async def confirm_freeze(complaint_id: UUID, body: bodies.ConfirmFreeze, visit: HandlerOrService) -> Response:
    menu = visit.counter.intake
    return await visit.change(body, lambda call: menu.confirm_freeze(complaint_id, call, reference=body.reference))


@command(router, "refuse-freeze", "Record that the account was not frozen, and why")
async def refuse_freeze(complaint_id: UUID, body: bodies.WithReason, visit: HandlerOrService) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.refuse_freeze(complaint_id, call, reason=body.reason, reason_text=body.reason_text),
    )


@command(router, "link", "Link two complaints")
async def link(complaint_id: UUID, body: bodies.Link, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body, lambda call: menu.link(complaint_id, call, other_id=body.complaint_id, link_type=body.link)
    )


@command(router, "unlink", "Take a link back")
async def unlink(complaint_id: UUID, body: bodies.Unlink, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body, lambda call: menu.unlink(complaint_id, call, other_id=body.complaint_id, reason=body.reason)
    )


@command(router, "dismiss-link-proposal", "Say that a proposed link is none")
async def dismiss_link_proposal(complaint_id: UUID, body: bodies.DismissLinkProposal, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.dismiss_link_proposal(
            complaint_id, call, other_id=body.complaint_id, reason=body.reason, reason_text=body.reason_text
        ),
    )


@command(router, "place-legal-hold", "Forbid erasure for legal reasons")
async def place_legal_hold(complaint_id: UUID, body: bodies.WithReason, visit: Supervisor) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.place_legal_hold(complaint_id, call, reason=body.reason, reason_text=body.reason_text),
    )


@command(router, "lift-legal-hold", "Allow erasure again")
async def lift_legal_hold(complaint_id: UUID, body: bodies.LiftLegalHold, visit: Supervisor) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.lift_legal_hold(
            complaint_id, call, hold_id=body.hold_id, reason=body.reason, reason_text=body.reason_text
        ),
    )


@command(router, "erase-personal-data", "Destroy the keys of what is personal")
async def erase_personal_data(complaint_id: UUID, body: bodies.ErasePersonalData, visit: Administrator) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.erase_personal_data(complaint_id, call, reason=body.reason, party_ids=body.party_ids),
    )
