"""When a promise is missed, in every unit, under every receipt rule."""

from datetime import date, timedelta

import pytest

from services.escalation.domain.business_time import Calendar
from services.escalation.domain.targets import (
    Amount,
    Due,
    ReceiptRule,
    Target,
    Unit,
    day_zero,
    due,
    months_later,
)
from tests.escalation_builders import (
    AUTUMN_2025,
    MONDAY_TO_FRIDAY,
    after_close,
    around_the_clock,
    at,
    calendar,
    target,
)

OFFICE = calendar()
BERLIN = calendar(time_zone="Europe/Berlin")


def _due(wanted: Target, start: str, counted: Calendar = OFFICE) -> Due:
    return due(wanted, at(start), counted)


def test_an_hour_begun_on_friday_half_an_hour_before_close_ends_on_monday() -> None:
    assert _due(target(1, "hours"), "2025-03-07T16:30") == Due(at("2025-03-10T09:30"), date(2025, 3, 10), False)


@pytest.mark.parametrize(
    ("amount", "unit", "end"),
    [
        (30, "seconds", "2025-03-03T10:00:30"),
        (90, "minutes", "2025-03-03T11:30"),
        (7, "hours", "2025-03-03T17:00"),
        (8, "hours", "2025-03-04T10:00"),
    ],
)
def test_seconds_minutes_and_hours_pass_in_working_time(amount: int, unit: str, end: str) -> None:
    assert _due(target(amount, unit), "2025-03-03T10:00").at == at(end)


@pytest.mark.parametrize(
    ("amount", "unit", "end"),
    [
        (30, "seconds", "2025-03-07T23:40:30"),
        (45, "minutes", "2025-03-08T00:25"),
        (48, "hours", "2025-03-09T23:40"),
    ],
)
def test_around_the_clock_nights_and_weekends_count(amount: int, unit: str, end: str) -> None:
    assert _due(around_the_clock(amount, unit), "2025-03-07T23:40").at == at(end)


def test_around_the_clock_does_not_care_where_the_hours_of_the_clocks_change() -> None:
    assert _due(around_the_clock(24, "hours"), "2025-10-26T00:30+02:00", BERLIN).at == at("2025-10-26T22:30")


def test_a_due_time_is_told_in_utc_whatever_offset_it_began_with() -> None:
    ends = _due(around_the_clock(1, "hours"), "2025-03-03T18:00+08:00").at
    assert ends.isoformat() == "2025-03-03T11:00:00+00:00"


def test_what_is_missed_at_midnight_is_printed_with_the_day_before() -> None:
    assert _due(around_the_clock(1, "hours"), "2025-03-03T23:00").on == date(2025, 3, 3)
    assert _due(around_the_clock(61, "minutes"), "2025-03-03T23:00").on == date(2025, 3, 4)


@pytest.mark.parametrize(
    ("amount", "on"), [(1, "2025-09-28"), (3, "2025-09-30"), (7, "2025-10-13"), (15, "2025-10-23")]
)
def test_business_days_in_china_count_the_days_worked_in_exchange_for_the_national_day(amount: int, on: str) -> None:
    ends = _due(target(amount, "business_days"), "2025-09-26T10:00+08:00", AUTUMN_2025)
    assert ends == Due(at(f"{on}T16:00"), date.fromisoformat(on), False)


def test_monday_to_friday_minus_holidays_is_nine_days_late_in_china() -> None:
    wrong = _due(target(3, "business_days"), "2025-09-26T10:00+08:00", MONDAY_TO_FRIDAY)
    right = _due(target(3, "business_days"), "2025-09-26T10:00+08:00", AUTUMN_2025)
    assert wrong.on == date(2025, 10, 9)
    assert wrong.on - right.on == timedelta(days=9)


def test_the_day_of_receipt_does_not_count() -> None:
    assert _due(target(1, "business_days"), "2025-03-03T00:00").on == date(2025, 3, 4)
    assert _due(target(1, "calendar_days"), "2025-03-03T23:59").on == date(2025, 3, 4)


def test_a_date_ends_at_the_midnight_after_it_in_the_zone_of_the_calendar() -> None:
    assert _due(target(1, "business_days"), "2025-03-27T12:00", BERLIN).at == at("2025-03-28T23:00")
    assert _due(target(1, "business_days"), "2025-03-28T12:00", BERLIN).at == at("2025-03-31T22:00")


def test_close_of_business_is_the_end_of_the_last_hours_of_the_business_day() -> None:
    ends = _due(target(3, "close_of_business"), "2025-03-06T10:00")
    assert ends == Due(at("2025-03-11T17:00"), date(2025, 3, 11), False)


def test_close_of_business_lies_at_the_same_local_hour_after_the_clocks_changed() -> None:
    assert _due(target(1, "close_of_business"), "2025-03-27T12:00", BERLIN).at == at("2025-03-28T16:00")
    assert _due(target(1, "close_of_business"), "2025-03-28T12:00", BERLIN).at == at("2025-03-31T15:00")


