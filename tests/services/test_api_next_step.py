"""What an answer says of what comes: the next step, who takes it, by when, what is missing, the promised dates."""

from collections.abc import Callable

import pytest

from services.intake.catalogue import Catalogue
from tests import people
from tests.client import answered
from tests.conftest import Running, StartInstallation
from tests.services.api_scene import MATTER, SITUATIONS, Body, Scene
from tests.waiting import wait_until

AN_HOUR_MS = 3_600_000


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house)


def missing_codes(complaint: Body) -> list[str]:
    return [item["code"] for item in complaint["missing"]]


@pytest.mark.parametrize(
    ("situation", "code", "who", "clock"),
    [
        ("acknowledged", "answer", "wallet", "first_answer"),
        ("urgent", "answer", "wallet", "first_answer"),
        ("waiting for the complainant", "provide-information", "complainant", None),
        ("waiting for a third party", "third-party-answers", "third_party", None),
        ("resolved", "accept-or-reject", "complainant", None),
        ("rejected twice", "supervisor-decides", "wallet", None),
        ("closed", "remedy", "wallet", "remedy"),
        ("remedy failed", "remedy", "wallet", "remedy"),
        ("withdrawn", "nothing", "nobody", None),
        ("declined", "nothing", "nobody", None),
    ],
)
def test_the_next_step_says_what_who_and_by_when(
    scene: Scene, situation: str, code: str, who: str, clock: str | None
) -> None:
    SITUATIONS[situation](scene)
    expected = (code, who, clock)
    wait_until(lambda: step_of(scene) == expected, what=f"the step {expected}")


def step_of(scene: Scene) -> tuple[str, str, str | None]:
    step = scene.seen("app")["next_step"]
    return step["code"], step["who"], step["by"] and step["by"]["clock"]


def test_after_the_first_answer_the_house_resolves(scene: Scene) -> None:
    scene.submit().then("anna", "answer")
    wait_until(lambda: step_of(scene) == ("resolve", "wallet", "final"), what="the first answer to count")


def test_after_the_remedy_nothing_is_left(scene: Scene) -> None:
    SITUATIONS["closed"](scene).then("ledger", "fulfil-remedy")
    assert step_of(scene) == ("nothing", "nobody", None)


@pytest.mark.parametrize(
    ("language", "label"), [("zh-CN", "我们将答复您"), ("en", "We answer you"), ("fr", "We answer you")]
)
def test_labels_are_in_the_language_asked_for(scene: Scene, language: str, label: str) -> None:
    scene.submit()
    response = scene.app.get(scene.path, headers={"Accept-Language": language})
    assert response.json()["next_step"]["label"] == label
    assert response.headers["Content-Language"] == ("zh-CN" if language == "zh-CN" else "en")


def test_what_would_help_is_listed_until_it_is_there(scene: Scene) -> None:
    scene.submit()
    assert missing_codes(scene.complaint) == ["transaction-details", "top-up-method", "bank-record"]
    transaction = {"transaction_id": people.TEXTS[6], "top_up_method": "bank card"}
    scene.submit(transactions=[transaction])
    assert missing_codes(scene.complaint) == ["bank-record"]
    scene.then("app", "add-evidence", {"evidence_ids": [scene.upload(kind="transaction_record")]})
    assert missing_codes(scene.seen("app")) == []


GIVEN: dict[str, Callable[[Scene], Body]] = {
    "account_id": lambda _: {"account_id": "x"},
    "already_tried": lambda _: {"already_tried": "x"},
    "desired_outcome": lambda _: {"desired_outcome": {"kind": "explanation"}},
    "safe_contact": lambda _: {"complainant": {"safe_contact": people.EMAILS[2]}},
    "top_up_method": lambda _: {"transactions": [{"transaction_id": "x", "top_up_method": "x"}]},
    "transactions": lambda _: {"transactions": [{"transaction_id": "x"}]},
    "about_handling_of": lambda scene: {"about_handling_of": scene.another()},
}


@pytest.mark.parametrize("category", list(Catalogue().categories))
def test_every_category_is_satisfied_by_what_its_guidance_asks_for(scene: Scene, category: str) -> None:
    """Nothing missing refuses a complaint; everything asked for can be given."""
    items = Catalogue().guidance(category).bring
    bare = answered(scene.app.post("/v1/complaints", {**MATTER, "category": category}), 201)
    assert missing_codes(bare) == [item.code for item in items]
    evidence = [scene.upload(kind=item.evidence) for item in items if item.evidence]
    fields: Body = {}
    for item in items:
        fields |= GIVEN[item.field](scene) if item.field and item.field not in fields else {}
    whole = {**MATTER, "category": category, **fields, "evidence_ids": evidence}
    assert missing_codes(answered(scene.app.post("/v1/complaints", whole), 201)) == []


def test_promised_dates_name_their_policy_and_their_owner(scene: Scene) -> None:
    promises = scene.submit().complaint["promises"]
    assert [(promise["clock"], promise["due_on"]) for promise in promises] == [
        ("first_answer", "2025-09-28"),
        ("final", "2025-09-30"),
    ]
    for promise in promises:
        assert (promise["policy"], promise["owner"], promise["source"]) == ("seed-default", "wallet", "house")
        assert (promise["time_zone"], promise["state"], promise["verified"]) == ("Asia/Shanghai", "running", True)


def test_dates_are_computing_until_every_clock_is_known(start: StartInstallation) -> None:
    scene = Scene(start(relay_poll_ms=AN_HOUR_MS))
    complaint = answered(scene.app.post("/v1/complaints", MATTER), 201)
    assert (complaint["promises_state"], complaint["promises"]) == ("computing", [])
    assert complaint["next_step"]["code"] == "dates-are-computed"


def test_who_prefers_to_wait_is_answered_with_the_dates(scene: Scene) -> None:
    complaint = answered(scene.app.post("/v1/complaints", MATTER, headers={"Prefer": "wait=10"}), 201)
    assert complaint["promises_state"] == "ready"
    assert complaint["promises_revision"] >= len(complaint["promises"])


def test_a_wait_pauses_the_promise_of_the_house(scene: Scene) -> None:
    SITUATIONS["waiting for the complainant"](scene)
    wait_until(lambda: states_of(scene) == {"paused"}, what="the clocks to pause")
    scene.then("app", "provide-information")
    wait_until(lambda: states_of(scene) == {"running"}, what="the clocks to resume")


def states_of(scene: Scene) -> set[str]:
    return {promise["state"] for promise in scene.seen("app")["promises"]}
