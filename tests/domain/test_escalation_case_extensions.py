"""A clock that is given more time."""

from datetime import date
from uuid import uuid4

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.clocks import ClockState
from services.escalation.domain.policy import Meets, Starts
from tests.domain.escalation_facts import (
    extended,
    information_provided,
    information_requested,
    referred,
    resolved,
)
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import MONDAY, at, dated, law, policy, rule, target

TUESDAY, WEDNESDAY = at("2025-03-04T10:00"), at("2025-03-05T10:00")


def _extend(watched: Watched, amount: int = 3, unit: str = "business_days") -> Case.ClockExtended:
    heard = watched.hears(extended(watched.clock("final").clock_id, amount, unit), TUESDAY)
    return heard.only(Case.ClockExtended)


def test_an_extension_moves_the_end_and_keeps_its_length() -> None:
    watched = begun(policy())
    granted = _extend(watched)
    assert (granted.amount, granted.unit) == (3, "business_days")
    assert (granted.due_on, granted.due_at) == (date(2025, 3, 11), at("2025-03-12T00:00"))
    assert watched.clock("final").due_at == at("2025-03-12T00:00")


def test_an_extension_moves_the_clock_that_it_names_and_no_other() -> None:
    watched = begun(policy(), law(rule("statutory")))
    before = watched.clock("statutory").due_at
    assert [event.clock_id for event in [_extend(watched)]] == [watched.clock("final").clock_id]
    assert watched.clock("statutory").due_at == before


def test_two_extensions_add_up() -> None:
    watched = begun(policy())
    _extend(watched, 1)
    assert _extend(watched, 2, "calendar_days").due_on == date(2025, 3, 9)


def test_warnings_follow_an_extension() -> None:
    watched = begun(policy(rule(target=target(10, "hours"), warn_at=(0.5,))))
    assert watched.clock("final").warn_at == (at("2025-03-03T15:00"),)
    assert _extend(watched, 10, "hours").warn_at == (at("2025-03-04T12:00"),)


def test_a_clock_that_stands_still_is_extended_and_stands_still() -> None:
    watched = begun(policy(rule(pauses=True)))
    watched.hears(information_requested(), MONDAY)
    assert _extend(watched).due_on == date(2025, 3, 12)
    assert watched.clock("final").state == ClockState.PAUSED
    resumed = watched.hears(information_provided(), WEDNESDAY).only(Case.ClockResumed)
    assert resumed.due_on == date(2025, 3, 13)


def test_a_pause_after_an_extension_is_given_back_too() -> None:
    watched = begun(policy(rule(pauses=True)))
    _extend(watched)
    watched.hears(information_requested(), TUESDAY)
    resumed = watched.hears(information_provided(), WEDNESDAY).only(Case.ClockResumed)
    assert resumed.due_on == date(2025, 3, 12)


@pytest.mark.parametrize("ended", [True, False])
def test_an_extension_of_what_runs_no_more_or_never_ran_changes_nothing(ended: bool) -> None:
    watched = begun(policy())
    clock_id = watched.clock("final").clock_id if ended else uuid4()
    if ended:
        watched.hears(resolved(), TUESDAY)
    assert watched.hears(extended(clock_id), TUESDAY).happened == []


def test_an_extension_that_comes_when_the_clock_is_due_comes_too_late() -> None:
    watched = begun(policy())
    heard = watched.hears(extended(watched.clock("final").clock_id), at("2025-03-07T00:00"))
    assert heard.happened == ["ClockMissed final"]


def test_a_date_that_came_with_a_fact_cannot_be_extended() -> None:
    watched = begun(policy(dated("referral", Starts.REFERRAL_OPENED, Meets.REFERRAL_ANSWERED)))
    watched.hears(referred(date(2025, 3, 20)), MONDAY)
    with pytest.raises(ValueError, match="referral has a date and no target"):
        watched.hears(extended(watched.clock("referral").clock_id), TUESDAY)
