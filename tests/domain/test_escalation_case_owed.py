"""Clocks whose beginning or end comes with a fact: a verdict awaited, a remedy owed, a reply wanted."""

from datetime import date
from uuid import uuid4

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.commands import AcknowledgeComplaint
from services.escalation.domain.policy import Meets, Owner, Policy, Starts
from shared.contracts.complaint_events import ComplaintFact
from tests.builders import REFERRAL, REMEDY
from tests.domain.escalation_facts import (
    accepted,
    acknowledged,
    answered,
    classified,
    closed,
    delivered,
    referral_decided,
    referred,
    remedy,
    resolved,
    submitted,
)
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import MONDAY, at, dated, policy, rule, target

TUESDAY, WEDNESDAY, THURSDAY = at("2025-03-04T10:00"), at("2025-03-05T10:00"), at("2025-03-06T10:00")

ACCEPTANCE = rule(
    "acceptance",
    owner=Owner.COMPLAINANT,
    starts=Starts.RESOLUTION_DELIVERED,
    meets=frozenset({Meets.VERDICT}),
    target=target(10, "calendar_days"),
)
OWED = dated("remedy", Starts.REMEDY_OWED, Meets.REMEDY_FULFILLED)
REPLY = dated("referral", Starts.REFERRAL_OPENED, Meets.REFERRAL_ANSWERED)
REGULATOR = dated("regulator", Starts.REGULATOR_ASKED, Meets.FINAL_LETTER)


def _letter(watched: Watched, kind: str = "final") -> ComplaintFact:
    """Order a letter and return the fact of its delivery."""
    fact_id = watched.hears(answered(kind), TUESDAY).fact_id
    assert fact_id is not None
    return delivered(fact_id)


@pytest.mark.parametrize("kind", ["final", "summary"])
def test_the_verdict_is_awaited_from_the_delivery_of_the_final_letter(kind: str) -> None:
    watched = begun(policy(ACCEPTANCE))
    watched.hears(resolved(), TUESDAY)
    delivery = _letter(watched, kind)
    started = watched.hears(delivery, WEDNESDAY).only(Case.ClockStarted)
    assert (started.clock, started.started_at, started.due_on) == ("acceptance", WEDNESDAY, date(2025, 3, 15))


def test_the_verdict_is_awaited_from_the_resolution_where_the_letter_came_before() -> None:
    watched = begun(policy(ACCEPTANCE))
    assert watched.hears(_letter(watched), TUESDAY).happened == []
    assert watched.hears(resolved(), WEDNESDAY).happened == ["ClockStarted acceptance"]


def test_a_call_is_its_own_delivery() -> None:
    watched = begun(policy(ACCEPTANCE))
    watched.hears(resolved(), TUESDAY)
    assert watched.hears(answered("final", medium="phone"), WEDNESDAY).happened == ["ClockStarted acceptance"]


@pytest.mark.parametrize("changes", [{"medium": "email"}, {"medium": "phone", "template": "read-aloud"}])
def test_a_letter_that_is_only_ordered_is_not_delivered(changes: dict[str, str]) -> None:
    watched = begun(policy(ACCEPTANCE))
    watched.hears(resolved(), TUESDAY)
    assert watched.hears(answered("final", **changes), WEDNESDAY).happened == []


def test_a_verdict_is_awaited_once_however_often_the_letter_is_said_to_be_delivered() -> None:
    watched = begun(policy(ACCEPTANCE))
    watched.hears(resolved(), TUESDAY)
    delivery = _letter(watched)
    watched.hears(delivery, WEDNESDAY)
    assert watched.hears(delivery, THURSDAY).happened == []


@pytest.mark.parametrize("outcome", ["failed", "delivered"])
def test_a_failed_attempt_delivers_nothing(outcome: str) -> None:
    watched = begun(policy(ACCEPTANCE))
    watched.hears(resolved(), TUESDAY)
    delivery = _letter(watched).model_copy(update={"outcome": outcome})
    assert bool(watched.hears(delivery, WEDNESDAY).happened) is (outcome == "delivered")


