"""Which fact keeps which promise: the table, and the promises that need more than one fact."""

from collections.abc import Callable, Mapping
from uuid import uuid4

import pytest

from services.escalation.domain.policy import Meets
from shared.contracts.complaint_events import ComplaintFact
from tests.domain import escalation_facts as facts
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import at, policy, rule

TUESDAY, WEDNESDAY = at("2025-03-04T10:00"), at("2025-03-05T10:00")

FACTS: Mapping[str, Callable[[], ComplaintFact]] = {
    "acknowledged": facts.acknowledged,
    "interim letter of a handler": facts.answered,
    "call of a supervisor": lambda: facts.answered(medium="phone", actor="supervisor"),
    "letter of a service": lambda: facts.answered(actor="service"),
    "letter of recourse": lambda: facts.answered("acknowledgement", actor="system"),
    "holding letter of a service": lambda: facts.answered("holding", actor="service"),
    "final letter of a handler": lambda: facts.answered("final"),
    "final letter of a service": lambda: facts.answered("final", actor="service"),
    "summary letter of a service": lambda: facts.answered("summary", actor="service"),
    "delivered": lambda: facts.delivered(uuid4(), "delivered"),
    "followed up": facts.followed_up,
    "classified": facts.classified,
    "resolved": facts.resolved,
    "accepted": facts.accepted,
    "rejected": facts.rejected,
    "freeze confirmed": facts.freeze_confirmed,
    "freeze refused": facts.freeze_refused,
    "remedy fulfilled": facts.remedy_fulfilled,
    "assigned": facts.assigned,
    "referred": facts.referred,
    "referral closed": facts.referral_closed,
    "referral decided": lambda: facts.referral_decided(binding=False),
}

KEPT_BY: Mapping[Meets, set[str]] = {
    Meets.ACKNOWLEDGED: {"acknowledged"},
    Meets.ANSWERED: {
        "interim letter of a handler",
        "call of a supervisor",
        "final letter of a handler",
        "resolved",
    },
    Meets.RESOLVED: {"resolved"},
    Meets.HOLDING_LETTER: {"holding letter of a service"},
    Meets.FINAL_LETTER: {"final letter of a handler", "final letter of a service"},
    Meets.SUMMARY_LETTER: set(),
    Meets.FREEZE_ANSWERED: {"freeze confirmed", "freeze refused"},
    Meets.VERDICT: {"accepted", "rejected"},
    Meets.REMEDY_FULFILLED: set(),
    Meets.REFERRAL_ANSWERED: set(),
    Meets.REFERRED: {"referred"},
    Meets.WORK_STARTED: {
        "assigned",
        "interim letter of a handler",
        "call of a supervisor",
        "final letter of a handler",
        "resolved",
    },
}
"""A remedy and a referral are kept by what is about them, a summary letter with acceptance: see below."""


def _promising(*meets: Meets) -> Watched:
    return begun(policy(rule(meets=frozenset(meets))))


@pytest.mark.parametrize("meets", list(Meets))
def test_a_promise_is_kept_by_what_it_promises_and_by_nothing_else(meets: Meets) -> None:
    keeping = {name for name, fact in FACTS.items() if _promising(meets).hears(fact(), TUESDAY).happened}
    assert keeping == KEPT_BY[meets]


@pytest.mark.parametrize("name", ["resolved", "freeze refused"])
def test_a_promise_with_two_ways_is_kept_by_either(name: str) -> None:
    watched = _promising(Meets.RESOLVED, Meets.FREEZE_ANSWERED)
    assert watched.hears(FACTS[name](), TUESDAY).happened == ["ClockMet final"]


@pytest.mark.parametrize(
    ("first", "second"), [("summary letter of a service", "accepted"), ("accepted", "summary letter of a service")]
)
def test_a_summary_letter_is_kept_by_the_letter_and_the_acceptance_together(first: str, second: str) -> None:
    watched = _promising(Meets.SUMMARY_LETTER)
    watched.hears(facts.resolved(), TUESDAY)
    assert watched.hears(FACTS[first](), TUESDAY).happened == []
    assert watched.hears(FACTS[second](), WEDNESDAY).happened == ["ClockMet final"]


def test_a_summary_letter_about_a_resolution_that_was_rejected_does_not_count_for_the_next() -> None:
    watched = _promising(Meets.SUMMARY_LETTER)
    watched.hears(facts.resolved(), TUESDAY)
    for fact in (facts.answered("summary"), facts.rejected(), facts.reopened(), facts.resolved()):
        watched.hears(fact, TUESDAY)
    assert watched.hears(facts.accepted(), WEDNESDAY).happened == []
