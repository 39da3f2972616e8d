"""Lists in pages: every row once, in order, while others are added; cursors that fit one question only."""

from datetime import timedelta
from typing import Any

import pytest

from shared.access.principals import CallerType, Scope
from tests import people
from tests.builders import NOW
from tests.client import Client, answered, refused
from tests.conftest import Running, StartInstallation
from tests.services.api_scene import MATTER, SITUATIONS, Body, Scene

COUNT = 7


@pytest.fixture(scope="module")
def scene(house: Running) -> Scene:
    """A user whose complaints stay as they are."""
    return with_complaints(house)


@pytest.fixture
def growing(house: Running) -> Scene:
    """A user who files more."""
    return with_complaints(house)


def with_complaints(house: Running) -> Scene:
    """A user with seven complaints, of which the last two are urgent."""
    scene = Scene(house)
    for number in range(COUNT):
        category = "account.takeover" if number >= COUNT - 2 else "other"
        scene.complaint = answered(scene.app.post("/v1/complaints", {**MATTER, "category": category}), 201)
    return scene


def page(client: Client, path: str = "/v1/complaints", **asked: Any) -> Body:
    return answered(client.get(path, params=asked))


def walk(client: Client, path: str = "/v1/complaints", **asked: Any) -> list[Body]:
    """Every page, one after the other."""
    pages = [page(client, path, **asked)]
    while pages[-1]["has_more"]:
        pages.append(page(client, path, **asked, cursor=pages[-1]["next_cursor"]))
    assert pages[-1]["next_cursor"] is None
    return pages


def rows_of(pages: list[Body]) -> list[Body]:
    return [row for each in pages for row in each["data"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_pages_hold_every_row_once_the_newest_received_first(scene: Scene, limit: int) -> None:
    pages = walk(scene.app, limit=limit)
    rows = rows_of(pages)
    assert len({row["id"] for row in rows}) == len(rows) == COUNT
    assert [row["received_at"] for row in rows] == sorted((row["received_at"] for row in rows), reverse=True)
    assert [len(each["data"]) for each in pages[:-1]] == [limit] * (len(pages) - 1)
    assert len(pages) == -(-COUNT // limit)


def test_rows_received_at_one_instant_are_all_listed(growing: Scene) -> None:
    body = {**MATTER, "received_at": (NOW - timedelta(days=3)).isoformat(), "entry_reason": "by-post"}
    body["complainant"] = {"wallet_user_id": growing.user}
    for _ in range(3):
        answered(growing.anna.post("/v1/complaints", body), 201)
    rows = rows_of(walk(growing.app, limit=1))
    assert len({row["id"] for row in rows}) == len(rows) == COUNT + 3


def test_what_is_added_meanwhile_moves_nothing(growing: Scene) -> None:
    before = [row["id"] for row in rows_of(walk(growing.app, limit=3))]
    first = page(growing.app, limit=3)
    growing.another()
    second = page(growing.app, limit=3, cursor=first["next_cursor"])
    third = page(growing.app, limit=3, cursor=second["next_cursor"])
    assert [row["id"] for row in rows_of([first, second, third])] == before


@pytest.mark.parametrize(
    "other",
    [
        {"urgent": True},
        {"status": "submitted"},
        {"level": 0},
        {"category": "other"},
        {"number": "x"},
        {"received_from": "2025-01-01T00:00:00Z"},
        {"received_to": "2030-01-01T00:00:00Z"},
        {"as_of": NOW.isoformat()},
    ],
)
def test_a_cursor_fits_no_other_filter(scene: Scene, other: dict[str, Any]) -> None:
    cursor = page(scene.app, limit=2)["next_cursor"]
    refused(scene.app.get("/v1/complaints", params={**other, "cursor": cursor}), 400, "cursor-invalid")


def test_a_cursor_fits_another_limit(scene: Scene) -> None:
    cursor = page(scene.app, limit=2)["next_cursor"]
    assert len(page(scene.app, limit=100, cursor=cursor)["data"]) == COUNT - 2


def test_a_cursor_fits_nobody_else(scene: Scene) -> None:
    cursor = page(scene.app, limit=2)["next_cursor"]
    somebody = scene.api.as_app(f"other-{scene.user}")
    answered(somebody.post("/v1/complaints", MATTER), 201)
    for caller in (somebody, scene.anna):
        refused(caller.get("/v1/complaints", params={"cursor": cursor}), 400, "cursor-invalid")


@pytest.mark.parametrize(
    "forge", [lambda _: "x", lambda _: "é", lambda c: c[:-2], lambda c: "A" + c[1:], lambda c: c * 2]
)
@pytest.mark.parametrize("path", ["/v1/complaints", "/v1/tasks"])
def test_a_forged_cursor_is_refused(scene: Scene, path: str, forge: Any) -> None:
    cursor = page(scene.anna, path, limit=1)["next_cursor"] or "AAAA"
    refused(scene.anna.get(path, params={"limit": 1, "cursor": forge(cursor)}), 400, "cursor-invalid")


@pytest.mark.parametrize("path", ["/v1/complaints", "/v1/tasks"])
@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "9" * 5000])
def test_a_limit_is_one_to_a_hundred(scene: Scene, path: str, limit: str) -> None:
    refused(scene.anna.get(path, params={"limit": limit}), 422, "invalid-request")


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"urgent": "true"}, 2),
        ({"urgent": "false"}, COUNT - 2),
        ({"category": "other"}, COUNT - 2),
        ({"level": 2}, 0),
        ({"received_to": NOW.isoformat()}, 0),
        ({"received_from": NOW.isoformat()}, COUNT),
        ({"status": ["closed", "withdrawn"]}, 0),
    ],
)
def test_each_filter_narrows_the_list(scene: Scene, asked: dict[str, Any], count: int) -> None:
    assert len(page(scene.app, **asked, limit=100)["data"]) == count


