"""Routes that tell which policies there are, and what they would promise for a complaint."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from services.escalation.application import Escalation, Preview
from services.escalation.domain.policy import ClockRule, Policy
from services.escalation.domain.situation import Matter
from services.escalation.domain.starting import Start
from shared.access.principals import Principal, Scope
from shared.contracts.tenant import Tenant
from shared.web.bearer import Caller
from shared.web.problems import CallError, ScopeMissingError, TenantUnknownError

router = APIRouter(tags=["policies"])

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)
READERS = (Scope.READ, Scope.SUBMIT, Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)


class PolicyUnknownError(CallError):
    """The tenant has no such policy; GET /v1/policies lists them."""

    code, status = "policy-unknown", 404


@dataclass(frozen=True)
class PolicyDesk:
    """What these routes work with; made once, in wiring."""

    escalation: Escalation
    tenants: dict[str, Tenant]
    now: Callable[[], datetime]


class ClockOut(BaseModel):
    """`target` is in words such as `3 business_days`; null where the date comes with a fact."""

    name: str
    owner: str
    starts: str
    target: str | None
    pauses: bool
    extension: str | None


class PolicyOut(BaseModel):
    name: str
    version: str
    digest: str
    family: str
    source: str
    citation: str
    verified: bool
    effective_from: date
    effective_to: date | None
    calendar: str
    calendar_version: str
    covers_until: date
    time_zone: str
    clocks: list[ClockOut]


class PoliciesOut(BaseModel):
    data: list[PolicyOut]


class PreviewBody(BaseModel):
    """A complaint that is not submitted yet; what is left out is the tenant's."""

    model_config = ConfigDict(extra="forbid")

    category: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    complexity: Annotated[str, Field(pattern="^(simple|complex)$")] = "simple"
    urgent: bool = False
    channel: str = "app"
    jurisdiction: str | None = None
    regulated_service: str | None = None
    received_at: Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)] | None = None


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
    because: str
    clocks: list[PreviewedClock]


class PreviewOut(BaseModel):
    received_at: datetime
    data: list[PreviewedPolicy]


@router.get("/policies", summary="List the policies of the tenant", operation_id="list_policies")
async def policies(request: Request, caller: Caller) -> PoliciesOut:
    desk = _desk(request, caller)
    return PoliciesOut(data=[_shown(policy) for policy in desk.escalation.book.chosen_by(caller.tenant)])


@router.get(
    "/policies/{name}",
    summary="Get one policy",
    operation_id="get_policy",
    responses={404: {"description": "The tenant has no such policy"}},
)
async def policy(request: Request, caller: Caller, name: str) -> PolicyOut:
    desk = _desk(request, caller)
    found = [each for each in desk.escalation.book.chosen_by(caller.tenant) if each.name == name]
    if not found:
        raise PolicyUnknownError(f"the tenant has no policy {name!r}")
    return _shown(next((each for each in found if each.is_in_force(desk.now())), found[-1]))


@router.post(
    "/policies/preview",
    summary="Show every date that a complaint would be promised",
    operation_id="preview_policies",
    responses={413: {"description": "The body is too large"}},
)
async def preview(request: Request, caller: Caller, body: PreviewBody) -> PreviewOut:
    desk, now = _desk(request, caller), _desk(request, caller).now()
    tenant = desk.tenants[caller.tenant]
    matter = Matter(
        received_at=body.received_at or now,
        channel=body.channel,
        category=body.category,
        complexity=body.complexity,
        urgent=body.urgent,
        jurisdiction=body.jurisdiction or tenant.jurisdiction,
        regulated_service=body.regulated_service or tenant.regulated_service,
    )
    previews = await run_in_threadpool(desk.escalation.preview, caller.tenant, matter, now=now)
    return PreviewOut(received_at=matter.received_at, data=[_previewed(each) for each in previews])


def _desk(request: Request, caller: Principal) -> PolicyDesk:
    desk: PolicyDesk = request.app.state.policy_desk
    if not caller.may(*READERS):
        raise ScopeMissingError
    if caller.tenant not in desk.tenants:
        raise TenantUnknownError
    return desk


def _shown(policy: Policy) -> PolicyOut:
    calendar = policy.calendar
    return PolicyOut(
        name=policy.name,
        version=policy.version,
        digest=policy.digest,
        family=policy.family,
        source=policy.source,
        citation=policy.citation,
        verified=policy.verified,
        effective_from=policy.effective_from,
        effective_to=policy.effective_to,
        calendar=calendar.name,
        calendar_version=calendar.version,
        covers_until=calendar.covers_until,
        time_zone=calendar.time_zone,
        clocks=[_clock(rule) for rule in policy.clocks],
    )


def _clock(rule: ClockRule) -> ClockOut:
    length = rule.target.length if rule.target else None
    cap = rule.extension.cap if rule.extension else None
    return ClockOut(
        name=rule.name,
        owner=rule.owner,
        starts=rule.starts,
        target=f"{length.amount} {length.unit}" if length else None,
        pauses=rule.pauses,
        extension=f"{cap.amount} {cap.unit}" if cap else None,
    )


def _previewed(each: Preview) -> PreviewedPolicy:
    policy = each.policy
    return PreviewedPolicy(
        policy=policy.name,
        policy_version=policy.version,
        source=policy.source,
        citation=policy.citation,
        verified=policy.verified,
        because=_because(policy),
        clocks=[_previewed_clock(start) for start in each.starts],
    )


def _because(policy: Policy) -> str:
    asked = {name: value for name, value in vars(policy.applies).items() if value not in (None, frozenset())}
    conditions = ", ".join(f"{name} is {_in_words(value)}" for name, value in asked.items()) or "it asks for nothing"
    return f"the first of family {policy.family} that matches: {conditions}"


def _in_words(wanted: frozenset[str] | str | bool) -> str:
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