def test_an_acknowledgement_that_is_delivered_asks_for_no_verdict() -> None:
    watched = begun(policy(ACCEPTANCE))
    letter_id = watched.hears(acknowledged(), MONDAY).fact_id
    assert letter_id is not None
    watched.hears(resolved(), TUESDAY)
    assert watched.hears(delivered(letter_id), WEDNESDAY).happened == []


def test_a_remedy_without_condition_is_owed_from_the_resolution_by_its_date() -> None:
    watched = begun(policy(OWED))
    promised = remedy(date(2025, 3, 14), unconditional=True)
    started = watched.hears(resolved(promised), TUESDAY).only(Case.ClockStarted)
    assert (started.clock, started.subject, started.due_at) == ("remedy", REMEDY, at("2025-03-15T00:00"))


def test_a_remedy_with_condition_is_owed_from_acceptance() -> None:
    watched = begun(policy(OWED))
    both = (remedy(date(2025, 3, 14)), remedy(date(2025, 3, 20), uuid4(), unconditional=True))
    watched.hears(resolved(*both), TUESDAY)
    started = watched.hears(accepted(), WEDNESDAY).only(Case.ClockStarted)
    assert (started.subject, started.due_on, started.started_at) == (REMEDY, date(2025, 3, 14), WEDNESDAY)


def test_nobody_who_did_not_answer_is_owed_a_remedy_with_condition() -> None:
    watched = begun(policy(OWED))
    watched.hears(resolved(remedy(date(2025, 3, 14))), TUESDAY)
    assert watched.hears(closed("no_answer"), WEDNESDAY).happened == []


@pytest.mark.parametrize("binding", [True, False])
def test_what_a_binding_decision_orders_is_owed_at_once_also_on_an_ended_complaint(binding: bool) -> None:
    watched = begun(policy(OWED))
    watched.hears(resolved(), TUESDAY)
    watched.hears(closed(), TUESDAY)
    ordered = (remedy(date(2025, 3, 14)), remedy(date(2025, 3, 20), uuid4(), unconditional=True))
    heard = watched.hears(referral_decided(*ordered, binding=binding), WEDNESDAY)
    assert heard.happened == (["ClockStarted remedy"] * 2 if binding else [])


def test_a_referral_that_wants_a_reply_is_answered_by_its_date() -> None:
    watched = begun(policy(REPLY))
    started = watched.hears(referred(date(2025, 3, 20)), TUESDAY).only(Case.ClockStarted)
    assert (started.clock, started.subject, started.due_on) == ("referral", REFERRAL, date(2025, 3, 20))
    assert watched.hears(referred(None, uuid4()), TUESDAY).happened == []


@pytest.mark.parametrize("binding", [True, False])
def test_a_body_that_has_decided_waits_for_no_reply(binding: bool) -> None:
    watched = begun(policy(REPLY))
    watched.hears(referred(date(2025, 3, 20)), TUESDAY)
    assert watched.hears(referral_decided(binding=binding), WEDNESDAY).happened == ["ClockMet referral"]


def _asked_by_a_regulator(*policies: Policy) -> Watched:
    watched = Watched(*policies)
    watched.hears(submitted(reply_due_on=date(2025, 3, 20)), MONDAY)
    return watched


def test_the_date_that_a_regulator_set_starts_with_the_first_classification_and_is_not_told() -> None:
    watched = _asked_by_a_regulator(policy(rule(), REGULATOR, acknowledges=True))
    heard = watched.hears(classified(), MONDAY)
    assert heard.happened == ["ClockStarted final", "ClockStarted regulator"]
    (command,) = heard.commands
    assert isinstance(command, AcknowledgeComplaint)
    assert [told.clock for told in command.promises] == ["final"]
    assert watched.clock("regulator").due_on == date(2025, 3, 20)


def test_a_regulator_that_set_no_date_starts_nothing() -> None:
    watched = Watched(policy(rule(), REGULATOR))
    watched.hears(submitted(regulator={"body": "PBC", "reply_due_on": None}), MONDAY)
    assert watched.hears(classified(), MONDAY).happened == ["ClockStarted final"]
