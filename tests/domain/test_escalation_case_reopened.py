"""What a clock counts after reopening, as the policy that it was started by says."""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.clocks import ClockState
from services.escalation.domain.policy import Matching, Meets, OnReopening, Owner, Starts
from shared.contracts.complaint_events import ComplaintFact
from tests.domain.escalation_facts import (
    accepted,
    answered,
    classified,
    closed,
    delivered,
    extended,
    followed_up,
    freeze_confirmed,
    information_provided,
    information_requested,
    rejected,
    remedy,
    reopened,
    resolved,
    submitted,
    withdrawn,
)
from tests.domain.escalation_following import Heard, Watched, begun
from tests.escalation_builders import MONDAY, at, dated, law, policy, rule, target

TUESDAY, WEDNESDAY, THURSDAY = at("2025-03-04T10:00"), at("2025-03-05T10:00"), at("2025-03-06T10:00")
FRIDAY, NEXT_MONDAY, NEXT_TUESDAY = at("2025-03-07T10:00"), at("2025-03-10T10:00"), at("2025-03-11T10:00")

TEN_HOURS = rule(pauses=True, target=target(10, "hours"))


def _house(how: OnReopening, *clocks: object) -> Watched:
    return begun(policy(*clocks or (TEN_HOURS,), on_reopening=how))  # type: ignore[arg-type]


def _hear(watched: Watched, *facts: tuple[ComplaintFact, datetime]) -> Heard:
    """Hear several facts and return what the last one led to."""
    return [watched.hears(fact, recorded_at) for fact, recorded_at in facts][-1]


@pytest.mark.parametrize(
    ("how", "started_at", "due_at"),
    [
        (OnReopening.CONTINUE, MONDAY, "2025-03-07T11:00"),
        (OnReopening.FRESH, at("2025-03-07T10:00"), "2025-03-10T12:00"),
        (OnReopening.STATUTORY, MONDAY, "2025-03-04T12:00"),
    ],
)
def test_a_decision_that_is_rejected_sets_the_final_clock_going_again(
    how: OnReopening, started_at: datetime, due_at: str
) -> None:
    """Of ten hours one is left: it was resolved after nine, and reopened on Friday at ten."""
    watched = _house(how)
    heard = _hear(watched, (resolved(), at("2025-03-04T11:00")), (rejected(), FRIDAY), (reopened(), FRIDAY))
    started = heard.only(Case.ClockStarted)
    assert (started.started_at, started.due_at) == (started_at, at(due_at))


@pytest.mark.parametrize(
    ("how", "due_on"),
    [(OnReopening.CONTINUE, "2025-03-11"), (OnReopening.FRESH, "2025-03-12"), (OnReopening.STATUTORY, "2025-03-06")],
)
def test_days_are_counted_on_in_days(how: OnReopening, due_on: str) -> None:
    watched = _house(how, rule())
    heard = _hear(watched, (resolved(), TUESDAY), (reopened(), FRIDAY))
    assert heard.only(Case.ClockStarted).due_on == date.fromisoformat(due_on)


def test_a_run_after_reopening_has_an_id_of_its_own_and_the_old_one_stays_kept() -> None:
    watched = _house(OnReopening.FRESH)
    first = watched.clock("final").clock_id
    _hear(watched, (resolved(), TUESDAY), (reopened(), WEDNESDAY))
    assert watched.clock("final").clock_id != first
    assert [clock.state for clock in watched.case.clocks.values()] == [ClockState.MET, ClockState.RUNNING]


def test_the_policy_that_a_clock_was_started_by_says_how_it_goes_on() -> None:
    watched = begun(policy(TEN_HOURS), law(rule("statutory")))
    heard = _hear(watched, (resolved(), TUESDAY), (reopened(), FRIDAY))
    assert [(each.clock, each.started_at) for each in heard.events] == [("final", FRIDAY), ("statutory", MONDAY)]


def test_a_statutory_date_that_has_passed_is_missed_again_at_once() -> None:
    watched = begun(law(rule()))
    _hear(watched, (resolved(), TUESDAY), (reopened(), NEXT_MONDAY))
    assert watched.fires("final", NEXT_MONDAY).happened == ["ClockMissed final"]


@pytest.mark.parametrize("how", list(OnReopening))
def test_a_complaint_that_was_withdrawn_goes_on_with_every_promise_that_was_open(how: OnReopening) -> None:
    first_answer = rule("first_answer", meets=frozenset({Meets.ANSWERED}))
    watched = _house(how, first_answer, rule())
    heard = _hear(watched, (withdrawn(), TUESDAY), (reopened("second-thoughts"), WEDNESDAY))
    assert heard.happened == ["ClockStarted first_answer", "ClockStarted final"]
    assert [each.set_size for each in heard.events] == [2, 2]


