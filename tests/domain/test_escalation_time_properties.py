"""What holds of every promise, whatever its unit, calendar and pauses."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.escalation.domain.business_time import Calendar, Span, after, elapsed
from services.escalation.domain.targets import MINUTE, Amount, ReceiptRule, Target, Unit, due
from tests.escalation_builders import AUTUMN_2025, calendar, days, hours

BY_TIME = (Unit.SECONDS, Unit.MINUTES, Unit.HOURS)
IN_WORKING_TIME = (*BY_TIME, Unit.CLOSE_OF_BUSINESS)
BY_DATE = (Unit.BUSINESS_DAYS, Unit.CALENDAR_DAYS, Unit.WEEKS, Unit.MONTHS, Unit.CLOSE_OF_BUSINESS)
COUNTING_BUSINESS_DAYS = (Unit.BUSINESS_DAYS, Unit.CLOSE_OF_BUSINESS)
TO_MIDNIGHT = tuple(unit for unit in BY_DATE if unit != Unit.CLOSE_OF_BUSINESS)
LONGEST = {Unit.SECONDS: 200_000, Unit.MINUTES: 5_000, Unit.HOURS: 90, Unit.MONTHS: 4, Unit.WEEKS: 10}

calendars = st.sampled_from(
    [
        calendar(),
        AUTUMN_2025,
        calendar(time_zone="Europe/London", hours=hours("09:00-12:00", "13:00-17:30")),
        calendar(time_zone="Europe/Berlin", hours=hours("00:00-06:00"), worked=days("2025-03-30", "2025-10-26")),
    ]
)
instants = st.datetimes(datetime(2025, 2, 1), datetime(2025, 11, 1), timezones=st.just(UTC))  # noqa: DTZ001 - UTC
stretches = st.timedeltas(timedelta(0), timedelta(days=9))
receipt_rules = st.sampled_from(list(ReceiptRule))

every_promise = settings(max_examples=80, deadline=None, derandomize=True)


def lengths(units: Sequence[Unit]) -> st.SearchStrategy[Amount]:
    return st.sampled_from(units).flatmap(
        lambda unit: st.builds(Amount, st.integers(1, LONGEST.get(unit, 30)), st.just(unit))
    )


@st.composite
def pauses(draw: st.DrawFn, start: datetime) -> tuple[Span, ...]:
    """Up to three pauses after a start, ascending; some touch, some last no time."""
    edges = [start]
    for stretch in draw(st.lists(stretches, max_size=6)):
        edges.append(edges[-1] + stretch)
    return tuple(list(pairwise(edges))[1::2])


def _counted(unit: Unit, counted: Calendar) -> Calendar | None:
    return counted if unit in COUNTING_BUSINESS_DAYS else None


@every_promise
@given(length=lengths(list(Unit)), start=instants, counted=calendars, rule=receipt_rules, data=st.data())
def test_a_longer_promise_is_never_missed_earlier(
    length: Amount, start: datetime, counted: Calendar, rule: ReceiptRule, data: st.DataObject
) -> None:
    paused = data.draw(pauses(start))
    longer = Amount(length.amount + 1, length.unit)
    shorter_due, longer_due = (
        due(Target(length=each, receipt_rule=rule), start, counted, paused=paused) for each in (length, longer)
    )
    assert shorter_due.at < longer_due.at


@every_promise
@given(length=lengths(BY_TIME), start=instants, counted=calendars, around=st.booleans(), data=st.data())
def test_pauses_neither_lose_nor_win_a_moment_of_seconds_minutes_and_hours(
    length: Amount, start: datetime, counted: Calendar, around: bool, data: st.DataObject
) -> None:
    paused = data.draw(pauses(start))
    promised = {"seconds": 1, "minutes": 60, "hours": 3600}[length.unit] * length.amount
    ends = due(Target(length=length, around_the_clock=around), start, counted, paused=paused).at
    assert elapsed(start, ends, None if around else counted, paused) == timedelta(seconds=promised)


@every_promise
@given(length=lengths(BY_TIME), start=instants, counted=calendars, data=st.data())
def test_a_clock_that_goes_on_has_exactly_as_much_working_time_left_as_when_it_was_stopped(
    length: Amount, start: datetime, counted: Calendar, data: st.DataObject
) -> None:
    target = Target(length=length)
    before = due(target, start, counted).at
    stopped = start + (before - start) * data.draw(st.floats(0, 1))
    resumed = stopped + data.draw(stretches)
    now_due = due(target, start, counted, paused=[(stopped, resumed)]).at
    assert elapsed(resumed, now_due, counted) == elapsed(stopped, before, counted)


@every_promise
@given(length=lengths(BY_DATE), start=instants, counted=calendars, rule=receipt_rules, data=st.data())
def test_pauses_leave_the_promised_time_to_the_minute_and_less_than_one_more_counted_day(
    length: Amount, start: datetime, counted: Calendar, rule: ReceiptRule, data: st.DataObject
) -> None:
    target, paused = Target(length=length, receipt_rule=rule), data.draw(pauses(start))
    passing = _counted(length.unit, counted)
    ends = due(target, start, counted, paused=paused)
    promised = elapsed(start, due(target, start, counted).at, passing)
    left = elapsed(start, ends.at, passing, paused)
    last_day = elapsed(counted.midnight(ends.on), counted.end_of(ends.on), passing)
    assert promised - left < MINUTE
    assert left <= promised or left - promised < last_day


@every_promise
@given(length=lengths(list(Unit)), start=instants, counted=calendars, share=st.floats(0, 1), data=st.data())
def test_a_pause_in_two_parts_is_one_pause(
    length: Amount, start: datetime, counted: Calendar, share: float, data: st.DataObject
) -> None:
    paused = data.draw(pauses(start))
    in_parts = [
        part
        for since, to in paused
        for part in ((since, since + (to - since) * share), (since + (to - since) * share, to))
    ]
    target = Target(length=length)
    assert due(target, start, counted, paused=in_parts) == due(target, start, counted, paused=paused)


@every_promise
@given(start=instants, first=stretches, second=stretches, counted=st.none() | calendars, data=st.data())
def test_the_working_time_of_two_intervals_is_that_of_both_together(
    start: datetime, first: timedelta, second: timedelta, counted: Calendar | None, data: st.DataObject
) -> None:
    paused, middle, end = data.draw(pauses(start)), start + first, start + first + second
    parts = elapsed(start, middle, counted, paused) + elapsed(middle, end, counted, paused)
    assert parts == elapsed(start, end, counted, paused)


@every_promise
@given(start=instants, amount=stretches, counted=st.none() | calendars, data=st.data())
def test_so_much_working_time_after_a_start_so_much_has_passed(
    start: datetime, amount: timedelta, counted: Calendar | None, data: st.DataObject
) -> None:
    paused = data.draw(pauses(start))
    assert elapsed(start, after(start, amount, counted, paused), counted, paused) == amount


@every_promise
@given(length=lengths(IN_WORKING_TIME), start=instants, counted=calendars, data=st.data())
def test_working_time_and_close_of_business_end_within_working_hours_or_with_them(
    length: Amount, start: datetime, counted: Calendar, data: st.DataObject
) -> None:
    ends = due(Target(length=length), start, counted, paused=data.draw(pauses(start)))
    assert any(opens < ends.at <= closes for opens, closes in counted.spans(ends.on))


@every_promise
@given(length=lengths(TO_MIDNIGHT), start=instants, counted=calendars, rule=receipt_rules, data=st.data())
def test_every_other_promise_ends_at_a_local_midnight(
    length: Amount, start: datetime, counted: Calendar, rule: ReceiptRule, data: st.DataObject
) -> None:
    ends = due(Target(length=length, receipt_rule=rule), start, counted, paused=data.draw(pauses(start)))
    local = ends.at.astimezone(counted.zone)
    assert (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    assert (ends.at.tzinfo, counted.local_date(ends.at - timedelta(microseconds=1))) == (UTC, ends.on)


@every_promise
@given(length=lengths(BY_DATE), start=instants, counted=calendars, rule=receipt_rules)
def test_a_promise_never_ends_before_the_end_of_the_day_of_receipt(
    length: Amount, start: datetime, counted: Calendar, rule: ReceiptRule
) -> None:
    ends = due(Target(length=length, receipt_rule=rule), start, counted)
    assert ends.on > counted.local_date(start)
