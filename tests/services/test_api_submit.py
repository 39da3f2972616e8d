"""Submitting a complaint: what a caller may leave out, say of others, date back, and refer to."""

from datetime import timedelta
from typing import Any

import pytest

from services.intake.api.examples import BODIES
from tests import people
from tests.builders import NOW
from tests.client import answered, refused
from tests.conftest import Running
from tests.services.api_scene import MATTER, Scene

AN_HOUR_AGO = (NOW - timedelta(hours=1)).isoformat()


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house)


def roles(complaint: dict[str, Any]) -> list[str]:
    return [party["role"] for party in complaint["parties"]]


def person_of(complaint: dict[str, Any], role: str) -> dict[str, str | None]:
    (person,) = [party["person"] for party in complaint["parties"] if party["role"] == role]
    assert isinstance(person, dict)
    return person


def test_category_and_description_are_enough(scene: Scene) -> None:
    complaint = answered(scene.app.post("/v1/complaints", MATTER), 201)
    assert (complaint["status"]["code"], complaint["level"], complaint["urgent"]) == ("submitted", 0, False)
    assert (complaint["language"], complaint["channel"], complaint["preferred_medium"]) == ("zh-CN", "app", None)
    assert complaint["received_at"] == scene.anna.history(complaint)[0]["occurred_at"]


def test_everything_that_was_said_is_there_again(scene: Scene) -> None:
    said = {**BODIES["submit_complaint"], "already_tried": "x", "grounds": "y", "account_id": "z"}
    shown = answered(scene.app.post("/v1/complaints", said), 201)
    same = ("description", "already_tried", "grounds", "account_id", "client_reference", "metadata", "desired_outcome")
    assert {name: shown[name] for name in same} == {name: said[name] for name in same}
    assert shown["disputed_amount"] == said["disputed_amount"]
    assert shown["transactions"][0]["transaction_id"] == said["transactions"][0]["transaction_id"]


def test_the_answer_says_where_the_complaint_is(scene: Scene) -> None:
    response = scene.app.post("/v1/complaints", MATTER)
    assert scene.app.get(response.headers["Location"]).json()["number"] == response.json()["number"]


def test_the_same_user_is_the_same_party_in_every_complaint(scene: Scene) -> None:
    first, second = (scene.submit().complaint for _ in range(2))
    assert first["parties"][0]["party_id"] == second["parties"][0]["party_id"]


def test_the_user_of_an_own_token_sees_what_the_app_submitted(scene: Scene) -> None:
    scene.submit()
    assert person_of(scene.seen("own"), "complainant")["wallet_user_id"] == scene.user


def test_a_body_cannot_name_another_user_than_the_session(scene: Scene) -> None:
    complaint = scene.submit(complainant={"wallet_user_id": "somebody-else"}).complaint
    assert person_of(complaint, "complainant")["wallet_user_id"] == scene.user


def test_a_representative_speaks_for_a_complainant(scene: Scene) -> None:
    names = {"complainant": {"name": people.NAMES[0]}, "representative": {"name": people.NAMES[1]}}
    scene.submit("app", **names)
    assert roles(scene.complaint) == ["complainant", "representative"]
    seen = scene.seen("anna")
    assert (person_of(seen, "complainant")["name"], person_of(seen, "representative")["name"]) == people.NAMES[:2]
    assert scene.anna.history(scene.complaint)[0]["on_behalf_of"] == seen["parties"][1]["party_id"]


@pytest.mark.parametrize("who", ["app", "own", "anna"])
def test_nobody_represents_themself(scene: Scene, who: str) -> None:
    named = {"wallet_user_id": scene.user}
    body = {**MATTER, "complainant": named, "representative": named}
    refused(scene.people[who].post("/v1/complaints", body), 422, "represents-oneself")


def test_a_handler_records_a_letter_that_came_earlier(scene: Scene) -> None:
    scene.submit("anna", received_at=AN_HOUR_AGO, entry_reason="by-post", channel="letter")
    submitted = scene.anna.history(scene.complaint)[0]
    assert scene.complaint["received_at"] == "2025-09-26T01:00:00Z"
    assert (submitted["fields"]["entry_reason"], submitted["channel"]) == ("by-post", "letter")
    assert submitted["actor"] == {"type": "handler", "id": "anna"}


@pytest.mark.parametrize("earlier", [{"received_at": AN_HOUR_AGO}, {"occurred_at": AN_HOUR_AGO}])
def test_an_earlier_receipt_needs_a_reason(scene: Scene, earlier: dict[str, str]) -> None:
    refused(scene.anna.post("/v1/complaints", {**MATTER, **earlier}), 422, "entry-reason-required")


def test_an_earlier_receipt_is_for_handlers(scene: Scene) -> None:
    body = {**MATTER, "received_at": AN_HOUR_AGO, "entry_reason": "by-post"}
    refused(scene.app.post("/v1/complaints", body), 422, "entry-reason-required")


