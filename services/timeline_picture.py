"""Draws the dates of a hypothetical complaint in the terminal: one line for each clock, days to the right."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.escalation.application import Preview
from services.escalation.domain.timeline import Kind, Moment

COLUMNS = 40
MARKS = {
    Kind.WARNS: ("!", "yellow"),
    Kind.DUE: ("█", "red"),
    Kind.DUE_IN_SECOND_STAGE: ("▒", "red"),
    Kind.DUE_EXTENDED: ("░", "red"),
    Kind.REFERABLE: (">", "cyan"),
}
SINCE = "effective_from"
WORDS = {
    Kind.RECEIVED: "received",
    Kind.WARNS: "warning",
    Kind.DUE: "due",
    Kind.DUE_IN_SECOND_STAGE: "due, with a holding letter in time",
    Kind.DUE_EXTENDED: "due, extended as far as may be",
    Kind.REFERABLE: "the complainant may turn to",
}


def draw(shown: Preview, console: Console) -> None:
    """Print who promises and why, one bar for each clock, and every date in order with its mark in the bar."""
    for promised in shown.promised:
        policy = promised.policy
        doubt = "" if policy.verified else f" [yellow]({_doubt(policy.unverified)})[/]"
        console.print(f"[bold]{policy.name}[/] {policy.version}{doubt}: {policy.citation}")
    for other in shown.passed_over:
        console.print(f"[dim]{other.policy.name} {other.policy.version} does not apply: {other.because}[/]")
    console.print(_bars(shown.timeline))
    for moment in shown.timeline:
        console.print(_line(moment))


def _doubt(unverified: Sequence[str]) -> str:
    return ", ".join(("unverified", *("in force since when is not known" for each in unverified if each == SINCE)))


def _bars(timeline: Sequence[Moment]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    received, *moments = timeline
    last = max((moment.at for moment in moments), default=received.at + timedelta(days=1))
    for policy, clock in dict.fromkeys((moment.policy, moment.clock) for moment in moments):
        own = [moment for moment in moments if (moment.policy, moment.clock) == (policy, clock)]
        table.add_row(f"{policy} [bold]{clock}[/]", _bar(own, received.at, last))
    return table


def _bar(moments: Iterable[Moment], first: datetime, last: datetime) -> Text:
    """Marks of later kinds do not hide those of earlier ones."""
    cells: list[tuple[str, str]] = [("·", "dim")] * (COLUMNS + 1)
    rank = list(MARKS)
    for moment in sorted(moments, key=lambda each: -rank.index(each.kind)):
        place = round(COLUMNS * ((moment.at - first) / (last - first)))
        if moment.kind == Kind.REFERABLE:
            place = min(place + 1, COLUMNS)
        cells[place] = MARKS[moment.kind]
        if moment.kind == Kind.DUE:
            cells[:place] = [("━", "green")] * place
    return Text.assemble(*cells)


def _line(moment: Moment) -> str:
    what = " ".join((WORDS[moment.kind], ", ".join(moment.refers_to))).strip()
    doubt = " (holidays not known yet)" if moment.beyond_calendar else ""
    clock = f"  {moment.policy} {moment.clock}:" if moment.clock else " "
    mark, colour = MARKS.get(moment.kind, (" ", "dim"))
    return f"[{colour}]{mark}[/] {moment.on:%a %Y-%m-%d}  {moment.at:%m-%d %H:%M} UTC{clock} {what}{doubt}"
