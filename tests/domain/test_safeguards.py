"""What protects people and records: freezes, proofs of identity, legal holds, erasure."""

from uuid import uuid5

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.parties import Party, PartyRole
from services.intake.domain.provenance import ActorType, Provenance
from services.intake.domain.safeguards import IdentityResult
from tests import builders as a
from tests.domain import happened
from tests.given import Step, given

TWO_PARTIES = (Party(a.COMPLAINANT, PartyRole.COMPLAINANT), Party(a.REPRESENTATIVE, PartyRole.REPRESENTATIVE))
SECOND_FREEZE = uuid5(a.NAMES, "second freeze")
SECOND_HOLD = uuid5(a.NAMES, "second hold")


def confirmed(c: Complaint) -> None:
    c.confirm_freeze(reference="LEDGER-REF-4711", by=a.service())


def refused(c: Complaint) -> None:
    c.refuse_freeze(reason="not-owner", reason_text="我的账户被盗了", by=a.handler())


def requested_again(c: Complaint) -> None:
    c.request_freeze(SECOND_FREEZE, reason="theft", by=a.handler())


def identity_refuted(c: Complaint) -> None:
    c.verify_identity(a.COMPLAINANT, method="video-call", result=IdentityResult.FAILED, by=a.handler())


def hold_lifted(c: Complaint) -> None:
    c.lift_legal_hold(a.HOLD, reason="ended", reason_text="T20251122-0001", by=a.supervisor())


def held_again(c: Complaint) -> None:
    c.place_legal_hold(SECOND_HOLD, reason="investigation", by=a.supervisor())


def everything_erased(c: Complaint) -> None:
    c.erase_personal_data(reason="person-request", by=a.supervisor())


def representative_erased(c: Complaint) -> None:
    c.erase_personal_data((a.REPRESENTATIVE,), reason="person-request", by=a.supervisor())


def with_representative(*steps: Step) -> Complaint:
    subject = a.complaint(parties=TWO_PARTIES)
    for step in steps:
        step(subject)
    subject.collect_events()
    return subject


def test_a_handler_asks_for_a_freeze() -> None:
    outcome = given().when(
        lambda c: c.request_freeze(a.FREEZE, reason="theft", reason_text="我的账户被盗了", by=a.handler())
    )
    fields = {"freeze_id": a.FREEZE, "reason": "theft", "reason_text": "我的账户被盗了"}
    outcome.then((Complaint.FreezeRequested, fields))


def test_a_complainant_asks_for_no_freeze_later_on() -> None:
    given().when(lambda c: c.request_freeze(a.FREEZE, reason="theft", by=a.session())).then_refused(
        errors.NotPermittedError
    )


@pytest.mark.parametrize("steps", [(), (confirmed,)], ids=["requested", "confirmed"])
def test_asking_again_for_a_freeze_that_is_asked_for_or_holds_is_no_event(steps: tuple[Step, ...]) -> None:
    given(happened.freeze_requested, *steps).when(requested_again).then_nothing()


@pytest.mark.parametrize(
    "ending", [happened.resolved, happened.withdrawn, happened.declined], ids=["resolved", "withdrawn", "declined"]
)
def test_no_freeze_is_asked_for_when_the_complaint_is_not_open(ending: Step) -> None:
    outcome = given(ending).when(happened.freeze_requested)
    resolved = outcome.complaint.status == "resolved"
    outcome.then_refused(errors.ComplaintResolvedError if resolved else errors.ComplaintClosedError)


def test_a_freeze_is_confirmed_with_its_reference() -> None:
    given(happened.freeze_requested).when(confirmed).then(
        (Complaint.FreezeConfirmed, {"freeze_id": a.FREEZE, "reference": "LEDGER-REF-4711"})
    )


def test_a_freeze_is_refused_with_its_reason() -> None:
    fields = {"freeze_id": a.FREEZE, "reason": "not-owner", "reason_text": "我的账户被盗了"}
    given(happened.freeze_requested).when(refused).then((Complaint.FreezeRefused, fields))


