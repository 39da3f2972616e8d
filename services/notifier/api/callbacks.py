"""The route over which providers say what became of a message: signed, and counted once."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
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


@router.post("/notifications/callbacks/{provider}", include_in_schema=False)
async def report_message(request: Request, provider: str) -> Response:
    """For providers, who sign instead of bringing a token; docs/howto/letters.md says how."""
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
