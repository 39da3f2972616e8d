"""How a complaint ends before it was decided: at the complainant's wish, or because it is not taken on."""

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.evidence import files, references
from services.intake.domain.parties import Party, PartyRole
from services.intake.domain.provenance import ActorType, Provenance
from services.intake.domain.safeguards import IdentityResult
from tests import builders as a
from tests.domain import happened
from tests.given import Outcome, Step, given

TWO_PARTIES = (Party(a.COMPLAINANT, PartyRole.COMPLAINANT), Party(a.REPRESENTATIVE, PartyRole.REPRESENTATIVE))
REPRESENTATIVES_TOKEN = a.by(ActorType.REPRESENTATIVE, str(a.REPRESENTATIVE))


def representative_proven(c: Complaint) -> None:
    happened.identity_verified(c, a.REPRESENTATIVE)


def representative_refuted(c: Complaint) -> None:
    c.verify_identity(a.REPRESENTATIVE, method="power-of-attorney", result=IdentityResult.FAILED, by=a.handler())


def withdrawn_by_representative(*steps: Step, by: Provenance) -> Outcome:
    subject = a.complaint(parties=TWO_PARTIES)
    evidence = () if by.voice == "session" else (a.evidence(),)
    return given(*steps, subject=subject).when(lambda c: c.withdraw(reason="solved", evidence=evidence, by=by))


@pytest.mark.parametrize("by", [a.session(), a.own_token()], ids=["app", "token"])
def test_a_complainant_withdraws_in_a_session(by: Provenance) -> None:
    outcome = given().when(lambda c: c.withdraw(reason="solved", reason_text="商家说已经退款", by=by))
    fields = {"reason": "solved", "reason_text": "商家说已经退款", "evidence": (), "evidence_files": ()}
    outcome.then((Complaint.Withdrawn, fields)).status("withdrawn")
    assert outcome.complaint.ended_at == a.NOW


def test_a_withdrawal_that_a_handler_wrote_down_carries_its_evidence() -> None:
    evidence = (a.evidence("call recording"),)
    outcome = given().when(lambda c: c.withdraw(reason="solved", evidence=evidence, by=a.recorded()))
    outcome.then((Complaint.Withdrawn, {"evidence": references(evidence), "evidence_files": files(evidence)}))


def test_a_withdrawal_that_a_handler_wrote_down_without_evidence_is_refused() -> None:
    given().when(lambda c: c.withdraw(reason="solved", by=a.recorded())).then_refused(errors.EvidenceRequiredError)


@pytest.mark.parametrize("by", [a.handler(), a.supervisor(), a.service(), a.system()], ids=lambda by: by.voice)
def test_nobody_withdraws_for_themselves_what_is_the_complainants(by: Provenance) -> None:
    given().when(lambda c: c.withdraw(reason="solved", evidence=(a.evidence(),), by=by)).then_refused(
        errors.NotPermittedError
    )


REPRESENTATIVES = pytest.mark.parametrize(
    "by",
    [a.session(a.REPRESENTATIVE), REPRESENTATIVES_TOKEN, a.recorded(a.REPRESENTATIVE)],
    ids=["app", "token", "recorded"],
)


@REPRESENTATIVES
def test_a_proven_representative_withdraws(by: Provenance) -> None:
    withdrawn_by_representative(representative_proven, by=by).then(Complaint.Withdrawn)


@REPRESENTATIVES
def test_a_representative_who_is_not_proven_does_not_withdraw(by: Provenance) -> None:
    withdrawn_by_representative(by=by).then_refused(errors.RepresentativeNotProvenError)


@REPRESENTATIVES
def test_the_complainants_proof_is_not_the_representatives(by: Provenance) -> None:
    withdrawn_by_representative(happened.identity_verified, by=by).then_refused(errors.RepresentativeNotProvenError)


def test_a_proof_that_failed_later_counts() -> None:
    withdrawn_by_representative(
        representative_proven, representative_refuted, by=a.session(a.REPRESENTATIVE)
    ).then_refused(errors.RepresentativeNotProvenError)


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ((happened.resolved,), errors.ComplaintResolvedError),
        ((happened.declined,), errors.ComplaintClosedError),
        ((happened.withdrawn,), errors.ComplaintClosedError),
    ],
    ids=["resolved", "declined", "withdrawn"],
)
def test_only_an_open_complaint_is_withdrawn(steps: tuple[Step, ...], error: type[errors.IntakeError]) -> None:
    given(*steps).when(happened.withdrawn).then_refused(error)


def test_withdrawing_lifts_no_freeze() -> None:
    outcome = given(happened.freeze_requested, lambda c: c.confirm_freeze(by=a.service())).when(happened.withdrawn)
    outcome.then(Complaint.Withdrawn)
    assert outcome.complaint.freeze == "confirmed"


def test_a_freeze_is_still_answered_after_the_withdrawal() -> None:
    given(happened.freeze_requested, happened.withdrawn).when(lambda c: c.confirm_freeze(by=a.service())).then(
        Complaint.FreezeConfirmed
    ).status("withdrawn")


@pytest.mark.parametrize("steps", [(), (happened.acknowledged,)], ids=["submitted", "acknowledged"])
def test_a_supervisor_declines_what_nobody_worked_on(steps: tuple[Step, ...]) -> None:
    outcome = given(*steps).when(
        lambda c: c.decline(reason="not_our_customer", reason_text="T20251122-0001", by=a.supervisor())
    )
    fields = {"reason": "not_our_customer", "reason_text": "T20251122-0001"}
    outcome.then((Complaint.Declined, fields)).status("declined")
    assert outcome.complaint.ended_at == a.NOW


@pytest.mark.parametrize(
    "step",
    [happened.assigned, happened.answered, happened.escalated, happened.information_requested],
    ids=["assigned", "answered", "escalated", "asked"],
)
def test_what_was_worked_on_is_resolved_and_not_declined(step: Step) -> None:
    given(step).when(happened.declined).then_refused(errors.TooLateToDeclineError)


def test_a_handler_does_not_decline() -> None:
    given().when(lambda c: c.decline(reason="forwarded", by=a.handler())).then_refused(errors.NotPermittedError)


def test_the_letter_that_is_due_after_declining_can_be_ordered() -> None:
    given(happened.declined).when(happened.answered).then(Complaint.Answered).status("declined")
