"""Remedies across complaints: the list of what is owed, and sums to the last digit."""

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.intake import operations
from shared.contracts.tenant import DEFAULT_FILE
from tests.client import answered, refused
from tests.conftest import Running, StartInstallation
from tests.waiting import wait_until

SMALLEST = "0.000000000000000001"
LARGE = "12345678901234567890.123456789012345678"

Promise = dict[str, Any]


@pytest.fixture
def running(start: StartInstallation, tmp_path: Path) -> Running:
    """An installation that deals in an asset with 18 digits."""
    tenants = tmp_path / "tenants"
    tenants.mkdir()
    text = DEFAULT_FILE.read_text(encoding="utf-8").replace("[assets]", "[assets]\nECOIN = 18")
    (tenants / "default.toml").write_text(text, encoding="utf-8")
    return start(tenants_dir=tenants)


def money(amount: str, currency: str = "CNY") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def promise(kind: str = "refund", due_on: str = "2025-10-10", **fields: Any) -> Promise:
    return {"kind": kind, "due_on": due_on, "unconditional": True, **fields}


def resolved(running: Running, *promises: Promise, **changes: Any) -> dict[str, Any]:
    complaint = running.api.as_app("u-1").submit(**changes)
    body = {"decision": "upheld", "reason": "error-confirmed", "explanation": "商家说已经退款"}
    return running.api.as_handler().decide(complaint, "resolve", {**body, "remedies": promises})


