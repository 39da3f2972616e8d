"""How long a promise lasts, in every unit that laws and wallets use, and the instant at which it is missed."""

import calendar as gregorian
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from services.escalation.domain.business_time import DAY, Calendar, Span, after, elapsed

SMALLEST = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
MONTHS_IN_YEAR = 12


class Unit(StrEnum):
    """`business_days` and `close_of_business` count working days; the last names the hour as well."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    BUSINESS_DAYS = "business_days"
    CLOSE_OF_BUSINESS = "close_of_business"
    CALENDAR_DAYS = "calendar_days"
    WEEKS = "weeks"
    MONTHS = "months"


DURATIONS = {
    Unit.SECONDS: timedelta(seconds=1),
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
}


class ReceiptRule(StrEnum):
    """Which local date is day 0: that of receipt, or the next business day where it came too late for this one."""

    SAME_DAY = "same_day"
    NEXT_BUSINESS_DAY = "next_business_day"


@dataclass(frozen=True)
class Amount:
    amount: int
    unit: Unit


@dataclass(frozen=True, kw_only=True)
class Target:
    """`around_the_clock` makes seconds, minutes and hours run at night and on holidays too."""

    length: Amount
    around_the_clock: bool = False
    receipt_rule: ReceiptRule = ReceiptRule.SAME_DAY


@dataclass(frozen=True)
class Due:
    """`at` is the first instant at which the promise is missed, `on` the local date to print."""

    at: datetime
    on: date
    beyond_calendar: bool


def due(
    target: Target,
    start: datetime,
    calendar: Calendar,
    *,
    paused: Sequence[Span] = (),
    extensions: Sequence[Amount] = (),
) -> Due:
    """When a clock that started then is missed; pauses are given back to the minute, extensions are added on."""
    if target.length.unit in DURATIONS:
        return _due_by_time(target, start, calendar, paused, extensions)
    return _due_by_date(target, start, calendar, paused, extensions)


def _due_by_time(
    target: Target, start: datetime, calendar: Calendar, paused: Sequence[Span], extensions: Sequence[Amount]
) -> Due:
    counted = None if target.around_the_clock else calendar
    total = sum((DURATIONS[each.unit] * each.amount for each in (target.length, *extensions)), timedelta())
    at = after(start, total, counted, paused).astimezone(UTC)
    on = calendar.local_date(at - SMALLEST)
    return Due(at, on, calendar.is_beyond(on))


def _due_by_date(
    target: Target, start: datetime, calendar: Calendar, paused: Sequence[Span], extensions: Sequence[Amount]
) -> Due:
    on = day_zero(target.receipt_rule, start, calendar)
    for step in (target.length, *extensions):
        on = _later(on, step, calendar)
    closes = target.length.unit == Unit.CLOSE_OF_BUSINESS
    on = calendar.next_business_day(on) if closes else on
    on = _give_back(on, start, calendar, paused, counts_working_time=_counts_business_days(target.length.unit))
    at = calendar.close_of_business(on) if closes else calendar.end_of(on)
    return Due(at, on, calendar.is_beyond(on))


def day_zero(rule: ReceiptRule, start: datetime, calendar: Calendar) -> date:
    """The local date from which days are counted, itself not counted."""
    day = calendar.local_date(start)
    if rule == ReceiptRule.SAME_DAY:
        return day
    if calendar.is_business_day(day) and start < calendar.close_of_business(day):
        return day
    return calendar.business_day_after(day, 1)


def _later(day: date, step: Amount, calendar: Calendar) -> date:
    match step.unit:
        case Unit.BUSINESS_DAYS | Unit.CLOSE_OF_BUSINESS:
            return calendar.business_day_after(day, step.amount)
        case Unit.CALENDAR_DAYS:
            return day + DAY * step.amount
        case Unit.WEEKS:
            return day + 7 * DAY * step.amount
        case Unit.MONTHS:
            return months_later(day, step.amount)
        case _:
            raise ValueError(f"a date cannot be moved by {step.unit}")


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it has no such day."""
    years, month = divmod(day.month - 1 + months, MONTHS_IN_YEAR)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, gregorian.monthrange(year, month)[1]))


def _counts_business_days(unit: Unit) -> bool:
    return unit in {Unit.BUSINESS_DAYS, Unit.CLOSE_OF_BUSINESS}


def _give_back(
    on: date, start: datetime, calendar: Calendar, paused: Sequence[Span], *, counts_working_time: bool
) -> date:
    """Move a date until as much time lies before its end, pauses left out, as lay before it without them.

    It moves by whole days, so what stood still for less than a minute in all moves it by none.
    """
    if not paused:
        return on
    counted = calendar if counts_working_time else None
    promised = elapsed(start, calendar.end_of(on), counted)
    while promised - elapsed(start, calendar.end_of(on), counted, paused) >= MINUTE:
        on = calendar.business_day_after(on, 1) if counts_working_time else on + DAY
    return on
