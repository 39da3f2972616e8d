"""Routes for words, evidence, letters, and whom a complaint waits for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.intake.api import requests as bodies
from services.intake.api.routes import command
from services.intake.api.visits import Visit, visit
from shared.access.principals import Scope

router = APIRouter(tags=["conversation"])

Speaker = Annotated[Visit, visit(Scope.SUBMIT, Scope.HANDLE)]
Handler = Annotated[Visit, visit(Scope.HANDLE, Scope.SUPERVISE)]
Anybody = Annotated[Visit, visit(Scope.SUBMIT, Scope.HANDLE, Scope.SERVICE)]
HandlerOrService = Annotated[Visit, visit(Scope.HANDLE, Scope.SERVICE)]


@command(router, "follow-up", "Ask again, or add something")
async def follow_up(complaint_id: UUID, body: bodies.FollowUp, visit: Speaker) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body, lambda call: menu.follow_up(complaint_id, call, text=body.text, evidence_ids=body.evidence_ids)
    )


@command(router, "add-evidence", "Attach uploaded evidence")
async def add_evidence(complaint_id: UUID, body: bodies.AddEvidence, visit: Anybody) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body, lambda call: menu.add_evidence(complaint_id, call, evidence_ids=body.evidence_ids, text=body.text)
    )


@command(router, "add-note", "Write a note for handlers, or for compliance only")
async def add_note(complaint_id: UUID, body: bodies.AddNote, visit: HandlerOrService) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.add_note(complaint_id, call, text=body.text, restricted=body.restricted, flag=body.flag),
    )


@command(router, "change-contact", "Change how a party is reached")
async def change_contact(complaint_id: UUID, body: bodies.ChangeContact, visit: Speaker) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.change_contact(
            complaint_id,
            call,
            contact=body.contact.person(),
            party_id=body.party_id,
            preferred_medium=body.preferred_medium,
            language=body.language,
        ),
    )


@command(router, "answer", "Write to the complainant, or record a call")
async def answer(complaint_id: UUID, body: bodies.AnswerComplaint, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.answer(
            complaint_id,
            call,
            text=body.text,
            kind=body.kind,
            medium=body.medium,
            language=body.language,
            template=body.template,
            template_version=body.template_version,
        ),
    )


@command(router, "record-delivery", "Record an attempt to deliver a letter by hand")
async def record_delivery(complaint_id: UUID, body: bodies.RecordDelivery, visit: HandlerOrService) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.record_delivery(
            complaint_id,
            call,
            letter_id=body.letter_id,
            medium=body.medium,
            attempt=body.attempt,
            outcome=body.outcome,
            is_last=body.is_last,
            evidence_ids=body.evidence_ids,
            text=body.text,
        ),
    )


@command(router, "request-information", "Ask the complainant for something")
async def request_information(complaint_id: UUID, body: bodies.RequestInformation, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body, lambda call: menu.request_information(complaint_id, call, items=body.items, text=body.text)
    )


@command(router, "provide-information", "Answer what was asked for")
async def provide_information(complaint_id: UUID, body: bodies.ProvideInformation, visit: Speaker) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.provide_information(
            complaint_id, call, request_id=body.request_id, text=body.text, evidence_ids=body.evidence_ids
        ),
    )


@command(router, "await-third-party", "Wait for a merchant, a bank, an authority")
async def await_third_party(complaint_id: UUID, body: bodies.AwaitThirdParty, visit: Handler) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.await_third_party(complaint_id, call, third_party=body.third_party, text=body.text),
    )


@command(router, "record-third-party-answer", "Record that the third party answered")
async def record_third_party_answer(
    complaint_id: UUID, body: bodies.RecordThirdPartyAnswer, visit: HandlerOrService
) -> Response:
    menu = visit.counter.intake
    return await visit.change(
        body,
        lambda call: menu.record_third_party_answer(complaint_id, call, wait_id=body.wait_id, text=body.text),
    )
