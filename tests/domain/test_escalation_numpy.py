"""Business days against `numpy`, which knows nothing of us: wherever its functions can say the case, they agree."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.escalation.domain.business_time import Calendar
from services.escalation.domain.targets import ReceiptRule, day_zero, due
from tests.escalation_builders import AUTUMN_2025, MONDAY_TO_FRIDAY, after_close, calendar, days, target

CALENDARS = [
    calendar(),
    calendar(closed=days("2025-12-25", "2025-12-26", "2026-01-01", "2025-04-18", "2025-04-21")),
    MONDAY_TO_FRIDAY,
    AUTUMN_2025,
]
DAYS = st.dates(date(2025, 1, 1), date(2026, 6, 30))
calendars = st.sampled_from(CALENDARS)
every_case = settings(max_examples=200, deadline=None, derandomize=True)


def _numpy(counted: Calendar) -> np.busdaycalendar:
    return np.busdaycalendar(holidays=sorted(counted.closed))


def _made_up(counted: Calendar, first: date, last: date) -> int:
    """How many weekend days after the first up to the last are worked: what `numpy` cannot know."""
    return sum(first < day <= last for day in counted.worked)


@every_case
@given(day=DAYS, counted=calendars)
def test_what_is_a_business_day(day: date, counted: Calendar) -> None:
    made_up = day in counted.worked
    assert counted.is_business_day(day) == bool(np.is_busday(day, busdaycal=_numpy(counted))) | made_up


@every_case
@given(day=DAYS, amount=st.integers(1, 60), counted=st.sampled_from(CALENDARS[:3]))
def test_the_nth_business_day_after_a_day(day: date, amount: int, counted: Calendar) -> None:
    theirs = np.busday_offset(day, amount, roll="backward", busdaycal=_numpy(counted)).astype(date)
    assert counted.business_day_after(day, amount) == theirs


@every_case
@given(day=DAYS, amount=st.integers(1, 60), counted=calendars)
def test_so_many_business_days_lie_between_a_day_and_the_nth_after_it(
    day: date, amount: int, counted: Calendar
) -> None:
    ends = counted.business_day_after(day, amount)
    theirs = int(np.busday_count(day + timedelta(days=1), ends + timedelta(days=1), busdaycal=_numpy(counted)))
    assert theirs + _made_up(counted, day, ends) == amount


@every_case
@given(day=DAYS, hour=st.integers(0, 23), amount=st.integers(1, 40), counted=st.sampled_from(CALENDARS[:2]))
def test_a_promise_received_after_close_begins_with_the_next_business_day(
    day: date, hour: int, amount: int, counted: Calendar
) -> None:
    received = datetime.combine(day, time(hour), UTC)
    late = not np.is_busday(day, busdaycal=_numpy(counted)) or hour >= 17
    zero = np.busday_offset(day, 1 if late else 0, roll="backward", busdaycal=_numpy(counted))
    assert day_zero(ReceiptRule.NEXT_BUSINESS_DAY, received, counted) == zero.astype(date)
    ends = np.busday_offset(zero, amount, busdaycal=_numpy(counted)).astype(date)
    assert due(after_close(amount, "business_days"), received, counted).on == ends


@every_case
@given(day=DAYS, hour=st.integers(0, 23), amount=st.integers(1, 40), counted=st.sampled_from(CALENDARS[:2]))
def test_a_promise_counted_from_the_day_of_receipt(day: date, hour: int, amount: int, counted: Calendar) -> None:
    received = datetime.combine(day, time(hour), UTC)
    ends = np.busday_offset(day, amount, roll="backward", busdaycal=_numpy(counted)).astype(date)
    assert due(target(amount, "business_days"), received, counted).on == ends
    assert due(target(amount, "close_of_business"), received, counted).on == ends
