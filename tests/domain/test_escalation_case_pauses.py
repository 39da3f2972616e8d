"""House clocks stand still while a complaint waits for somebody else; statutory clocks never do."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.clocks import ClockState
from services.escalation.domain.policy import Matching, Meets, Starts
from shared.contracts.complaint_events import ComplaintFact
from tests.builders import REQUEST
from tests.domain.escalation_facts import (
    answered,
    classified,
    followed_up,
    information_provided,
    information_requested,
    referred,
    resolved,
    third_party_answered,
    third_party_awaited,
    withdrawn,
)
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import MONDAY, around_the_clock, at, dated, law, policy, rule, target

MOMENT = timedelta(microseconds=1)
TUESDAY, WEDNESDAY = at("2025-03-04T10:00"), at("2025-03-05T10:00")

IN_HOURS = rule(pauses=True, target=target(10, "hours"))
IN_DAYS = rule(pauses=True)


@pytest.mark.parametrize("asks", [information_requested, third_party_awaited])
def test_a_house_clock_stands_still_while_somebody_else_is_awaited(asks: Callable[[], ComplaintFact]) -> None:
    heard = begun(policy(IN_HOURS)).hears(asks(), TUESDAY)
    assert heard.happened == ["ClockPaused final"]
    assert heard.only(Case.ClockPaused).paused_at == TUESDAY


def test_a_statutory_clock_and_a_house_clock_that_does_not_pause_go_on() -> None:
    watched = begun(policy(rule()), law(rule("statutory")))
    assert watched.hears(information_requested(), TUESDAY).happened == []


def test_a_promised_date_does_not_pause() -> None:
    watched = begun(policy(dated("referral", Starts.REFERRAL_OPENED, Meets.REFERRAL_ANSWERED, pauses=True)))
    watched.hears(referred(date(2025, 3, 20)), MONDAY)
    assert watched.hears(information_requested(), TUESDAY).happened == []


def test_a_clock_goes_on_with_the_working_time_that_it_had_left() -> None:
    watched = begun(policy(IN_HOURS))
    watched.hears(information_requested(), at("2025-03-03T16:00"))
    resumed = watched.hears(information_provided(), at("2025-03-06T11:00")).only(Case.ClockResumed)
    assert (resumed.resumed_at, resumed.due_at, resumed.due_on) == (
        at("2025-03-06T11:00"),
        at("2025-03-06T15:00"),
        date(2025, 3, 6),
    )


def test_a_pause_over_the_weekend_gives_back_working_time_only() -> None:
    watched = begun(policy(rule(pauses=True, target=target(36, "hours"))))
    assert watched.clock("final").due_at == at("2025-03-07T14:00")
    watched.hears(information_requested(), at("2025-03-07T13:00"))
    assert watched.hears(information_provided(), at("2025-03-10T09:00")).only(Case.ClockResumed).due_at == at(
        "2025-03-10T10:00"
    )


def test_a_promised_day_is_given_back_as_a_day() -> None:
    watched = begun(policy(IN_DAYS))
    watched.hears(information_requested(), TUESDAY)
    assert watched.hears(information_provided(), WEDNESDAY).only(Case.ClockResumed).due_on == date(2025, 3, 7)


@pytest.mark.parametrize(
    ("stood_still", "due_on"),
    [
        (MOMENT, date(2025, 3, 6)),
        (timedelta(minutes=1) - MOMENT, date(2025, 3, 6)),
        (timedelta(minutes=1), date(2025, 3, 7)),
    ],
)
def test_a_promised_day_is_not_moved_by_less_than_a_minute(stood_still: timedelta, due_on: date) -> None:
    watched = begun(policy(IN_DAYS))
    watched.hears(information_requested(), TUESDAY)
    resumed = watched.hears(information_provided(), TUESDAY + stood_still).only(Case.ClockResumed)
    assert resumed.due_on == due_on


def test_moments_that_a_promised_day_stood_still_add_up_to_the_minute() -> None:
    watched = begun(policy(IN_DAYS))
    for hour in (0, 1):
        begins = TUESDAY + timedelta(hours=hour)
        watched.hears(information_requested(), begins)
        watched.hears(information_provided(), begins + timedelta(seconds=30))
    assert watched.clock("final").due_on == date(2025, 3, 7)


def test_two_pauses_within_a_minute_give_back_both() -> None:
    watched = begun(policy(IN_HOURS))
    before = watched.clock("final").due_at
    for second in (0, 20):
        begins = at("2025-03-03T11:00") + timedelta(seconds=second)
        watched.hears(information_requested(), begins)
        watched.hears(information_provided(), begins + timedelta(seconds=7))
    assert watched.clock("final").due_at == before + timedelta(seconds=14)


def test_a_clock_stands_still_until_nobody_is_awaited_any_more() -> None:
    watched = begun(policy(IN_HOURS))
    watched.hears(information_requested(), TUESDAY)
    assert watched.hears(third_party_awaited(), TUESDAY).happened == []
    assert watched.hears(information_provided(), WEDNESDAY).happened == []
    assert watched.hears(third_party_answered(), WEDNESDAY).happened == ["ClockResumed final"]


def test_an_answer_to_one_of_two_requests_leaves_the_clock_standing() -> None:
    watched, other = begun(policy(IN_HOURS)), uuid4()
    watched.hears(information_requested(), TUESDAY)
    watched.hears(information_requested(other), TUESDAY)
    assert watched.hears(information_provided(other), WEDNESDAY).happened == []
    assert watched.hears(information_provided(REQUEST), WEDNESDAY).happened == ["ClockResumed final"]


def test_one_answer_to_every_request_lets_the_clock_go_on() -> None:
    watched, other = begun(policy(IN_HOURS)), uuid4()
    watched.hears(information_requested(), TUESDAY)
    watched.hears(information_requested(other), TUESDAY)
    assert watched.hears(information_provided(other, REQUEST), WEDNESDAY).happened == ["ClockResumed final"]


def test_a_clock_that_stands_still_is_not_missed() -> None:
    watched = begun(policy(IN_HOURS))
    watched.hears(information_requested(), TUESDAY)
    much_later = at("2025-04-01T10:00")
    assert watched.fires("final", much_later).happened == []
    assert watched.hears(followed_up(), much_later).happened == []


def test_a_clock_that_was_due_before_the_wait_began_is_missed_and_not_paused() -> None:
    watched = begun(policy(IN_HOURS))
    due_at = watched.clock("final").due_at
    assert watched.hears(information_requested(), due_at).happened == ["ClockMissed final"]


def test_a_clock_that_starts_during_a_wait_stands_still_at_once() -> None:
    watched = begun(policy(rule("next_answer", starts=Starts.FOLLOW_UP, pauses=True)))
    watched.hears(information_requested(), TUESDAY)
    assert watched.hears(followed_up(), TUESDAY).happened == ["ClockStarted next_answer", "ClockPaused next_answer"]


def test_a_clock_that_stands_still_can_be_kept() -> None:
    watched = begun(policy(rule(pauses=True, meets=frozenset({Meets.ANSWERED}))))
    watched.hears(information_requested(), TUESDAY)
    assert watched.hears(answered(), WEDNESDAY).happened == ["ClockMet final"]


def test_a_clock_that_stands_still_ends_with_the_complaint() -> None:
    watched = begun(policy(IN_HOURS))
    watched.hears(information_requested(), TUESDAY)
    assert watched.hears(withdrawn(), WEDNESDAY).happened == ["ClockCancelled final"]


def test_whoever_resolves_waits_for_nobody_any_more() -> None:
    watched = begun(policy(rule(pauses=True, meets=frozenset({Meets.FINAL_LETTER}))))
    watched.hears(information_requested(), TUESDAY)
    assert watched.hears(resolved(), WEDNESDAY).happened == ["ClockResumed final"]


def test_warnings_move_with_the_end() -> None:
    watched = begun(policy(rule(pauses=True, target=target(10, "hours"), warn_at=(0.5,))))
    assert watched.clock("final").warn_at == (at("2025-03-03T15:00"),)
    watched.hears(information_requested(), at("2025-03-03T11:00"))
    assert watched.hears(information_provided(), at("2025-03-04T11:00")).only(Case.ClockResumed).warn_at == (
        at("2025-03-04T15:00"),
    )


def test_a_promise_that_no_longer_pauses_goes_on_at_once() -> None:
    """A theft is found out while the complainant is being asked: the hour counts around the clock."""
    usual = rule("first_answer", id="usual", pauses=True, when=Matching(urgent=False))
    urgent = rule("first_answer", id="urgent", target=around_the_clock(48, "hours"), when=Matching(urgent=True))
    watched = begun(policy(usual, urgent))
    watched.hears(information_requested(), TUESDAY)
    heard = watched.hears(classified(urgent=True), WEDNESDAY)
    assert heard.happened == ["ClockRecalculated first_answer", "ClockResumed first_answer"]
    assert watched.clock("first_answer").due_at == at("2025-03-06T10:00")
    assert watched.clock("first_answer").state == ClockState.RUNNING


def test_a_promise_that_begins_to_pause_while_somebody_is_awaited_stands_still() -> None:
    usual = rule("first_answer", id="usual", pauses=True, when=Matching(urgent=False))
    urgent = rule("first_answer", id="urgent", target=around_the_clock(48, "hours"), when=Matching(urgent=True))
    watched = begun(policy(usual, urgent), urgent=True)
    watched.hears(information_requested(), TUESDAY)
    heard = watched.hears(classified(urgent=False), at("2025-03-04T11:00"))
    assert heard.happened == ["ClockRecalculated first_answer", "ClockPaused first_answer"]


def _pause(watched: Watched, begins: str, ends: str) -> None:
    watched.hears(information_requested(), at(begins))
    watched.hears(information_provided(), at(ends))


def test_several_pauses_add_up() -> None:
    watched = begun(policy(IN_HOURS))
    _pause(watched, "2025-03-03T11:00", "2025-03-03T12:00")
    _pause(watched, "2025-03-03T13:00", "2025-03-03T15:00")
    _pause(watched, "2025-03-04T09:30", "2025-03-04T10:00")
    assert watched.clock("final").due_at == at("2025-03-04T15:30")
