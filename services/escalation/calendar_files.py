"""Makes calendar files from the `holidays` package: what Python knows of holidays changes, a file has a version."""

from datetime import date, timedelta
from importlib.metadata import version

import holidays

SATURDAY = 5


def calendar_toml(
    country: str, *, name: str, time_zone: str, first_year: int, last_year: int, hours: str = "09:00-18:00"
) -> str:
    """Write the deviations from Monday to Friday: closed weekdays, and worked weekends.

    `country` may name a part of one, such as `GB-ENG`.
    """
    years = range(first_year, last_year + 1)
    code, _, subdivision = country.partition("-")
    deviations = _deviations(holidays.country_holidays(code, subdiv=subdivision or None, years=years), years)
    opens, closes = hours.split("-")
    lines = (
        "# Made by `recourse calendar`; change nothing here, make a new version.",
        f'name = "{name}"',
        f'version = "{last_year}.1"',
        f'made_from = "holidays {version("holidays")}"',
        f'time_zone = "{time_zone}"',
        f'hours = [["{opens}:00", "{closes}:00"]]',
        f"covers_until = {last_year}-12-31",
        _dates("closed", [day for day in deviations if day.weekday() < SATURDAY]),
        _dates("worked", [day for day in deviations if day.weekday() >= SATURDAY]),
    )
    return "\n".join(lines) + "\n"


def _deviations(known: holidays.HolidayBase, years: range) -> list[date]:
    day, deviations = date(years[0], 1, 1), []
    while day.year <= years[-1]:
        if known.is_working_day(day) != (day.weekday() < SATURDAY):
            deviations.append(day)
        day += timedelta(days=1)
    return deviations


def _dates(name: str, dates: list[date]) -> str:
    return "\n".join((f"{name} = [", *(f"    {day.isoformat()}," for day in dates), "]"))
