"""The shipped calendar against an independent one, and calendars that operators make themselves."""

import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import chinese_calendar  # type: ignore[import-untyped]  # the package has no types
import holidays
import pytest

from services.escalation.calendar_files import calendar_toml
from services.escalation.domain.business_time import Calendar
from services.escalation.domain.targets import Amount, Target, Unit, due
from services.escalation.policy_files import SHIPPED_CALENDARS, SHIPPED_POLICIES, load_book
from shared.contracts.tenant import load_tenants

FIRST_DAY, LAST_DAY = date(2024, 1, 1), date(2026, 12, 31)
RECEIVED = datetime(2025, 9, 26, 2, 0, tzinfo=UTC)


def _calendar(policies_dir: Path | None = None) -> Calendar:
    (policy,) = load_book(load_tenants(None).values(), policies_dir).chosen_by("default")
    return policy.calendar


def _every_day() -> Iterator[date]:
    day = FIRST_DAY
    while day <= LAST_DAY:
        yield day
        day += timedelta(days=1)


def test_the_shipped_calendar_agrees_with_chinesecalendar_on_every_day() -> None:
    shipped = _calendar()
    disagreed = [day for day in _every_day() if shipped.is_business_day(day) != chinese_calendar.is_workday(day)]
    assert disagreed == []


def test_the_shipped_calendar_covers_the_years_it_was_compared_for() -> None:
    shipped = _calendar()
    assert shipped.covers_until == LAST_DAY
    assert min(shipped.closed | shipped.worked).year == FIRST_DAY.year
    assert max(shipped.closed | shipped.worked) <= LAST_DAY


def test_the_shipped_calendar_is_what_the_command_makes() -> None:
    made = calendar_toml("CN", name="cn", time_zone="Asia/Shanghai", first_year=2024, last_year=2026)
    shipped = tomllib.loads((SHIPPED_CALENDARS / "cn.calendar.toml").read_text(encoding="utf-8"))
    assert {**tomllib.loads(made), "made_from": ""} == {**shipped, "made_from": ""}


@pytest.mark.parametrize(
    ("amount", "on"), [(1, "2025-09-28"), (3, "2025-09-30"), (7, "2025-10-13"), (15, "2025-10-23")]
)
def test_the_shipped_calendar_counts_through_the_national_day_of_2025(amount: int, on: str) -> None:
    ends = due(Target(length=Amount(amount, Unit.BUSINESS_DAYS)), RECEIVED, _calendar())
    assert (ends.on.isoformat(), ends.beyond_calendar) == (on, False)


def test_a_promise_that_ends_beyond_the_shipped_data_says_so() -> None:
    calendar = _calendar()
    in_time, beyond = (
        due(Target(length=Amount(days, Unit.CALENDAR_DAYS)), datetime(2026, 12, 1, 2, tzinfo=UTC), calendar)
        for days in (30, 31)
    )
    assert (in_time.beyond_calendar, beyond.beyond_calendar) == (False, True)


def _made(directory: Path, country: str, time_zone: str) -> Calendar:
    """A calendar made by the command, put where the operator's files are, under the name the policy asks for."""
    text = calendar_toml(country, name="cn", time_zone=time_zone, first_year=2025, last_year=2026)
    (directory / "mine.calendar.toml").write_text(text, encoding="utf-8")
    return _calendar(directory)


@pytest.mark.parametrize(
    ("country", "time_zone"), [("GB", "Europe/London"), ("DE", "Europe/Berlin"), ("JP", "Asia/Tokyo")]
)
def test_a_calendar_that_an_operator_makes_agrees_with_its_source_on_every_day(
    tmp_path: Path, country: str, time_zone: str
) -> None:
    made, source = _made(tmp_path, country, time_zone), holidays.country_holidays(country, years=(2025, 2026))
    assert (made.time_zone, made.version, made.covers_until) == (time_zone, "2026.1", date(2026, 12, 31))
    days = [day for day in _every_day() if day.year > 2024]
    assert [day for day in days if made.is_business_day(day) != source.is_working_day(day)] == []


def test_an_operators_calendar_comes_before_the_shipped_one_of_the_same_name(tmp_path: Path) -> None:
    assert _made(tmp_path, "GB", "Europe/London").digest != _calendar().digest


def test_the_shipped_policy_uses_the_shipped_calendar() -> None:
    policy = tomllib.loads((SHIPPED_POLICIES / "seed-default.toml").read_text(encoding="utf-8"))
    assert (policy["calendar"], _calendar().name, _calendar().time_zone) == ("cn", "cn", "Asia/Shanghai")
