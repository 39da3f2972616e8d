"""`recourse calendar`: a calendar file from the public holidays of a country."""

import re
from typing import Annotated
from zoneinfo import available_timezones

import typer

from services.escalation.calendar_files import calendar_toml

HOURS = re.compile(r"[0-2]\d:[0-5]\d-[0-2]\d:[0-5]\d")


def calendar(
    country: Annotated[str, typer.Argument(help="Such as CN, or GB-ENG for a part of a country")],
    name: str,
    time_zone: str,
    first_year: int,
    last_year: int,
    hours: Annotated[str, typer.Option(help="Local working hours")] = "09:00-18:00",
) -> None:
    """Print a calendar file with the public holidays and make-up days of a country."""
    if time_zone not in available_timezones():
        raise typer.BadParameter(f"there is no time zone {time_zone!r}")
    if first_year > last_year:
        raise typer.BadParameter(f"{first_year} lies after {last_year}")
    if not HOURS.fullmatch(hours):
        raise typer.BadParameter(f"{hours!r} are no hours such as 09:00-18:00")
    years = {"first_year": first_year, "last_year": last_year}
    try:
        text = calendar_toml(country, name=name, time_zone=time_zone, hours=hours, **years)
    except NotImplementedError as error:
        raise typer.BadParameter(f"the package knows no country {country!r}") from error
    typer.echo(text, nl=False)
