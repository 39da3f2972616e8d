"""The route that shows a letter before it is ordered: as JSON, HTML, PDF or text, with what it would lack."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from services.notifier.composing import NobodyToTellError
from services.notifier.drafting import Draft, Drafted, Drafts
from services.notifier.html_page import html_of
from services.notifier.keeping import PDF, TEXT, sheet_of
from services.notifier.pages import GlyphsMissingError
from services.notifier.rendering import TemplateUnknownError
from shared.access.principals import Scope
from shared.contracts.contact_book import Decision
from shared.contracts.letters import MEANING, Element
from shared.eventstore.command import StoreUnavailableError
from shared.web.bearer import Caller
from shared.web.problems import CallError, ScopeMissingError, TenantUnknownError

router = APIRouter(tags=["letters"])

Kind = Literal["acknowledgement", "interim", "holding", "final", "summary"]
Words = Annotated[str, Field(max_length=20_000)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
JSON, HTML = "application/json", "text/html; charset=utf-8"


class NoSuchComplaintError(CallError):
    """There is no complaint with this id that you may see."""

    code, status = "complaint-not-found", 404


class NoSuchTemplateError(CallError):
    """There is no such template for letters of this kind, or no such version of it."""

    code, status = "template-unknown", 422


class ComplainantErasedError(CallError):
    """The complainant is erased: there is nobody to write to."""

    code, status = "complainant-erased", 409


class GlyphMissingError(CallError):
    """No font has a character of this letter; a tenant may add fonts of its own."""

    code, status = "glyph-missing", 422


class DraftMoney(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: Annotated[Decimal, Field(ge=0, max_digits=38)]
    currency: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$")]


class DraftRemedy(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["refund", "unlock", "correction", "coupon", "discount", "payment", "apology"]
    due_on: date | None = None
    amount: DraftMoney | None = None


class DraftPoint(BaseModel):
    model_config = ConfigDict(extra="forbid")

    point: Words
    answer: Words = ""


class DraftDecision(BaseModel):
    """A decision that is not made yet."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["upheld", "partly_upheld", "not_upheld"]
    explanation: Words = ""
    points: Annotated[tuple[DraftPoint, ...], Field(max_length=50)] = ()
    remedies: Annotated[tuple[DraftRemedy, ...], Field(max_length=20)] = ()

    def drafted(self) -> Decision:
        return Decision(
            outcome=self.decision,
            explanation=self.explanation,
            points=tuple(each.model_dump() for each in self.points),
            remedies=tuple(each.model_dump(mode="json") for each in self.remedies),
        )


class PreviewLetter(BaseModel):
    """A letter that is not ordered yet; without a template the newest of its kind is taken."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    text: Words = ""
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")] | None = None
    template: Name | None = None
    template_version: Name | None = None
    decision: DraftDecision | None = None


class ElementOut(BaseModel):
    element: str
    meaning: str


class LetterPreview(BaseModel):
    """`missing` keeps the letter from being sent; `pending` comes with the letter. `media`: null where not known."""

    kind: str
    template: str
    template_version: str
    language: str
    subject: str
    text: str
    missing: list[ElementOut]
    pending: list[ElementOut]
    media: list[str] | None


@router.post(
    "/complaints/{complaint_id}/letters/preview",
    summary="Show a letter before it is ordered, and what it would lack",
    operation_id="preview_letter",
    response_model=LetterPreview,
    responses={
        200: {"content": {each: {"schema": {"type": "string"}} for each in ("text/html", PDF, "text/plain")}},
        413: {"description": "The body is too large"},
    },
)
async def preview_letter(request: Request, caller: Caller, complaint_id: UUID, body: PreviewLetter) -> Response:
    if not caller.may(Scope.HANDLE, Scope.SUPERVISE):
        raise ScopeMissingError
    drafts: Drafts = request.app.state.drafts
    if caller.tenant not in drafts.tenants:
        raise TenantUnknownError
    return await run_in_threadpool(
        _preview, drafts, complaint_id, caller.tenant, body, request.headers.get("accept", "")
    )


def _preview(drafts: Drafts, complaint_id: UUID, tenant: str, body: PreviewLetter, accept: str) -> Response:
    draft = Draft(
        kind=body.kind,
        language=body.language,
        template=body.template,
        template_version=body.template_version,
        text=body.text,
        decision=body.decision.drafted() if body.decision else None,
    )
    drafted = _drafted(drafts, complaint_id, tenant, draft)
    media_type, made = MADE[_wanted(accept)]
    headers = {"Recourse-Missing": ", ".join(drafted.missing), "Vary": "Accept"}
    try:
        return Response(made(drafts, drafted, body.kind), headers=headers, media_type=media_type)
    except GlyphsMissingError as error:
        raise GlyphMissingError(f"no font has {error.characters!r}; add one in fonts/ of the tenant") from error


def _drafted(drafts: Drafts, complaint_id: UUID, tenant: str, draft: Draft) -> Drafted:
    try:
        drafted = drafts.draft(complaint_id, tenant, draft)
    except TemplateUnknownError as error:
        raise NoSuchTemplateError(str(error)) from error
    except NobodyToTellError as error:
        raise ComplainantErasedError from error
    except ConnectionError as error:
        raise StoreUnavailableError from error
    if drafted is None:
        raise NoSuchComplaintError
    return drafted


def _wanted(accept: str) -> str:
    """The first form that the caller names; JSON for whoever names none."""
    named = [each.split(";")[0].strip() for each in accept.split(",")]
    return next((each for each in named if each in MADE), JSON)


def _as_json(_: Drafts, drafted: Drafted, kind: str) -> bytes:
    letter = drafted.letter
    return (
        LetterPreview(
            kind=kind,
            template=letter.template.name,
            template_version=letter.template.version,
            language=letter.template.file.parent.name,
            subject=letter.rendered.subject,
            text=letter.rendered.text,
            missing=[_element(each) for each in drafted.missing],
            pending=[_element(each) for each in drafted.pending],
            media=list(drafted.media) if drafted.media is not None else None,
        )
        .model_dump_json()
        .encode()
    )


def _element(code: str) -> ElementOut:
    return ElementOut(element=code, meaning=MEANING[Element(code)])


def _as_html(_: Drafts, drafted: Drafted, __: str) -> bytes:
    return html_of(sheet_of(drafted.letter)).encode()


def _as_pdf(drafts: Drafts, drafted: Drafted, _: str) -> bytes:
    return drafts.pages(drafted)


def _as_text(_: Drafts, drafted: Drafted, __: str) -> bytes:
    return drafted.letter.rendered.text.encode()


MADE: Mapping[str, tuple[str, Callable[[Drafts, Drafted, str], bytes]]] = {
    JSON: (JSON, _as_json),
    "text/html": (HTML, _as_html),
    PDF: (PDF, _as_pdf),
    "text/plain": (TEXT, _as_text),
}
