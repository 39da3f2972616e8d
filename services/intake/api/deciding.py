"""Routes for who works on a complaint, what is decided, how it ends or begins again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.intake.api import requests as bodies
from services.intake.api.routes import command
from services.intake.api.visits import Visit, visit
from services.intake.domain.outcome import AnsweredPoint
from shared.access.principals import Scope

router = APIRouter(tags=["decisions"])

Speaker = Annotated[Visit, visit(Scope.SUBMIT, Scope.HANDLE)]
SpeakerOrSupervisor = Annotated[Visit, visit(Scope.SUBMIT, Scope.SUPERVISE)]
Handler = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE)]
Supervisor = Annotated[Visit, visit(Scope.SUPERVISE)]


@command(router, "acknowledge", "Tell the complainant the promised dates by hand")
async def acknowledge(complaint_id: UUID, body: bodies.Acknowledge, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change(body, lambda call: menu.acknowledge(complaint_id, call))


@command(router, "classify", "Change category, complexity, urgency, root cause")
async def classify(complaint_id: UUID, body: bodies.Classify, visit: Handler) -> Response:
    menu = visit.counter.intake
    changes = body.model_dump(exclude={"reason", "reason_text"}, exclude_none=True)
    return await visit.change(
        body,
        lambda call: menu.classify(
            complaint_id, call, changes=changes, reason=body.reason, reason_text=body.reason_text
        ),
    )


@command(router, "assign", "Give the complaint to a handler")
async def assign(complaint_id: UUID, body: bodies.Assign, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.assign(complaint_id, call, handler_id=body.handler_id, team=body.team, reason=body.reason),
    )


@command(router, "escalate", "Raise the level by one")
async def escalate(complaint_id: UUID, body: bodies.SpokenWithReason, visit: Speaker) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.escalate(complaint_id, call, reason=body.reason, reason_text=body.reason_text),
    )


@command(router, "extend", "Give a clock more time, within its policy", if_match=True)
async def extend(complaint_id: UUID, body: bodies.Extend, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change_if_match(
        body,
        lambda call: menu.extend(
            complaint_id,
            call,
            clock_id=body.clock_id,
            amount=body.amount,
            reason=body.reason,
            reason_text=body.reason_text,
        ),
    )


@command(router, "resolve", "Decide the complaint", if_match=True)
async def resolve(complaint_id: UUID, body: bodies.Resolve, visit: Handler) -> Response:
    menu = visit.counter.intake
    remedies = visit.remedies(body.remedies)
    return await visit.change_if_match(
        body,
        lambda call: menu.resolve(
            complaint_id,
            call,
            decision=body.decision,
            remedies=remedies,
            reason=body.reason,
            explanation=body.explanation,
            points=tuple(AnsweredPoint(point.point, point.answer) for point in body.points),
            reason_text=body.reason_text,
        ),
    )


@command(router, "accept-resolution", "Take the resolution, which closes the complaint")
async def accept_resolution(complaint_id: UUID, body: bodies.AcceptResolution, visit: Speaker) -> Response:
    menu = visit.counter.intake
    return await visit.change(body, lambda call: menu.accept_resolution(complaint_id, call, text=body.text))


@command(router, "reject-resolution", "Refuse the resolution")
async def reject_resolution(complaint_id: UUID, body: bodies.SpokenWithReason, visit: Speaker) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.reject_resolution(complaint_id, call, reason=body.reason, reason_text=body.reason_text),
    )


@command(router, "rate", "Rate the handling")
async def rate(complaint_id: UUID, body: bodies.Rate, visit: Speaker) -> Response:
    menu = visit.counter.intake
    return await visit.change(body, lambda call: menu.rate(complaint_id, call, score=body.score, comment=body.comment))


@command(router, "reopen", "Begin again")
async def reopen(complaint_id: UUID, body: bodies.SpokenWithReason, visit: SpeakerOrSupervisor) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.reopen(complaint_id, call, reason=body.reason, reason_text=body.reason_text),
    )


@command(router, "withdraw", "End it at the complainant's wish")
async def withdraw(complaint_id: UUID, body: bodies.Withdraw, visit: Speaker) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.withdraw(
            complaint_id,
            call,
            reason=body.reason,
            reason_text=body.reason_text,
            evidence_ids=body.evidence_ids,
        ),
    )


@command(router, "decline", "Do not take the complaint on", if_match=True)
async def decline(complaint_id: UUID, body: bodies.WithReason, visit: Supervisor) -> Response:
    menu = visit.counter.intake
    return await visit.change_if_match(
        body,
        lambda call: menu.decline(complaint_id, call, reason=body.reason, reason_text=body.reason_text),
    )


@command(router, "close", "Close after a second rejection", if_match=True)
async def close(complaint_id: UUID, body: bodies.Close, visit: Supervisor) -> Response:
    menu = visit.counter.intake
    return await visit.change_if_match(body, lambda call: menu.close_complaint(complaint_id, call, reason=body.reason))
