"""Routes that tell which policies there are."""

from datetime import date

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.escalation.api.desk import desk_of
from services.escalation.domain.policy import ClockRule, Policy
from services.escalation.domain.targets import Amount
from shared.web.bearer import Caller
from shared.web.problems import CallError

router = APIRouter(tags=["policies"])


class PolicyUnknownError(CallError):
    """The tenant has no such policy; GET /v1/policies lists them."""

    code, status = "policy-unknown", 404


class ClockOut(BaseModel):
    """`target` is in words such as `3 business_days`; null where the date comes with a fact."""

    name: str
    owner: str
    starts: str
    target: str | None
    pauses: bool
    extension: str | None
    second_stage: str | None
    refers_to: list[str]
    on_missed: str


class PolicyOut(BaseModel):
    """`unverified` names what no source confirmed; without `effective_from` nobody knows since when it is in force."""

    name: str
    version: str
    digest: str
    family: str
    source: str
    citation: str
    verified: bool
    unverified: list[str]
    keep_years: int | None
    effective_from: date | None
    effective_to: date | None
    calendar: str
    calendar_version: str
    covers_until: date
    time_zone: str
    clocks: list[ClockOut]


class PoliciesOut(BaseModel):
    data: list[PolicyOut]


@router.get("/policies", summary="List the policies of the tenant", operation_id="list_policies")
async def policies(request: Request, caller: Caller) -> PoliciesOut:
    desk = desk_of(request, caller)
    return PoliciesOut(data=[_shown(policy) for policy in desk.escalation.book.chosen_by(caller.tenant)])


@router.get(
    "/policies/{name}",
    summary="Get one policy",
    operation_id="get_policy",
    responses={404: {"description": "The tenant has no such policy"}},
)
async def policy(request: Request, caller: Caller, name: str) -> PolicyOut:
    desk = desk_of(request, caller)
    found = [each for each in desk.escalation.book.chosen_by(caller.tenant) if each.name == name]
    if not found:
        raise PolicyUnknownError(f"the tenant has no policy {name!r}")
    return _shown(next((each for each in found if each.is_in_force(desk.now())), found[-1]))


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
        unverified=list(policy.unverified),
        keep_years=policy.keep_years,
        effective_from=policy.effective_from,
        effective_to=policy.effective_to,
        calendar=calendar.name,
        calendar_version=calendar.version,
        covers_until=calendar.covers_until,
        time_zone=calendar.time_zone,
        clocks=[_clock(rule) for rule in policy.clocks],
    )


def _clock(rule: ClockRule) -> ClockOut:
    return ClockOut(
        name=rule.name,
        owner=rule.owner,
        starts=rule.starts,
        target=_length(rule.target.length) if rule.target else None,
        pauses=rule.pauses,
        extension=_length(rule.extension.cap) if rule.extension else None,
        second_stage=_length(rule.second_stage.target.length) if rule.second_stage else None,
        refers_to=list(rule.refers_to),
        on_missed=rule.on_missed,
    )


def _length(length: Amount) -> str:
    return f"{length.amount} {length.unit}"
