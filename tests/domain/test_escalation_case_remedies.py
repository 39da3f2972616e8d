"""Clocks of remedies that came early, or that another promise stands for; dated clocks that warn."""

from datetime import date
from uuid import uuid4

from services.escalation.domain.case import Case
from services.escalation.domain.policy import Meets, Starts
from shared.contracts import complaint_outcomes as done
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.complaint_values import Remedy
from tests.builders import REMEDY
from tests.domain.escalation_facts import accepted, closed, fact, referred, remedy, remedy_fulfilled, reopened, resolved
from tests.domain.escalation_following import Watched, begun
from tests.escalation_builders import at, dated, policy

TUESDAY, WEDNESDAY, THURSDAY = at("2025-03-04T10:00"), at("2025-03-05T10:00"), at("2025-03-06T10:00")
LATER = at("2025-03-17T10:00")
OWED = dated("remedy", Starts.REMEDY_OWED, Meets.REMEDY_FULFILLED)
FRIDAY_NEXT, INSTEAD = date(2025, 3, 14), uuid4()


def replaced(*remedies: Remedy) -> ComplaintFact:
    return fact(done.ComplaintRemedyReplaced, remedy_id=REMEDY, remedies=remedies, reason="another-way")


def owing() -> Watched:
    """A complaint whose resolution was accepted, with a remedy owed by the 14th."""
    watched = begun(policy(OWED))
    watched.hears(resolved(remedy(FRIDAY_NEXT)), TUESDAY)
    watched.hears(accepted(), WEDNESDAY)
    watched.hears(closed(), WEDNESDAY)
    return watched


def test_a_remedy_that_came_before_the_acceptance_is_owed_no_more_after_it() -> None:
    watched = begun(policy(OWED))
    watched.hears(resolved(remedy(FRIDAY_NEXT), remedy(FRIDAY_NEXT, INSTEAD)), TUESDAY)
    watched.hears(remedy_fulfilled(), TUESDAY)
    started = watched.hears(accepted(), WEDNESDAY).only(Case.ClockStarted)
    assert started.subject == INSTEAD


def test_the_clock_of_a_replaced_remedy_is_cancelled_and_that_of_the_other_starts() -> None:
    watched = owing()
    heard = watched.hears(replaced(remedy(date(2025, 3, 20), INSTEAD, unconditional=True)), THURSDAY)
    assert heard.happened == ["ClockCancelled remedy", "ClockStarted remedy"]
    assert (heard.only(Case.ClockCancelled).why, heard.only(Case.ClockStarted).subject) == ("replaced", INSTEAD)


def test_a_remedy_that_was_missed_stays_missed_though_it_is_replaced() -> None:
    watched = owing()
    heard = watched.hears(replaced(remedy(date(2025, 3, 20), INSTEAD, unconditional=True)), LATER)
    assert heard.happened == ["ClockMissed remedy", "ClockStarted remedy"]


def test_what_replaces_a_conditional_remedy_is_owed_from_the_acceptance() -> None:
    watched = begun(policy(OWED))
    watched.hears(resolved(remedy(FRIDAY_NEXT)), TUESDAY)
    assert watched.hears(replaced(remedy(date(2025, 3, 20), INSTEAD)), WEDNESDAY).happened == []
    started = watched.hears(accepted(), THURSDAY).only(Case.ClockStarted)
    assert (started.subject, started.due_on) == (INSTEAD, date(2025, 3, 20))


def test_the_clock_of_a_replaced_remedy_does_not_come_back_with_the_complaint() -> None:
    watched = owing()
    watched.hears(replaced(), THURSDAY)
    assert watched.hears(reopened("unlinked"), THURSDAY).happened == []


def test_a_reply_that_is_wanted_by_a_day_is_warned_of_before_it() -> None:
    rule = dated("referral", Starts.REFERRAL_OPENED, Meets.REFERRAL_ANSWERED, warn_at=(0.5,))
    watched = begun(policy(rule))
    started = watched.hears(referred(date(2025, 3, 13)), TUESDAY).only(Case.ClockStarted)
    assert started.warn_at == (TUESDAY + (started.due_at - TUESDAY) * 0.5,)
    assert watched.fires("referral", started.warn_at[0]).happened == ["ClockWarned referral"]


def test_a_reply_that_was_wanted_yesterday_is_not_warned_of() -> None:
    rule = dated("referral", Starts.REFERRAL_OPENED, Meets.REFERRAL_ANSWERED, warn_at=(0.5,))
    watched = begun(policy(rule))
    assert watched.hears(referred(date(2025, 3, 3)), TUESDAY).only(Case.ClockStarted).warn_at == ()
