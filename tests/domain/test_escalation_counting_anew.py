"""Clocks that count by something else from now on: a newer version by command, or data of a calendar that arrived."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.policy import Meets, Policy, PolicyBook, Starts
from shared.contracts.complaint_events import ComplaintFact
from tests.domain.escalation_facts import (
    answered,
    extended,
    information_requested,
    remedy,
    reopened,
    resolved,
    submitted,
    withdrawn,
)
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import MONDAY, at, calendar, dated, days, law, policy, rule, target, terms

TUESDAY = at("2025-03-04T10:00")
FIVE_DAYS = policy(rule(target=target(5, "business_days")), version="2")


def _book(old: Policy, *newer: Policy) -> PolicyBook:
    return PolicyBook(newer, {"default": ("house",)}, pinned=[old])


def _migrated(watched: Watched, book: PolicyBook) -> Sequence[Any]:
    """Migrate, and go on from there."""
    case = watched.case
    case.migrate(watched.situation, book, watched.cause(TUESDAY), why="law-changed")
    return watched.goes_on(case)


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
    moved, goes_on = _migrated(watched, _book(old, FIVE_DAYS))
    assert isinstance(goes_on, Case.ClockResumed)
    assert moved.due_on == goes_on.due_on == date(2025, 3, 13)


FIRST_ANSWER = rule("first_answer", target=target(1, "business_days"), meets=frozenset({Meets.ANSWERED}))
WITH_FIRST_ANSWER = policy(rule(), FIRST_ANSWER, version="2")
LAW = law(rule("statutory", target=target(15, "calendar_days")))


def _told(events: Sequence[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_what_the_newer_version_promises_for_the_first_time_starts_at_the_receipt() -> None:
    moved, started = _migrated(begun(policy()), _book(policy(), WITH_FIRST_ANSWER))
    assert (_told([moved]), started.clock, started.policy.version) == (["ClockRecalculated"], "first_answer", "2")
    assert (started.started_at, started.due_on, started.actor) == (MONDAY, date(2025, 3, 4), moved.actor)


def test_what_was_kept_already_does_not_start() -> None:
    watched = begun(policy())
    watched.hears(answered(), at("2025-03-03T11:00"))
    assert _told(_migrated(watched, _book(policy(), WITH_FIRST_ANSWER))) == ["ClockRecalculated"]


def test_what_starts_while_others_are_awaited_stands_still() -> None:
    watched, newer = begun(policy()), policy(rule(), replace(FIRST_ANSWER, pauses=True), version="2")
    watched.hears(information_requested(), at("2025-03-03T11:00"))
    assert _told(_migrated(watched, _book(policy(), newer))) == ["ClockRecalculated", "ClockStarted", "ClockPaused"]


def test_what_the_newer_version_promises_no_more_is_cancelled_with_its_reason() -> None:
    cancelled, started = _migrated(begun(policy()), _book(policy(), policy(rule("another"), version="2")))
    assert _told([cancelled, started]) == ["ClockCancelled", "ClockStarted"]
    assert (cancelled.clock, cancelled.why, cancelled.policy.version) == ("final", "law-changed", "2")
    assert started.clock == "another"


def test_what_was_promised_no_more_does_not_come_back_with_the_complaint() -> None:
    watched, book = begun(policy()), _book(policy(), policy(rule("another"), version="2"))
    _migrated(watched, book)
    watched.book = book
    watched.hears(withdrawn(), at("2025-03-05T10:00"))
    again = watched.hears(reopened("unlinked"), at("2025-03-06T10:00"))
    assert again.happened == ["ClockStarted another"]


def test_what_comes_back_in_a_later_version_starts_once_more() -> None:
    watched = begun(policy())
    without = policy(rule("another"), version="2")
    _migrated(watched, _book(policy(), without))
    third = PolicyBook(
        [policy(rule(), rule("another"), version="3")], {"default": ("house",)}, pinned=[without, policy()]
    )
    assert sorted(_told(_migrated(watched, third))) == ["ClockRecalculated", "ClockStarted"]
    assert watched.clock("final").is_active


def test_a_pack_of_the_law_that_the_tenant_has_chosen_since_starts_its_clocks() -> None:
    both = PolicyBook([policy(), LAW], {"default": ("house", "law")})
    (started,) = _migrated(begun(policy()), both)
    assert (started.clock, started.policy.name, started.due_on) == ("statutory", "law", date(2025, 3, 18))


def test_within_a_family_what_stands_behind_now_is_cancelled() -> None:
    old, new = replace(LAW, name="old-law"), LAW
    both = PolicyBook([old, new], {"default": ("law", "old-law")})
    cancelled, started = _migrated(begun(old), both)
    assert (cancelled.policy.name, started.policy.name) == ("old-law", "law")


@pytest.mark.parametrize("fact", [withdrawn(), None], ids=["ended", "not classified yet"])
def test_nothing_starts_for_what_has_ended_or_is_not_classified(fact: ComplaintFact | None) -> None:
    watched = begun(policy()) if fact else Watched(policy())
    watched.hears(fact or submitted(MONDAY), at("2025-03-03T11:00"))
    assert _migrated(watched, _book(policy(), WITH_FIRST_ANSWER)) == []


def test_there_is_nothing_to_migrate_of_what_nobody_has_heard() -> None:
    assert _migrated(Watched(policy()), _book(policy(), FIVE_DAYS)) == []


def test_a_clock_that_has_moved_counts_by_its_new_policy_ever_after() -> None:
    watched, kept = begun(policy()), _book(policy(), FIVE_DAYS)
    case = watched.case
    case.migrate(watched.situation, kept, watched.cause(TUESDAY), why="law-changed")
    (clock,) = case.active()
    assert (clock.pinned(kept)[0].version, clock.place) == ("2", ("house", "2", "final"))
    case.collect_events()
    case.migrate(watched.situation, kept, watched.cause(TUESDAY), why="law-changed")
    assert case.collect_events() == []


@pytest.mark.parametrize(
    "newer",
    [
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
