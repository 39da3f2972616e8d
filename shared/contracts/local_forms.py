"""Dates, times and amounts as people of a language write them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

CHINESE = "zh-CN"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MIDNIGHT = time()


def day(on: date, language: str) -> str:
    """Such as 2025年9月30日, or 30 September 2025."""
    if language == CHINESE:
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def moment(at: datetime, language: str, zone: ZoneInfo) -> str:
    """Such as 2025年9月30日 17:00, or 30 September 2025, 17:00."""
    local = at.astimezone(zone)
    separator = " " if language == CHINESE else ", "
    return f"{day(local.date(), language)}{separator}{local:%H:%M}"


def before(end: datetime, language: str, zone: ZoneInfo) -> str:
    """Say by when: `end` is the first instant that is too late, so midnight is the end of the day before."""
    local = end.astimezone(zone)
    if local.time() == MIDNIGHT:
        last = day(local.date() - timedelta(days=1), language)
        return f"{last} 24:00前" if language == CHINESE else f"by the end of {last}"
    on = day(local.date(), language)
    return f"{on} {local:%H:%M}前" if language == CHINESE else f"by {local:%H:%M} on {on}"


def end_of(on: date, zone: ZoneInfo) -> datetime:
    """The first instant after a local day."""
    return datetime.combine(on + timedelta(days=1), MIDNIGHT, zone)


def amount(value: Decimal | str, currency: str, language: str) -> str:
    """Such as 500.00 元, or CNY 500.00; every digit as it was given."""
    if language != CHINESE:
        return f"{currency} {value}"
    return f"{value} {'元' if currency == 'CNY' else currency}"


def listed(words: Sequence[str], language: str) -> str:
    """Such as a、b、c, or a, b and c."""
    if language == CHINESE:
        return "、".join(words)
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
