"""A complaint that turns out to be another kind of complaint: its clocks count anew from receipt."""

from datetime import date

from services.escalation.domain.case import Case
from services.escalation.domain.clocks import ClockState
from services.escalation.domain.policy import Matching, Meets, OnMissed, Policy, PolicyBook, Starts
from tests.domain.escalation_facts import (
    answered,
    classified,
    closed,
    extended,
    followed_up,
    information_provided,
    information_requested,
    resolved,
    submitted,
)
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import (
    MONDAY,
    around_the_clock,
    at,
    book,
    law,
    policy,
    rule,
    target,
    terms,
)

TUESDAY, WEDNESDAY = at("2025-03-04T10:00"), at("2025-03-05T10:00")

SIMPLE = rule("final", id="simple", when=Matching(complexity="simple"), pauses=True)
COMPLEX = rule(
    "final", id="complex", when=Matching(complexity="complex"), pauses=True, target=target(7, "business_days")
)
FREEZE = rule(
    "freeze",
    meets=frozenset({Meets.FREEZE_ANSWERED}),
    target=around_the_clock(1, "hours"),
    when=Matching(urgent=True),
    on_missed=OnMissed.RAISE_LEVEL,
)
BRITISH = law(rule("statutory"), name="uk", family="uk", applies=Matching(jurisdictions=frozenset({"GB"})))


def _house() -> Policy:
    return policy(SIMPLE, COMPLEX)


def test_another_complexity_recalculates_from_receipt_and_says_from_what_to_what_and_why() -> None:
    watched = begun(_house())
    again = watched.hears(classified(complexity="complex"), TUESDAY).only(Case.ClockRecalculated)
    assert (again.why, again.rule) == ("reclassified", "complex")
    assert (again.old_due_at, again.due_at, again.due_on) == (
        at("2025-03-07T00:00"),
        at("2025-03-13T00:00"),
        date(2025, 3, 12),
    )
    assert again.target is not None
    assert (again.target.amount, again.target.unit) == (7, "business_days")


def test_a_recalculation_says_who_made_it_necessary() -> None:
    watched = begun(_house())
    heard = watched.hears(classified(complexity="complex"), TUESDAY)
    assert heard.only(Case.ClockRecalculated).causation_id == heard.fact_id


def test_a_clock_keeps_its_identity_when_it_is_recalculated() -> None:
    watched = begun(_house())
    before = watched.clock("final").clock_id
    watched.hears(classified(complexity="complex"), TUESDAY)
    assert list(watched.case.clocks) == [before]


def test_a_change_that_leaves_the_rules_alone_changes_no_clock() -> None:
    watched = begun(_house())
    assert watched.hears(classified(category="fee.dispute", root_cause="network"), TUESDAY).happened == []


def test_pauses_and_extensions_stay_when_a_clock_is_recalculated() -> None:
    watched = begun(policy(rule("final", id="simple", when=Matching(complexity="simple"), pauses=True), COMPLEX))
    watched.hears(information_requested(), MONDAY)
    watched.hears(information_provided(), TUESDAY)
    watched.hears(extended(watched.clock("final").clock_id, 1), TUESDAY)
    again = watched.hears(classified(complexity="complex"), TUESDAY).only(Case.ClockRecalculated)
    assert again.due_on == date(2025, 3, 14)


def test_a_pause_that_lasts_is_given_back_when_the_recalculated_clock_goes_on() -> None:
    watched = begun(_house())
    watched.hears(information_requested(), MONDAY)
    watched.hears(classified(complexity="complex"), TUESDAY)
    assert watched.clock("final").state == ClockState.PAUSED
    resumed = watched.hears(information_provided(), WEDNESDAY).only(Case.ClockResumed)
    assert resumed.due_on == date(2025, 3, 14)


def test_what_is_shorter_now_and_over_already_is_missed_with_its_lateness() -> None:
    watched = begun(
        policy(rule("final", id="simple", when=Matching(complexity="simple"), target=target(1, "hours")), COMPLEX)
    )
    watched = begun(
        policy(COMPLEX, rule("final", id="simple", when=Matching(complexity="simple"), target=target(1, "hours"))),
        complexity="complex",
    )
    watched.hears(classified(complexity="simple"), TUESDAY)
    missed = watched.fires("final", TUESDAY).only(Case.ClockMissed)
    assert (missed.due_at, missed.late_by_seconds) == (at("2025-03-03T11:00"), 23 * 3600)


def test_what_applies_only_now_starts_from_receipt() -> None:
    watched = begun(policy(SIMPLE, FREEZE), BRITISH)
    started = watched.hears(classified(jurisdiction="GB"), TUESDAY).only(Case.ClockStarted)
    assert (started.clock, started.started_at, started.due_on) == ("statutory", MONDAY, date(2025, 3, 6))
    assert started.set_size == 1


def test_what_applies_no_more_is_cancelled() -> None:
    watched = begun(policy(SIMPLE, FREEZE), BRITISH, jurisdiction="GB", urgent=True)
    heard = watched.hears(classified(), TUESDAY)
    assert heard.happened == ["ClockMissed freeze", "ClockCancelled statutory"]
    assert heard.only(Case.ClockCancelled).why == "reclassified"


