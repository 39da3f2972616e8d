"""Limits in two stages, and what is open to the complainant once a limit has passed."""

from dataclasses import replace
from datetime import date

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.policy import Matching, Meets, OnReopening, Owner, Policy, SecondStage, Starts
from tests.domain.escalation_facts import answered, classified, referred, reopened, resolved, submitted
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import MONDAY, at, law, rule, target

DAY_35 = SecondStage(opened_by=Meets.HOLDING_LETTER, target=target(35, "business_days"))
FINAL = rule(
    "final",
    meets=frozenset({Meets.FINAL_LETTER}),
    target=target(15, "business_days"),
    second_stage=DAY_35,
    refers_to=("Ombudsman",),
)
WINDOW = rule(
    "window",
    starts=Starts.FINAL_LETTER_SENT,
    owner=Owner.COMPLAINANT,
    meets=frozenset({Meets.REFERRED}),
    target=target(6, "months"),
)
AFTER_A_MISS = rule(
    "window_after_a_miss",
    starts=Starts.REFERABLE,
    owner=Owner.COMPLAINANT,
    meets=frozenset({Meets.REFERRED}),
    target=target(90, "calendar_days"),
)
IN_TIME, TOO_LATE = at("2025-03-24T12:00"), at("2025-03-25T12:00")


def _law() -> Policy:
    return law(FINAL, WINDOW, AFTER_A_MISS)


def _held() -> Watched:
    watched = begun(_law())
    watched.hears(answered("holding"), IN_TIME)
    return watched


def test_a_holding_reply_in_time_makes_the_limit_the_longer_one() -> None:
    watched = begun(_law())
    assert watched.clock("final").due_on == date(2025, 3, 24)
    moved = watched.hears(answered("holding"), IN_TIME).only(Case.ClockRecalculated)
    assert (moved.why, moved.old_due_at, moved.due_on) == ("second-stage", at("2025-03-25T00:00"), date(2025, 4, 21))
    assert watched.clock("final").target == DAY_35.target


def test_the_longer_limit_is_the_last_however_many_holding_replies_follow() -> None:
    watched = _held()
    assert watched.hears(answered("holding"), at("2025-04-02T12:00")).happened == []


def test_a_holding_reply_after_the_limit_opens_nothing() -> None:
    heard = begun(_law()).hears(answered("holding"), TOO_LATE)
    assert heard.happened == ["ClockMissed final", "ClockStarted window_after_a_miss"]


def test_another_letter_does_not_open_the_longer_limit() -> None:
    assert begun(_law()).hears(answered("interim"), IN_TIME).happened == []


def test_the_final_letter_meets_either_stage_and_opens_the_window_to_refer() -> None:
    heard = _held().hears(answered("final"), at("2025-04-21T12:00"))
    assert heard.happened == ["ClockMet final", "ClockStarted window"]
    window = heard.only(Case.ClockStarted)
    assert (window.owner, window.due_on) == ("complainant", date(2025, 10, 21))


def test_when_the_limit_passes_the_complainant_may_refer_from_its_last_day_on() -> None:
    watched = begun(_law())
    heard = watched.fires("final", TOO_LATE)
    assert heard.happened == ["ClockMissed final", "ClockStarted window_after_a_miss"]
    assert heard.only(Case.ClockStarted).due_on == date(2025, 6, 22)


def test_a_referral_is_what_the_window_was_for() -> None:
    watched = begun(_law())
    watched.fires("final", TOO_LATE)
    assert watched.hears(referred(), at("2025-05-01T12:00")).happened == ["ClockMet window_after_a_miss"]


def test_a_window_that_passes_unused_raises_nothing() -> None:
    watched = begun(_law())
    watched.fires("final", TOO_LATE)
    heard = watched.fires("window_after_a_miss", at("2025-07-01T12:00"))
    assert (heard.happened, heard.asked) == (["ClockMissed window_after_a_miss"], [])


def test_a_clock_says_to_whom_the_complainant_may_turn() -> None:
    watched = Watched(_law())
    watched.hears(submitted(), MONDAY)
    assert watched.hears(classified(), MONDAY).only(Case.ClockStarted).refers_to == ("Ombudsman",)


def test_a_reclassification_keeps_the_stage() -> None:
    simple, complex_ = (
        replace(
            FINAL,
            id=which,
            when=Matching(complexity=which),
            second_stage=SecondStage(opened_by=Meets.HOLDING_LETTER, target=target(longer, "business_days")),
        )
        for which, longer in (("simple", 35), ("complex", 40))
    )
    watched = begun(law(simple, complex_))
    watched.hears(answered("holding"), IN_TIME)
    moved = watched.hears(classified(complexity="complex"), TOO_LATE).only(Case.ClockRecalculated)
    assert (moved.why, moved.due_on) == ("reclassified", date(2025, 4, 28))


@pytest.mark.parametrize(
    ("how", "due_on"), [(OnReopening.STATUTORY, date(2025, 4, 21)), (OnReopening.FRESH, date(2025, 4, 22))]
)
def test_what_is_reopened_to_its_statutory_date_keeps_the_stage(how: OnReopening, due_on: date) -> None:
    watched = begun(law(replace(FINAL, meets=frozenset({Meets.RESOLVED})), on_reopening=how))
    watched.hears(answered("holding"), IN_TIME)
    watched.hears(resolved(), at("2025-03-31T12:00"))
    started = watched.hears(reopened(), at("2025-04-01T12:00")).only(Case.ClockStarted)
    assert (started.due_on, started.in_second_stage) == (due_on, how == OnReopening.STATUTORY)
