"""What sets the clocks of a complaint going."""

from datetime import date

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.commands import AcknowledgeComplaint, EscalateComplaint
from services.escalation.domain.policy import Matching, Meets, Source, Starts
from shared.contracts import complaint_commands as contracts
from shared.contracts import complaint_events as said
from tests.builders import COMPLAINT_ID
from tests.domain.escalation_facts import (
    CORRELATION,
    answered,
    classified,
    fact,
    followed_up,
    resolved,
    submitted,
    withdrawn,
)
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import MONDAY, at, calendar, law, policy, rule, target

TUESDAY, WEDNESDAY, THURSDAY = at("2025-03-04T10:00"), at("2025-03-05T10:00"), at("2025-03-06T10:00")

NEXT_ANSWER = rule("next_answer", starts=Starts.FOLLOW_UP, meets=frozenset({Meets.ANSWERED}))
FIRST_ANSWER = rule("first_answer", meets=frozenset({Meets.ANSWERED}))


def test_a_submission_alone_starts_nothing() -> None:
    heard = Watched(policy(acknowledges=True)).hears(submitted(), MONDAY)
    assert (heard.happened, heard.asked) == ([], [])


def test_without_a_submission_nothing_starts() -> None:
    heard = Watched(policy(NEXT_ANSWER)).hears(followed_up(), MONDAY)
    assert (heard.happened, heard.asked) == ([], [])


def test_the_first_classification_starts_every_promise_from_receipt_as_one_set() -> None:
    watched = Watched(policy(FIRST_ANSWER, rule(), NEXT_ANSWER), law(rule("statutory")))
    watched.hears(submitted(MONDAY), TUESDAY)
    heard = watched.hears(classified(), TUESDAY)
    assert heard.happened == ["ClockStarted first_answer", "ClockStarted final", "ClockStarted statutory"]
    assert [(each.set_size, each.started_at) for each in heard.events] == [(3, MONDAY)] * 3


def test_a_clock_event_goes_back_to_the_fact_that_caused_it() -> None:
    watched = Watched(policy())
    watched.hears(submitted(), MONDAY)
    heard = watched.hears(classified(), MONDAY)
    started = heard.only(Case.ClockStarted)
    assert (started.tenant, started.complaint_id) == ("default", COMPLAINT_ID)
    assert (started.causation_id, started.correlation_id) == (heard.fact_id, CORRELATION)
    assert (started.actor.type, started.actor.id, started.channel) == ("system", "escalation", "internal")


def test_the_first_classification_has_the_promised_dates_told_once() -> None:
    watched = Watched(policy(rule(), acknowledges=True), law(rule("statutory")))
    watched.hears(submitted(), MONDAY)
    heard = watched.hears(classified(), MONDAY)
    (command,) = heard.commands
    assert isinstance(command, AcknowledgeComplaint)
    assert [(told.clock, told.due_on) for told in command.promises] == [
        ("final", date(2025, 3, 6)),
        ("statutory", date(2025, 3, 6)),
    ]
    assert watched.hears(classified(category="fee.dispute"), TUESDAY).asked == []


def test_the_clocks_that_are_told_are_the_ones_that_started() -> None:
    watched = Watched(policy(FIRST_ANSWER, rule(), acknowledges=True))
    watched.hears(submitted(), MONDAY)
    heard = watched.hears(classified(), MONDAY)
    (command,) = heard.commands
    assert isinstance(command, AcknowledgeComplaint)
    assert [told.clock_id for told in command.promises] == list(heard.case.clocks)


def test_a_policy_that_does_not_acknowledge_asks_for_nothing() -> None:
    watched = Watched(policy())
    watched.hears(submitted(), MONDAY)
    assert watched.hears(classified(), MONDAY).asked == []


def test_a_command_has_the_id_that_its_receiver_expects_of_it() -> None:
    watched = Watched(policy(acknowledges=True))
    watched.hears(submitted(), MONDAY)
    heard = watched.hears(classified(urgent=True), MONDAY)
    assert heard.fact_id is not None
    acknowledge, escalate = heard.commands
    kinds = (contracts.AcknowledgeComplaint, contracts.EscalateComplaint)
    assert [acknowledge.originator_id, escalate.originator_id] == [
        contracts.command_id(heard.fact_id, kind, COMPLAINT_ID) for kind in kinds
    ]


def test_an_urgent_complaint_climbs_once() -> None:
    watched = Watched(policy())
    watched.hears(submitted(), MONDAY)
    heard = watched.hears(classified(urgent=True), MONDAY)
    (command,) = heard.commands
    assert isinstance(command, EscalateComplaint)
    assert (command.reason, command.cause_id, command.causation_id) == ("urgent", heard.fact_id, heard.fact_id)
    assert watched.hears(classified(urgent=True, category="account.takeover"), TUESDAY).asked == []


