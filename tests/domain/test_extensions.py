"""Who gives a clock more time, how much and how often."""

from uuid import UUID, uuid5

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.handling import ExtensionTerms
from services.intake.domain.provenance import Provenance, Voice
from tests import builders as a
from tests.domain import happened
from tests.given import Step, given

BY_SUPERVISOR = ExtensionTerms(unit="business_days", cap=3, times=1, approver=Voice.SUPERVISOR)
BY_HANDLER = ExtensionTerms(unit="calendar_days", cap=30, times=2, approver=Voice.HANDLER)
OTHER_CLOCK = uuid5(a.NAMES, "other clock")


def extended(
    amount: int = 1,
    *,
    terms: ExtensionTerms | None = BY_SUPERVISOR,
    clock_id: UUID = a.CLOCK,
    by: Provenance | None = None,
) -> Step:
    return lambda c: c.extend(
        clock_id,
        amount=amount,
        terms=terms,
        reason="beyond-control",
        reason_text="商家说已经退款",
        by=by or a.supervisor(),
    )


@pytest.mark.parametrize("amount", [1, 2, 3])
def test_an_extension_within_the_cap_is_granted_in_the_unit_of_its_policy(amount: int) -> None:
    fields = {
        "clock_id": a.CLOCK,
        "amount": amount,
        "unit": "business_days",
        "reason": "beyond-control",
        "reason_text": "商家说已经退款",
    }
    given().when(extended(amount)).then((Complaint.ExtensionGranted, fields)).status("submitted")


@pytest.mark.parametrize("amount", [-1, 0, 4])
def test_an_extension_of_nothing_or_past_the_cap_is_refused(amount: int) -> None:
    outcome = given().when(extended(amount)).then_refused(errors.ExtensionTooLongError)
    assert str(outcome.error) == f"amount must be 1-3 business_days, got {amount}"


def test_a_clock_is_extended_as_often_as_its_policy_allows() -> None:
    given(extended(terms=BY_HANDLER)).when(extended(terms=BY_HANDLER)).then(Complaint.ExtensionGranted)
    given(extended(terms=BY_HANDLER), extended(terms=BY_HANDLER)).when(extended(terms=BY_HANDLER)).then_refused(
        errors.ExtensionUsedUpError
    )


def test_each_clock_has_extensions_of_its_own() -> None:
    given(extended()).when(extended(clock_id=OTHER_CLOCK)).then((Complaint.ExtensionGranted, {"clock_id": OTHER_CLOCK}))


def test_an_extension_that_the_policy_does_not_offer_is_refused() -> None:
    given().when(extended(terms=None)).then_refused(errors.ExtensionNotOfferedError)


def test_a_handler_does_not_grant_what_a_supervisor_must() -> None:
    outcome = given().when(extended(by=a.handler())).then_refused(errors.NotPermittedError)
    assert str(outcome.error) == "the policy asks for a supervisor to extend this clock"


@pytest.mark.parametrize("by", [a.handler(), a.supervisor()], ids=["handler", "supervisor"])
def test_a_supervisor_grants_what_a_handler_may(by: Provenance) -> None:
    given().when(extended(30, terms=BY_HANDLER, by=by)).then(
        (Complaint.ExtensionGranted, {"amount": 30, "unit": "calendar_days"})
    )


@pytest.mark.parametrize("by", [a.session(), a.service(), a.system()], ids=lambda by: by.voice)
def test_nobody_else_extends(by: Provenance) -> None:
    given().when(extended(by=by)).then_refused(errors.NotPermittedError)


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ((happened.resolved,), errors.ComplaintResolvedError),
        ((happened.withdrawn,), errors.ComplaintClosedError),
    ],
    ids=["resolved", "withdrawn"],
)
def test_only_the_clocks_of_an_open_complaint_are_extended(
    steps: tuple[Step, ...], error: type[errors.IntakeError]
) -> None:
    given(*steps).when(extended()).then_refused(error)
