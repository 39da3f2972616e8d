"""Whom a complaint waits for: a set of requests and of third parties."""

from uuid import uuid5

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.evidence import files, references
from services.intake.domain.provenance import Provenance
from tests import builders as a
from tests.domain import happened
from tests.given import given

SECOND_REQUEST = uuid5(a.NAMES, "second request")
SECOND_WAIT = uuid5(a.NAMES, "second wait")


def asked_again(c: Complaint) -> None:
    happened.information_requested(c, SECOND_REQUEST)


def second_third_party_awaited(c: Complaint) -> None:
    c.await_third_party(SECOND_WAIT, third_party="card-network", by=a.handler())


def test_asking_the_complainant_names_what_is_missing() -> None:
    outcome = given().when(
        lambda c: c.request_information(a.REQUEST, items=("bank-record",), text="充值 500 元未到账", by=a.handler())
    )
    fields = {"request_id": a.REQUEST, "items": ("bank-record",), "text": "充值 500 元未到账"}
    outcome.then((Complaint.InformationRequested, fields)).status("waiting_on_complainant")


@pytest.mark.parametrize("by", [a.session(), a.recorded()], ids=["session", "recorded"])
def test_an_answer_to_no_request_in_particular_answers_them_all(by: Provenance) -> None:
    evidence = (a.evidence(),)
    outcome = given(happened.information_requested, asked_again).when(
        lambda c: c.provide_information(text="T20251122-0001", evidence=evidence, by=by)
    )
    fields = {
        "request_ids": tuple(sorted((a.REQUEST, SECOND_REQUEST))),
        "text": "T20251122-0001",
        "evidence": references(evidence),
        "evidence_files": files(evidence),
    }
    outcome.then((Complaint.InformationProvided, fields)).status("in_progress")


def test_an_answer_to_one_request_leaves_the_other_open() -> None:
    outcome = given(happened.information_requested, asked_again).when(
        lambda c: c.provide_information(request_id=SECOND_REQUEST, by=a.session())
    )
    outcome.then((Complaint.InformationProvided, {"request_ids": (SECOND_REQUEST,)})).status("waiting_on_complainant")
    assert outcome.complaint.open_requests == {a.REQUEST}


def test_an_answer_to_a_request_that_is_not_open_is_refused() -> None:
    given(happened.information_requested).when(
        lambda c: c.provide_information(request_id=SECOND_REQUEST, by=a.session())
    ).then_refused(errors.NoOpenRequestError)


def test_an_answer_where_nothing_was_asked_is_refused() -> None:
    given().when(happened.information_provided).then_refused(errors.NoOpenRequestError)


def test_an_answer_after_the_resolution_is_refused() -> None:
    given(happened.information_requested, happened.resolved).when(happened.information_provided).then_refused(
        errors.ComplaintResolvedError
    )


def test_awaiting_a_third_party_says_whom() -> None:
    outcome = given().when(
        lambda c: c.await_third_party(a.WAIT, third_party="merchant", text="商家说已经退款", by=a.handler())
    )
    fields = {"wait_id": a.WAIT, "third_party": "merchant", "text": "商家说已经退款"}
    outcome.then((Complaint.ThirdPartyAwaited, fields)).status("waiting_on_third_party")


@pytest.mark.parametrize("by", [a.handler(), a.service()], ids=["handler", "service"])
def test_the_only_wait_need_not_be_named(by: Provenance) -> None:
    outcome = given(happened.third_party_awaited).when(
        lambda c: c.record_third_party_answer(text="商家说已经退款", by=by)
    )
    outcome.then((Complaint.ThirdPartyAnswered, {"wait_id": a.WAIT, "text": "商家说已经退款"})).status("in_progress")


def test_of_two_waits_the_answered_one_has_to_be_named() -> None:
    two = (happened.third_party_awaited, second_third_party_awaited)
    given(*two).when(happened.third_party_answered).then_refused(errors.NoOpenWaitError)


def test_a_named_wait_ends_and_the_other_goes_on() -> None:
    outcome = given(happened.third_party_awaited, second_third_party_awaited).when(
        lambda c: c.record_third_party_answer(wait_id=SECOND_WAIT, by=a.handler())
    )
    outcome.then((Complaint.ThirdPartyAnswered, {"wait_id": SECOND_WAIT})).status("waiting_on_third_party")
    assert outcome.complaint.third_party_waits == {a.WAIT}


def test_an_answer_of_a_third_party_that_is_not_awaited_is_refused() -> None:
    given(happened.third_party_awaited).when(
        lambda c: c.record_third_party_answer(wait_id=SECOND_WAIT, by=a.handler())
    ).then_refused(errors.NoOpenWaitError)


def test_an_answer_where_no_third_party_is_awaited_is_refused() -> None:
    given().when(happened.third_party_answered).then_refused(errors.NoOpenWaitError)


def test_an_answer_of_a_third_party_after_the_resolution_is_refused() -> None:
    given(happened.third_party_awaited, happened.resolved).when(happened.third_party_answered).then_refused(
        errors.ComplaintResolvedError
    )


def test_a_reopened_complaint_waits_for_nobody() -> None:
    waiting = (happened.information_requested, happened.third_party_awaited)
    given(*waiting, happened.resolved).when(happened.rejected).status("in_progress")
