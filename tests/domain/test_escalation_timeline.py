"""The timeline of a complaint that nobody filed yet, and why the other policies have no part in it."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

from services.escalation.domain.policy import Matching, Meets, Policy, SecondStage, Starts
from services.escalation.domain.starting import starts
from services.escalation.domain.timeline import Kind, passed_over, timeline
from tests.escalation_builders import MONDAY, law, matter, policy, rule, target, terms

FINAL = rule(
    target=target(15, "business_days"),
    second_stage=SecondStage(opened_by=Meets.HOLDING_LETTER, target=target(35, "business_days")),
    extension=terms(5, times=2),
    refers_to=("Ombudsman",),
)


def kinds(*policies: Policy) -> list[tuple[Kind, date]]:
    started = starts(matter(), policies, Starts.RECEIVED, occurrence=uuid4(), started_at=MONDAY, now=MONDAY)
    return [(moment.kind, moment.on) for moment in timeline(matter(), started)]


def test_it_shows_the_longest_that_each_limit_can_become() -> None:
    assert kinds(law(FINAL)) == [
        (Kind.RECEIVED, date(2025, 3, 3)),
        (Kind.DUE, date(2025, 3, 24)),
        (Kind.REFERABLE, date(2025, 3, 25)),
        (Kind.DUE_EXTENDED, date(2025, 4, 7)),
        (Kind.DUE_IN_SECOND_STAGE, date(2025, 4, 21)),
    ]


def test_where_nothing_is_promised_there_is_the_receipt() -> None:
    assert kinds() == [(Kind.RECEIVED, date(2025, 3, 3))]


def test_each_policy_that_does_not_apply_says_why() -> None:
    house = policy()
    of_the_past = law(effective_to=date(2020, 12, 31))
    of_elsewhere = law(applies=Matching(jurisdictions=frozenset({"GB"}), channels=frozenset({"regulator"})))
    second = replace(house, name="second")
    assert [
        (each.policy, each.because) for each in passed_over(matter(), [of_the_past, of_elsewhere, house, second])
    ] == [
        (of_the_past, "not in force on 2025-03-03"),
        (of_elsewhere, "it asks for another jurisdiction, channel"),
        (second, "house 1 stands before it in house"),
    ]
