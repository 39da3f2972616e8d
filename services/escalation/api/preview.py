"""The route that shows what would be promised for a complaint."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from services.escalation.api.desk import desk_of
from services.escalation.application import Promised, preview
from services.escalation.domain.policy import AmountRange, Policy
from services.escalation.domain.situation import Matter
from services.escalation.domain.starting import Start
from services.escalation.domain.timeline import Kind, Moment, PassedOver
from shared.web.bearer import Caller

router = APIRouter(tags=["policies"])

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)


class DisputedAmount(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: Annotated[Decimal, Field(ge=0, max_digits=38)]
    currency: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$")]


class PreviewBody(BaseModel):
    """A complaint that is not submitted yet.

    `urgent` and `complexity` are those of its category, which `GET /v1/categories` tells; a jurisdiction or
    regulated service that is left out is the tenant's.
    """

    model_config = ConfigDict(extra="forbid")

    category: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    complexity: Annotated[str, Field(pattern="^(simple|complex)$")] = "simple"
    urgent: bool = False
    channel: str = "app"
    jurisdiction: str | None = None
    regulated_service: str | None = None
    received_at: Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)] | None = None
    disputed_amount: DisputedAmount | None = None


class PreviewedClock(BaseModel):
    clock: str
    owner: str
    due_at: datetime
    due_on: date
    time_zone: str
    beyond_calendar: bool


class PreviewedPolicy(BaseModel):
    """Why a policy applies, and the dates that it would promise."""

    policy: str
    policy_version: str
    source: str
    citation: str
    verified: bool
    unverified: list[str]
    because: str
    clocks: list[PreviewedClock]


class PassedOverPolicy(BaseModel):
    """A policy of the tenant that would not apply, and why not."""

    policy: str
    policy_version: str
    because: str


class MomentOut(BaseModel):
    """One point of the timeline; dates that an extension or a second stage could reach are the latest possible."""

    at: datetime
    on: date
    kind: Kind
    policy: str
    clock: str
    refers_to: list[str]
    beyond_calendar: bool


class PreviewOut(BaseModel):
    received_at: datetime
    data: list[PreviewedPolicy]
    passed_over: list[PassedOverPolicy]
    timeline: list[MomentOut]


@router.post(
    "/policies/preview",
    summary="Show every date that a complaint would be promised",
    operation_id="preview_policies",
    responses={413: {"description": "The body is too large"}},
)
async def preview_policies(request: Request, caller: Caller, body: PreviewBody) -> PreviewOut:
    desk = desk_of(request, caller)
    now = desk.now()
    tenant = desk.tenants[caller.tenant]
    matter = Matter(
        received_at=body.received_at or now,
        channel=body.channel,
        category=body.category,
        complexity=body.complexity,
        urgent=body.urgent,
        jurisdiction=body.jurisdiction or tenant.jurisdiction,
        regulated_service=body.regulated_service or tenant.regulated_service,
        amount=body.disputed_amount.amount if body.disputed_amount else None,
        currency=body.disputed_amount.currency if body.disputed_amount else "",
    )
    policies_of_tenant = desk.escalation.book.chosen_by(caller.tenant)
    shown = await run_in_threadpool(preview, policies_of_tenant, matter, now=now)
    return PreviewOut(
        received_at=matter.received_at,
        data=[_previewed(each) for each in shown.promised],
        passed_over=[_not_applied(each) for each in shown.passed_over],
        timeline=[_moment(each) for each in shown.timeline],
    )


def _not_applied(each: PassedOver) -> PassedOverPolicy:
    return PassedOverPolicy(policy=each.policy.name, policy_version=each.policy.version, because=each.because)


def _moment(moment: Moment) -> MomentOut:
    return MomentOut(
        at=moment.at,
        on=moment.on,
        kind=moment.kind,
        policy=moment.policy,
        clock=moment.clock,
        refers_to=list(moment.refers_to),
        beyond_calendar=moment.beyond_calendar,
    )


def _previewed(each: Promised) -> PreviewedPolicy:
    policy = each.policy
    return PreviewedPolicy(
        policy=policy.name,
        policy_version=policy.version,
        source=policy.source,
        citation=policy.citation,
        verified=policy.verified,
        unverified=list(policy.unverified),
        because=_because(policy),
        clocks=[_previewed_clock(start) for start in each.starts],
    )


def _because(policy: Policy) -> str:
    asked = {name: value for name, value in vars(policy.applies).items() if value not in (None, frozenset())}
    conditions = ", ".join(f"{name} is {_in_words(value)}" for name, value in asked.items()) or "it asks for nothing"
    return f"the first of family {policy.family} that matches: {conditions}"


def _in_words(wanted: frozenset[str] | str | bool | AmountRange) -> str:
    if isinstance(wanted, AmountRange):
        least, below = wanted.at_least or 0, f" below {wanted.below}" if wanted.below else ""
        return f"{wanted.currency} from {least}{below}"
    return " or ".join(sorted(wanted)) if isinstance(wanted, frozenset) else str(wanted).lower()


def _previewed_clock(start: Start) -> PreviewedClock:
    due = start.timing.due
    return PreviewedClock(
        clock=start.rule.name,
        owner=start.rule.owner,
        due_at=due.at,
        due_on=due.on,
        time_zone=start.policy.calendar.time_zone,
        beyond_calendar=due.beyond_calendar,
    )
