"""Routes for outside bodies: which there are, which has the matter too, what it decides."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.intake.api.bodies import BodiesOut, body_out
from services.intake.api.fields import JURISDICTION, Code, RemedyBody, Request, Spoken, Words
from services.intake.api.requests import ExternalBody, WithReason
from services.intake.api.routes import command, problems
from services.intake.api.visits import Visit, visit
from services.intake.domain.referrals import OpenedBy, ReferralKind
from shared.access.principals import Scope

router = APIRouter(tags=["referrals"])
questions = APIRouter(tags=["referrals"])

Anybody = Annotated[Visit, visit(Scope.READ, Scope.SUBMIT, Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT, of_user=False)]
Speaker = Annotated[Visit, visit(Scope.SUBMIT, Scope.HANDLE)]
HandlerOrService = Annotated[Visit, visit(Scope.HANDLE, Scope.SERVICE)]


class OpenReferral(Spoken, ExternalBody):
    """`kind` is that of the body; it is said only of a body whose own kind is other."""

    kind: ReferralKind | None = None
    opened_by: OpenedBy = OpenedBy.COMPLAINANT


class DecideReferral(Request):
    """A binding decision promises its remedies without reopening the complaint."""

    referral_id: UUID
    outcome: Code
    binding: bool
    remedies: Annotated[tuple[RemedyBody, ...], Field(max_length=20)] = ()
    text: Words | None = None


class CloseReferral(WithReason):
    referral_id: UUID


@questions.get(
    "/bodies",
    summary="List the outside bodies that a complainant may turn to",
    operation_id="list_bodies",
    response_model=BodiesOut,
    responses=problems(),
)
async def bodies(
    visit: Anybody,
    jurisdiction: Annotated[str | None, Query(pattern=JURISDICTION, description="Such as GB or GB-SCT")] = None,
    regulated_service: Code | None = None,
) -> Response:
    known = visit.counter.catalogue.bodies.values()
    shown = [body for body in known if body.serves(jurisdiction, regulated_service)]
    return visit.json(BodiesOut(data=tuple(body_out(body, visit.language) for body in shown)))


@command(router, "open-referral", "Record that an external body has the matter too")
async def open_referral(complaint_id: UUID, body: OpenReferral, visit: Speaker) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.open_referral(
            complaint_id,
            call,
            kind=body.kind,
            body=body.body,
            opened_by=body.opened_by,
            reply_due_on=body.reply_due_on,
            reference=body.reference,
        ),
    )


@command(router, "decide-referral", "Record what the external body decided")
async def decide_referral(complaint_id: UUID, body: DecideReferral, visit: HandlerOrService) -> Response:
    menu = visit.counter.intake
    remedies = visit.remedies(body.remedies)
    return await visit.change(
        body,
        lambda call: menu.decide_referral(
            complaint_id,
            call,
            referral_id=body.referral_id,
            outcome=body.outcome,
            binding=body.binding,
            remedies=remedies,
            text=body.text,
        ),
    )


@command(router, "close-referral", "Record that the external body is done with it")
async def close_referral(complaint_id: UUID, body: CloseReferral, visit: HandlerOrService) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.close_referral(
            complaint_id, call, referral_id=body.referral_id, reason=body.reason, reason_text=body.reason_text
        ),
    )
