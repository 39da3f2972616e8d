"""How a complaint is decided, taken or refused, closed and rated."""

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.outcome import AnsweredPoint, Closing, Decision
from services.intake.domain.provenance import Provenance
from services.intake.domain.stream import RECOURSE
from tests import builders as a
from tests.domain import happened
from tests.given import Outcome, Step, given


def resolved_by(by: Provenance) -> Step:
    return lambda c: happened.resolved(c, by)


def reopened_by_complainant(c: Complaint) -> None:
    c.reopen(reason="not-solved", window_ends_at=a.later(days=30), by=a.session())


def reopened_by_supervisor(c: Complaint) -> None:
    c.reopen(reason="second-rejection", by=a.supervisor())


def closed_after_second_rejection(c: Complaint) -> None:
    c.close(Closing.REJECTED_TWICE, by=a.supervisor())


def rated(c: Complaint) -> None:
    c.rate(2, comment="你们这帮骗子", by=a.session())


ONCE = (resolved_by(a.handler("anna")), happened.rejected)
TWICE = (*ONCE, resolved_by(a.handler("bert")), happened.rejected)


def test_a_resolution_holds_decision_remedies_points_and_reasons() -> None:
    remedies, points = (a.remedy(),), (AnsweredPoint("充值 500 元未到账", "商家说已经退款"),)
    outcome = given().when(
        lambda c: c.resolve(
            decision=Decision.PARTLY_UPHELD,
            remedies=remedies,
            reason="error-confirmed",
            explanation="商家说已经退款",
            points=points,
            reason_text="T20251122-0001",
            by=a.handler(),
        )
    )
    fields = {
        "decision": Decision.PARTLY_UPHELD,
        "remedies": remedies,
        "reason": "error-confirmed",
        "explanation": "商家说已经退款",
        "points": points,
        "reason_text": "T20251122-0001",
    }
    outcome.then((Complaint.Resolved, fields)).status("resolved")


def test_a_resolved_complaint_is_not_resolved_again() -> None:
    given(happened.resolved).when(happened.resolved).then_refused(errors.ComplaintResolvedError)


def test_nothing_is_decided_for_somebody_whose_identity_is_not_proven() -> None:
    given(subject=a.complaint(by=a.recorded())).when(happened.resolved).then_refused(errors.IdentityNotVerifiedError)


def test_a_proven_identity_lets_a_complaint_from_outside_a_session_be_decided() -> None:
    given(happened.identity_verified, subject=a.complaint(by=a.recorded())).when(happened.resolved).then(
        Complaint.Resolved
    )


def test_accepting_closes_the_complaint() -> None:
    outcome = given(happened.resolved).when(lambda c: c.accept_resolution(text="商家说已经退款", by=a.session()))
    closed = {"reason": Closing.ACCEPTED, "primary_id": None, "actor": RECOURSE, "on_behalf_of": None}
    outcome.then((Complaint.ResolutionAccepted, {"text": "商家说已经退款"}), (Complaint.Closed, closed)).status(
        "closed"
    )
    assert outcome.events[1].causation_id == outcome.events[0].event_id


def test_a_first_rejection_reopens_and_raises_the_level_to_one() -> None:
    outcome = given(happened.resolved).when(
        lambda c: c.reject_resolution(reason="not-enough", reason_text="你们这帮骗子", by=a.session())
    )
    rejected = {"reason": "not-enough", "reason_text": "你们这帮骗子", "on_behalf_of": a.COMPLAINANT}
    reopened = {"reason": "resolution-rejected", "actor": RECOURSE}
    escalated = {"from_level": 0, "to_level": 1, "reason": "resolution-rejected", "actor": RECOURSE}
    outcome.then(
        (Complaint.ResolutionRejected, rejected), (Complaint.Reopened, reopened), (Complaint.Escalated, escalated)
    ).status("in_progress")
    assert [event.causation_id for event in outcome.events[1:]] == [event.event_id for event in outcome.events[:2]]


def test_a_first_rejection_leaves_a_level_that_is_one_already() -> None:
    outcome = given(happened.escalated, happened.resolved).when(happened.rejected)
    outcome.then(Complaint.ResolutionRejected, Complaint.Reopened)
    assert outcome.complaint.level == 1


def test_a_first_rejection_under_a_referral_still_raises_the_internal_level() -> None:
    given(happened.referred, happened.resolved).when(happened.rejected).then(
        Complaint.ResolutionRejected, Complaint.Reopened, (Complaint.Escalated, {"to_level": 1})
    )


def test_after_a_rejection_the_same_handler_does_not_decide_again() -> None:
    given(*ONCE).when(resolved_by(a.handler("anna"))).then_refused(errors.AnotherHandlerRequiredError)


@pytest.mark.parametrize("by", [a.handler("bert"), a.supervisor("sun")], ids=["handler", "supervisor"])
def test_after_a_rejection_another_decides(by: Provenance) -> None:
    given(*ONCE).when(resolved_by(by)).then(Complaint.Resolved).status("resolved")


def reopened_after_bert_was_accepted() -> tuple[Step, ...]:
    return (*ONCE, resolved_by(a.handler("bert")), happened.accepted, reopened_by_complainant)


def test_who_decided_after_the_rejection_may_decide_again_where_nobody_rejected_that() -> None:
    given(*reopened_after_bert_was_accepted()).when(resolved_by(a.handler("bert"))).then(Complaint.Resolved)


def test_whose_resolution_was_rejected_never_decides_that_complaint_again() -> None:
    given(*reopened_after_bert_was_accepted()).when(resolved_by(a.handler("anna"))).then_refused(
        errors.AnotherHandlerRequiredError
    )