@pytest.mark.parametrize(
    "keeps", [(answered, Meets.ANSWERED), (freeze_confirmed, Meets.FREEZE_ANSWERED)], ids=["answer", "freeze"]
)
def test_what_was_done_need_not_be_done_again(keeps: tuple[Callable[[], ComplaintFact], Meets]) -> None:
    watched = _house(OnReopening.FRESH, rule("done", meets=frozenset({keeps[1]})))
    assert _hear(watched, (keeps[0](), TUESDAY), (resolved(), TUESDAY), (reopened(), FRIDAY)).happened == []


@pytest.mark.parametrize("meets", [Meets.RESOLVED, Meets.FINAL_LETTER])
def test_what_only_a_decision_keeps_must_be_kept_again(meets: Meets) -> None:
    watched = _house(OnReopening.FRESH, rule(meets=frozenset({meets})))
    heard = _hear(watched, (resolved(), TUESDAY), (answered("final"), TUESDAY), (reopened(), FRIDAY))
    assert heard.happened == ["ClockStarted final"]


def test_a_promise_that_the_resolution_did_not_keep_runs_on_and_is_not_started_twice() -> None:
    watched = begun(law(rule("letter", meets=frozenset({Meets.FINAL_LETTER}))))
    assert _hear(watched, (resolved(), TUESDAY), (reopened(), WEDNESDAY)).happened == []
    assert [clock.state for clock in watched.case.clocks.values()] == [ClockState.RUNNING]


def test_a_clock_that_goes_on_keeps_earlier_pauses() -> None:
    watched = _house(OnReopening.CONTINUE)
    _hear(
        watched,
        (information_requested(), at("2025-03-03T11:00")),
        (information_provided(), at("2025-03-03T13:00")),
        (resolved(), at("2025-03-03T16:00")),
    )
    heard = _hear(watched, (reopened(), at("2025-03-04T09:00")))
    assert heard.only(Case.ClockStarted).due_at == at("2025-03-04T15:00")


@pytest.mark.parametrize("ends", [resolved, withdrawn])
def test_a_pause_that_lasted_to_the_end_is_not_counted_as_working_time(ends: Callable[[], ComplaintFact]) -> None:
    """One of ten hours had passed when the complainant was asked; resolved, or withdrawn, before they answered."""
    watched = _house(OnReopening.CONTINUE)
    heard = _hear(
        watched,
        (information_requested(), at("2025-03-03T11:00")),
        (ends(), at("2025-03-04T15:00")),
        (reopened(), at("2025-03-05T09:00")),
    )
    assert heard.only(Case.ClockStarted).due_at == at("2025-03-06T10:00")


@pytest.mark.parametrize("how", [OnReopening.CONTINUE, OnReopening.STATUTORY])
def test_an_extension_stays_granted_also_when_the_clock_pauses_again(how: OnReopening) -> None:
    watched = _house(how)
    watched.hears(extended(watched.clock("final").clock_id, 8, "hours"), MONDAY)
    original = watched.clock("final").due_at
    _hear(watched, (resolved(), TUESDAY), (reopened(), TUESDAY))
    assert watched.clock("final").due_at == original
    heard = _hear(watched, (information_requested(), TUESDAY), (information_provided(), TUESDAY))
    assert heard.only(Case.ClockResumed).due_at == original


def test_a_full_target_comes_without_what_was_given_before() -> None:
    watched = _house(OnReopening.FRESH)
    watched.hears(extended(watched.clock("final").clock_id, 8, "hours"), MONDAY)
    heard = _hear(watched, (resolved(), TUESDAY), (reopened(), WEDNESDAY))
    assert heard.only(Case.ClockStarted).due_at == at("2025-03-06T12:00")


@pytest.mark.parametrize("why", ["unlinked", "primary-ended"])
@pytest.mark.parametrize("how", list(OnReopening))
def test_a_duplicate_that_is_restored_has_its_original_dates(how: OnReopening, why: str) -> None:
    watched = _house(how, rule("first_answer", meets=frozenset({Meets.ANSWERED})), TEN_HOURS)
    original = {clock.name: clock.due_at for clock in watched.case.active()}
    _hear(watched, (closed("duplicate"), MONDAY), (reopened(why), FRIDAY))
    assert {clock.name: clock.due_at for clock in watched.case.active()} == original


