"""A letter that never arrives keeps no promise: what it had met is owed again, at its old due time."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.policy import Meets, OnMissed, Owner, Starts
from tests.domain.escalation_facts import answered, delivered, rejected, reopened, resolved, withdrawn
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import at, policy, rule

MOMENT = timedelta(microseconds=1)
TUESDAY, DUE = at("2025-03-04T10:00"), at("2025-03-07T00:00")
ANSWER = frozenset({Meets.ANSWERED})


def answered_by_letter() -> tuple[Watched, UUID]:
    watched = begun(policy(rule("first_answer", meets=ANSWER)))
    heard = watched.hears(answered(), TUESDAY)
    assert heard.happened == ["ClockMet first_answer"]
    assert heard.fact_id is not None
    return watched, heard.fact_id


def test_the_last_failed_attempt_opens_the_clock_at_its_old_due_time() -> None:
    watched, letter_id = answered_by_letter()
    due_at = watched.clock("first_answer").due_at
    again = watched.hears(delivered(letter_id, "failed", attempt=5, is_last=True), TUESDAY).only(Case.ClockRecalculated)
    assert (again.why, again.old_due_at, again.due_at) == ("undelivered", due_at, due_at)
    assert watched.fires("first_answer", DUE).happened == ["ClockMissed first_answer"]


def test_another_answer_meets_it_again() -> None:
    watched, letter_id = answered_by_letter()
    watched.hears(delivered(letter_id, "failed", is_last=True), TUESDAY)
    assert watched.hears(answered(medium="phone"), TUESDAY + MOMENT).happened == ["ClockMet first_answer"]


@pytest.mark.parametrize(("outcome", "is_last"), [("failed", False), ("sent", True), ("delivered", True)])
def test_an_attempt_that_others_follow_or_that_arrived_changes_nothing(outcome: str, *, is_last: bool) -> None:
    watched, letter_id = answered_by_letter()
    assert watched.hears(delivered(letter_id, outcome, is_last=is_last), TUESDAY).happened == []


def test_what_was_kept_otherwise_since_stays_met() -> None:
    watched, letter_id = answered_by_letter()
    watched.hears(answered(medium="phone"), TUESDAY + MOMENT)
    assert watched.hears(delivered(letter_id, "failed", is_last=True), TUESDAY + MOMENT).happened == []


def test_a_letter_that_met_nothing_opens_nothing() -> None:
    watched, _ = answered_by_letter()
    later = watched.hears(answered("interim"), TUESDAY + MOMENT).fact_id
    assert later is not None
    assert watched.hears(delivered(later, "failed", is_last=True), TUESDAY + MOMENT).happened == []


def test_what_a_decision_met_is_no_matter_of_letters() -> None:
    watched = begun(policy(rule("final", meets=frozenset({Meets.RESOLVED}))))
    watched.hears(resolved(), TUESDAY)
    letter_id = watched.hears(answered("final"), TUESDAY).fact_id
    assert letter_id is not None
    assert watched.hears(delivered(letter_id, "failed", is_last=True), TUESDAY).happened == []


def test_nothing_is_owed_again_after_the_end() -> None:
    watched, letter_id = answered_by_letter()
    watched.hears(withdrawn(), TUESDAY + MOMENT)
    assert watched.hears(delivered(letter_id, "failed", is_last=True), TUESDAY + MOMENT).happened == []


def awaiting_a_verdict() -> tuple[Watched, UUID]:
    """A decision whose letter is in the post."""
    awaited = rule(
        "acceptance",
        owner=Owner.COMPLAINANT,
        starts=Starts.RESOLUTION_DELIVERED,
        meets=frozenset({Meets.VERDICT}),
        on_missed=OnMissed.CLOSE_UNANSWERED,
    )
    watched = begun(policy(awaited))
    watched.hears(resolved(), TUESDAY)
    letter_id = watched.hears(answered("final", medium="letter"), TUESDAY).fact_id
    assert letter_id is not None
    return watched, letter_id


def test_what_was_posted_has_not_arrived() -> None:
    watched, letter_id = awaiting_a_verdict()
    assert watched.hears(delivered(letter_id, "sent", medium="letter"), TUESDAY).happened == []
    arrived = watched.hears(delivered(letter_id, "delivered", medium="letter"), TUESDAY)
    assert arrived.happened == ["ClockStarted acceptance"]


def test_the_time_to_answer_ends_with_a_letter_that_comes_back_and_begins_with_each_next_one() -> None:
    watched, letter_id = awaiting_a_verdict()
    runs = set()
    for attempt in (1, 2, 3):
        heard = watched.hears(delivered(letter_id, "delivered", attempt=attempt), TUESDAY)
        assert heard.happened == ["ClockStarted acceptance"]
        assert watched.hears(delivered(letter_id, "delivered", attempt=attempt), TUESDAY).happened == []
        runs.add(heard.only(Case.ClockStarted).clock_id)
        came_back = watched.hears(delivered(letter_id, "failed", attempt=attempt, is_last=True), TUESDAY)
        assert came_back.only(Case.ClockCancelled).why == "undelivered"
    assert len(runs) == 3


def test_one_letter_that_arrived_is_enough() -> None:
    watched, letter_id = awaiting_a_verdict()
    watched.hears(delivered(letter_id, "delivered"), TUESDAY)
    watched.hears(answered("final", medium="phone"), TUESDAY)
    assert watched.hears(delivered(letter_id, "failed", is_last=True), TUESDAY).happened == []


def test_a_window_that_a_letter_had_ended_does_not_come_back_with_the_complaint() -> None:
    watched, letter_id = awaiting_a_verdict()
    watched.hears(delivered(letter_id, "delivered"), TUESDAY)
    watched.hears(delivered(letter_id, "failed", is_last=True), TUESDAY)
    watched.hears(rejected(), TUESDAY)
    assert watched.hears(reopened("unlinked"), TUESDAY).happened == []


@pytest.mark.parametrize("outcome", ["sent", "delivered"])
def test_a_letter_that_arrives_after_all_keeps_what_it_was_written_to_keep(outcome: str) -> None:
    watched, letter_id = answered_by_letter()
    watched.hears(delivered(letter_id, "failed", is_last=True), TUESDAY)
    met = watched.hears(delivered(letter_id, outcome, attempt=2), TUESDAY + MOMENT).only(Case.ClockMet)
    assert (met.by_event_id, met.met_at) == (letter_id, TUESDAY + MOMENT)


def test_a_letter_that_comes_back_twice_is_owed_twice() -> None:
    watched, letter_id = answered_by_letter()
    watched.hears(delivered(letter_id, "failed", is_last=True), TUESDAY)
    watched.hears(delivered(letter_id, "sent", attempt=2), TUESDAY + MOMENT)
    again = watched.hears(delivered(letter_id, "failed", attempt=3, is_last=True), TUESDAY + 2 * MOMENT)
    assert again.happened == ["ClockRecalculated first_answer"]


def test_another_letter_that_arrives_keeps_nothing_of_it() -> None:
    watched, letter_id = answered_by_letter()
    later = watched.hears(answered("interim"), TUESDAY + MOMENT).fact_id
    watched.hears(delivered(letter_id, "failed", is_last=True), TUESDAY + MOMENT)
    assert later is not None
    assert watched.hears(delivered(later, "sent"), TUESDAY + 2 * MOMENT).happened == []
