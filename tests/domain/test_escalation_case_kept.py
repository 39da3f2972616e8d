"""How promises are kept and broken: by which facts, by which instant, and what follows."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.clocks import ClockState
from services.escalation.domain.commands import CloseComplaint, EscalateComplaint
from services.escalation.domain.policy import Meets, OnMissed, Owner, Starts
from shared.contracts import complaint_commands as contracts
from shared.contracts.complaint_events import ComplaintFact
from tests.builders import COMPLAINT_ID, REFERRAL, REMEDY
from tests.domain.escalation_facts import (
    accepted,
    answered,
    classified,
    closed,
    declined,
    followed_up,
    referral_closed,
    referred,
    rejected,
    remedy,
    remedy_fulfilled,
    resolved,
    submitted,
    withdrawn,
)
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import MONDAY, at, dated, policy, rule, target

MOMENT = timedelta(microseconds=1)
DUE = at("2025-03-07T00:00")
TUESDAY, WEDNESDAY = at("2025-03-04T10:00"), at("2025-03-05T10:00")


def test_the_answer_after_the_last_message_of_the_complainant_stops_the_next_answer_clock() -> None:
    both = frozenset({Meets.ANSWERED, Meets.RESOLVED})
    watched = begun(policy(rule("next_answer", starts=Starts.FOLLOW_UP, meets=both)))
    watched.hears(followed_up(), MONDAY)
    assert watched.hears(resolved(), TUESDAY).happened == ["ClockMet next_answer"]


def test_a_kept_promise_says_when_and_by_which_event() -> None:
    heard = begun(policy()).hears(resolved(), TUESDAY)
    met = heard.only(Case.ClockMet)
    assert (met.met_at, met.by_event_id, met.clock) == (TUESDAY, heard.fact_id, "final")


def test_a_promise_is_kept_once() -> None:
    watched = begun(policy(rule(meets=frozenset({Meets.ANSWERED}))))
    watched.hears(answered(), TUESDAY)
    assert watched.hears(answered(), WEDNESDAY).happened == []


def _two_remedies() -> tuple[Watched, UUID]:
    watched, other = begun(policy(dated("remedy", Starts.REMEDY_OWED, Meets.REMEDY_FULFILLED))), uuid4()
    owed = (remedy(date(2025, 3, 14), unconditional=True), remedy(date(2025, 3, 14), other, unconditional=True))
    watched.hears(resolved(*owed), TUESDAY)
    return watched, other


def test_a_remedy_that_is_fulfilled_keeps_its_own_promise_only() -> None:
    watched, other = _two_remedies()
    heard = watched.hears(remedy_fulfilled(REMEDY), WEDNESDAY)
    assert [heard.case.clocks[event.clock_id].subject for event in heard.events] == [REMEDY]
    assert {clock.subject for clock in heard.case.active()} == {other}


def test_a_referral_that_is_closed_keeps_its_own_reply_only() -> None:
    watched = begun(policy(dated("referral", Starts.REFERRAL_OPENED, Meets.REFERRAL_ANSWERED)))
    other = uuid4()
    watched.hears(referred(date(2025, 3, 20)), TUESDAY)
    watched.hears(referred(date(2025, 3, 20), other), TUESDAY)
    heard = watched.hears(referral_closed(other), WEDNESDAY)
    assert [heard.case.clocks[event.clock_id].subject for event in heard.events] == [other]
    assert {clock.subject for clock in heard.case.active()} == {REFERRAL}


def test_the_final_letter_keeps_the_date_that_a_regulator_set() -> None:
    watched = Watched(policy(dated("regulator", Starts.REGULATOR_ASKED, Meets.FINAL_LETTER)))
    watched.hears(submitted(reply_due_on=date(2025, 3, 20)), MONDAY)
    watched.hears(classified(), MONDAY)
    assert watched.hears(answered("final"), TUESDAY).happened == ["ClockMet regulator"]


def test_a_promise_is_kept_until_the_last_moment_before_it_is_due() -> None:
    assert begun(policy()).hears(resolved(), DUE - MOMENT).happened == ["ClockMet final"]


def test_a_promise_is_missed_at_the_moment_it_is_due() -> None:
    heard = begun(policy()).hears(resolved(), DUE)
    assert heard.happened == ["ClockMissed final"]
    assert heard.only(Case.ClockMissed).late_by_seconds == 0


def test_what_decides_is_when_an_event_was_recorded_and_not_when_it_is_said_to_have_occurred() -> None:
    too_late = resolved(occurred_at=TUESDAY)
    assert begun(policy()).hears(too_late, DUE).happened == ["ClockMissed final"]


def test_of_an_imported_event_when_it_occurred_decides() -> None:
    from_elsewhere = resolved(occurred_at=DUE - MOMENT, imported=True)
    heard = begun(policy()).hears(from_elsewhere, DUE + timedelta(days=9))
    assert heard.happened == ["ClockMet final"]
    assert heard.only(Case.ClockMet).met_at == DUE - MOMENT


@pytest.mark.parametrize("now", [DUE, DUE + timedelta(seconds=90)])
def test_the_ticker_misses_a_promise_from_the_moment_it_is_due(now: object) -> None:
    late = {DUE: 0}.get(now, 90)  # type: ignore[call-overload]
    heard = begun(policy()).fires("final", DUE + timedelta(seconds=late))
    missed = heard.only(Case.ClockMissed)
    assert (missed.due_at, missed.late_by_seconds, missed.owner) == (DUE, late, "wallet")


def test_the_ticker_does_nothing_before_a_promise_is_due() -> None:
    assert begun(policy()).fires("final", DUE - MOMENT).happened == []


def test_a_promise_is_missed_once_and_never_kept_after_that() -> None:
    watched = begun(policy())
    watched.fires("final", DUE)
    assert watched.fires("final", DUE).happened == []
    assert watched.hears(resolved(), DUE + MOMENT).happened == []
    assert watched.clock("final").state == ClockState.MISSED


def test_a_clock_that_nobody_knows_does_not_fire() -> None:
    watched = begun(policy())
    assert watched.case.fire(uuid4(), watched.situation, watched.book, watched.cause(DUE)) == []


def test_what_came_in_too_late_is_missed_at_once_with_its_lateness() -> None:
    watched = Watched(policy(rule(on_missed=OnMissed.RAISE_LEVEL)))
    watched.hears(submitted(at("2025-02-03T10:00")), MONDAY)
    watched.hears(classified(), MONDAY)
    heard = watched.fires("final", MONDAY)
    late = MONDAY - at("2025-02-07T00:00")
    assert heard.only(Case.ClockMissed).late_by_seconds == late.total_seconds()
    assert heard.asked == ["EscalateComplaint clock-missed"]


def test_what_was_overdue_is_missed_before_the_next_fact_the_oldest_first() -> None:
    watched = begun(policy(rule("final"), rule("first_answer", target=target(1, "business_days"))))
    heard = watched.hears(followed_up(), DUE + timedelta(hours=1))
    assert heard.happened == ["ClockMissed first_answer", "ClockMissed final"]
    assert [missed.late_by_seconds for missed in heard.events] == [3600 * 49, 3600]


def test_a_missed_promise_raises_the_level_and_names_the_miss_as_its_cause() -> None:
    heard = begun(policy(rule(on_missed=OnMissed.RAISE_LEVEL))).fires("final", DUE)
    (command,) = heard.commands
    missed = heard.only(Case.ClockMissed)
    assert isinstance(command, EscalateComplaint)
    assert (command.reason, command.cause_id, command.causation_id) == (
        "clock-missed",
        missed.event_id,
        missed.event_id,
    )
    assert command.originator_id == contracts.command_id(missed.event_id, contracts.EscalateComplaint, COMPLAINT_ID)


def test_each_missed_promise_raises_the_level_by_itself() -> None:
    raising = {"on_missed": OnMissed.RAISE_LEVEL}
    watched = begun(policy(rule("final", **raising), rule("first_answer", **raising)))
    heard = watched.hears(followed_up(), DUE)
    assert heard.asked == ["EscalateComplaint clock-missed"] * 2
    assert len({command.originator_id for command in heard.commands}) == 2


def test_a_promise_without_consequence_is_only_recorded_as_missed() -> None:
    heard = begun(policy()).fires("final", DUE)
    assert (heard.happened, heard.asked) == (["ClockMissed final"], [])


@pytest.mark.parametrize("after", [[resolved], [resolved, closed], [withdrawn], [declined]])
def test_the_level_of_a_resolved_or_ended_complaint_is_left_alone(after: list[Callable[[], ComplaintFact]]) -> None:
    reply = dated("referral", Starts.REFERRAL_OPENED, Meets.REFERRAL_ANSWERED, on_missed=OnMissed.RAISE_LEVEL)
    watched = begun(policy(reply))
    watched.hears(referred(date(2025, 3, 6)), MONDAY)
    for fact in after:
        watched.hears(fact(), TUESDAY)
    heard = watched.fires("referral", DUE)
    assert (heard.happened, heard.asked) == (["ClockMissed referral"], [])


def _awaiting_a_verdict() -> Watched:
    acceptance = rule(
        "acceptance",
        owner=Owner.COMPLAINANT,
        starts=Starts.RESOLUTION_DELIVERED,
        meets=frozenset({Meets.VERDICT}),
        target=target(1, "calendar_days"),
        on_missed=OnMissed.CLOSE_UNANSWERED,
    )
    watched = begun(policy(acceptance))
    watched.hears(resolved(), WEDNESDAY)
    watched.hears(answered("final", medium="phone"), WEDNESDAY)
    return watched


def test_a_resolution_that_nobody_answers_in_time_is_closed() -> None:
    heard = _awaiting_a_verdict().fires("acceptance", DUE)
    (command,) = heard.commands
    assert isinstance(command, CloseComplaint)
    assert (command.reason, command.causation_id) == ("no_answer", heard.only(Case.ClockMissed).event_id)
    assert command.resolution_id is not None


@pytest.mark.parametrize("verdict", [accepted, rejected])
def test_a_resolution_that_is_answered_is_not_closed_by_a_clock(verdict: Callable[[], ComplaintFact]) -> None:
    watched = _awaiting_a_verdict()
    assert watched.hears(verdict(), DUE - MOMENT).happened == ["ClockMet acceptance"]
    assert watched.fires("acceptance", DUE).asked == []


@pytest.mark.parametrize("ending", [closed, withdrawn, declined])
def test_what_ends_a_complaint_cancels_its_clocks(ending: Callable[[], ComplaintFact]) -> None:
    watched = begun(policy(rule("final"), rule("first_answer", meets=frozenset({Meets.ANSWERED}))))
    heard = watched.hears(ending(), TUESDAY)
    assert heard.happened == ["ClockCancelled final", "ClockCancelled first_answer"]
    assert {cancelled.why for cancelled in heard.events} == {ending.__name__}


def test_remedies_and_referrals_outlive_the_complaint() -> None:
    owed = dated("remedy", Starts.REMEDY_OWED, Meets.REMEDY_FULFILLED)
    reply = dated("referral", Starts.REFERRAL_OPENED, Meets.REFERRAL_ANSWERED)
    watched = begun(policy(owed, reply))
    watched.hears(referred(date(2025, 3, 20)), MONDAY)
    watched.hears(resolved(remedy(date(2025, 3, 20), unconditional=True)), TUESDAY)
    assert watched.hears(closed(), TUESDAY).happened == []
    assert watched.hears(remedy_fulfilled(), WEDNESDAY).happened == ["ClockMet remedy"]
    assert watched.hears(referral_closed(), WEDNESDAY).happened == ["ClockMet referral"]


def test_a_warning_comes_when_it_is_time_and_once() -> None:
    watched = begun(policy(rule(target=target(10, "hours"), warn_at=(0.5, 0.9))))
    first, second = watched.clock("final").warn_at
    assert watched.fires("final", first - MOMENT).happened == []
    assert watched.fires("final", first).only(Case.ClockWarned).due_at == at("2025-03-04T12:00")
    assert watched.fires("final", first).happened == []
    assert watched.clock("final").next_at == second


def test_a_complainant_is_warned_by_the_days_that_pass_and_not_by_our_working_time() -> None:
    ten_days = target(10, "calendar_days")
    watched = begun(
        policy(rule(owner=Owner.COMPLAINANT, target=ten_days, warn_at=(0.5,)), rule("ours", target=ten_days))
    )
    theirs = watched.clock("final")
    assert theirs.warn_at == (MONDAY + (theirs.due_at - MONDAY) / 2,)


def test_two_warnings_that_come_late_are_one() -> None:
    watched = begun(policy(rule(target=target(10, "hours"), warn_at=(0.5, 0.9))))
    assert watched.fires("final", at("2025-03-04T11:30")).happened == ["ClockWarned final"]
    assert watched.clock("final").next_at == watched.clock("final").due_at


def test_a_warning_that_comes_after_the_end_is_a_miss() -> None:
    watched = begun(policy(rule(target=target(10, "hours"), warn_at=(0.5,))))
    assert watched.fires("final", at("2025-03-04T12:00")).happened == ["ClockMissed final"]


@pytest.mark.parametrize("ending", [closed, withdrawn, declined])
def test_a_freeze_is_still_to_be_answered_when_the_complaint_has_ended(ending: Callable[[], ComplaintFact]) -> None:
    watched = begun(policy(rule("freeze", meets=frozenset({Meets.FREEZE_ANSWERED}))))
    assert watched.hears(ending(), TUESDAY).happened == []
    missed = watched.fires("freeze", DUE)
    assert missed.happened == ["ClockMissed freeze"]
    assert missed.asked == []
