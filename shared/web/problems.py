"""Every error of every API as RFC 9457 problem+json: a stable code, the field, and what to do about it."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from eventsourcing.persistence import InterfaceError, OperationalError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared.access.tokens import InvalidTokenError
from shared.eventstore.command import StoreUnavailableError, WriterBusyError
from shared.eventstore.idempotency import IdempotencyKeyReusedError
from shared.evidence.store import EvidenceUnavailableError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
NO_MEMBERS: Mapping[str, str] = MappingProxyType({})


class CallError(Exception):
    """Something about the call itself, before what it asks; the docstring of each subclass is its message."""

    code: str
    status: int
    field: str | None = None


class MalformedHeaderError(CallError):
    """A header cannot be read."""

    code, status = "malformed-header", 400


class ScopeMissingError(CallError):
    """The token does not have the scope that this needs."""

    code, status = "scope-missing", 403


class TenantUnknownError(CallError):
    """The token names a tenant that this installation does not serve."""

    code, status = "tenant-unknown", 403


SHARED_STATUS: Mapping[type[Exception], int] = {
    IdempotencyKeyReusedError: 422,
    InvalidTokenError: 401,
    WriterBusyError: 503,
}

UNAVAILABLE_STATUS: Mapping[type[Exception], int] = {
    StoreUnavailableError: 503,
    OperationalError: 503,
    InterfaceError: 503,
    EvidenceUnavailableError: 503,
}
"""The store cannot be reached: told by the writer, or met while reading."""

GENERAL: Mapping[str, tuple[int, str]] = {
    "malformed-json": (400, "The body is not JSON."),
    "malformed-request": (400, "The request cannot be read."),
    "route-not-found": (404, "There is no such address; see `/docs`."),
    "method-not-allowed": (405, "The address takes other methods; `Allow` names them."),
    "body-too-large": (413, "The body is larger than the address takes."),
    "invalid-request": (422, "The request is not valid; `errors` names each field."),
    "internal-error": (500, "Something went wrong here; repeat the request with the same `Idempotency-Key`."),
}
HTTP_CODES = {400: "malformed-request", 404: "route-not-found", 405: "method-not-allowed", 413: "body-too-large"}

EXTRA_HEADERS: Mapping[int, Mapping[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="recourse"'},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(RETRY_AFTER_SECONDS)},
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    field: str | None = None,
    errors: list[dict[str, Any]] | None = None,
    members: Mapping[str, str] = NO_MEMBERS,
) -> JSONResponse:
    """Make a problem; `members` are what a program needs to go on, beside the words for people."""
    body: dict[str, Any] = {"type": f"urn:recourse:problem:{code}", "title": code.replace("-", " "), "status": status}
    body |= {"code": code, "detail": detail}
    body |= {"field": field} if field else {}
    body |= {"errors": errors} if errors else {}
    body |= members
    return JSONResponse(body, status, EXTRA_HEADERS.get(status), MEDIA_TYPE)


def install(app: FastAPI, statuses: Mapping[type[Exception], int]) -> None:
    """Answer the errors of a service; of a class line the first that the table names decides the status."""
    known = {**SHARED_STATUS, **statuses}

    def known_error(_: Request, error: Exception) -> JSONResponse:
        status = status_of(type(error), known)
        detail = str(error) or (type(error).__doc__ or "").strip()
        field, members = getattr(error, "field", None), getattr(error, "members", NO_MEMBERS)
        return problem(status, getattr(error, "code", "error"), detail, field=field, members=members)

    error_classes: list[type[Exception]] = [CallError, *known]
    for error_class in error_classes:
        app.add_exception_handler(error_class, known_error)
    for error_class in UNAVAILABLE_STATUS:
        app.add_exception_handler(error_class, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: type[Exception], known: Mapping[type[Exception], int]) -> int:
    """The status of a class of errors: its own, or that of the nearest class above it that is known."""
    return (
        error.status if issubclass(error, CallError) else next(known[each] for each in error.__mro__ if each in known)
    )


def _unavailable(_: Request, error: Exception) -> JSONResponse:
    """What the database said of itself is for the log, not for callers."""
    logger.warning("the store cannot be reached: %s", error)
    return problem(503, StoreUnavailableError.code, str(StoreUnavailableError.__doc__))


def _invalid_request(_: Request, error: Exception) -> JSONResponse:
    failures = error.errors() if isinstance(error, RequestValidationError) else []
    if any(failure["type"] == "json_invalid" for failure in failures):
        return problem(400, "malformed-json", f"the body is not JSON: {failures[0]['ctx'].get('error', '')}")
    errors = [
        {"field": ".".join(map(str, failure["loc"][1:])), "code": failure["type"], "detail": failure["msg"]}
        for failure in failures
    ]
    return problem(*_general("invalid-request"), errors=errors)


def _http_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    code = HTTP_CODES.get(error.status_code, "malformed-request")
    answer = problem(error.status_code, code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _unexpected(_: Request, __: Exception) -> JSONResponse:
    return problem(*_general("internal-error"))


def _general(code: str) -> tuple[int, str, str]:
    status, meaning = GENERAL[code]
    return status, code, meaning