@pytest.mark.parametrize("answer", [confirmed, refused], ids=["confirmed", "refused"])
def test_the_same_answer_to_a_freeze_again_is_no_event(answer: Step) -> None:
    given(happened.freeze_requested, answer).when(answer).then_nothing()


@pytest.mark.parametrize(("first", "then"), [(confirmed, refused), (refused, confirmed)], ids=["refuse", "confirm"])
def test_a_freeze_that_was_answered_is_not_answered_differently(first: Step, then: Step) -> None:
    given(happened.freeze_requested, first).when(then).then_refused(errors.FreezeSettledError)


@pytest.mark.parametrize("answer", [confirmed, refused], ids=["confirmed", "refused"])
def test_a_freeze_that_nobody_asked_for_is_not_answered(answer: Step) -> None:
    given().when(answer).then_refused(errors.FreezeNotRequestedError)


def test_a_refused_freeze_can_be_asked_for_again_and_confirmed() -> None:
    given(happened.freeze_requested, refused, requested_again).when(confirmed).then(
        (Complaint.FreezeConfirmed, {"freeze_id": SECOND_FREEZE})
    )


def test_a_freeze_is_answered_even_after_the_end() -> None:
    given(happened.freeze_requested, happened.resolved, happened.accepted).when(refused).then(
        Complaint.FreezeRefused
    ).status("closed")


@pytest.mark.parametrize("by", [a.handler(), a.service()], ids=["handler", "service"])
def test_a_proof_of_identity_names_party_method_and_result(by: Provenance) -> None:
    outcome = given().when(
        lambda c: c.verify_identity(a.COMPLAINANT, method="video-call", result=IdentityResult.PASSED, by=by)
    )
    fields = {"party_id": a.COMPLAINANT, "method": "video-call", "result": IdentityResult.PASSED}
    outcome.then((Complaint.IdentityVerified, fields))


def test_the_identity_of_somebody_who_is_no_party_is_not_verified() -> None:
    given().when(lambda c: happened.identity_verified(c, a.WITNESS)).then_refused(errors.PartyUnknownError)


def test_nobody_proves_their_own_identity() -> None:
    given().when(
        lambda c: c.verify_identity(a.COMPLAINANT, method="word", result=IdentityResult.PASSED, by=a.session())
    ).then_refused(errors.NotPermittedError)


def test_a_session_settles_the_identity() -> None:
    assert a.complaint(by=a.session()).identity_settled
    assert a.complaint(by=a.own_token()).identity_settled


@pytest.mark.parametrize(
    ("steps", "settled"),
    [
        ((), False),
        ((happened.identity_verified,), True),
        ((identity_refuted,), False),
        ((happened.identity_verified, identity_refuted), False),
        ((identity_refuted, happened.identity_verified), True),
        ((lambda c: happened.identity_verified(c, a.REPRESENTATIVE),), False),
    ],
    ids=["nothing", "passed", "failed", "passed then failed", "failed then passed", "another's"],
)
def test_outside_a_session_the_complainants_last_proof_settles_the_identity(
    steps: tuple[Step, ...], settled: bool
) -> None:
    subject = a.complaint(by=a.recorded(), parties=TWO_PARTIES)
    assert given(*steps, subject=subject).when(lambda _: None).complaint.identity_settled is settled


def test_a_supervisor_places_a_legal_hold_with_a_reason() -> None:
    outcome = given().when(
        lambda c: c.place_legal_hold(a.HOLD, reason="litigation", reason_text="T20251122-0001", by=a.supervisor())
    )
    fields = {"hold_id": a.HOLD, "reason": "litigation", "reason_text": "T20251122-0001"}
    outcome.then((Complaint.LegalHoldPlaced, fields))


def test_a_supervisor_lifts_a_legal_hold_with_a_reason() -> None:
    fields = {"hold_id": a.HOLD, "reason": "ended", "reason_text": "T20251122-0001"}
    given(happened.held).when(hold_lifted).then((Complaint.LegalHoldLifted, fields))


