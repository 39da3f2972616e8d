"""A letter that never arrives keeps no promise: what it had met is owed again, at its old due time."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.policy import Meets
from tests.domain.escalation_facts import answered, delivered, resolved, withdrawn
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
