"""Which policies a tenant has and what they would promise, asked over HTTP."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.escalation.policy_files import SHIPPED_POLICIES
from shared.access.principals import CallerType, Principal, Scope
from shared.contracts.tenant import DEFAULT_FILE
from tests.builders import NOW
from tests.client import Client, answered, refused
from tests.conftest import Running, StartInstallation

STATUTORY = """
name = "uk-final"
version = "1"
family = "uk-final"
source = "law"
citation = "DISP 1.6"
verified = false
effective_from = 2020-01-01
applies = { jurisdictions = ["GB", "GI"], urgent = false }
calendar = "cn"
on_reopening = "statutory"

[[clock]]
id = "final"
name = "statutory_final"
owner = "wallet"
starts = "received"
meets = ["final_letter"]
target = { business_days = 15 }
extension = { cap = { business_days = 20 }, times = 1, approver = "supervisor" }

[[clock]]
id = "regulator"
name = "regulator"
owner = "wallet"
starts = "regulator_asked"
meets = ["final_letter"]
"""


@pytest.fixture
def british(start: StartInstallation, tmp_path: Path) -> Running:
    """A tenant with a statutory policy of the operator's beside the house policy."""
    for directory in ("policies", "tenants"):
        (tmp_path / directory).mkdir()
    (tmp_path / "policies" / "uk.toml").write_text(STATUTORY, encoding="utf-8")
    tenant = DEFAULT_FILE.read_text(encoding="utf-8")
    chosen = tenant.replace(
        'house_policy = "seed-default"',
        'house_policy = "seed-default"\nstatutory_policies = ["uk-final"]\naccept_unverified = true',
    )
    (tmp_path / "tenants" / "default.toml").write_text(chosen, encoding="utf-8")
    return start(policies_dir=tmp_path / "policies", tenants_dir=tmp_path / "tenants")


def _preview(client: Client, **body: Any) -> dict[str, Any]:
    return answered(client.post("/v1/policies/preview", {"category": "topup.not_credited", **body}))


def _dates(previewed: dict[str, Any]) -> dict[str, str]:
    return {clock["clock"]: clock["due_on"] for policy in previewed["data"] for clock in policy["clocks"]}


def test_a_preview_shows_every_date_that_a_simple_complaint_would_be_promised(running: Running) -> None:
    shown = _preview(running.api.as_app(None), received_at=NOW.isoformat())
    assert _dates(shown) == {"first_answer": "2025-09-28", "final": "2025-09-30"}
    (policy,) = shown["data"]
    assert policy["clocks"][1] == {
        "clock": "final",
        "owner": "wallet",
        "due_at": "2025-09-30T16:00:00Z",
        "due_on": "2025-09-30",
        "time_zone": "Asia/Shanghai",
        "beyond_calendar": False,
    }
    assert (policy["policy"], policy["policy_version"], policy["source"], policy["verified"]) == (
        "seed-default",
        "2",
        "house",
        True,
    )
    assert policy["because"] == "the first of family house that matches: it asks for nothing"


def test_a_preview_of_a_complex_complaint_counts_through_the_holidays(running: Running) -> None:
    assert _dates(_preview(running.api.as_app(None), complexity="complex", received_at=NOW.isoformat())) == {
        "first_answer": "2025-09-28",
        "final": "2025-10-13",
    }


def test_a_preview_of_an_urgent_complaint_shows_the_hour_around_the_clock(running: Running) -> None:
    shown = _preview(running.api.as_app(None), urgent=True, received_at="2025-10-01T23:30:00+08:00")
    urgent = {clock["clock"]: clock["due_at"] for clock in shown["data"][0]["clocks"]}
    assert (urgent["first_answer"], urgent["freeze"]) == ("2025-10-01T16:30:00Z", "2025-10-01T16:30:00Z")


def test_a_preview_without_a_time_of_receipt_is_one_of_now(running: Running) -> None:
    shown = _preview(running.api.as_app(None))
    assert shown["received_at"].startswith("2025-09-26T02:00:00.")
    assert _dates(shown)["final"] == "2025-09-30"


def test_a_preview_promises_what_a_submission_is_then_promised(running: Running) -> None:
    app = running.api.as_app("u-1")
    shown = _preview(app)
    complaint = app.submit()
    assert {promise["clock"]: promise["due_at"] for promise in complaint["promises"]} == {
        clock["clock"]: clock["due_at"] for clock in shown["data"][0]["clocks"]
    }


def test_a_preview_beyond_the_data_of_the_calendar_says_so(running: Running) -> None:
    shown = _preview(running.api.as_app(None), received_at="2026-12-31T10:00:00+08:00")
    assert [clock["beyond_calendar"] for clock in shown["data"][0]["clocks"]] == [True, True]


def test_a_preview_leaves_out_what_was_not_in_force_yet(british: Running) -> None:
    shown = _preview(british.api.as_app(None), jurisdiction="GB", received_at="2019-12-31T23:59:59+08:00")
    assert [policy["policy"] for policy in shown["data"]] == ["seed-default"]


def test_a_preview_shows_house_and_law_side_by_side_and_why(british: Running) -> None:
    shown = _preview(british.api.as_app(None), jurisdiction="GB", received_at=NOW.isoformat())
    assert _dates(shown) == {"first_answer": "2025-09-28", "final": "2025-09-30", "statutory_final": "2025-10-23"}
    house, law = shown["data"]
    assert (house["source"], law["source"], law["verified"], law["citation"]) == ("house", "law", False, "DISP 1.6")
    assert law["because"] == ("the first of family uk-final that matches: jurisdictions is GB or GI, urgent is false")