def test_close_of_business_on_the_day_of_receipt_itself_is_that_of_the_next_day_worked() -> None:
    assert _due(target(0, "close_of_business"), "2025-03-03T10:00").at == at("2025-03-03T17:00")
    assert _due(target(0, "close_of_business"), "2025-03-08T10:00").at == at("2025-03-10T17:00")


@pytest.mark.parametrize(
    ("amount", "unit", "on"),
    [
        (10, "calendar_days", "2025-10-06"),
        (8, "weeks", "2025-11-21"),
        (2, "months", "2025-11-26"),
        (4, "months", "2026-01-26"),
    ],
)
def test_calendar_units_count_every_day(amount: int, unit: str, on: str) -> None:
    day = date.fromisoformat(on)
    assert _due(target(amount, unit), "2025-09-26T10:00+08:00", AUTUMN_2025) == Due(AUTUMN_2025.end_of(day), day, False)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2025-08-31", 1, "2025-09-30"),
        ("2025-10-31", 2, "2025-12-31"),
        ("2025-11-30", 1, "2025-12-30"),
        ("2025-11-15", 2, "2026-01-15"),
        ("2025-12-31", 14, "2027-02-28"),
        ("2025-05-05", 0, "2025-05-05"),
    ],
)
def test_a_month_ends_with_its_last_day_where_it_has_no_such_day(day: str, months: int, later: str) -> None:
    assert months_later(date.fromisoformat(day), months) == date.fromisoformat(later)


@pytest.mark.parametrize(
    ("received", "day"),
    [
        ("2025-03-03T00:01", "2025-03-03"),
        ("2025-03-03T16:59:59", "2025-03-03"),
        ("2025-03-03T17:00", "2025-03-04"),
        ("2025-03-07T17:30", "2025-03-10"),
        ("2025-03-08T11:00", "2025-03-10"),
    ],
)
def test_what_comes_after_close_or_on_a_day_off_counts_as_received_on_the_next_business_day(
    received: str, day: str
) -> None:
    assert day_zero(ReceiptRule.NEXT_BUSINESS_DAY, at(received), OFFICE) == date.fromisoformat(day)
    assert day_zero(ReceiptRule.SAME_DAY, at(received), OFFICE) == at(received).date()


def test_the_receipt_rule_moves_every_date_that_is_counted_from_it() -> None:
    assert _due(after_close(1, "business_days"), "2025-03-03T17:00").on == date(2025, 3, 5)
    assert _due(target(1, "business_days"), "2025-03-03T17:00").on == date(2025, 3, 4)
    assert _due(after_close(10, "calendar_days"), "2025-03-08T11:00").on == date(2025, 3, 20)


def test_an_extension_is_added_to_the_date() -> None:
    start = at("2025-03-03T10:00")
    twice = (Amount(2, Unit.BUSINESS_DAYS), Amount(7, Unit.CALENDAR_DAYS))
    assert due(target(3, "business_days"), start, OFFICE, extensions=twice[:1]).on == date(2025, 3, 10)
    assert due(target(3, "business_days"), start, OFFICE, extensions=twice).on == date(2025, 3, 17)


def test_an_extension_is_added_to_the_working_time() -> None:
    more = (Amount(30, Unit.MINUTES),)
    assert due(target(1, "hours"), at("2025-03-07T16:30"), OFFICE, extensions=more).at == at("2025-03-10T10:00")


def test_close_of_business_extended_to_a_day_off_is_that_of_the_next_day_worked() -> None:
    ends = due(
        target(1, "close_of_business"), at("2025-03-06T10:00"), OFFICE, extensions=(Amount(1, Unit.CALENDAR_DAYS),)
    )
    assert ends == Due(at("2025-03-10T17:00"), date(2025, 3, 10), False)


def test_a_date_cannot_be_extended_by_hours() -> None:
    with pytest.raises(ValueError, match="a date cannot be moved by hours"):
        due(target(1, "business_days"), at("2025-03-03T10:00"), OFFICE, extensions=(Amount(1, Unit.HOURS),))


@pytest.mark.parametrize("unit", list(Unit))
def test_a_date_beyond_the_data_of_the_calendar_says_so(unit: Unit) -> None:
    ends_today = calendar(covers_until=date(2025, 3, 3))
    wanted = Target(length=Amount(10_000 if unit in {"seconds", "minutes"} else 100, unit))
    assert due(wanted, at("2025-03-03T16:00"), ends_today).beyond_calendar
    assert not due(wanted, at("2025-03-03T16:00"), calendar(covers_until=date(2035, 1, 1))).beyond_calendar


def test_a_date_on_the_last_day_of_the_data_is_not_beyond_them() -> None:
    ends_tomorrow = calendar(covers_until=date(2025, 3, 4))
    assert not _due(target(1, "business_days"), "2025-03-03T10:00", ends_tomorrow).beyond_calendar
    assert _due(target(2, "business_days"), "2025-03-03T10:00", ends_tomorrow).beyond_calendar
