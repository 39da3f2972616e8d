"""What a remedy that is paid, or fails, may be: the amount that was promised, once, and what is promised instead."""

from decimal import Decimal
from uuid import uuid5

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.money import Money
from tests import builders as a
from tests.domain import happened
from tests.given import Step, given

INSTEAD, AND_ALSO = uuid5(a.NAMES, "instead"), uuid5(a.NAMES, "and also")
PROMISED = a.remedy().amount


def fulfilled(c: Complaint) -> None:
    c.fulfil_remedy(a.REMEDY, amount=PROMISED, by=a.service())


def failed(c: Complaint) -> None:
    c.fail_remedy(a.REMEDY, reason="account-closed", by=a.service())


def replaced(c: Complaint) -> None:
    remedies = (a.remedy(INSTEAD), a.remedy(AND_ALSO))
    c.replace_remedy(a.REMEDY, remedies=remedies, reason="in-parts", reason_text="内部备注", by=a.handler())


def of(amount: str, currency: str = "CNY") -> Step:
    return lambda c: c.fulfil_remedy(a.REMEDY, amount=Money(Decimal(amount), currency), by=a.service())


def test_what_was_paid_stands_in_the_event() -> None:
    outcome = given(happened.resolved).when(fulfilled)
    outcome.then((Complaint.RemedyFulfilled, {"remedy_id": a.REMEDY, "amount": PROMISED}))


def test_an_amount_may_be_written_with_other_digits() -> None:
    assert PROMISED is not None
    given(happened.resolved).when(of(f"{PROMISED.amount}0")).then(Complaint.RemedyFulfilled)


@pytest.mark.parametrize("paid", [of("0.01"), of("99999"), of("129.90", "USD")], ids=["less", "more", "other money"])
@pytest.mark.parametrize("before", [(), (fulfilled,)], ids=["promised", "fulfilled"])
def test_another_amount_than_the_promised_one_is_refused(before: tuple[Step, ...], paid: Step) -> None:
    given(happened.resolved, *before).when(paid).then_refused(errors.RemedyAmountError)


def test_what_was_promised_without_an_amount_is_paid_with_any() -> None:
    complaint = a.complaint()
    happened.resolved(complaint)
    complaint.fail_remedy(a.REMEDY, reason="limit", by=a.service())
    complaint.replace_remedy(a.REMEDY, remedies=(a.remedy(INSTEAD, amount=None),), reason="r", by=a.handler())
    complaint.fulfil_remedy(INSTEAD, amount=PROMISED, by=a.service())
    assert complaint.remedies[INSTEAD] == "fulfilled"


def test_the_same_payment_again_is_no_event_and_another_one_is_refused() -> None:
    given(happened.resolved, fulfilled).when(fulfilled).then_nothing()
    given(happened.resolved, fulfilled).when(
        lambda c: c.fulfil_remedy(a.REMEDY, reference="LEDGER-REF-4711", same_payment=False, by=a.service())
    ).then_refused(errors.RemedyFulfilledError)


def test_other_promises_stand_for_one_that_failed() -> None:
    outcome = given(happened.resolved, happened.accepted, failed).when(replaced)
    promised = (a.remedy(INSTEAD, unconditional=True), a.remedy(AND_ALSO, unconditional=True))
    fields = {"remedy_id": a.REMEDY, "remedies": promised, "reason": "in-parts", "reason_text": "内部备注"}
    outcome.then((Complaint.RemedyReplaced, fields)).status("closed")
    assert outcome.complaint.remedies == {a.REMEDY: "replaced", INSTEAD: "promised", AND_ALSO: "promised"}
    assert outcome.complaint.remedies_to_accept == set()


def test_what_stands_for_a_conditional_promise_hangs_on_the_acceptance_too() -> None:
    outcome = given(happened.resolved, failed).when(replaced)
    assert outcome.complaint.remedies_to_accept == {INSTEAD, AND_ALSO}
    rejected = given(happened.resolved, failed, replaced).when(happened.rejected)
    assert set(rejected.complaint.remedies.values()) == {"replaced", "lapsed"}


@pytest.mark.parametrize("before", [(), (fulfilled,)], ids=["promised", "fulfilled"])
def test_only_what_failed_is_replaced(before: tuple[Step, ...]) -> None:
    given(happened.resolved, *before).when(replaced).then_refused(errors.RemedyNotFailedError)


@pytest.mark.parametrize("step", [fulfilled, failed, replaced], ids=["fulfilled", "failed", "replaced again"])
def test_what_was_replaced_is_done_with(step: Step) -> None:
    given(happened.resolved, failed, replaced).when(step).then_refused(errors.RemedyReplacedError)


def test_what_nobody_promised_is_not_replaced() -> None:
    given(happened.referred, happened.bound).when(replaced).then_refused(errors.RemedyUnknownError)