def test_a_preview_shows_every_date_in_order_and_what_could_follow(british: Running) -> None:
    shown = _preview(british.api.as_app(None), jurisdiction="GB", received_at=NOW.isoformat())
    timeline = [(moment["kind"], moment["clock"], moment["on"]) for moment in shown["timeline"]]
    assert timeline[0] == ("received", "", "2025-09-26")
    assert timeline[-2:] == [
        ("due", "statutory_final", "2025-10-23"),
        ("due_extended", "statutory_final", "2025-11-20"),
    ]
    assert [moment["at"] for moment in shown["timeline"]] == sorted(moment["at"] for moment in shown["timeline"])


def test_a_preview_tells_why_the_others_do_not_apply(british: Running) -> None:
    shown = _preview(british.api.as_app(None), urgent=True, received_at=NOW.isoformat())
    assert shown["passed_over"] == [
        {"policy": "uk-final", "policy_version": "1", "because": "it asks for another jurisdiction, urgency"}
    ]


def test_a_preview_takes_what_it_is_not_told_from_the_tenant(british: Running) -> None:
    assert [policy["policy"] for policy in _preview(british.api.as_app(None))["data"]] == ["seed-default"]


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({}, "category"),
    ({"category": "Top Up"}, "category"),
    ({"category": "other", "complexity": "hard"}, "complexity"),
    ({"category": "other", "received_at": "2025-09-26T10:00:00"}, "received_at"),
    ({"category": "other", "received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
    ({"category": "other", "received_at": "9999-12-31T23:59:59Z"}, "received_at"),
    ({"category": "other", "surprise": 1}, "surprise"),
]


def test_a_preview_that_cannot_be_is_refused_and_names_the_field(running: Running) -> None:
    for body, field in IMPOSSIBLE:
        problem = refused(running.api.as_app(None).post("/v1/policies/preview", body), 422, "invalid-request")
        assert [error["field"] for error in problem["errors"]] == [field]


def test_a_preview_leaves_no_trace(running: Running) -> None:
    _preview(running.api.as_app(None))
    assert all(store.recorder.max_notification_id() is None for store in running.stores)


def test_the_policies_of_the_tenant_are_listed_with_their_clocks(british: Running) -> None:
    listed = answered(british.api.as_handler().get("/v1/policies"))["data"]
    assert [policy["name"] for policy in listed] == ["seed-default", "uk-final"]
    final, regulator = listed[1]["clocks"]
    assert (final["target"], final["extension"], final["pauses"]) == ("15 business_days", "20 business_days", False)
    assert (regulator["starts"], regulator["target"], regulator["extension"]) == ("regulator_asked", None, None)


def test_a_policy_is_shown_with_its_source_and_calendar(british: Running) -> None:
    shown = answered(british.api.as_handler().get("/v1/policies/uk-final"))
    assert (shown["source"], shown["citation"], shown["verified"]) == ("law", "DISP 1.6", False)
    assert (shown["calendar"], shown["calendar_version"], shown["covers_until"]) == ("cn", "2026.1", "2026-12-31")
    assert (shown["time_zone"], shown["effective_from"], shown["effective_to"]) == ("Asia/Shanghai", "2020-01-01", None)


def test_a_policy_that_the_tenant_has_not_is_not_found(running: Running) -> None:
    refused(running.api.as_handler().get("/v1/policies/uk-final"), 404, "policy-unknown")


def test_of_several_versions_the_one_in_force_is_shown(start: StartInstallation, tmp_path: Path) -> None:
    shipped = (SHIPPED_POLICIES / "seed-default.toml").read_text(encoding="utf-8")
    versions = {"3": "effective_from = 2025-01-01", "4": "effective_from = 2030-01-01"}
    for version, effective in versions.items():
        text = shipped.replace('version = "2"', f'version = "{version}"').replace(
            "effective_from = 1970-01-01", effective
        )
        (tmp_path / f"mine-{version}.toml").write_text(text, encoding="utf-8")
    api = start(policies_dir=tmp_path).api.as_handler()
    assert answered(api.get("/v1/policies/seed-default"))["version"] == "3"
    assert [policy["version"] for policy in answered(api.get("/v1/policies"))["data"]] == ["3", "4", "2"]
    assert [policy["policy_version"] for policy in _preview(api)["data"]] == ["3"]


def test_nobody_asks_without_a_good_token_or_a_scope_or_for_a_tenant_that_is_not_served(running: Running) -> None:
    refused(replace(running.api, token="forged").get("/v1/policies"), 401, "invalid-token")
    ledger = Principal("default", CallerType.SERVICE, "ledger", frozenset({Scope.SERVICE}))
    refused(_as(running, ledger).get("/v1/policies"), 403, "scope-missing")
    stranger = Principal("elsewhere", CallerType.SERVICE, "app", frozenset({Scope.READ}))
    refused(_as(running, stranger).post("/v1/policies/preview", {"category": "other"}), 403, "tenant-unknown")


def test_whoever_works_with_complaints_may_ask(running: Running) -> None:
    for scope in (Scope.READ, Scope.SUBMIT, Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT):
        caller = Principal("default", CallerType.SERVICE, "caller", frozenset({scope}))
        assert answered(_as(running, caller).get("/v1/policies"))["data"]


def _as(running: Running, principal: Principal) -> Client:
    return Client(running.url, running.sign, running.sign(principal))
