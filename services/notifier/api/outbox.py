"""The console outbox: what an installation without providers would have sent, rendered again while it is read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from services.notifier.application import Notifier
from services.notifier.composing import Composer, NobodyToTellError
from services.notifier.views.queue import Queue
from shared.access.principals import Scope
from shared.eventstore.store import Row
from shared.web.bearer import Caller
from shared.web.problems import ScopeMissingError, TenantUnknownError

router = APIRouter(tags=["outbox"])


@dataclass(frozen=True)
class OutboxDesk:
    """What the route works with; made once, in wiring."""

    notifier: Notifier
    queue: Queue
    composer: Composer
    tenants: Collection[str]


class Notice(BaseModel):
    """`subject` and `text` are null once the person whose words they hold is erased."""

    notification_id: UUID
    complaint_id: UUID
    sent_at: datetime
    recipient: str
    template: str
    language: str
    subject: str | None
    text: str | None


class OutboxOut(BaseModel):
    data: list[Notice]


@router.get("/outbox", summary="Read the console outbox, the newest first", operation_id="read_outbox")
async def outbox(
    request: Request,
    caller: Caller,
    complaint_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> OutboxOut:
    if not caller.may(Scope.HANDLE, Scope.SUPERVISE):
        raise ScopeMissingError
    desk: OutboxDesk = request.app.state.outbox_desk
    if caller.tenant not in desk.tenants:
        raise TenantUnknownError
    return await run_in_threadpool(_read, desk, caller.tenant, complaint_id, limit)


def _read(desk: OutboxDesk, tenant: str, complaint_id: UUID | None, limit: int) -> OutboxOut:
    return OutboxOut(data=[read_notice(desk, row) for row in desk.queue.outbox(tenant, complaint_id, limit)])


def read_notice(desk: OutboxDesk, row: Row) -> Notice:
    notification = desk.notifier.notification(UUID(row["notification_id"]))
    if notification is None:
        raise LookupError(f"the outbox lists {row['notification_id']}, which was never planned")
    how = notification.how
    try:
        rendered = desk.composer.compose(notification).rendered
    except NobodyToTellError:
        rendered = None
    return Notice(
        notification_id=notification.id,
        complaint_id=how.complaint_id,
        sent_at=row["sent_at"],
        recipient=f"{how.recipient.kind} {how.recipient.id}",
        template=how.template,
        language=how.language,
        subject=rendered.subject if rendered else None,
        text=rendered.text if rendered else None,
    )