def listed(running: Running, **asked: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = answered(running.api.as_handler().get("/v1/remedies", params=asked))["data"]
    return rows


def totals(running: Running, **asked: Any) -> list[tuple[Any, ...]]:
    data = answered(running.api.as_supervisor().get("/v1/remedies/totals", params=asked))["data"]
    names = ("currency", "state", "kind", "count", "amount")
    return [(*(row[name] for name in names), row["category"]["code"]) for row in data]


def test_what_is_owed_is_listed_by_its_day_with_its_complaint(running: Running) -> None:
    later = resolved(running, promise(due_on="2025-10-12", amount=money("500.00")))
    sooner = resolved(running, promise("apology", "2025-10-09"), category="refund.overdue")
    first, second = listed(running)
    assert (first["number"], first["kind"], first["amount"], first["category"]["code"]) == (
        sooner["number"],
        "apology",
        None,
        "refund.overdue",
    )
    assert (second["complaint_id"], second["amount"], second["state"]) == (later["id"], money("500.00"), "promised")
    assert [row["kind"] for row in listed(running, due_before="2025-10-12")] == ["apology"]
    assert [row["kind"] for row in listed(running, due_from="2025-10-12")] == ["refund"]
    assert [row["kind"] for row in listed(running, currency="CNY")] == ["refund"]
    assert listed(running, category="fee.dispute") == listed(running, kind="unlock") == []


def test_a_promise_stands_as_its_complaint_says(running: Running) -> None:
    complaint = resolved(running, promise(), promise("coupon", unconditional=False), promise("apology"))
    by_kind = {remedy["kind"]: remedy["remedy_id"] for remedy in complaint["remedies"]}
    ledger, anna = running.api.as_staff("service", "payments-ledger"), running.api.as_handler()
    ledger.command(complaint, "fulfil-remedy", {"remedy_id": by_kind["refund"], "amount": money("3.20")})
    ledger.command(complaint, "fail-remedy", {"remedy_id": by_kind["apology"], "reason": "technical"})
    assert {row["kind"]: row["state"] for row in listed(running)} == {
        "refund": "fulfilled",
        "coupon": "promised",
        "apology": "failed",
    }
    assert [row["kind"] for row in listed(running, state=["promised", "failed"])] != []
    assert {row["kind"]: row["awaits_acceptance"] for row in listed(running, state="promised")} == {"coupon": True}
    assert listed(running, state="fulfilled")[0]["amount"] == money("3.20")
    running.api.as_app("u-1").command(complaint, "reject-resolution", {"reason": "not-enough"})
    anna.command(complaint, "classify", {"category": "fee.dispute", "reason": "handler-review"})
    assert [row["kind"] for row in listed(running, state="lapsed", category="fee.dispute")] == ["coupon"]


def test_what_is_past_its_day_is_overdue_unless_it_hangs_on_an_acceptance(running: Running) -> None:
    complaint = resolved(running, promise(), promise("coupon", unconditional=False))
    running.settle()
    running.clock.advance(days=20)
    assert [(row["kind"], row["state"]) for row in listed(running, state="overdue")] == [("refund", "overdue")]
    assert [row["kind"] for row in listed(running, state="promised")] == ["coupon"]
    told = {"complaint_id": complaint["id"], "limit": 100}
    wait_until(
        lambda: ("team compliance", "staff-clock-missed") in reached(running, told), what="compliance to be told"
    )


def reached(running: Running, asked: dict[str, Any]) -> set[tuple[str, str]]:
    notices = running.api.as_handler().get("/v1/outbox", params=asked).json()["data"]
    return {(notice["recipient"], notice["template"]) for notice in notices}


def test_sums_are_exact_to_the_last_of_eighteen_digits(running: Running) -> None:
    amounts = [SMALLEST, LARGE, SMALLEST, "0.100000000000000001"]
    resolved(running, *(promise(amount=money(amount, "ECOIN")) for amount in amounts))
    resolved(running, promise(amount=money("0.10")), promise(amount=money("0.20")), promise("apology"))
    exact = "12345678901234567890.223456789012345681"
    assert totals(running) == [
        (None, "promised", "apology", 1, None, "topup.not_credited"),
        ("CNY", "promised", "refund", 2, "0.30", "topup.not_credited"),
        ("ECOIN", "promised", "refund", 4, exact, "topup.not_credited"),
    ]
    assert {row["amount"]["amount"] for row in listed(running, currency="ECOIN")} == set(amounts)
    assert totals(running, currency="EUR") == []


def test_sums_part_what_differs_in_state_kind_or_category(running: Running) -> None:
    complaint = resolved(running, *(promise(amount=money("1.00")) for _ in range(3)), promise("payment"))
    resolved(running, promise(amount=money("1.00")), category="fee.dispute")
    ledger = running.api.as_staff("service", "payments-ledger")
    ledger.command(complaint, "fulfil-remedy", {"remedy_id": complaint["remedies"][0]["remedy_id"]})
    assert totals(running) == [
        (None, "promised", "payment", 1, None, "topup.not_credited"),
        ("CNY", "fulfilled", "refund", 1, "1.00", "topup.not_credited"),
        ("CNY", "promised", "refund", 1, "1.00", "fee.dispute"),
        ("CNY", "promised", "refund", 2, "2.00", "topup.not_credited"),
    ]


def test_sums_are_those_of_decimals_whatever_the_amounts(running: Running) -> None:
    luck = random.Random(7)  # noqa: S311 - only to vary the amounts
    amounts = [f"{luck.randrange(10**20)}.{luck.randrange(10**18):018d}" for _ in range(20)]
    resolved(running, *(promise(amount=money(amount, "ECOIN")) for amount in amounts))
    ((*_, amount, _category),) = totals(running)
    whole = sum(int(each.replace(".", "")) for each in amounts)
    assert int(amount.replace(".", "")) == whole


def pages(running: Running, limit: int) -> Iterator[list[str]]:
    asked: dict[str, Any] = {"limit": limit}
    while True:
        page = answered(running.api.as_handler().get("/v1/remedies", params=asked))
        yield [row["remedy_id"] for row in page["data"]]
        if not page["has_more"]:
            assert page["next_cursor"] is None
            return
        asked["cursor"] = page["next_cursor"]


def test_pages_hold_every_remedy_once_though_many_are_due_on_one_day(running: Running) -> None:
    resolved(running, *(promise(due_on=f"2025-10-{10 + number // 3}") for number in range(7)))
    together = [row["remedy_id"] for row in listed(running, limit=100)]
    assert [each for page in pages(running, 2) for each in page] == together
    assert len(set(together)) == 7


def test_a_cursor_fits_its_own_question_only(running: Running) -> None:
    resolved(running, promise(), promise())
    cursor = running.api.as_handler().get("/v1/remedies", params={"limit": 1}).json()["next_cursor"]
    asked = {"limit": 1, "cursor": cursor, "state": "failed"}
    refused(running.api.as_handler().get("/v1/remedies", params=asked), 400, "cursor-invalid")


@pytest.mark.parametrize("path", ["/v1/remedies", "/v1/remedies/totals"])
def test_remedies_are_for_staff_of_the_tenant(running: Running, path: str) -> None:
    refused(running.api.as_app("u-1").get(path), 403, "scope-missing")
    refused(running.api.as_handler().get(path, params={"state": "lost"}), 422, "invalid-request")
    answered(running.api.as_staff("auditor", "otto").get(path))


def test_the_view_shown_anew_is_the_one_that_was_built_live_also_after_an_erasure(running: Running) -> None:
    complaint = resolved(running, promise(amount=money("1.00")), promise("coupon", unconditional=False))
    kept = resolved(running, promise(amount=money("2.00")))
    ledger = running.api.as_staff("service", "payments-ledger")
    for each in (complaint, kept):
        paid = {"remedy_id": each["remedies"][0]["remedy_id"], "reference": "LEDGER-REF-4711"}
        ledger.command(each, "fulfil-remedy", paid)
    root = running.api.as_staff("administrator", "root")
    root.decide(complaint, "erase-personal-data", {"reason": "person-request"})
    running.settle()
    live = rows(running)
    digests = {row["complaint_id"]: row["reference_digest"] for row in live if row["settled_at"]}
    assert digests[complaint["id"]] is None
    assert len(digests[kept["id"]]) == 64
    operations.replay_view(running.embedded.intake, "remedies", lambda _done: None)
    assert rows(running) == live


def rows(running: Running) -> list[dict[str, Any]]:
    with running.embedded.intake.application.store.read() as reader:
        found = reader.execute("SELECT * FROM intake_remedies ORDER BY complaint_id, remedy_id")
    return [dict(row) for row in found]


def test_a_decimal_is_what_the_ledger_paid(running: Running) -> None:
    complaint = resolved(running, promise(amount=money(SMALLEST, "ECOIN")))
    remedy_id = complaint["remedies"][0]["remedy_id"]
    assert Decimal(complaint["remedies"][0]["amount"]["amount"]) == Decimal(SMALLEST)
    path = f"/v1/complaints/{complaint['id']}/fulfil-remedy"
    ledger = running.api.as_staff("service", "payments-ledger")
    finer = {"remedy_id": remedy_id, "amount": money("0.0000000000000000001", "ECOIN")}
    refused(ledger.post(path, finer), 422, "too-many-digits")
    answered(ledger.post(path, {"remedy_id": remedy_id, "amount": money(SMALLEST, "ECOIN")}))