def test_a_complaint_that_becomes_urgent_later_climbs_then() -> None:
    watched = begun(policy())
    assert watched.hears(classified(urgent=True), TUESDAY).asked == ["EscalateComplaint urgent"]


def test_a_resolved_complaint_that_turns_out_urgent_does_not_climb() -> None:
    watched = begun(policy())
    watched.hears(resolved(), TUESDAY)
    assert watched.hears(classified(urgent=True), WEDNESDAY).asked == []


@pytest.mark.parametrize("urgent", [False, True])
def test_a_complaint_that_no_policy_is_for_has_no_clock_and_colleagues_are_told(*, urgent: bool) -> None:
    watched = Watched(policy(applies=Matching(jurisdictions=frozenset({"GB"})), acknowledges=True))
    watched.hears(submitted(), MONDAY)
    heard = watched.hears(classified(urgent=urgent), MONDAY)
    assert (heard.happened, heard.asked) == ([], ["EscalateComplaint nothing-promised"])
    assert watched.hears(withdrawn(), MONDAY).asked == []
    assert watched.hears(classified(root_cause="user_operation"), MONDAY).asked == []


def test_what_was_received_before_it_was_recorded_counts_from_receipt() -> None:
    watched = Watched(policy())
    watched.hears(submitted(at("2025-02-03T10:00")), MONDAY)
    started = watched.hears(classified(), MONDAY).only(Case.ClockStarted)
    assert (started.started_at, started.due_on) == (at("2025-02-03T10:00"), date(2025, 2, 6))


def test_a_follow_up_starts_the_next_answer() -> None:
    watched = begun(policy(NEXT_ANSWER))
    heard = watched.hears(followed_up(), TUESDAY)
    started = heard.only(Case.ClockStarted)
    assert (heard.happened, started.started_at) == (["ClockStarted next_answer"], TUESDAY)
    assert started.due_on == date(2025, 3, 7)


@pytest.mark.parametrize("owed", [FIRST_ANSWER, NEXT_ANSWER], ids=lambda owed: owed.name)
def test_a_follow_up_starts_nothing_while_an_answer_is_owed_anyway(owed: object) -> None:
    watched = begun(policy(FIRST_ANSWER, NEXT_ANSWER) if owed is FIRST_ANSWER else policy(NEXT_ANSWER))
    if owed is NEXT_ANSWER:
        watched.hears(followed_up(), MONDAY)
    assert watched.hears(followed_up(), TUESDAY).happened == []


def test_each_follow_up_after_an_answer_starts_a_next_answer_of_its_own() -> None:
    watched = begun(policy(NEXT_ANSWER))
    first = watched.hears(followed_up(), MONDAY).only(Case.ClockStarted)
    watched.hears(answered(), TUESDAY)
    second = watched.hears(followed_up(), WEDNESDAY).only(Case.ClockStarted)
    assert first.clock_id != second.clock_id


def test_a_follow_up_on_a_resolved_complaint_starts_nothing() -> None:
    watched = begun(policy(NEXT_ANSWER))
    watched.hears(resolved(), TUESDAY)
    assert watched.hears(followed_up(), WEDNESDAY).happened == []


def test_a_house_clock_and_a_statutory_clock_run_side_by_side_by_their_own_calendars() -> None:
    continental = calendar(name="de", time_zone="Europe/Berlin")
    watched = begun(policy(), law(rule("statutory", target=target(15, "business_days")), calendar=continental))
    assert watched.clock("final").due_at == at("2025-03-07T00:00")
    assert watched.clock("statutory").due_at == at("2025-03-24T23:00")
    assert watched.case.clocks[watched.clock("statutory").clock_id].policy == "law"


def test_the_source_of_a_promise_is_that_of_its_policy() -> None:
    watched = Watched(policy(), law(rule("statutory")))
    watched.hears(submitted(), MONDAY)
    heard = watched.hears(classified(), MONDAY)
    assert [each.source for each in heard.events] == [Source.HOUSE, Source.LAW]


def test_what_means_nothing_to_clocks_changes_nothing() -> None:
    watched = begun(policy(NEXT_ANSWER, rule()))
    before = watched.situation
    heard = watched.hears(fact(said.ComplaintNoteAdded, restricted=False, flag=None), TUESDAY)
    assert (heard.happened, heard.asked, watched.situation) == ([], [], before)
