"""Working time: which days and hours count, across lunch, weekends, make-up days and changes of the clocks."""

from datetime import date, datetime, timedelta

import pytest

from services.escalation.domain.business_time import after, elapsed
from tests.escalation_builders import AUTUMN_2025, at, calendar, days, hours

HOUR = timedelta(hours=1)

LUNCH = calendar(hours=hours("09:00-12:00", "13:00-18:00"))
BERLIN_NIGHTS = calendar(time_zone="Europe/Berlin", hours=hours("00:00-06:00"), worked=days("2025-03-30", "2025-10-26"))
BERLIN = calendar(time_zone="Europe/Berlin")
LONDON = calendar(time_zone="Europe/London")


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2025-09-26", True),
        ("2025-09-27", False),
        ("2025-09-28", True),
        ("2025-09-30", True),
        ("2025-10-01", False),
        ("2025-10-08", False),
        ("2025-10-09", True),
        ("2025-10-11", True),
        ("2025-10-12", False),
    ],
)
def test_a_business_day_is_a_weekday_that_is_no_holiday_or_a_weekend_day_worked_in_exchange(
    day: str, worked: bool
) -> None:
    assert AUTUMN_2025.is_business_day(date.fromisoformat(day)) is worked


def test_a_day_worked_in_exchange_counts_even_where_a_holiday_is_named_for_it() -> None:
    both = calendar(closed=days("2025-03-08"), worked=days("2025-03-08"))
    assert both.is_business_day(date(2025, 3, 8))


def test_the_next_business_day_is_the_day_itself_where_it_is_worked() -> None:
    assert AUTUMN_2025.next_business_day(date(2025, 9, 28)) == date(2025, 9, 28)
    assert AUTUMN_2025.next_business_day(date(2025, 10, 1)) == date(2025, 10, 9)


def test_a_local_day_begins_and_ends_at_local_midnight_and_is_told_in_utc() -> None:
    day = date(2025, 9, 30)
    assert AUTUMN_2025.midnight(day).isoformat() == "2025-09-29T16:00:00+00:00"
    assert AUTUMN_2025.end_of(day).isoformat() == "2025-09-30T16:00:00+00:00"


def test_a_day_on_which_clocks_go_forward_is_an_hour_shorter() -> None:
    assert BERLIN.end_of(date(2025, 3, 30)) - BERLIN.midnight(date(2025, 3, 30)) == 23 * HOUR
    assert BERLIN.end_of(date(2025, 10, 26)) - BERLIN.midnight(date(2025, 10, 26)) == 25 * HOUR


def test_a_day_begins_when_its_midnight_is_skipped_with_the_first_instant_there_is() -> None:
    """In Santiago the clocks go from 00:00 to 01:00."""
    santiago = calendar(time_zone="America/Santiago")
    begins = santiago.midnight(date(2025, 9, 7))
    assert begins == at("2025-09-07T04:00")
    assert santiago.local_date(begins) == date(2025, 9, 7)
    assert santiago.local_date(begins - timedelta(microseconds=1)) == date(2025, 9, 6)


def test_a_local_date_follows_the_zone_of_the_calendar_and_not_that_of_the_instant() -> None:
    assert AUTUMN_2025.local_date(at("2025-09-26T15:59:59.999999")) == date(2025, 9, 26)
    assert AUTUMN_2025.local_date(at("2025-09-26T16:00")) == date(2025, 9, 27)
    assert AUTUMN_2025.local_date(at("2025-09-26T23:30-05:00")) == date(2025, 9, 27)


def test_business_hours_lie_at_the_same_local_time_before_and_after_a_change_of_the_clocks() -> None:
    assert LONDON.spans(date(2025, 3, 28)) == [(at("2025-03-28T09:00"), at("2025-03-28T17:00"))]
    assert LONDON.spans(date(2025, 3, 31)) == [(at("2025-03-31T08:00"), at("2025-03-31T16:00"))]


def test_a_day_that_is_not_worked_has_no_working_hours() -> None:
    assert AUTUMN_2025.spans(date(2025, 10, 1)) == []


