"""What was promised to make it good, and where else the matter lies."""

from datetime import date
from uuid import uuid5

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.outcome import Decision
from services.intake.domain.provenance import Provenance
from services.intake.domain.referrals import OpenedBy, ReferralKind
from services.intake.domain.remedies import Remedy, RemedyKind
from tests import builders as a
from tests.domain import happened
from tests.given import Step, given

SECOND_REFERRAL = uuid5(a.NAMES, "second referral")
SECOND_REMEDY = uuid5(a.NAMES, "second remedy")
BOUND = (happened.referred, happened.bound)


def fulfilled(c: Complaint) -> None:
    c.fulfil_remedy(a.REMEDY, reference="LEDGER-REF-4711", by=a.service())


def failed(c: Complaint) -> None:
    c.fail_remedy(
        a.REMEDY, reason="account-closed", reference="LEDGER-REF-4711", reason_text="商家说已经退款", by=a.service()
    )


def advised(c: Complaint) -> None:
    """A decision that binds nobody, whatever remedy it names."""
    c.decide_referral(a.REFERRAL, outcome="advice", binding=False, remedies=(a.remedy(),), by=a.handler())


def resolved_with_two_remedies(c: Complaint) -> None:
    remedies = (a.remedy(), a.remedy(SECOND_REMEDY, kind=RemedyKind.APOLOGY, amount=None))
    c.resolve(decision=Decision.UPHELD, remedies=remedies, reason="r", explanation="商家说已经退款", by=a.handler())


@pytest.mark.parametrize(
    "steps",
    [(), (happened.accepted,), (happened.rejected,)],
    ids=["resolved", "closed", "reopened"],
)
def test_a_promised_remedy_is_fulfilled_in_every_status_with_its_reference(steps: tuple[Step, ...]) -> None:
    outcome = given(happened.resolved, *steps).when(fulfilled)
    outcome.then((Complaint.RemedyFulfilled, {"remedy_id": a.REMEDY, "reference": "LEDGER-REF-4711"}))
    assert outcome.complaint.remedies == {a.REMEDY: "fulfilled"}


def test_a_remedy_waits_for_acceptance_unless_it_says_otherwise() -> None:
    assert not Remedy(remedy_id=a.REMEDY, kind=RemedyKind.REFUND, due_on=date(2025, 9, 30)).unconditional


def test_a_remedy_that_did_not_arrive_says_why() -> None:
    outcome = given(happened.resolved, happened.accepted).when(failed)
    fields = {
        "remedy_id": a.REMEDY,
        "reason": "account-closed",
        "reference": "LEDGER-REF-4711",
        "reason_text": "商家说已经退款",
    }
    outcome.then((Complaint.RemedyFailed, fields)).status("closed")
    assert outcome.complaint.remedies == {a.REMEDY: "failed"}


def test_a_remedy_that_failed_can_still_be_fulfilled() -> None:
    given(happened.resolved, failed).when(fulfilled).then(Complaint.RemedyFulfilled)


def test_a_remedy_that_failed_can_fail_again() -> None:
    given(happened.resolved, failed).when(failed).then(Complaint.RemedyFailed)


def test_a_fulfilled_remedy_does_not_fail_any_more() -> None:
    outcome = given(happened.resolved, fulfilled).when(failed)
    outcome.then_refused(errors.RemedyFulfilledError)
    assert outcome.complaint.remedies == {a.REMEDY: "fulfilled"}


def test_fulfilling_a_remedy_again_is_no_event() -> None:
    given(happened.resolved, fulfilled).when(fulfilled).then_nothing()


@pytest.mark.parametrize("step", [fulfilled, failed], ids=["fulfilled", "failed"])
@pytest.mark.parametrize("steps", [(), BOUND], ids=["no remedy", "another remedy"])
def test_a_remedy_that_nobody_promised_is_refused(steps: tuple[Step, ...], step: Step) -> None:
    given(*steps).when(step).then_refused(errors.RemedyUnknownError)


def test_each_remedy_has_a_state_of_its_own() -> None:
    outcome = given(resolved_with_two_remedies).when(fulfilled)
    assert outcome.complaint.remedies == {a.REMEDY: "fulfilled", SECOND_REMEDY: "promised"}


def test_a_second_resolution_keeps_the_remedies_of_the_first() -> None:
    second = given(happened.resolved, fulfilled, happened.rejected).when(
        lambda c: c.resolve(
            decision=Decision.UPHELD,
            remedies=(a.remedy(SECOND_REMEDY),),
            reason="more",
            explanation="商家说已经退款",
            by=a.handler("bert"),
        )
    )
    assert second.complaint.remedies == {a.REMEDY: "fulfilled", SECOND_REMEDY: "promised"}


def test_a_resolution_may_promise_nothing() -> None:
    outcome = given().when(
        lambda c: c.resolve(
            decision=Decision.NOT_UPHELD, reason="no-error-found", explanation="商家说已经退款", by=a.handler()
        )
    )
    outcome.then((Complaint.Resolved, {"remedies": ()}))
    assert not outcome.complaint.has_remedies