@pytest.mark.parametrize("steps", [(), (held_again,)], ids=["no hold", "another hold"])
def test_a_hold_that_was_not_placed_is_not_lifted(steps: tuple[Step, ...]) -> None:
    given(*steps).when(hold_lifted).then_refused(errors.LegalHoldUnknownError)


def test_a_legal_hold_forbids_erasure() -> None:
    given(happened.held).when(everything_erased).then_refused(errors.LegalHoldError)


def test_the_last_of_several_holds_still_forbids_erasure() -> None:
    given(happened.held, held_again, hold_lifted).when(everything_erased).then_refused(errors.LegalHoldError)


def test_a_lifted_hold_forbids_no_erasure() -> None:
    given(happened.held, hold_lifted).when(everything_erased).then(Complaint.PersonalDataErased)


def test_erasing_names_every_party_where_none_is_named() -> None:
    given(subject=with_representative()).when(everything_erased).then(
        (
            Complaint.PersonalDataErased,
            {"party_ids": tuple(sorted((a.COMPLAINANT, a.REPRESENTATIVE))), "reason": "person-request"},
        )
    )


def test_erasing_one_party_leaves_the_others() -> None:
    given(subject=with_representative()).when(representative_erased).then(
        (Complaint.PersonalDataErased, {"party_ids": (a.REPRESENTATIVE,)})
    )


def test_erasing_the_rest_names_only_who_is_left() -> None:
    given(subject=with_representative(representative_erased)).when(everything_erased).then(
        (Complaint.PersonalDataErased, {"party_ids": (a.COMPLAINANT,)})
    )


def erased_again(c: Complaint) -> None:
    c.repeat_erasure((a.COMPLAINANT, a.WITNESS), reason="person-request", by=a.by(ActorType.SYSTEM, "restore"))


def test_an_erasure_that_a_backup_has_undone_is_repeated_whatever_stood_then() -> None:
    given(happened.held).when(erased_again).then(
        (Complaint.PersonalDataErased, {"party_ids": (a.COMPLAINANT,), "reason": "person-request"})
    )


def test_repeating_the_erasure_of_somebody_who_came_later_is_nothing() -> None:
    given().when(
        lambda c: c.repeat_erasure((a.WITNESS,), reason="person-request", by=a.by(ActorType.SYSTEM, "restore"))
    ).then_nothing()


@pytest.mark.parametrize("again", [everything_erased, representative_erased], ids=["all", "one"])
def test_erasing_again_where_nothing_was_written_since_is_no_event(again: Step) -> None:
    given(subject=with_representative(representative_erased, everything_erased)).when(again).then_nothing()


def test_what_was_written_since_the_erasure_is_erased_by_the_next() -> None:
    given(subject=with_representative(everything_erased, happened.followed_up)).when(everything_erased).then(
        (Complaint.PersonalDataErased, {"party_ids": tuple(sorted((a.COMPLAINANT, a.REPRESENTATIVE)))})
    )


def test_erasing_one_party_does_not_hide_what_was_written_about_another_since() -> None:
    subject = with_representative(everything_erased, happened.followed_up, representative_erased)
    given(subject=subject).when(everything_erased).then((Complaint.PersonalDataErased, {"party_ids": (a.COMPLAINANT,)}))


def test_erasing_somebody_who_is_no_party_is_refused() -> None:
    given().when(
        lambda c: c.erase_personal_data((a.COMPLAINANT, a.WITNESS), reason="person-request", by=a.supervisor())
    ).then_refused(errors.PartyUnknownError)


@pytest.mark.parametrize("by", [a.session(), a.handler(), a.service()], ids=lambda by: by.voice)
def test_only_a_supervisor_erases(by: Provenance) -> None:
    given().when(lambda c: c.erase_personal_data(reason="person-request", by=by)).then_refused(errors.NotPermittedError)