def test_the_number_people_read_out_finds_the_complaint(scene: Scene) -> None:
    number = scene.complaint["number"]
    for spoken in (number, number.lower(), number.replace("-", " ")):
        assert [row["id"] for row in page(scene.anna, number=spoken)["data"]] == [scene.complaint["id"]]


def test_a_handler_lists_what_is_assigned(house: Running) -> None:
    scene = Scene(house).submit().then("sun", "assign", {"handler_id": "only-mine"})
    (row,) = page(scene.anna, assigned_to="only-mine")["data"]
    assert (row["id"], row["assigned_to"], row["status"]["code"]) == (scene.complaint["id"], "only-mine", "in_progress")


@pytest.mark.parametrize("asked", [{"unknown": "x"}, {"status": "open"}, {"level": 4}, {"category": "NO"}])
def test_a_filter_that_does_not_exist_is_refused(scene: Scene, asked: dict[str, Any]) -> None:
    refused(scene.app.get("/v1/complaints", params=asked), 422, "invalid-request")


def test_tasks_come_in_pages_the_oldest_first(running: Running) -> None:
    ids = [SITUATIONS["urgent by phone"](Scene(running)).complaint["id"] for _ in range(3)]
    rows = rows_of(walk(Scene(running).anna, "/v1/tasks", limit=1))
    assert [row["complaint_id"] for row in rows] == ids


def test_tasks_are_for_handlers(scene: Scene) -> None:
    refused(scene.app.get("/v1/tasks"), 403, "scope-missing")


def test_a_task_is_open_until_it_is_answered(running: Running) -> None:
    scene = SITUATIONS["urgent by phone"](Scene(running))
    scene.then("anna", "classify", {"root_cause": "fraud", "reason": "investigation"})
    (task,) = rows_of(walk(scene.anna, "/v1/tasks"))
    assert task["kind"] == "request-freeze"
    scene.then("anna", "request-freeze")
    assert rows_of(walk(scene.anna, "/v1/tasks")) == []


def test_a_letter_by_post_is_a_task_until_it_is_delivered(running: Running) -> None:
    scene = Scene(running).submit().then("anna", "answer", {"text": "x", "medium": "letter"})
    (task,) = rows_of(walk(scene.anna, "/v1/tasks"))
    delivery = {"letter_id": task["task_id"], "medium": "letter", "outcome": "failed"}
    scene.then("anna", "record-delivery", delivery)
    assert len(rows_of(walk(scene.anna, "/v1/tasks"))) == 1
    scene.then("anna", "record-delivery", {**delivery, "attempt": 2, "outcome": "delivered"})
    assert rows_of(walk(scene.anna, "/v1/tasks")) == []


