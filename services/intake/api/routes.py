"""How every command route is declared: its path, its answer, the problems it may answer instead."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.intake.api.answers import ComplaintOut


class FieldProblem(BaseModel):
    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457; `code` is stable and never translated; `follows` is what a new complaint names instead of reopening."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    errors: list[FieldProblem] | None = None
    follows: UUID | None = None


PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": PROBLEM_CONTENT}
    for status, description in {
        400: "The call cannot be read, or lacks a header",
        401: "The bearer token is missing or refused",
        403: "This caller may not do this",
        404: "There is no such thing that this caller may see",
        409: "A rule refuses this now",
        412: "The complaint has changed since it was read",
        413: "The body is too large",
        415: "The file is of a type that is not taken",
        416: "The range lies outside the file",
        422: "A value is not valid, or the key was used for another request",
        428: "The header If-Match is required",
        503: "Try again in a moment",
    }.items()
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer: these, and those of every route."""
    return {status: PROBLEMS[status] for status in (400, 401, 403, *statuses, 422, 503)}


def command(router: APIRouter, name: str, summary: str, *, if_match: bool = False) -> Callable[..., Any]:
    """Declare `POST /v1/complaints/{id}/{name}`."""
    conflicts = (412, 428) if if_match else (412,)
    return router.post(
        f"/complaints/{{complaint_id}}/{name}",
        summary=summary,
        operation_id=name.replace("-", "_"),
        response_model=ComplaintOut,
        responses=problems(400, 404, 409, 413, *conflicts),
        openapi_extra={"x-if-match": if_match},
    )
