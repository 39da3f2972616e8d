"""Outside bodies: which there are, from when to turn to them, what they ask and decide; in every status."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.intake.api.examples import BODIES
from shared.contracts.tenant import DEFAULT_FILE
from tests.client import answered, refused
from tests.conftest import Running, StartInstallation
from tests.services.api_scene import SITUATIONS, Scene
from tests.waiting import wait_until

Complaint = dict[str, Any]
Begin = Callable[..., Running]

PAYMENT = {"kind": "payment", "due_on": "2025-10-10", "amount": {"amount": "2300.00", "currency": "CNY"}}
OWN_BODY = """
[[body]]
code = "own-board"
zh-CN = "行业调解委员会"
en = "The board of our industry"
kind = "mediation"
jurisdictions = ["CN"]
source = "Our membership"
verified = true

[[body.limit]]
within = { weeks = 8 }
from = "receipt"
source = "Rules of the board"
verified = true

[[body]]
code = "cca"
zh-CN = "消费者协会"
en = "Our own name for it"
kind = "consumer_association"
source = "Ours"
verified = true
"""
POLICY = """
name = "board"
version = "1"
family = "board"
source = "house"
citation = "Ours"
verified = true
effective_from = 2020-01-01
calendar = "cn"
on_reopening = "fresh"

[[clock]]
id = "board"
name = "statutory_final"
owner = "wallet"
starts = "received"
meets = ["final_letter"]
target = { calendar_days = 15 }
refers_to = ["own-board"]
"""


@pytest.fixture
def begin(start: StartInstallation, tmp_path: Path) -> Begin:
    """Start an installation whose tenant lives somewhere under some laws, beside files of the operator's."""

    def begin(policies: str, jurisdiction: str = "CN", **files: str) -> Running:
        directory, tenants = tmp_path / "policies", tmp_path / "tenants"
        directory.mkdir()
        tenants.mkdir()
        for name, text in files.items():
            (directory / name.replace("_", ".")).write_text(text, encoding="utf-8")
        house = 'house_policy = "seed-default"'
        law = f"{house}\nstatutory_policies = [{policies}]\naccept_unverified = true"
        text = DEFAULT_FILE.read_text(encoding="utf-8").replace(house, law)
        place = text.replace('jurisdiction = "CN"', f'jurisdiction = "{jurisdiction}"')
        (tenants / "default.toml").write_text(place, encoding="utf-8")
        return start(tenants_dir=tenants, policies_dir=directory)

    return begin


def referable(running: Running, complaint: Complaint) -> list[tuple[str, str | None, str | None]]:
    """As the complainant sees it: body, first day, last day."""
    running.settle()
    shown = running.api.as_app("u-1").read(complaint)["referable"]
    return [(each["body"]["code"], each["referable_from"], each["last_day"]) for each in shown]


def codes(running: Running, **asked: str) -> set[str]:
    data = answered(running.api.as_app(None).get("/v1/bodies", params=asked))["data"]
    return {body["code"] for body in data}


def test_bodies_are_those_of_a_place_and_of_a_service(house: Running) -> None:
    assert (
        codes(house, jurisdiction="GB")
        == codes(house, jurisdiction="GB-SCT")
        == {
            "fos",
            "court",
            "arbitration",
            "police",
            "other",
        }
    )
    assert "fos" not in codes(house, jurisdiction="GB", regulated_service="crypto")
    assert {"pbc", "samr", "cca"} <= codes(house, jurisdiction="CN", regulated_service="payment")
    assert "nfra" not in codes(house, jurisdiction="CN", regulated_service="payment")
    assert codes(house) >= {"pbc", "fos", "afca", "hkma"}
    refused(house.api.as_app(None).get("/v1/bodies", params={"jurisdiction": "Britain"}), 422, "invalid-request")


@pytest.mark.parametrize(("language", "label"), [("zh-CN", "英国金融申诉专员服务机构"), ("en", "Financial Ombudsman")])
def test_a_body_says_how_to_reach_it_and_by_when_and_what_is_confirmed(
    house: Running, language: str, label: str
) -> None:
    asked = {"headers": {"Accept-Language": language}, "params": {"jurisdiction": "GB"}}
    data = answered(house.api.as_app(None).get("/v1/bodies", **asked))["data"]
    (fos,) = (body for body in data if body["code"] == "fos")
    assert fos["label"].startswith(label)
    assert (fos["kind"], fos["address"], fos["verified"]) == ("ombudsman", "Exchange Tower, London E14 9SR", True)
    (limit,) = fos["limits"]
    assert (limit["amount"], limit["unit"], limit["counts_from"]) == (6, "months", "final_answer")


def test_a_body_of_the_operator_counts_before_the_shipped_ones_and_policies_may_name_it(begin: Begin) -> None:
    running = begin('"board"', mine_bodies_toml=OWN_BODY, board_toml=POLICY)
    data = answered(running.api.as_app(None).get("/v1/bodies"))["data"]
    assert next(body["label"] for body in data if body["code"] == "cca") == "Our own name for it"
    complaint = running.api.as_app("u-1").submit()
    assert referable(running, complaint) == [("own-board", "2025-10-12", None)]
    shown = running.api.as_app("u-1").read(complaint)["referable"][0]
    assert (shown["policy"], shown["verified"], shown["body"]["limits"][0]["unit"]) == ("board", True, "weeks")


