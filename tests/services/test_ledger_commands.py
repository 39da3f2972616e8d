"""A ledger reports over the command topic: in any order, twice, too late, of what it does not know."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.client import refused
from tests.conftest import Running
from tests.services.ledger import Ledger

PAYMENT, ANOTHER = UUID(int=4711), UUID(int=4712)
AMOUNT = {"amount": "500.00", "currency": "CNY"}
PROMISE = {"kind": "refund", "due_on": "2025-10-10", "amount": AMOUNT}
RESOLUTION = {"decision": "upheld", "reason": "error-confirmed", "explanation": "商家说已经退款", "remedies": [PROMISE]}

Complaint = dict[str, Any]


@pytest.fixture
def ledger(running: Running) -> Ledger:
    return Ledger(running)


def promised(running: Running) -> tuple[Complaint, str]:
    """A resolved complaint and the remedy that it promises."""
    complaint = running.api.as_app("u-1").submit()
    resolved = running.api.as_handler().decide(complaint, "resolve", RESOLUTION)
    return complaint, resolved["remedies"][0]["remedy_id"]


def remedy_of(running: Running, complaint: Complaint) -> Complaint:
    """As the complainant sees it."""
    running.settle()
    remedy: Complaint = running.api.as_app("u-1").read(complaint)["remedies"][0]
    return remedy


def test_the_ledger_fulfils_what_was_promised_and_the_complainant_sees_it(running: Running, ledger: Ledger) -> None:
    complaint, remedy_id = promised(running)
    running.api.as_app("u-1").command(complaint, "accept-resolution")
    running.settle()
    command_id = ledger.fulfil(complaint["id"], remedy_id, PAYMENT, AMOUNT)
    remedy = remedy_of(running, complaint)
    assert (remedy["state"], remedy["reference"]) == ("fulfilled", str(PAYMENT))
    last = running.api.as_handler().history(complaint)[-1]
    assert (last["actor"], last["causation_id"]) == ({"type": "service", "id": "payments-ledger"}, str(command_id))
    assert last["fields"]["amount"] == AMOUNT
    clocks = {each["clock"]: each["state"] for each in running.api.as_app("u-1").read(complaint)["promises"]}
    assert (clocks["remedy"], ledger.refusals()) == ("met", {})


def test_what_is_reported_twice_counts_once_also_as_another_command(running: Running, ledger: Ledger) -> None:
    complaint, remedy_id = promised(running)
    for _ in range(2):
        ledger.fulfil(complaint["id"], remedy_id, PAYMENT, AMOUNT)
    remedy_of(running, complaint)
    by_api = {"remedy_id": remedy_id, "reference": str(PAYMENT)}
    running.api.as_staff("service", "payments-ledger").command(complaint, "fulfil-remedy", by_api)
    assert running.api.as_handler().events(complaint).count("remedy-fulfilled") == 1
    assert ledger.refusals() == {}


def test_a_second_payment_and_another_amount_are_refused_with_their_codes(running: Running, ledger: Ledger) -> None:
    complaint, remedy_id = promised(running)
    wrong = ledger.fulfil(complaint["id"], remedy_id, PAYMENT, {"amount": "499.99", "currency": "CNY"})
    ledger.fulfil(complaint["id"], remedy_id, PAYMENT)
    running.settle()
    second = ledger.fulfil(complaint["id"], remedy_id, ANOTHER, AMOUNT)
    failed = ledger.fail(complaint["id"], remedy_id, ANOTHER)
    running.settle()
    assert ledger.refusals() == {
        wrong: "remedy-amount-differs",
        second: "remedy-already-fulfilled",
        failed: "remedy-already-fulfilled",
    }


def test_what_came_before_the_acceptance_is_owed_no_more_after_it(running: Running, ledger: Ledger) -> None:
    complaint, remedy_id = promised(running)
    ledger.fulfil(complaint["id"], remedy_id)
    assert remedy_of(running, complaint)["state"] == "fulfilled"
    accepted = running.api.as_app("u-1").command(complaint, "accept-resolution")
    running.settle()
    assert accepted["next_step"]["code"] == "nothing"
    assert "remedy" not in {each["clock"] for each in running.api.as_app("u-1").read(complaint)["promises"]}


def test_what_nobody_promised_is_refused_and_holds_up_nothing(running: Running, ledger: Ledger) -> None:
    complaint, remedy_id = promised(running)
    unknown_remedy = ledger.fulfil(complaint["id"], str(uuid4()))
    unknown_complaint = ledger.fulfil(str(uuid4()), remedy_id)
    elsewhere = Ledger(running, "another").fulfil(complaint["id"], remedy_id)
    unknown_reason = ledger.fail(complaint["id"], remedy_id, reason="the-moon")
    ledger.fulfil(complaint["id"], remedy_id)
    assert remedy_of(running, complaint)["state"] == "fulfilled"
    assert ledger.refusals() == {
        unknown_remedy: "remedy-unknown",
        unknown_complaint: "complaint-not-found",
        elsewhere: "complaint-not-found",
        unknown_reason: "reason-unknown",
    }


def test_after_the_erasure_a_payment_is_still_recorded_and_the_earlier_one_is_not_confused_with_it(
    running: Running, ledger: Ledger
) -> None:
    complaint, remedy_id = promised(running)
    root = running.api.as_staff("administrator", "root")
    root.decide(complaint, "erase-personal-data", {"reason": "person-request"})
    ledger.fulfil(complaint["id"], remedy_id, PAYMENT, AMOUNT)
    running.settle()
    assert root.read(complaint)["remedies"][0]["state"] == "fulfilled"
    root.decide(complaint, "erase-personal-data", {"reason": "person-request"})
    assert root.read(complaint)["remedies"][0]["reference"] is None
    api = running.api.as_staff("service", "payments-ledger")
    again = {"remedy_id": remedy_id, "reference": str(PAYMENT)}
    refused(api.post(f"/v1/complaints/{complaint['id']}/fulfil-remedy", again), 409, "remedy-already-fulfilled")
    with running.embedded.intake.application.store.read() as reader:
        rows = reader.execute("SELECT reference_digest FROM intake_remedies")
    assert [row["reference_digest"] for row in rows] == [None]


def test_a_payment_that_failed_is_a_task_until_another_promise_stands_for_it(running: Running, ledger: Ledger) -> None:
    complaint, remedy_id = promised(running)
    running.api.as_app("u-1").command(complaint, "accept-resolution")
    for _ in range(2):
        ledger.fail(complaint["id"], remedy_id, uuid4(), "account-closed")
    running.settle()
    anna = running.api.as_handler()
    assert tasks(running) == ["mend-remedy", "write-final-letter"] or tasks(running) == ["mend-remedy"]
    instead = {"remedy_id": remedy_id, "reason": "another-way", "remedies": [{**PROMISE, "kind": "payment"}]}
    seen = anna.command(complaint, "replace-remedy", instead)
    assert [(each["kind"], each["state"], each["replaces"]) for each in seen["remedies"]] == [
        ("refund", "replaced", None),
        ("payment", "promised", remedy_id),
    ]
    assert "mend-remedy" not in tasks(running)
    running.settle()
    clocks = [each["state"] for each in anna.read(complaint)["promises"] if each["clock"] == "remedy"]
    assert sorted(clocks) == ["cancelled", "running"]


def tasks(running: Running) -> list[str]:
    rows = running.api.as_handler().get("/v1/tasks").json()["data"]
    return sorted(row["kind"] for row in rows)