def test_without_a_rejection_the_same_handler_may_decide_again() -> None:
    given(happened.resolved, happened.accepted, reopened_by_complainant).when(happened.resolved).then(
        Complaint.Resolved
    )


def test_a_second_rejection_is_recorded_and_reopens_nothing() -> None:
    outcome = given(*ONCE, resolved_by(a.handler("bert"))).when(happened.rejected)
    outcome.then(Complaint.ResolutionRejected).status("resolved")


@pytest.mark.parametrize("verdict", [happened.accepted, happened.rejected], ids=["accept", "reject"])
def test_a_resolution_rejected_for_the_second_time_takes_no_other_verdict(verdict: Step) -> None:
    given(*TWICE).when(verdict).then_refused(errors.ResolutionRejectedError)


def test_after_a_second_rejection_a_supervisor_closes() -> None:
    outcome = given(*TWICE).when(closed_after_second_rejection)
    outcome.then((Complaint.Closed, {"reason": Closing.REJECTED_TWICE, "primary_id": None})).status("closed")


def test_after_a_second_rejection_a_supervisor_reopens_and_decides() -> None:
    outcome = given(*TWICE).when(reopened_by_supervisor)
    outcome.then((Complaint.Reopened, {"reason": "second-rejection"})).status("in_progress")
    happened.resolved(outcome.complaint, a.supervisor())
    assert outcome.complaint.status == "resolved"


def test_after_a_second_rejection_no_handler_decides() -> None:
    given(*TWICE, reopened_by_supervisor).when(resolved_by(a.handler("carl"))).then_refused(
        errors.SupervisorRequiredError
    )


def test_what_the_supervisor_decided_can_be_accepted() -> None:
    given(*TWICE, reopened_by_supervisor, resolved_by(a.supervisor())).when(happened.accepted).then(
        Complaint.ResolutionAccepted, Complaint.Closed
    )


def test_a_third_rejection_goes_to_a_supervisor_again() -> None:
    given(*TWICE, reopened_by_supervisor, resolved_by(a.supervisor())).when(happened.rejected).then(
        Complaint.ResolutionRejected
    ).status("resolved")


def test_no_answer_closes_by_a_clock() -> None:
    outcome = given(happened.resolved).when(happened.unanswered)
    outcome.then((Complaint.Closed, {"reason": Closing.NO_ANSWER, "primary_id": None})).status("closed")
    assert outcome.events[0].actor.type == "system"


def test_a_rejected_resolution_was_answered_and_does_not_close_by_a_clock() -> None:
    given(*TWICE).when(happened.unanswered).then_refused(errors.ResolutionRejectedError).status("resolved")


def test_an_open_complaint_does_not_close_for_want_of_an_answer() -> None:
    given(happened.information_requested).when(happened.unanswered).then_refused(errors.ComplaintNotResolvedError)


@pytest.mark.parametrize("steps", [(), (*ONCE, resolved_by(a.handler("bert")))[1:]], ids=["no rejection", "one"])
def test_a_supervisor_closes_after_a_second_rejection_only(steps: tuple[Step, ...]) -> None:
    given(happened.resolved, *steps).when(closed_after_second_rejection).then_refused(errors.NotRejectedTwiceError)


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        *((a.supervisor(), reason) for reason in Closing if reason != Closing.REJECTED_TWICE),
        *((a.system(), reason) for reason in Closing if reason != Closing.NO_ANSWER),
    ],
)
def test_nobody_closes_for_a_reason_that_is_not_theirs(by: Provenance, reason: Closing) -> None:
    outcome = given(*TWICE).when(lambda c: c.close(reason, by=by)).then_refused(errors.NotPermittedError)
    assert str(outcome.error).endswith(f", not for {reason}")


def rating(*steps: Step) -> Outcome:
    return given(*steps).when(rated)


@pytest.mark.parametrize(
    "steps",
    [(happened.resolved,), TWICE, (happened.resolved, happened.accepted), (happened.resolved, happened.unanswered)],
    ids=["resolved", "rejected", "accepted", "unanswered"],
)
def test_a_complaint_is_rated_whatever_the_verdict(steps: tuple[Step, ...]) -> None:
    rating(*steps).then((Complaint.Rated, {"score": 2, "comment": "你们这帮骗子"}))


def test_a_complaint_is_rated_once() -> None:
    rating(happened.resolved, rated).then_refused(errors.AlreadyRatedError)


def test_a_complaint_is_rated_once_however_often_it_is_resolved() -> None:
    rating(happened.resolved, rated, happened.rejected, resolved_by(a.handler("bert"))).then_refused(
        errors.AlreadyRatedError
    )


@pytest.mark.parametrize("ending", [happened.withdrawn, happened.declined], ids=["withdrawn", "declined"])
def test_what_was_never_resolved_is_not_rated(ending: Step) -> None:
    rating(ending).then_refused(errors.NotRateableError)


def test_an_open_complaint_is_not_rated_yet() -> None:
    rating(happened.answered).then_refused(errors.ComplaintNotResolvedError)


def test_a_clock_closes_the_resolution_that_it_counted_for() -> None:
    complaint = a.complaint()
    happened.resolved(complaint)
    complaint.close(Closing.NO_ANSWER, resolution_id=complaint.resolution_id, by=a.system())
    assert complaint.status == "closed"


def test_a_clock_of_an_earlier_resolution_closes_nothing() -> None:
    complaint = a.complaint()
    happened.resolved(complaint)
    earlier = complaint.resolution_id
    happened.rejected(complaint)
    happened.resolved(complaint, by=a.handler("another"))
    with pytest.raises(errors.ResolutionSupersededError) as refused:
        complaint.close(Closing.NO_ANSWER, resolution_id=earlier, by=a.system())
    assert refused.value.code == "resolution-superseded"
