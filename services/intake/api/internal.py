"""What the other services ask intake when they run as processes of their own; not for callers outside."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from shared.access.principals import Scope
from shared.contracts.complaint_versions import ComplaintVersions, VersionsAt
from shared.contracts.contact_book import Contact, ContactBook, LetterMatter, LetterParts
from shared.web import bearer
from shared.web.intake_client import (
    CONTACT,
    EVIDENCE_ID,
    LETTER,
    LETTER_MATTER,
    LETTER_PARTS,
    MOST_COMPLAINTS,
    VERSIONS,
)
from shared.web.problems import ScopeMissingError


def _internal(caller: bearer.Caller) -> None:
    if not caller.may(Scope.INTERNAL):
        raise ScopeMissingError("this is for the services of this installation; it needs the scope internal")


router = APIRouter(include_in_schema=False, dependencies=[Depends(_internal)])


class VersionsQuestion(BaseModel):
    complaint_ids: Annotated[list[UUID], Field(max_length=MOST_COMPLAINTS)]


@router.post(VERSIONS)
def versions(request: Request, question: VersionsQuestion) -> VersionsAt:
    intake: ComplaintVersions = request.app.state.versions
    return intake.current(question.complaint_ids)


@router.get(CONTACT)
def contact(request: Request, complaint_id: UUID, party_id: UUID) -> Contact | None:
    return _book(request).contact(complaint_id, party_id)


@router.get(LETTER_PARTS)
def letter_parts(request: Request, complaint_id: UUID, event_id: UUID) -> LetterParts | None:
    try:
        return _book(request).letter_parts(complaint_id, event_id)
    except KeyError as error:
        raise HTTPException(404, f"the complaint has no event {event_id}") from error


@router.get(LETTER_MATTER)
def letter_matter(request: Request, complaint_id: UUID) -> LetterMatter | None:
    return _book(request).letter_matter(complaint_id)


@router.put(LETTER)
async def letter(request: Request, complaint_id: UUID, letter_id: UUID) -> Response:
    content, media_type = await request.body(), request.headers["Content-Type"]
    kept = await run_in_threadpool(_book(request).store_letter, complaint_id, letter_id, content, media_type)
    if kept is None:
        return Response(status_code=204)
    return Response(kept.content, headers={EVIDENCE_ID: str(kept.evidence_id)}, media_type=kept.media_type)


def add_internal(app: FastAPI, versions: ComplaintVersions, book: ContactBook) -> None:
    """Let the other services ask; not where they live in the same process."""
    app.state.versions = versions
    app.state.contact_book = book
    app.include_router(router)


def _book(request: Request) -> ContactBook:
    book: ContactBook = request.app.state.contact_book
    return book