def test_a_mistake_that_is_corrected_sets_the_cancelled_clock_going_again_from_receipt() -> None:
    watched = begun(policy(SIMPLE), BRITISH, jurisdiction="GB")
    watched.hears(classified(jurisdiction="CN"), TUESDAY)
    started = watched.hears(classified(jurisdiction="GB"), WEDNESDAY).only(Case.ClockStarted)
    assert (started.clock, started.started_at, started.due_on) == ("statutory", MONDAY, date(2025, 3, 6))
    assert watched.fires("statutory", at("2025-03-07T00:00")).happened == ["ClockMissed statutory"]


def test_a_clock_that_begins_again_after_a_correction_keeps_what_it_had_been_given() -> None:
    special = policy(
        rule(pauses=True), name="special", family="special", applies=Matching(jurisdictions=frozenset({"GB"}))
    )
    watched = begun(policy(), special, jurisdiction="GB")
    watched.hears(information_requested(), MONDAY)
    watched.hears(information_provided(), TUESDAY)
    watched.hears(extended(watched.clock("final").clock_id, 1), TUESDAY)
    before = watched.clock("final").due_at
    watched.hears(classified(jurisdiction="CN"), TUESDAY)
    watched.hears(classified(jurisdiction="GB"), WEDNESDAY)
    assert watched.clock("final").due_at == before
    assert watched.clock("final").state == ClockState.RUNNING


def test_within_a_family_the_first_that_matches_takes_over_from_one_behind_it() -> None:
    """As the limit for payment services does from the general one, when a complaint turns out to be about payment."""
    payment = law(rule(), name="psp", family="uk", applies=Matching(regulated_services=frozenset({"payment"})))
    general = law(rule(target=target(8, "weeks")), name="general", family="uk")
    watched = begun(payment, general, regulated_service="credit")
    heard = watched.hears(classified(regulated_service="payment"), TUESDAY)
    assert heard.happened == ["ClockCancelled final", "ClockStarted final"]
    assert (watched.clock("final").policy, watched.clock("final").due_on) == ("psp", date(2025, 3, 6))


def test_what_was_kept_or_missed_stays_so() -> None:
    kept = rule("first_answer", id="usual", meets=frozenset({Meets.ANSWERED}), when=Matching(urgent=False))
    urgent = rule("first_answer", id="urgent", meets=frozenset({Meets.ANSWERED}), when=Matching(urgent=True))
    watched = begun(policy(kept, urgent, rule("short", target=target(1, "hours"), when=Matching(urgent=False))))
    watched.hears(answered(), MONDAY)
    watched.fires("short", TUESDAY)
    assert watched.hears(classified(urgent=True), TUESDAY).happened == []
    assert watched.hears(classified(urgent=False), TUESDAY).happened == []


def test_a_clock_that_a_follow_up_started_is_not_recalculated() -> None:
    next_answer = rule("next_answer", starts=Starts.FOLLOW_UP, when=Matching(complexity="simple"))
    watched = begun(policy(next_answer))
    watched.hears(followed_up(), TUESDAY)
    assert watched.hears(classified(complexity="complex"), TUESDAY).happened == []


def test_a_new_version_of_a_policy_leaves_the_clocks_of_the_old_one_alone() -> None:
    watched = begun(_house())
    newer = policy(SIMPLE, rule("final", id="complex", target=target(1, "hours")), version="2")
    watched.book = book(newer, _house())
    again = watched.hears(classified(complexity="complex"), TUESDAY).only(Case.ClockRecalculated)
    assert again.due_on == date(2025, 3, 12)


def test_a_policy_that_the_tenant_gave_up_still_rules_the_clocks_that_it_started() -> None:
    watched = begun(_house())
    watched.book = PolicyBook([_house()], {"default": ()})
    again = watched.hears(classified(complexity="complex"), TUESDAY).only(Case.ClockRecalculated)
    assert again.due_on == date(2025, 3, 12)


def test_where_only_a_newer_version_fits_its_own_clock_takes_over() -> None:
    narrow = policy(rule(id="old"), applies=Matching(complexity="simple"))
    wide = policy(rule(id="new", target=target(7, "business_days")), version="2")
    watched = begun(narrow)
    watched.book = book(narrow, wide)
    heard = watched.hears(classified(complexity="complex"), TUESDAY)
    assert heard.happened == ["ClockCancelled final", "ClockStarted final"]
    assert (watched.clock("final").policy_version, watched.clock("final").due_on) == ("2", date(2025, 3, 12))


def test_a_root_cause_on_an_ended_complaint_starts_nothing() -> None:
    watched = begun(policy(SIMPLE))
    watched.hears(resolved(), TUESDAY)
    watched.hears(closed(), TUESDAY)
    watched.book = book(policy(SIMPLE), law(rule("statutory")))
    assert watched.hears(classified(root_cause="network"), WEDNESDAY).happened == []


def test_terms_of_an_extension_are_those_of_the_rule_that_started_the_clock() -> None:
    watched = Watched(policy(rule(extension=terms(5))))
    watched.hears(submitted(), MONDAY)
    started = watched.hears(classified(), MONDAY).only(Case.ClockStarted)
    assert started.terms.extension is not None
    assert started.terms.extension.cap == 5
