"""What can be asked before there is a complaint: categories with guidance, reasons, policies; in two languages."""

import re

import pytest

from services.intake.catalogue import Catalogue
from shared.access.principals import CallerType, Scope
from tests.client import Client, answered, refused
from tests.conftest import Running
from tests.services.api_document import Document
from tests.services.api_scene import MATTER, Body, Scene

CATALOGUE = Catalogue()
URGENT = {"account.takeover", "txn.unauthorised"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PATHS = ("/v1/categories", "/v1/reasons")
LANGUAGES = [
    (None, "en"),
    ("", "en"),
    ("fr", "en"),
    ("*", "en"),
    ("en", "en"),
    ("en-GB", "en"),
    ("zh-CN", "zh-CN"),
    ("zh", "zh-CN"),
    ("ZH-hans", "zh-CN"),
    ("zh-TW, en", "zh-CN"),
    ("fr, zh;q=0.8, en;q=0.5", "zh-CN"),
    ("en, zh", "en"),
]


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house)


def categories(client: Client, language: str = "en") -> dict[str, Body]:
    data = answered(client.get("/v1/categories", headers={"Accept-Language": language}))["data"]
    return {category["code"]: category for category in data}


def test_every_category_is_listed_with_guidance(scene: Scene) -> None:
    listed = categories(scene.app)
    assert set(listed) == set(CATALOGUE.categories)
    assert {code for code, category in listed.items() if category["urgent"]} == URGENT
    complexities = {code: category["complexity"] for code, category in listed.items()}
    assert complexities == {code: category.complexity for code, category in CATALOGUE.categories.items()}
    assert [code for code, each in listed.items() if not (each["label"] and each["guidance"]["try_first"])] == []
    assert [code for code, category in listed.items() if not category["guidance"]["bring"]] == []


def test_a_top_up_is_told_what_to_bring(scene: Scene) -> None:
    guidance = categories(scene.app)["topup.not_credited"]["guidance"]
    assert [item["code"] for item in guidance["bring"]] == ["transaction-details", "top-up-method", "bank-record"]


def test_what_is_told_to_bring_is_what_a_complaint_is_said_to_lack(scene: Scene) -> None:
    told = categories(scene.app)["topup.not_credited"]["guidance"]["bring"]
    complaint = answered(scene.app.post("/v1/complaints", MATTER, headers={"Accept-Language": "en"}), 201)
    assert complaint["missing"] == told


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("path", PATHS)
def test_every_label_is_in_the_language_asked_for(scene: Scene, path: str, language: str) -> None:
    answer = scene.app.get(path, headers={"Accept-Language": language})
    labels = re.findall(r'"(?:label|try_first)":"([^"]*)"', answer.text)
    assert len(labels) > 20
    wrong = [label for label in labels if bool(CHINESE.search(label)) != (language == "zh-CN")]
    assert wrong == []


@pytest.mark.parametrize(("asked", "given"), LANGUAGES)
@pytest.mark.parametrize("path", [*PATHS, "/v1/complaints"])
def test_the_answer_says_in_which_language_it_is(scene: Scene, path: str, asked: str | None, given: str) -> None:
    headers = {} if asked is None else {"Accept-Language": asked}
    answer = scene.app.get(path, headers=headers)
    assert (answer.status_code, answer.headers["Content-Language"]) == (200, given)
    assert answer.headers["Vary"] == "Accept-Language"


@pytest.mark.parametrize(("asked", "label"), [("zh-CN", "充值未到账"), ("en", "Top-up not credited"), ("fr", None)])
def test_a_category_is_called_alike_wherever_it_stands(scene: Scene, asked: str, label: str | None) -> None:
    listed = categories(scene.app, asked)["topup.not_credited"]["label"]
    complaint = answered(scene.app.post("/v1/complaints", MATTER, headers={"Accept-Language": asked}), 201)
    assert complaint["category"]["label"] == listed == (label or "Top-up not credited")


def test_every_reason_is_listed_under_its_command(scene: Scene) -> None:
    answer = scene.app.get("/v1/reasons")
    Document.of(scene.running.url).check_answer("list_reasons", answer)
    data = answered(answer)["data"]
    assert {command: {reason["code"] for reason in reasons} for command, reasons in data.items()} == {
        **{command: set(reasons) for command, reasons in CATALOGUE.reasons.items()},
        "root_cause": set(CATALOGUE.labels["root_cause"]),
        "external_body": set(CATALOGUE.bodies),
    }


def test_a_listed_reason_is_taken_and_another_is_not(scene: Scene) -> None:
    listed = answered(scene.app.get("/v1/reasons"))["data"]["withdraw"]
    scene.submit()
    refused(scene.app.post(f"{scene.path}/withdraw", {"reason": "bored"}), 422, "reason-unknown")
    answered(scene.app.post(f"{scene.path}/withdraw", {"reason": listed[0]["code"]}))


@pytest.mark.parametrize("code", ["lost-luggage", "topup", "default"])
def test_a_category_that_is_not_listed_is_refused(scene: Scene, code: str) -> None:
    refused(scene.app.post("/v1/complaints", {**MATTER, "category": code}), 422, "category-unknown")
    assert answered(scene.app.get("/v1/complaints"))["data"] == []


@pytest.mark.parametrize("path", [*PATHS, "/v1/policies", "/v1/policies/seed-default"])
def test_an_app_may_ask_before_any_user_does(scene: Scene, path: str) -> None:
    answered(scene.api.as_app(None).get(path))


@pytest.mark.parametrize("path", [*PATHS, "/v1/policies", "/v1/policies/seed-default"])
def test_the_catalogue_is_for_callers_with_a_scope(scene: Scene, path: str) -> None:
    refused(scene.api.with_scopes(CallerType.SERVICE, "form").get(path), 403, "scope-missing")
    refused(scene.api.with_headers(Authorization="").get(path), 401, "invalid-token")


def test_the_policies_are_asked_for_at_the_same_address(scene: Scene) -> None:
    listed = scene.app.get("/v1/policies")
    document = Document.of(scene.running.url)
    document.check_answer("list_policies", listed)
    (policy,) = answered(listed)["data"]
    one = scene.app.get(f"/v1/policies/{policy['name']}")
    document.check_answer("get_policy", one)
    assert answered(one) == policy
    assert (policy["name"], len(policy["digest"])) == ("seed-default", 64)


def test_a_policy_that_the_tenant_has_not_is_not_found(scene: Scene) -> None:
    refused(scene.app.get("/v1/policies/uk-disp-psp"), 404, "policy-unknown")


def test_a_promise_names_a_policy_that_can_be_asked_for(scene: Scene) -> None:
    scene.submit()
    for promise in scene.seen()["promises"]:
        policy = answered(scene.app.get(f"/v1/policies/{promise['policy']}"))
        assert policy["version"] == promise["policy_version"]
        assert promise["clock"] in {clock["name"] for clock in policy["clocks"]}


def test_the_preview_is_mounted_and_protected(scene: Scene) -> None:
    body = {"category": "topup.not_credited"}
    previewed = scene.app.post("/v1/policies/preview", body, key=None)
    Document.of(scene.running.url).check_answer("preview_policies", previewed)
    refused(scene.api.with_scopes(CallerType.SERVICE, "form").post("/v1/policies/preview", body), 403, "scope-missing")
    refused(scene.api.with_headers(Authorization="").post("/v1/policies/preview", body), 401, "invalid-token")
    answered(scene.api.with_scopes(CallerType.SERVICE, "form", Scope.SUBMIT).post("/v1/policies/preview", body))