@pytest.mark.parametrize("by", [a.session(), a.recorded(), a.handler()], ids=lambda by: by.voice)
def test_a_referral_names_the_body_its_reference_and_the_day_of_its_reply(by: Provenance) -> None:
    outcome = given().when(
        lambda c: c.open_referral(
            a.REFERRAL,
            kind=ReferralKind.MEDIATION,
            body="Shanghai mediation",
            opened_by=OpenedBy.COMPLAINANT,
            reply_due_on=date(2025, 10, 20),
            reference="PBC-2025-77",
            by=by,
        )
    )
    fields = {
        "referral_id": a.REFERRAL,
        "kind": ReferralKind.MEDIATION,
        "body": "Shanghai mediation",
        "opened_by": OpenedBy.COMPLAINANT,
        "reply_due_on": date(2025, 10, 20),
        "reference": "PBC-2025-77",
    }
    outcome.then((Complaint.ExternalReferralOpened, fields)).status("submitted")


@pytest.mark.parametrize(
    "ending",
    [(happened.resolved,), (happened.resolved, happened.accepted), (happened.withdrawn,)],
    ids=["resolved", "closed", "withdrawn"],
)
def test_a_binding_decision_promises_its_remedies_and_reopens_nothing(ending: tuple[Step, ...]) -> None:
    outcome = given(*ending, happened.referred).when(happened.bound)
    fields = {"outcome": "for-complainant", "binding": True, "remedies": (a.remedy(a.BINDING_REMEDY),)}
    outcome.then((Complaint.ExternalReferralDecided, fields))
    assert outcome.complaint.remedies[a.BINDING_REMEDY] == "promised"
    assert outcome.complaint.status == given(*ending).when(lambda _: None).complaint.status


def test_a_decision_that_binds_nobody_promises_nothing() -> None:
    outcome = given(happened.referred).when(advised)
    outcome.then((Complaint.ExternalReferralDecided, {"binding": False, "remedies": (a.remedy(),)}))
    assert not outcome.complaint.has_remedies


def test_the_remedy_of_a_binding_decision_is_fulfilled_after_the_referral_is_closed() -> None:
    closed = (*BOUND, lambda c: c.close_referral(a.REFERRAL, reason="decided", by=a.handler()))
    given(*closed).when(lambda c: c.fulfil_remedy(a.BINDING_REMEDY, by=a.service())).then(Complaint.RemedyFulfilled)


def test_a_referral_is_closed_with_a_reason() -> None:
    outcome = given(happened.referred).when(
        lambda c: c.close_referral(a.REFERRAL, reason="withdrawn", reason_text="商家说已经退款", by=a.handler())
    )
    fields = {"referral_id": a.REFERRAL, "reason": "withdrawn", "reason_text": "商家说已经退款"}
    outcome.then((Complaint.ExternalReferralClosed, fields))
    assert not outcome.complaint.has_open_referral


@pytest.mark.parametrize("steps", [(), (happened.referred,)], ids=["none", "another"])
def test_a_referral_that_is_not_open_is_neither_decided_nor_closed(steps: tuple[Step, ...]) -> None:
    given(*steps).when(
        lambda c: c.decide_referral(SECOND_REFERRAL, outcome="for-wallet", binding=True, by=a.handler())
    ).then_refused(errors.ReferralUnknownError)
    given(*steps).when(lambda c: c.close_referral(SECOND_REFERRAL, reason="decided", by=a.handler())).then_refused(
        errors.ReferralUnknownError
    )


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((), "promised"),
        ((happened.accepted,), "promised"),
        ((happened.rejected,), "lapsed"),
        ((happened.unanswered,), "lapsed"),
        ((failed, happened.rejected), "failed"),
        ((fulfilled, happened.rejected), "fulfilled"),
    ],
    ids=["waiting", "accepted", "rejected", "unanswered", "failed before", "fulfilled before"],
)
def test_what_was_promised_for_an_acceptance_lapses_without_one(steps: tuple[Step, ...], state: str) -> None:
    outcome = given(happened.resolved, *steps).when(lambda c: c.follow_up(text="?", by=a.session()))
    assert outcome.complaint.remedies == {a.REMEDY: state}


def test_what_was_accepted_stays_promised_when_it_begins_again() -> None:
    outcome = given(happened.resolved, happened.accepted).when(
        lambda c: c.reopen(reason="remedy-missing", by=a.supervisor())
    )
    assert outcome.complaint.remedies == {a.REMEDY: "promised"}


@pytest.mark.parametrize("step", [happened.rejected, happened.unanswered], ids=["rejected", "unanswered"])
def test_what_hangs_on_nothing_stays_promised(step: Step) -> None:
    complaint = a.complaint()
    complaint.resolve(
        decision=Decision.UPHELD,
        remedies=(a.remedy(unconditional=True),),
        reason="r",
        explanation="商家说已经退款",
        by=a.handler(),
    )
    step(complaint)
    assert complaint.remedies == {a.REMEDY: "promised"}


def test_what_binds_needs_no_acceptance() -> None:
    outcome = given(*BOUND, subject=a.complaint()).when(lambda c: c.withdraw(reason="solved", by=a.session()))
    assert set(outcome.complaint.remedies.values()) == {"promised"}


def test_a_lapsed_remedy_that_arrives_all_the_same_is_recorded() -> None:
    outcome = given(happened.resolved, happened.rejected).when(fulfilled)
    assert outcome.complaint.remedies == {a.REMEDY: "fulfilled"}
