"""Working time: which days are worked in which hours, and how much of it lies between two instants."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
NOTHING = timedelta()
SATURDAY = 5

Span = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Working days and hours of one place.

    `closed` are public holidays, `worked` the Saturdays and Sundays worked in exchange for them
    (调休). Data end with `covers_until`: what lies beyond is computed from weekdays alone.
    `hours` are local and ascending; every instant that is returned is UTC.
    """

    name: str
    version: str
    digest: str
    time_zone: str
    hours: tuple[tuple[time, time], ...]
    closed: frozenset[date] = field(repr=False)
    worked: frozenset[date] = field(repr=False)
    covers_until: date

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def is_business_day(self, day: date) -> bool:
        if day in self.worked:
            return True
        return day.weekday() < SATURDAY and day not in self.closed

    def local_date(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The first instant of a local day."""
        return self._at(day, time())

    def end_of(self, day: date) -> datetime:
        """The first instant after a local day."""
        return self.midnight(day + DAY)

    def business_day_after(self, day: date, count: int) -> date:
        """The `count`-th business day after a day, which itself is day 0."""
        while count:
            day += DAY
            count -= self.is_business_day(day)
        return day

    def next_business_day(self, day: date) -> date:
        """The day itself where it is worked, else the next that is."""
        return day if self.is_business_day(day) else self.business_day_after(day, 1)

    def spans(self, day: date) -> list[Span]:
        """The working spans of one day."""
        if not self.is_business_day(day):
            return []
        return [(self._at(day, opens), self._at(day, closes)) for opens, closes in self.hours]

    def close_of_business(self, day: date) -> datetime:
        return self.spans(day)[-1][1]

    def spans_from(self, start: datetime) -> Iterator[Span]:
        """The working spans that end after an instant, the first one cut to begin with it."""
        day = self.local_date(start)
        while True:
            for opens, closes in self.spans(day):
                if closes > start:
                    yield max(opens, start), closes
            day += DAY

    def _at(self, day: date, local: time) -> datetime:
        return datetime.combine(day, local, self.zone).astimezone(UTC)

    def is_beyond(self, day: date) -> bool:
        return day > self.covers_until


def elapsed(start: datetime, end: datetime, calendar: Calendar | None, paused: Sequence[Span] = ()) -> timedelta:
    """The working time between two instants less what was paused; all of it counts where there is no calendar."""
    begun = takewhile(lambda span: span[0] < end, _spans(start, calendar))
    worked = (span for opens, closes in begun for span in _without(opens, min(closes, end), paused))
    return sum((to - since for since, to in worked), NOTHING)


def after(start: datetime, amount: timedelta, calendar: Calendar | None, paused: Sequence[Span] = ()) -> datetime:
    """The instant at which so much working time has passed, pauses left out."""
    worked = (span for opens, closes in _spans(start, calendar) for span in _without(opens, closes, paused))
    since, to = next(worked)
    left = amount
    while to - since < left:
        left -= to - since
        since, to = next(worked)
    return since + left


def _spans(start: datetime, calendar: Calendar | None) -> Iterator[Span]:
    """Spans without end, those of working time where there is a calendar."""
    return calendar.spans_from(start) if calendar else _days_from(start)


def _days_from(start: datetime) -> Iterator[Span]:
    while True:
        yield start, start + DAY
        start += DAY


def _without(opens: datetime, closes: datetime, paused: Sequence[Span]) -> Iterator[Span]:
    """What is left of a span after its pauses; `paused` is ascending and does not overlap."""
    for since, to in paused:
        if to <= opens or since >= closes:
            continue
        if since > opens:
            yield opens, since
        opens = max(opens, to)
    if opens < closes:
        yield opens, closes
