"""Asking again while a promise is overdue raises the level, each time the policy's number is full."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from services.escalation.domain.commands import EscalateComplaint
from services.escalation.domain.policy import Meets, Owner
from shared.contracts.complaint_events import ComplaintFact
from tests.domain.escalation_facts import (
    acknowledged,
    answered,
    followed_up,
    freeze_confirmed,
    remedy_fulfilled,
    reopened,
    resolved,
    withdrawn,
)
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import at, policy, rule

DUE = at("2025-03-07T00:00")
TUESDAY, LATE = at("2025-03-04T10:00"), at("2025-03-07T10:00")
CLIMBS = ["EscalateComplaint follow-ups"]


def _watched(number: int | None = 2, meets: Meets = Meets.ANSWERED, owner: Owner = Owner.WALLET) -> Watched:
    return begun(policy(rule(meets=frozenset({meets}), owner=owner), follow_ups_to_escalate=number))


def _asks(watched: Watched, times: int, recorded_at: datetime = LATE) -> list[list[str]]:
    """Follow up so often; return what each led to."""
    return [watched.hears(followed_up(), recorded_at + timedelta(minutes=each)).asked for each in range(times)]


def test_every_second_follow_up_while_a_promise_is_overdue_climbs() -> None:
    assert _asks(_watched(), 5) == [[], CLIMBS, [], CLIMBS, []]


def test_the_policy_says_how_many_follow_ups_it_takes() -> None:
    assert _asks(_watched(3), 3) == [[], [], CLIMBS]
    assert _asks(_watched(1), 2) == [CLIMBS, CLIMBS]
    assert _asks(_watched(None), 3) == [[], [], []]


def test_the_command_names_the_follow_up_as_its_cause() -> None:
    heard = _watched(1).hears(followed_up(), LATE)
    (command,) = heard.commands
    assert isinstance(command, EscalateComplaint)
    assert (command.reason, command.cause_id) == ("follow-ups", heard.fact_id)


def test_follow_ups_before_the_promise_was_due_do_not_count() -> None:
    watched = _watched()
    assert _asks(watched, 3, TUESDAY) == [[], [], []]
    assert _asks(watched, 2) == [[], CLIMBS]


def test_a_follow_up_counts_from_the_moment_the_promise_is_due() -> None:
    assert _watched(1).hears(followed_up(), DUE).asked == CLIMBS
    assert _watched(1).hears(followed_up(), DUE - timedelta(microseconds=1)).asked == []


def test_an_imported_follow_up_from_before_the_due_time_does_not_climb() -> None:
    watched = _watched()
    watched.fires("final", LATE)
    earlier = followed_up(imported=True, occurred_at=TUESDAY)
    assert watched.hears(earlier, LATE).asked == []


KEPT: dict[Meets, Callable[[], ComplaintFact]] = {
    Meets.ANSWERED: answered,
    Meets.RESOLVED: resolved,
    Meets.FREEZE_ANSWERED: freeze_confirmed,
    Meets.HOLDING_LETTER: lambda: answered("holding"),
    Meets.ACKNOWLEDGED: acknowledged,
}


@pytest.mark.parametrize("meets", list(KEPT))
def test_follow_ups_do_not_climb_once_the_promise_was_kept_late(meets: Meets) -> None:
    watched = _watched(1, meets)
    watched.fires("final", LATE)
    watched.hears(KEPT[meets](), LATE)
    watched.hears(reopened("review"), LATE)
    assert _asks(watched, 2) == [[], []]


def test_what_was_done_before_the_promise_began_keeps_no_promise() -> None:
    watched = _watched(1, Meets.FREEZE_ANSWERED)
    watched.fires("final", LATE)
    watched.hears(answered(), LATE)
    assert _asks(watched, 1) == [CLIMBS]


def test_a_remedy_for_something_else_leaves_a_remedy_overdue() -> None:
    watched = _watched(1, Meets.REMEDY_FULFILLED)
    watched.fires("final", LATE)
    watched.hears(remedy_fulfilled(uuid4()), LATE)
    assert _asks(watched, 1) == [CLIMBS]


def test_a_promise_of_the_complainant_that_was_missed_counts_for_nothing() -> None:
    assert _asks(_watched(1, owner=Owner.COMPLAINANT), 2) == [[], []]


@pytest.mark.parametrize("after", [resolved, withdrawn])
def test_follow_ups_on_a_complaint_that_is_not_open_do_not_climb(after: Callable[[], ComplaintFact]) -> None:
    watched = _watched(1, Meets.HOLDING_LETTER)
    watched.fires("final", LATE)
    watched.hears(after(), LATE)
    assert _asks(watched, 2) == [[], []]


def test_of_several_overdue_promises_the_oldest_decides() -> None:
    """Three follow-ups since the first of them was due, one since the second."""
    first = rule("first_answer", meets=frozenset({Meets.ANSWERED}))
    second = rule("final")
    watched = begun(
        policy(first, follow_ups_to_escalate=2), policy(second, name="other", family="other", follow_ups_to_escalate=1)
    )
    assert _asks(watched, 2) == [[], CLIMBS]


def test_nothing_climbs_while_no_promise_is_overdue() -> None:
    assert _asks(_watched(1), 3, TUESDAY) == [[], [], []]