def test_the_story_calls_a_body_of_the_operator_by_its_own_name(begin: Begin) -> None:
    running = begin('"board"', mine_bodies_toml=OWN_BODY, board_toml=POLICY)
    app = running.api.as_app("u-1")
    complaint = app.submit()
    app.command(complaint, "open-referral", {"body": "own-board"})
    for language, own, shipped in (
        ("zh-CN", "行业调解委员会", "其他机构"),
        ("en", "The board of our industry", "Another body"),
    ):
        told = app.get(f"/v1/complaints/{complaint['id']}/story", headers={"Accept-Language": language})
        story = answered(told)
        for sentences in (story["happened"], story["rights"]):
            assert any(own in each["text"] for each in sentences), story
        assert shipped not in told.text


def test_whoever_is_kept_waiting_may_refer_the_day_after_and_for_as_long_as_the_law_says(begin: Begin) -> None:
    running = begin('"in-rbi-ppi"', jurisdiction="IN")
    complaint = running.api.as_app("u-1").submit()
    assert referable(running, complaint) == [("rbi-ombudsman", "2025-10-27", None)]
    running.clock.advance(days=31)
    wait_until(
        lambda: referable(running, complaint) == [("rbi-ombudsman", "2025-10-27", "2026-01-24")],
        what="the time to refer to run",
    )


def test_after_the_final_answer_the_time_to_refer_runs_from_its_day(begin: Begin) -> None:
    running = begin('"uk-disp-psp", "uk-disp-general"', jurisdiction="GB")
    complaint = running.api.as_app("u-1").submit()
    assert referable(running, complaint) == [("fos", "2025-10-18", None)]
    running.clock.advance(days=3)
    anna = running.api.as_handler()
    anna.decide(complaint, "resolve", BODIES["resolve"])
    anna.command(complaint, "answer", {"text": "Our final response.", "kind": "final", "medium": "email"})
    assert referable(running, complaint) == [("fos", "2025-09-29", "2026-03-29")]
    opened = running.api.as_app("u-1").command(complaint, "open-referral", {"body": "fos"})
    (referral,) = opened["referrals"]
    assert (referral["kind"], referral["body_label"]) == ("ombudsman", "Financial Ombudsman Service, United Kingdom")


def test_nobody_is_referable_to_where_no_law_says_so(house: Running) -> None:
    assert Scene(house).submit().seen("app")["referable"] == []


def test_a_body_is_of_its_own_kind(house: Running) -> None:
    scene = Scene(house).submit()
    refused(scene.give("app", "open-referral", {"kind": "court", "body": "pbc"}), 422, "referral-kind-differs")
    scene.then("app", "open-referral", {"kind": "mediation", "body": "other"})
    scene.then("app", "open-referral", {"body": "police"})
    assert [each["kind"] for each in scene.seen("app")["referrals"]] == ["mediation", "other"]


@pytest.mark.parametrize("situation", ["acknowledged", "resolved", "closed", "withdrawn", "declined", "duplicate"])
def test_several_bodies_have_the_matter_at_once_in_every_status(house: Running, situation: str) -> None:
    scene = SITUATIONS[situation](Scene(house))
    before = scene.seen()["level"]
    for body in ("cca", "pbc"):
        scene.then("app", "open-referral", {"body": body, "reference": "PBC-2025-77"})
    first, second = (each["referral_id"] for each in scene.seen()["referrals"])
    assert scene.seen()["level"] == 3
    scene.then("anna", "close-referral", {"referral_id": first, "reason": "withdrawn"})
    assert scene.seen()["level"] == 3
    decided = {"referral_id": second, "outcome": "for-wallet", "binding": False, "remedies": [PAYMENT]}
    scene.then("anna", "decide-referral", decided)
    scene.then("anna", "close-referral", {"referral_id": second, "reason": "decided"})
    assert (scene.seen()["level"], len(scene.seen("app")["referrals"])) == (before, 2)


def test_a_reply_is_warned_of_in_time_and_a_missed_one_is_told_to_compliance_also_when_closed(
    running: Running,
) -> None:
    scene = SITUATIONS["closed"](Scene(running))
    scene.then("anna", "open-referral", {"body": "pbc", "reply_due_on": "2025-10-06"})
    running.settle()
    running.clock.advance(days=9)
    wait_until(lambda: told(scene, "staff-clock-warned"), what="the warning")
    assert not told(scene, "staff-clock-missed", clock="Reply")
    running.clock.advance(days=3)
    wait_until(lambda: told(scene, "staff-clock-missed", clock="外部机构答复"), what="the miss")


def told(scene: Scene, template: str, clock: str = "") -> bool:
    """Whether compliance was."""
    asked = {"complaint_id": scene.complaint["id"], "limit": 100}
    notices = scene.anna.get("/v1/outbox", params=asked).json()["data"]
    found = [each for each in notices if each["template"] == template and each["recipient"] == "team compliance"]
    return any(clock in each["text"] for each in found)


def test_what_a_binding_decision_orders_is_owed_and_missed_on_a_closed_complaint(running: Running) -> None:
    scene = SITUATIONS["withdrawn"](Scene(running))
    scene.then("app", "open-referral", {"body": "cca"})
    referral_id = scene.seen()["referrals"][0]["referral_id"]
    decided = {"referral_id": referral_id, "outcome": "for-complainant", "binding": True, "remedies": [PAYMENT]}
    scene.then("anna", "decide-referral", decided)
    running.settle()
    assert scene.seen("app")["remedies"][0]["state"] == "promised"
    running.clock.advance(days=16)
    wait_until(lambda: told(scene, "staff-clock-missed"), what="compliance to be told")
    assert scene.seen("app")["status"]["code"] == "withdrawn"
