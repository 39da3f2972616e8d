"""A promise that applies only since a complaint was classified anew: what was done in time before keeps it."""

from datetime import date

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.policy import Matching, Meets, SecondStage
from tests.domain.escalation_facts import answered, classified, delivered, rejected, reopened, resolved
from tests.domain.escalation_following import begun
from tests.escalation_builders import at, law, policy, rule, target

TUESDAY, WEDNESDAY = at("2025-03-04T10:00"), at("2025-03-05T10:00")

HOUSE = policy(rule(target=target(30, "business_days")))
IN_BRITAIN = {"name": "uk", "family": "uk", "applies": Matching(jurisdictions=frozenset({"GB"}))}
BRITISH = law(rule("statutory"), **IN_BRITAIN)
ANSWER = rule("first_answer", meets=frozenset({Meets.ANSWERED}), target=target(2, "business_days"))
BRITISH_ANSWER = law(ANSWER, **IN_BRITAIN)


def test_a_promise_that_was_kept_before_it_applied_begins_kept_by_what_kept_it_first() -> None:
    watched = begun(HOUSE, BRITISH_ANSWER)
    first = watched.hears(answered(), at("2025-03-03T15:00"))
    watched.hears(answered(), TUESDAY)
    heard = watched.hears(classified(jurisdiction="GB"), WEDNESDAY)
    assert heard.happened == ["ClockStarted first_answer", "ClockMet first_answer"]
    met = heard.only(Case.ClockMet)
    assert (met.met_at, met.by_event_id, met.causation_id) == (
        at("2025-03-03T15:00"),
        first.fact_id,
        heard.fact_id,
    )
    assert watched.fires("first_answer", at("2025-03-20T10:00")).happened == []


def test_what_was_done_too_late_for_a_promise_that_applies_only_now_does_not_keep_it() -> None:
    """It is missed at the instant that it would have been missed at."""
    watched = begun(HOUSE, BRITISH_ANSWER)
    watched.hears(answered(), at("2025-03-06T00:00"))
    assert watched.hears(classified(jurisdiction="GB"), at("2025-03-06T10:00")).happened == [
        "ClockStarted first_answer"
    ]
    missed = watched.fires("first_answer", at("2025-03-06T10:00")).only(Case.ClockMissed)
    assert (missed.due_at, missed.late_by_seconds) == (at("2025-03-06T00:00"), 10 * 3600)


def test_a_mistake_that_is_corrected_does_not_forget_what_was_kept_meanwhile() -> None:
    watched = begun(HOUSE, BRITISH_ANSWER, jurisdiction="GB")
    watched.hears(classified(jurisdiction="CN"), at("2025-03-03T12:00"))
    watched.hears(answered(), TUESDAY)
    heard = watched.hears(classified(jurisdiction="GB"), WEDNESDAY)
    assert heard.happened == ["ClockStarted first_answer", "ClockMet first_answer"]


def test_a_letter_that_came_back_keeps_no_promise_that_begins_later_until_it_arrives_after_all() -> None:
    watched = begun(HOUSE, BRITISH_ANSWER)
    letter = watched.hears(answered(), at("2025-03-03T15:00")).fact_id
    assert letter is not None
    watched.hears(delivered(letter, "failed", is_last=True), TUESDAY)
    assert watched.hears(classified(jurisdiction="GB"), TUESDAY).happened == ["ClockStarted first_answer"]
    watched.hears(classified(jurisdiction="CN"), TUESDAY)
    watched.hears(delivered(letter, "delivered"), TUESDAY)
    assert watched.hears(classified(jurisdiction="GB"), TUESDAY).happened == [
        "ClockStarted first_answer",
        "ClockMet first_answer",
    ]


def test_a_decision_that_a_reopening_undid_keeps_no_limit_that_applies_only_now() -> None:
    watched = begun(HOUSE, BRITISH)
    watched.hears(resolved(), at("2025-03-03T12:00"))
    watched.hears(rejected(), at("2025-03-03T13:00"))
    watched.hears(reopened(), at("2025-03-03T13:00"))
    assert watched.hears(classified(jurisdiction="GB"), TUESDAY).happened == ["ClockStarted statutory"]
    watched.hears(classified(jurisdiction="CN"), TUESDAY)
    watched.hears(resolved(), TUESDAY)
    assert watched.hears(classified(jurisdiction="GB"), WEDNESDAY).happened == [
        "ClockStarted statutory",
        "ClockMet statutory",
    ]


def test_an_answer_before_a_reopening_keeps_a_first_answer_that_applies_only_now() -> None:
    watched = begun(HOUSE, BRITISH_ANSWER)
    watched.hears(resolved(), at("2025-03-03T12:00"))
    watched.hears(rejected(), at("2025-03-03T13:00"))
    watched.hears(reopened(), at("2025-03-03T13:00"))
    heard = watched.hears(classified(jurisdiction="GB"), TUESDAY)
    assert heard.happened == ["ClockStarted first_answer", "ClockMet first_answer"]


STAGED = law(
    rule("limit", second_stage=SecondStage(opened_by=Meets.HOLDING_LETTER, target=target(8, "business_days"))),
    **IN_BRITAIN,
)


@pytest.mark.parametrize(
    ("sent_at", "happens", "due_on"),
    [
        ("2025-03-04T10:00", ["ClockStarted limit", "ClockRecalculated limit"], date(2025, 3, 13)),
        ("2025-03-07T00:00", ["ClockStarted limit"], date(2025, 3, 6)),
    ],
    ids=["in time", "too late"],
)
def test_a_holding_letter_sent_in_time_has_opened_the_second_stage_of_a_limit_that_applies_only_now(
    sent_at: str, happens: list[str], due_on: date
) -> None:
    watched = begun(HOUSE, STAGED)
    watched.hears(answered("holding"), at(sent_at))
    assert watched.hears(classified(jurisdiction="GB"), at("2025-03-07T10:00")).happened == happens
    assert watched.clock("limit").due_on == due_on
