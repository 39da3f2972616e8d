"""Every date of a complaint that does not exist yet, in order: what is promised, warned of, and could follow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.escalation.domain.clocks import timing
from services.escalation.domain.policy import Policy
from services.escalation.domain.situation import Matter
from services.escalation.domain.starting import Start
from services.escalation.domain.targets import Amount, Target


class Kind(StrEnum):
    RECEIVED = "received"
    WARNS = "warns"
    DUE = "due"
    DUE_IN_SECOND_STAGE = "due_in_second_stage"
    DUE_EXTENDED = "due_extended"
    REFERABLE = "referable"


@dataclass(frozen=True, kw_only=True)
class Moment:
    """`at` is the instant, `on` its local date; a due time is the first instant at which the clock is missed."""

    at: datetime
    on: date
    kind: Kind
    policy: str = ""
    clock: str = ""
    refers_to: tuple[str, ...] = ()
    beyond_calendar: bool = False


@dataclass(frozen=True)
class PassedOver:
    """A policy that the tenant chose and that does not apply, with the reason."""

    policy: Policy
    because: str


def timeline(matter: Matter, starts: Iterable[Start]) -> list[Moment]:
    """What receipt sets going, with the longest that each limit can become; the oldest first."""
    started = list(starts)
    moments = [moment for start in started for moment in _moments(start)]
    zone = started[0].policy.calendar if started else None
    on = zone.local_date(matter.received_at) if zone else matter.received_at.date()
    received = Moment(at=matter.received_at, on=on, kind=Kind.RECEIVED)
    return [received, *sorted(moments, key=lambda each: (each.at, each.policy, each.clock, each.kind))]


def _moments(start: Start) -> Iterator[Moment]:
    calendar, rule, due = start.policy.calendar, start.rule, start.timing.due
    for at in start.timing.warn_at:
        yield _moment(start, Kind.WARNS, at, calendar.local_date(at))
    yield _moment(start, Kind.DUE, due.at, due.on, beyond=due.beyond_calendar)
    if rule.second_stage:
        yield _later(start, Kind.DUE_IN_SECOND_STAGE, rule.second_stage.target)
    if rule.extension and rule.target:
        yield _later(start, Kind.DUE_EXTENDED, rule.target, *[rule.extension.cap] * rule.extension.times)
    if rule.refers_to:
        yield _moment(start, Kind.REFERABLE, due.at, calendar.local_date(due.at), refers_to=rule.refers_to)


def _later(start: Start, kind: Kind, target: Target, *extensions: Amount) -> Moment:
    again = timing(start.rule, target, start.started_at, start.policy, now=start.started_at, extensions=extensions).due
    return _moment(start, kind, again.at, again.on, beyond=again.beyond_calendar)


def _moment(
    start: Start, kind: Kind, at: datetime, on: date, *, refers_to: tuple[str, ...] = (), beyond: bool = False
) -> Moment:
    return Moment(
        at=at,
        on=on,
        kind=kind,
        policy=start.policy.name,
        clock=start.rule.name,
        refers_to=refers_to,
        beyond_calendar=beyond,
    )


def passed_over(matter: Matter, policies: Iterable[Policy]) -> list[PassedOver]:
    """Why each of the others does not apply."""
    winners: dict[str, Policy] = {}
    found = []
    for policy in policies:
        if not policy.is_in_force(matter.received_at):
            found.append(PassedOver(policy, f"not in force on {policy.calendar.local_date(matter.received_at)}"))
        elif failing := matter.failing(policy.applies):
            found.append(PassedOver(policy, f"it asks for another {', '.join(failing)}"))
        elif policy.family in winners:
            winner = winners[policy.family]
            found.append(PassedOver(policy, f"{winner.name} {winner.version} stands before it in {policy.family}"))
        else:
            winners[policy.family] = policy
    return found