@pytest.mark.parametrize(
    ("start", "end", "passed"),
    [
        ("2025-03-03T08:00", "2025-03-03T09:00", 0),
        ("2025-03-03T09:00", "2025-03-03T18:00", 8),
        ("2025-03-03T11:30", "2025-03-03T13:30", 1),
        ("2025-03-03T12:00", "2025-03-03T13:00", 0),
        ("2025-03-07T17:00", "2025-03-10T10:00", 2),
        ("2025-03-03T20:00", "2025-03-04T08:00", 0),
        ("2025-03-03T10:00", "2025-03-03T10:00", 0),
        ("2025-03-03T11:00", "2025-03-03T10:00", 0),
    ],
)
def test_only_working_hours_pass(start: str, end: str, passed: int) -> None:
    assert elapsed(at(start), at(end), LUNCH) == passed * HOUR


def test_without_a_calendar_every_minute_passes() -> None:
    assert elapsed(at("2025-10-01T23:30"), at("2025-10-05T00:15"), None) == timedelta(days=3, minutes=45)


@pytest.mark.parametrize(
    ("night", "worked_hours"), [("2025-03-28", 6), ("2025-03-30", 5), ("2025-10-26", 7), ("2025-10-27", 6)]
)
def test_a_night_shift_is_as_long_as_the_night_was(night: str, worked_hours: int) -> None:
    day = date.fromisoformat(night)
    begins, ends = BERLIN_NIGHTS.midnight(day), BERLIN_NIGHTS.end_of(day)
    assert elapsed(begins, ends, BERLIN_NIGHTS) == worked_hours * HOUR


def test_what_was_paused_does_not_pass() -> None:
    paused = [(at("2025-03-03T10:00"), at("2025-03-03T11:00")), (at("2025-03-03T11:30"), at("2025-03-04T09:15"))]
    assert elapsed(at("2025-03-03T09:00"), at("2025-03-04T10:00"), LUNCH, paused) == timedelta(hours=2, minutes=15)


def test_a_pause_outside_working_hours_costs_nothing() -> None:
    paused = [(at("2025-03-07T19:00"), at("2025-03-10T08:00"))]
    start, end = at("2025-03-07T17:00"), at("2025-03-10T10:00")
    assert elapsed(start, end, LUNCH, paused) == elapsed(start, end, LUNCH)


@pytest.mark.parametrize(
    ("start", "worked_hours", "end"),
    [
        ("2025-03-03T09:00", 3, "2025-03-03T12:00"),
        ("2025-03-03T09:00", 4, "2025-03-03T14:00"),
        ("2025-03-07T17:00", 2, "2025-03-10T10:00"),
        ("2025-03-08T10:00", 1, "2025-03-10T10:00"),
        ("2025-03-03T09:00", 40, "2025-03-07T18:00"),
    ],
)
def test_so_much_working_time_has_passed_at(start: str, worked_hours: int, end: str) -> None:
    assert after(at(start), worked_hours * HOUR, LUNCH) == at(end)


def test_an_hour_and_a_half_with_an_hour_paused_ends_after_two_and_a_half() -> None:
    paused = [(at("2025-03-03T09:30"), at("2025-03-03T10:30"))]
    assert after(at("2025-03-03T09:00"), 1.5 * HOUR, LUNCH, paused) == at("2025-03-03T11:30")


def test_around_the_clock_no_minute_is_lost_at_midnight() -> None:
    assert after(at("2025-03-07T23:30"), HOUR, None) == at("2025-03-08T00:30")
    assert after(at("2025-03-07T23:30"), 49 * HOUR, None) == at("2025-03-10T00:30")


def test_around_the_clock_a_change_of_the_clocks_neither_adds_nor_takes_an_hour() -> None:
    local = datetime.fromisoformat("2025-10-26T00:30+02:00")
    assert after(local, 24 * HOUR, None) == at("2025-10-26T22:30")


def test_a_date_is_beyond_the_calendar_from_the_day_after_its_data_end() -> None:
    assert not calendar(covers_until=date(2025, 12, 31)).is_beyond(date(2025, 12, 31))
    assert calendar(covers_until=date(2025, 12, 31)).is_beyond(date(2026, 1, 1))