def test_a_duplicate_that_is_restored_owes_the_regulator_its_reply_on_the_original_date() -> None:
    watched = Watched(policy(dated("regulator", Starts.REGULATOR_ASKED, Meets.FINAL_LETTER)))
    watched.hears(submitted(reply_due_on=date(2025, 3, 20)), MONDAY)
    watched.hears(classified(), MONDAY)
    subject = watched.clock("regulator").subject
    started = _hear(watched, (closed("duplicate"), MONDAY), (reopened("unlinked"), FRIDAY)).only(Case.ClockStarted)
    assert (started.clock, started.due_on, started.subject) == ("regulator", date(2025, 3, 20), subject)


def test_a_duplicate_that_is_restored_owes_the_answer_to_the_last_follow_up() -> None:
    watched = _house(OnReopening.FRESH, rule("next_answer", starts=Starts.FOLLOW_UP, meets=frozenset({Meets.ANSWERED})))
    watched.hears(followed_up(), MONDAY)
    started = _hear(watched, (closed("duplicate"), TUESDAY), (reopened("unlinked"), WEDNESDAY)).only(Case.ClockStarted)
    assert (started.started_at, started.due_on) == (MONDAY, date(2025, 3, 6))


def test_a_complaint_that_begins_again_twice_goes_on_from_its_last_run() -> None:
    watched = _house(OnReopening.CONTINUE)
    _hear(watched, (resolved(), at("2025-03-04T09:00")), (reopened(), at("2025-03-05T09:00")))
    heard = _hear(watched, (resolved(), at("2025-03-05T10:00")), (reopened(), at("2025-03-06T09:00")))
    assert heard.only(Case.ClockStarted).due_at == at("2025-03-06T11:00")


def test_what_a_classification_had_cancelled_stays_cancelled() -> None:
    special = law(rule("special"), applies=Matching(complexity="complex"))
    watched = begun(policy(), special, complexity="complex")
    heard = _hear(watched, (classified(), TUESDAY), (withdrawn(), TUESDAY), (reopened("second-thoughts"), WEDNESDAY))
    assert heard.happened == ["ClockStarted final"]


def test_a_full_target_is_given_also_where_the_last_decision_came_too_late() -> None:
    watched = _house(OnReopening.FRESH)
    watched.fires("final", WEDNESDAY)
    heard = _hear(watched, (resolved(), WEDNESDAY), (reopened(), THURSDAY))
    assert heard.only(Case.ClockStarted).due_at == at("2025-03-07T12:00")


@pytest.mark.parametrize(
    ("how", "why"), [(OnReopening.CONTINUE, "x"), (OnReopening.STATUTORY, "x"), (OnReopening.FRESH, "unlinked")]
)
def test_where_the_date_was_missed_and_stays_it_is_not_missed_twice(how: OnReopening, why: str) -> None:
    watched = _house(how)
    watched.fires("final", WEDNESDAY)
    assert _hear(watched, (withdrawn(), WEDNESDAY), (reopened(why), THURSDAY)).happened == []


def _verdict_awaited() -> tuple[Watched, UUID]:
    acceptance = rule(
        "acceptance",
        owner=Owner.COMPLAINANT,
        starts=Starts.RESOLUTION_DELIVERED,
        meets=frozenset({Meets.VERDICT}),
        target=target(10, "calendar_days"),
    )
    watched = begun(policy(acceptance, dated("remedy", Starts.REMEDY_OWED, Meets.REMEDY_FULFILLED)))
    letter_id = _hear(watched, (resolved(remedy(date(2025, 3, 20))), TUESDAY), (answered("final"), TUESDAY)).fact_id
    assert letter_id is not None
    _hear(watched, (delivered(letter_id), TUESDAY), (rejected(), WEDNESDAY), (reopened(), WEDNESDAY))
    return watched, letter_id


def test_the_verdict_on_another_resolution_is_awaited_from_its_own_letter() -> None:
    watched, first_letter = _verdict_awaited()
    watched.hears(resolved(), THURSDAY)
    assert watched.hears(delivered(first_letter, "delivered"), THURSDAY).happened == []
    assert watched.hears(answered("final", medium="phone"), FRIDAY).happened == ["ClockStarted acceptance"]


def test_a_remedy_of_a_rejected_resolution_is_not_owed_when_the_next_is_accepted() -> None:
    watched, _ = _verdict_awaited()
    assert _hear(watched, (resolved(), THURSDAY), (accepted(), FRIDAY)).happened == []