def test_what_arrives_after_the_end_is_a_task_until_a_handler_acts(running: Running) -> None:
    scene = SITUATIONS["withdrawn"](Scene(running)).then("app", "follow-up")
    (task,) = rows_of(walk(scene.anna, "/v1/tasks"))
    assert (task["kind"], task["complaint_id"]) == ("look-at-arrival", scene.complaint["id"])
    scene.then("anna", "add-note")
    assert rows_of(walk(scene.anna, "/v1/tasks")) == []


def test_every_page_is_read_with_the_scope_to_read(start: StartInstallation) -> None:
    scene = Scene(start())
    submitter = scene.api.with_scopes(CallerType.SERVICE, "form", Scope.SUBMIT)
    submitter = submitter.with_headers(Recourse_On_Behalf_Of=scene.user)
    complaint = answered(submitter.post("/v1/complaints", MATTER), 201)
    for path in ("/v1/complaints", f"/v1/complaints/{complaint['id']}", "/v1/tasks"):
        refused(submitter.get(path), 403, "scope-missing")


def freeze_tasks(scene: Scene) -> list[Body]:
    rows = rows_of(walk(scene.anna, "/v1/tasks", limit=100))
    return [row for row in rows if row["complaint_id"] == scene.complaint["id"] and row["kind"] == "request-freeze"]


def tasks(scene: Scene, **asked: Any) -> list[Body]:
    return rows_of(walk(scene.anna, "/v1/tasks", limit=100, **asked))


def test_tasks_are_asked_for_by_kind_by_complaint_and_by_who_works_on_it(house: Running) -> None:
    scene = Scene(house).submit().then("anna", "classify", {"urgent": True, "reason": "investigation"})
    own = {"complaint_id": scene.complaint["id"]}
    (task,) = tasks(scene, **own)
    shown = {"kind": "request-freeze", "number": scene.complaint["number"], "assigned_to": None, **own}
    assert {name: task[name] for name in shown} == shown
    freezes = tasks(scene, kind=["request-freeze", "mend-remedy"])
    assert task["task_id"] in [each["task_id"] for each in freezes]
    assert [tasks(scene, kind="mend-remedy", **own), tasks(scene, assigned_to=scene.user, **own)] == [[], []]
    scene.then("anna", "assign", {"handler_id": scene.user, "team": "front_line"})
    (theirs,) = tasks(scene, assigned_to=scene.user)
    assert (theirs["task_id"], theirs["assigned_to"]) == (task["task_id"], scene.user)
    refused(scene.anna.get("/v1/tasks", params={"kind": "make-tea"}), 422, "invalid-request")


def test_what_turns_out_urgent_asks_for_a_freeze_by_hand(house: Running) -> None:
    scene = Scene(house).submit().then("anna", "classify", {"urgent": True, "reason": "investigation"})
    assert len(freeze_tasks(scene)) == 1
    assert freeze_tasks(scene.then("anna", "request-freeze")) == []


def test_what_has_ended_asks_for_no_freeze(house: Running) -> None:
    scene = Scene(house).submit().then("anna", "classify", {"urgent": True, "reason": "investigation"})
    assert freeze_tasks(scene.then("app", "withdraw")) == []


def final_letters_due(scene: Scene) -> list[Body]:
    rows = rows_of(walk(scene.anna, "/v1/tasks", limit=100))
    return [row for row in rows if row["complaint_id"] == scene.complaint["id"] and row["kind"] == "write-final-letter"]


@pytest.mark.parametrize(("who", "decides"), [("anna", "resolve"), ("sun", "decline")])
def test_a_decision_waits_for_its_letter(house: Running, who: str, decides: str) -> None:
    scene = Scene(house).submit(complainant={"email": people.EMAILS[0]}).then(who, decides)
    assert len(final_letters_due(scene)) == 1
    scene.then("anna", "answer", {"text": people.TEXTS[3], "kind": "final", "medium": "email"})
    assert final_letters_due(scene) == []


@pytest.mark.parametrize("verdict", ["accept-resolution", "reject-resolution"])
def test_an_answered_decision_waits_for_no_letter(house: Running, verdict: str) -> None:
    assert final_letters_due(Scene(house).submit().then("anna", "resolve").then("app", verdict)) == []
