"""The route over which providers say what became of a message: signed, and counted once."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response, Security
from fastapi.security import APIKeyHeader
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.notifier.application import Notifier, NotSentYetError
from services.notifier.domain.notification import ReportedAs
from shared.contracts.tenant import Tenant
from shared.web.problems import CallError

router = APIRouter(tags=["callbacks"])

Verifiers = Mapping[str, Mapping[str, Webhook]]
"""By provider, then by tenant: who signs with what."""


class SignatureInvalidError(CallError):
    """The signature is missing, too old, or not one of this provider."""

    code, status = "signature-invalid", 401


class ReportInvalidError(CallError):
    """The report is not one that is known here: type, timestamp and data.message_id say what became of what."""

    code, status = "report-invalid", 422


class MessageNotFoundError(CallError):
    """There is no message with this id."""

    code, status = "message-not-found", 404


class MessageNotSentError(CallError):
    """The message is being sent; report again in a moment."""

    code, status = "message-not-sent", 409


class MessageData(BaseModel):
    """The Message-ID that the message was sent with, or the part before its @."""

    message_id: Annotated[str, Field(pattern=r"^<?[0-9a-fA-F-]{36}(@[^@\s>]+)?>?$")]

    @property
    def notification_id(self) -> UUID:
        return UUID(self.message_id.strip("<>").partition("@")[0])


class Report(BaseModel):
    """`timestamp` is when it happened: of several reports the newest counts, in whatever order they come."""

    type: Literal["message.delivered", "message.bounced", "message.complained"]
    timestamp: AwareDatetime
    data: MessageData

    @property
    def outcome(self) -> ReportedAs:
        return ReportedAs(self.type.removeprefix("message."))


@dataclass(frozen=True)
class CallbackDesk:
    """What the route works with; made once, in wiring."""

    notifier: Notifier
    verifiers: Verifiers
    now: Callable[[], datetime]


def _schema() -> dict[str, Any]:
    """What a report looks like, in one piece: the route reads the body itself, as it was signed."""
    whole = Report.model_json_schema()
    whole["properties"]["data"] = whole.pop("$defs")["MessageData"]
    return whole


SIGNATURE = APIKeyHeader(
    name="webhook-signature",
    scheme_name="WebhookSignature",
    description="v1,BASE64 of the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}`, as Standard Webhooks says",
    auto_error=False,
)
SIGNED = [
    {"name": name, "in": "header", "required": True, "description": description, "schema": {"type": "string"}}
    for name, description in (
        ("webhook-id", "The id of this report; it is part of what is signed"),
        ("webhook-timestamp", "Seconds since 1970, at most five minutes away from now"),
    )
]
EXAMPLE = {
    "type": "message.bounced",
    "timestamp": "2026-03-02T02:05:00Z",
    "data": {"message_id": "<0b1c2d3e-4f50-5a6b-8c7d-9e0f1a2b3c4d@wallet.example>"},
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"description": "The signature is missing, too old, or not one of this provider"},
    404: {"description": "There is no message with this id"},
    409: {"description": "The message is being sent; report again in a moment"},
    413: {"description": "The body is too large"},
    422: {"description": "The body is not a report"},
}


@router.post(
    "/notifications/callbacks/{provider}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Report what became of a message, as its provider",
    operation_id="report_message",
    responses=ANSWERS,
    dependencies=[Security(SIGNATURE)],
    openapi_extra={
        "parameters": SIGNED,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _schema(), "example": EXAMPLE}}},
    },
)
async def report_message(request: Request, provider: str) -> Response:
    """For providers, who sign instead of bringing a token. The same report again has no second effect."""
    desk: CallbackDesk = request.app.state.callback_desk
    body = await request.body()
    tenant = _signer(desk.verifiers.get(provider, {}), body, dict(request.headers))
    report = _read(body)
    notification = await asyncio.to_thread(desk.notifier.notification, report.data.notification_id)
    if notification is None or notification.how.tenant != tenant:
        raise MessageNotFoundError
    try:
        await asyncio.wrap_future(
            desk.notifier.report(notification.id, report.outcome, reported_at=report.timestamp, now=desk.now())
        )
    except NotSentYetError as error:
        raise MessageNotSentError from error
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _signer(verifiers: Mapping[str, Webhook], body: bytes, headers: dict[str, str]) -> str:
    """The tenant whose secret made the signature; raises SignatureInvalidError."""
    for tenant, verifier in verifiers.items():
        try:
            verifier.verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):  # what cannot even be read was not signed either
            continue
        return tenant
    raise SignatureInvalidError


def _read(body: bytes) -> Report:
    try:
        return Report.model_validate_json(body)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, each["loc"])) or "body" for each in error.errors())
        raise ReportInvalidError(f"not a report, at: {places}") from error


def verifiers(tenants: Mapping[str, Tenant]) -> Verifiers:
    """Read the secrets that the tenants share with their providers."""
    found: dict[str, dict[str, Webhook]] = {}
    for name, tenant in tenants.items():
        for provider, callback in tenant.callbacks.items():
            found.setdefault(provider, {})[name] = Webhook(_secret(callback.secret_file))
    return found


def _secret(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip()