def test_a_reason_for_an_entry_is_one_of_the_list(scene: Scene) -> None:
    refused(scene.anna.post("/v1/complaints", {**MATTER, "entry_reason": "whatever"}), 422, "reason-unknown")


def test_a_complaint_is_not_received_in_the_future(scene: Scene) -> None:
    body = {**MATTER, "received_at": (NOW + timedelta(days=1)).isoformat(), "entry_reason": "by-post"}
    refused(scene.anna.post("/v1/complaints", body), 422, "received-in-future")


def test_a_regulator_who_passed_it_on_is_named_with_its_date(scene: Scene) -> None:
    regulator = {"body": "pbc", "reference": people.TEXTS[7], "reply_due_on": "2025-10-20"}
    scene.submit("anna", channel="regulator", regulator=regulator)
    assert scene.complaint["regulator"] == {"body": "pbc", "reply_due_on": "2025-10-20"}
    clocks = {promise["clock"]: promise["due_on"] for promise in scene.complaint["promises"]}
    assert clocks["regulator"] == "2025-10-20"


@pytest.mark.parametrize("link", ["follows", "about_handling_of"])
def test_a_complaint_can_refer_to_an_earlier_one(scene: Scene, link: str) -> None:
    earlier = scene.submit().complaint
    scene.submit("app", **{link: earlier["id"]})
    both = [(scene.complaint, earlier, "outgoing"), (earlier, scene.complaint, "incoming")]
    for one, other, direction in both:
        (shown,) = scene.app.read(one)["links"]
        assert (shown["link"], shown["complaint_id"], shown["direction"]) == (link, other["id"], direction)


def test_somebody_elses_complaint_cannot_be_followed(scene: Scene, house: Running) -> None:
    theirs = Scene(house).submit().complaint
    refused(scene.app.post("/v1/complaints", {**MATTER, "follows": theirs["id"]}), 404, "complaint-not-found")


def test_hostile_wording_is_taken_and_flagged_for_handlers_only(scene: Scene) -> None:
    scene.submit(description=people.TEXTS[5])
    assert scene.seen("anna")["handling"]["flags"] == ["hostile-wording"]
    assert "hostile" not in scene.app.get(scene.path).text
    assert "hostile" not in scene.app.get(f"{scene.path}/history").text


def test_theft_in_a_session_asks_for_a_freeze_at_once(scene: Scene) -> None:
    complaint = answered(scene.app.post("/v1/complaints", {**MATTER, "category": "account.takeover"}), 201)
    assert (complaint["urgent"], complaint["freeze"]["state"]) == (True, "requested")


@pytest.mark.parametrize("who", ["anna", "gateway"])
def test_theft_told_outside_a_session_freezes_nobody(scene: Scene, who: str) -> None:
    gateway = scene.api.as_gateway("mail")
    caller = gateway if who == "gateway" else scene.anna
    scene.complaint = answered(caller.post("/v1/complaints", {**MATTER, "category": "account.takeover"}), 201)
    seen = scene.seen()
    assert (seen["freeze"], seen["handling"]["identity_settled"]) == (None, False)
    assert [task["kind"] for task in tasks_of(scene)] == ["request-freeze"]


def tasks_of(scene: Scene) -> list[dict[str, Any]]:
    tasks = answered(scene.anna.get("/v1/tasks", params={"limit": 100}))["data"]
    return [task for task in tasks if task["complaint_id"] == scene.complaint["id"]]


def test_what_a_service_forwards_is_received_when_it_arrives(scene: Scene) -> None:
    body = {**MATTER, "received_at": AN_HOUR_AGO, "entry_reason": "by-post"}
    refused(scene.api.as_gateway("mail").post("/v1/complaints", body), 422, "entry-reason-required")


def test_a_regulators_date_is_not_set_by_users(scene: Scene) -> None:
    body = {**MATTER, "regulator": {"body": "pbc", "reply_due_on": "2025-10-20"}}
    refused(scene.app.post("/v1/complaints", body), 403, "actor-not-permitted")


@pytest.mark.parametrize("body", ["nobody", "court-of-public-opinion"])
def test_an_external_body_is_one_of_the_list(scene: Scene, body: str) -> None:
    refused(scene.anna.post("/v1/complaints", {**MATTER, "regulator": {"body": body}}), 422, "external-body-unknown")
    scene.submit()
    refused(scene.give("app", "open-referral", {"kind": "court", "body": body}), 422, "external-body-unknown")


def test_one_earlier_complaint_may_be_named_in_both_ways(scene: Scene) -> None:
    earlier = scene.submit().complaint["id"]
    scene.submit(follows=earlier, about_handling_of=earlier)
    links = {(each["link"], each["complaint_id"]) for each in scene.complaint["links"]}
    assert links == {("follows", earlier), ("about_handling_of", earlier)}
