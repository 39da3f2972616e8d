"""What callers ask the worklist for, and how it is read: every filter narrows, and all of them combine."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, model_validator

from services.intake.api.fields import Amount, Code, Email, Instant, LanguageTag, Line, Request
from services.intake.api.visits import Visit
from services.intake.domain.lifecycle import Status
from services.intake.domain.number import read_number
from services.intake.domain.outcome import Decision
from services.intake.identifiers import Identifier
from services.intake.views.queue_counts import this_minute
from services.intake.views.work_filter import NOBODY, Sort, Standing, WorkFilter
from services.intake.views.worklist import sortable

Level = Annotated[int, Field(ge=0, le=3)]
MOST_VALUES = 30


class WorkQuery(Request):
    """Filters that tell of nobody; ranges include their beginning, times exclude their end.

    `open` is what somebody has to work on; `ended` is when a complaint was closed, withdrawn or declined. Amounts are
    those in dispute, in the one currency that is named.
    """

    open: bool | None = None
    status: Annotated[tuple[Status, ...], Field(max_length=9)] = ()
    level: Annotated[tuple[Level, ...], Field(max_length=4)] = ()
    category: Annotated[tuple[Code, ...], Field(max_length=MOST_VALUES)] = ()
    decision: Annotated[tuple[Decision, ...], Field(max_length=3)] = ()
    reason: Annotated[tuple[Code, ...], Field(max_length=MOST_VALUES)] = ()
    urgent: bool | None = None
    language: LanguageTag | None = None
    assigned_to: Line | None = None
    unassigned: bool = False
    team: Code | None = None
    standing: Standing | None = None
    received_from: Instant | None = None
    received_to: Instant | None = None
    ended_from: Instant | None = None
    ended_to: Instant | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z0-9]{3,12}$")] | None = None
    amount_from: Amount | None = None
    amount_to: Amount | None = None
    external_body: Code | None = None

    @model_validator(mode="after")
    def _says_which_money(self) -> "WorkQuery":
        if (self.amount_from is not None or self.amount_to is not None) and self.currency is None:
            raise ValueError("name the currency of amount_from and amount_to")
        if self.unassigned and self.assigned_to is not None:
            raise ValueError("a complaint is assigned_to somebody, or unassigned")
        return self


class PageQuery(WorkQuery):
    """A filter, and which page of what it finds."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None


class Search(PageQuery):
    """A search; what identifies somebody is compared as keyed hashes, and stands in no address and no log."""

    number: Line | None = None
    phone: Line | None = None
    email: Email | None = None
    wallet_user_id: Line | None = None
    account_id: Line | None = None
    transaction_id: Line | None = None
    client_reference: Line | None = None
    reference: Line | None = None
    sort: Sort = Sort.RECEIVED


AS_THEY_ARE = (
    "status",
    "level",
    "category",
    "decision",
    "reason",
    "urgent",
    "language",
    "team",
    "standing",
    "received_from",
    "received_to",
    "ended_from",
    "ended_to",
    "currency",
)


def work_filter(asked: WorkQuery, visit: Visit) -> WorkFilter:
    """Read a query: words become keyed hashes, today becomes an instant of the tenant's zone."""
    tenant = visit.counter.intake.tenants[visit.caller.principal.tenant]
    now = visit.counter.now()
    number = getattr(asked, "number", None)
    said: dict[str, Any] = {name: getattr(asked, name) for name in AS_THEY_ARE}
    return WorkFilter(
        tenant=tenant.tenant,
        on_desk=asked.open,
        assigned_to=NOBODY if asked.unassigned else asked.assigned_to,
        number=number and (read_number(number) or number),
        amount_from=_sortable(asked.amount_from),
        amount_to=_sortable(asked.amount_to),
        now=this_minute(now),
        tonight=tenant.tonight(now),
        terms=tuple(
            visit.counter.hashes.term(tenant.tenant, kind, text)
            for kind in Identifier
            if (text := getattr(asked, kind.value, None))
        ),
        **said,
    )


def question(asked: WorkQuery, visit: Visit, **besides: object) -> Mapping[str, Any]:
    """What a cursor is bound to: the question, and who asks."""
    principal = visit.caller.principal
    fields = asked.model_dump(mode="json", exclude={"limit", "cursor"})
    return {**fields, **besides, "tenant": principal.tenant, "asked_by": principal.subject}


def _sortable(amount: Decimal | None) -> str | None:
    return None if amount is None else sortable(amount)
