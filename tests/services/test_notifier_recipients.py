"""Who is told while a complaint lives, and after it has ended."""

from collections.abc import Iterator

import pytest

from tests.client import Client, answered
from tests.conftest import Running
from tests.people import PHONES, TEXTS
from tests.services.notifier_matters import RESOLUTION, after, so_far, submitted
from tests.services.notifier_scenes import Complaint, installed, wait_until_reached


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installed(tmp_path_factory.mktemp("recipients")) as running:
        yield running


@pytest.fixture
def app(installation: Running) -> Client:
    return installation.api.as_app("u-1")


@pytest.fixture
def handler(installation: Running) -> Client:
    return installation.api.as_handler()


def test_a_complaint_tells_its_people_from_beginning_to_end(
    installation: Running, app: Client, handler: Client
) -> None:
    complaint = submitted(installation)
    wait_until_reached(installation, complaint, "complainant", "acknowledgement")
    handler.command(complaint, "assign", {"handler_id": "anna"})
    app.command(complaint, "follow-up", {"text": TEXTS[1]})
    handler.command(complaint, "request-information", {"items": ["bank-record"]})
    app.command(complaint, "provide-information", {"text": TEXTS[2]})
    handler.decide(complaint, "resolve", RESOLUTION)
    app.command(complaint, "reject-resolution", {"reason": "not-enough"})
    installation.api.as_supervisor().decide(complaint, "resolve", {**RESOLUTION, "remedies": []})
    app.command(complaint, "accept-resolution")
    assert after(installation, complaint, 0) == [
        ("complainant", "acknowledgement"),
        ("anna", "staff-assigned"),
        ("anna", "staff-arrived"),
        ("complainant", "information-requested"),
        ("anna", "staff-arrived"),
        ("complainant", "resolved"),
        ("front_line", "staff-rejected"),
        ("complainant", "reopened"),
        ("front_line", "staff-reopened"),
        ("senior", "staff-escalated"),
        ("complainant", "resolved"),
        ("complainant", "closed"),
    ]


def test_each_level_has_its_own_team_and_compliance_is_told_again_at_the_highest(
    installation: Running, handler: Client
) -> None:
    complaint = submitted(installation)
    before = so_far(installation, complaint)
    for _ in range(3):
        handler.command(complaint, "escalate", {"reason": "handler-request"})
    assert after(installation, complaint, before) == [
        ("senior", "staff-escalated"),
        ("compliance", "staff-escalated"),
        ("compliance", "staff-escalated"),
    ]


def test_a_theft_is_told_to_the_front_line_at_once(installation: Running, handler: Client) -> None:
    complaint = submitted(installation, category="account.takeover")
    assert ("front_line", "staff-freeze-requested") in after(installation, complaint, 0)
    before = so_far(installation, complaint)
    handler.command(complaint, "confirm-freeze", {"reference": TEXTS[8]})
    assert after(installation, complaint, before) == [("complainant", "freeze-confirmed")]


def test_a_remedy_that_fails_is_told_to_compliance_even_when_the_complaint_is_closed(
    installation: Running, app: Client, handler: Client
) -> None:
    complaint = submitted(installation)
    handler.decide(complaint, "resolve", RESOLUTION)
    app.command(complaint, "accept-resolution")
    before = so_far(installation, complaint)
    (remedy,) = app.read(complaint)["remedies"]
    ledger = installation.api.as_staff("service", "payments-ledger")
    ledger.command(complaint, "fail-remedy", {"remedy_id": remedy["remedy_id"], "reason": "limit"})
    ledger.command(complaint, "fulfil-remedy", {"remedy_id": remedy["remedy_id"]})
    assert after(installation, complaint, before) == [
        ("compliance", "staff-remedy-failed"),
        ("complainant", "remedy-fulfilled"),
    ]


def ended(installation: Running) -> tuple[Complaint, int]:
    """A withdrawn complaint that anna had, and how many notifications it has had."""
    complaint = submitted(installation)
    installation.api.as_handler().command(complaint, "assign", {"handler_id": "anna"})
    installation.api.as_app("u-1").command(complaint, "withdraw", {"reason": "solved"})
    return complaint, so_far(installation, complaint)


def test_what_the_complainant_brings_after_the_end_is_told_to_the_handler(installation: Running, app: Client) -> None:
    complaint, before = ended(installation)
    file_id = answered(app.upload("截图.txt", b"text", "other"), 201)["evidence_id"]
    app.command(complaint, "follow-up", {"text": TEXTS[1]})
    app.command(complaint, "add-evidence", {"evidence_ids": [file_id]})
    app.command(complaint, "change-contact", {"contact": {"phone": PHONES[1]}})
    assert after(installation, complaint, before) == [("anna", "staff-arrived")] * 3


def test_what_an_outside_party_brings_after_the_end_is_told_to_the_handler_and_to_compliance(
    installation: Running, app: Client
) -> None:
    complaint, before = ended(installation)
    opened = {"kind": "mediation", "body": "mediation"}
    referral_id = app.command(complaint, "open-referral", opened)["referrals"][0]["referral_id"]
    service = installation.api.as_staff("service", "mediation-desk")
    decision = {"referral_id": referral_id, "outcome": "for-wallet", "binding": False}
    service.command(complaint, "decide-referral", decision)
    service.command(complaint, "close-referral", {"referral_id": referral_id, "reason": "decided"})
    assert after(installation, complaint, before) == [
        ("compliance", "staff-referral"),
        ("anna", "staff-arrived"),
        ("compliance", "staff-referral"),
        ("anna", "staff-arrived"),
        ("anna", "staff-arrived"),
    ]


def test_what_staff_do_after_the_end_is_told_to_no_handler(installation: Running, handler: Client) -> None:
    complaint, before = ended(installation)
    handler.command(complaint, "add-note", {"text": TEXTS[5]})
    handler.command(complaint, "answer", {"text": TEXTS[3], "medium": "email"})
    party_id = next(party["party_id"] for party in handler.read(complaint)["parties"])
    handler.command(complaint, "change-contact", {"party_id": party_id, "contact": {"phone": PHONES[1]}})
    handler.command(complaint, "open-referral", {"kind": "court", "body": "court", "opened_by": "wallet"})
    assert after(installation, complaint, before) == [("complainant", "answer"), ("compliance", "staff-referral")]
