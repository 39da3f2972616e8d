"""Clocks that count by something else from now on: a newer version by command, or data of a calendar that arrived."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.policy import Meets, Policy, PolicyBook, Starts
from tests.domain.escalation_facts import extended, information_requested, remedy, resolved
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import at, calendar, dated, days, policy, rule, target, terms
from tests.escalation_builders import matter as received

TUESDAY = at("2025-03-04T10:00")
FIVE_DAYS = policy(rule(target=target(5, "business_days")), version="2")


def _book(old: Policy, *newer: Policy) -> PolicyBook:
    return PolicyBook(newer, {"default": ("house",)}, pinned=[old])


def _migrated(watched: Watched, book: PolicyBook) -> Sequence[Any]:
    case = watched.case
    case.migrate(received(), book, watched.cause(TUESDAY), why="law-changed")
    return case.collect_events()


def test_a_clock_counts_by_the_newer_version_from_its_own_start() -> None:
    (moved,) = _migrated(begun(policy()), _book(policy(), FIVE_DAYS))
    assert isinstance(moved, Case.ClockRecalculated)
    assert (moved.why, moved.due_on, moved.old_due_at) == ("law-changed", date(2025, 3, 10), at("2025-03-07T00:00"))
    assert moved.policy is not None
    assert (moved.policy.version, moved.target.amount if moved.target else None) == ("2", 5)


def test_what_was_given_stays_given() -> None:
    old = policy(rule(extension=terms(), pauses=True))
    watched = begun(old)
    watched.hears(extended(watched.clock("final").clock_id, 2), at("2025-03-03T12:00"))
    watched.hears(information_requested(), at("2025-03-03T13:00"))
    (moved,) = _migrated(watched, _book(old, FIVE_DAYS))
    assert moved.due_on == date(2025, 3, 13)


def test_a_clock_that_has_moved_counts_by_its_new_policy_ever_after() -> None:
    watched, kept = begun(policy()), _book(policy(), FIVE_DAYS)
    case = watched.case
    case.migrate(received(), kept, watched.cause(TUESDAY), why="law-changed")
    (clock,) = case.active()
    assert (clock.pinned(kept)[0].version, clock.place) == ("2", ("house", "2", "final"))
    case.collect_events()
    case.migrate(received(), kept, watched.cause(TUESDAY), why="law-changed")
    assert case.collect_events() == []


@pytest.mark.parametrize(
    "newer",
    [
        policy(rule("another"), version="2"),
        policy(version="2", effective_from=date(2026, 1, 1)),
        policy(name="law", version="2"),
    ],
)
def test_a_clock_without_a_counterpart_in_force_stays_as_it_is(newer: Policy) -> None:
    assert _migrated(begun(policy()), _book(policy(), newer)) == []


def test_what_has_a_date_and_no_target_keeps_the_date_in_the_new_calendar() -> None:
    owed = dated("remedy", Starts.REMEDY_OWED, Meets.REMEDY_FULFILLED)
    watched = begun(policy(owed))
    watched.hears(resolved(remedy(date(2025, 3, 20), unconditional=True)), TUESDAY)
    in_berlin = policy(owed, version="2", calendar=calendar(version="2", time_zone="Europe/Berlin"))
    (moved,) = _migrated(watched, _book(policy(owed), in_berlin))
    assert (moved.target, moved.due_on, moved.due_at) == (None, date(2025, 3, 20), at("2025-03-20T23:00"))


def _with_data(watched: Watched, old: Policy, newest: Policy) -> Sequence[Any]:
    case = watched.case
    case.use_calendar_data(_book(old, newest), watched.cause(TUESDAY))
    return case.collect_events()


SHORT = policy(calendar=calendar(covers_until=date(2025, 3, 3)))
FURTHER = calendar(version="2", closed=days("2025-03-05"))


def test_a_date_beyond_the_data_moves_when_they_arrive_and_the_policy_stays() -> None:
    (moved,) = _with_data(begun(SHORT), SHORT, policy(version="2", calendar=FURTHER))
    assert (moved.why, moved.due_on, moved.beyond_calendar) == ("calendar-data", date(2025, 3, 7), False)
    assert (moved.policy.version, moved.calendar.version) == ("1", "2")


@pytest.mark.parametrize(
    ("old", "newest"),
    [
        (policy(), policy(version="2", calendar=FURTHER)),
        (SHORT, policy(version="2", calendar=calendar(version="2", covers_until=date(2025, 3, 3)))),
        (SHORT, policy(version="2", calendar=calendar(name="factory"))),
    ],
)
def test_a_date_within_the_data_or_without_better_ones_stays(old: Policy, newest: Policy) -> None:
    assert _with_data(begun(old), old, newest) == []
