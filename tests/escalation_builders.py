"""Calendars, policies and clocks with defaults: a test shows only the values it is about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from services.escalation.domain.business_time import Calendar
from services.escalation.domain.policy import (
    ClockRule,
    ExtensionTerms,
    LetterRule,
    Matching,
    Meets,
    OnMissed,
    OnReopening,
    Owner,
    Policy,
    PolicyBook,
    Source,
    Starts,
)
from services.escalation.domain.situation import Matter
from services.escalation.domain.targets import Amount, ReceiptRule, Target, Unit

MONDAY = datetime(2025, 3, 3, 10, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant in UTC where the text names no offset."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def hours(*spans: str) -> tuple[tuple[time, time], ...]:
    """`hours("09:00-12:00", "13:00-18:00")`."""
    pairs = (span.split("-") for span in spans)
    return tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in pairs)


def days(*texts: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(text) for text in texts)


def calendar(**changes: Any) -> Calendar:
    """Monday to Friday, nine to five, in UTC."""
    default = Calendar(
        name="office",
        version="1",
        digest="ca" * 32,
        time_zone="UTC",
        hours=hours("09:00-17:00"),
        closed=frozenset(),
        worked=frozenset(),
        covers_until=date(2026, 12, 31),
    )
    return replace(default, **changes)


AUTUMN_2025 = calendar(
    name="cn",
    time_zone="Asia/Shanghai",
    hours=hours("09:00-18:00"),
    closed=days("2025-10-01", "2025-10-02", "2025-10-03", "2025-10-06", "2025-10-07", "2025-10-08"),
    worked=days("2025-09-28", "2025-10-11"),
)
"""China around the National Day of 2025, with its two days worked in exchange."""

MONDAY_TO_FRIDAY = replace(AUTUMN_2025, worked=frozenset())
"""What other systems think of China."""


def target(amount: int, unit: str, **changes: Any) -> Target:
    return Target(length=Amount(amount, Unit(unit)), **changes)


def after_close(amount: int, unit: str) -> Target:
    """What is received after close counts as received on the next business day."""
    return target(amount, unit, receipt_rule=ReceiptRule.NEXT_BUSINESS_DAY)


def around_the_clock(amount: int, unit: str) -> Target:
    return target(amount, unit, around_the_clock=True)


def rule(name: str = "final", **changes: Any) -> ClockRule:
    """A promise of the wallet: three business days, kept by a resolution."""
    default = ClockRule(
        id=name,
        name=name,
        owner=Owner.WALLET,
        starts=Starts.RECEIVED,
        meets=frozenset({Meets.RESOLVED}),
        target=target(3, "business_days"),
        when=Matching(),
        pauses=False,
        warn_at=(),
        on_missed=OnMissed.NOTHING,
        extension=None,
    )
    return replace(default, **changes)


def dated(name: str, starts: Starts, meets: Meets, **changes: Any) -> ClockRule:
    """A rule whose date comes with the fact."""
    return rule(name, starts=starts, meets=frozenset({meets}), target=None, **changes)


def policy(*clocks: ClockRule, **changes: Any) -> Policy:
    """A house policy in force since 2020."""
    default = Policy(
        name="house",
        version="1",
        digest="f0" * 32,
        family="house",
        source=Source.HOUSE,
        citation="House promise.",
        verified=True,
        effective_from=date(2020, 1, 1),
        effective_to=None,
        applies=Matching(),
        calendar=calendar(),
        acknowledges=False,
        on_reopening=OnReopening.FRESH,
        reopening_days=30,
        follow_ups_to_escalate=None,
        letters=(),
        clocks=clocks or (rule(),),
    )
    return replace(default, **changes)


def law(*clocks: ClockRule, **changes: Any) -> Policy:
    """A statutory policy beside the house's."""
    default = {"name": "law", "family": "law", "source": Source.LAW, "on_reopening": OnReopening.STATUTORY}
    return policy(*clocks, **{**default, **changes})


def book(*policies: Policy) -> PolicyBook:
    """Every policy is chosen by the tenant `default`, in this order."""
    names: Sequence[str] = tuple(dict.fromkeys(each.name for each in policies))
    return PolicyBook(policies, {"default": names})


def terms(cap: int = 3, unit: str = "business_days", *, times: int = 1) -> ExtensionTerms:
    return ExtensionTerms(cap=Amount(cap, Unit(unit)), times=times, approver="supervisor")


def letter(kind: str = "final") -> LetterRule:
    return LetterRule(kind=kind, media=("email", "letter"), elements=("ombudsman",))


def matter(**changes: Any) -> Matter:
    default = Matter(
        received_at=MONDAY,
        channel="app",
        category="topup.not_credited",
        jurisdiction="CN",
        regulated_service="payment",
    )
    return replace(default, **changes)
