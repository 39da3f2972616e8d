"""What a complaints team works from: queues with counts that agree, what is due first on top."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.access.principals import CallerType, Scope
from tests.builders import NOW
from tests.client import Client, answered, refused
from tests.conftest import Running
from tests.services.api_scene import SITUATIONS, Body, Scene
from tests.services.replaying import live_through, settle_clocks

QUEUES = ("mine", "team", "unassigned", "late", "due-today", "waiting-on-complainant", "waiting-on-third-party", "open")


def counts(client: Client, **asked: Any) -> dict[str, Body]:
    return {each["queue"]: each for each in answered(client.get("/v1/queues", params=asked))["data"]}


def count(client: Client, queue: str, **asked: Any) -> int:
    found: int = counts(client, **asked)[queue]["complaints"]
    return found


def rows(client: Client, queue: str, **asked: Any) -> list[Body]:
    """Every row of a queue, page by page."""
    found: list[Body] = []
    cursor: dict[str, str] = {}
    while True:
        page = answered(client.get(f"/v1/queues/{queue}", params={**asked, **cursor}))
        found += page["data"]
        if not page["has_more"]:
            return found
        cursor = {"cursor": page["next_cursor"]}


def ids(client: Client, queue: str, **asked: Any) -> list[str]:
    return [row["id"] for row in rows(client, queue, **asked)]


def assigned(running: Running, handler: str, team: str | None = None, **changes: Any) -> Scene:
    return Scene(running).submit(**changes).then("sun", "assign", {"handler_id": handler, "team": team})


def test_what_is_new_is_unassigned_and_what_is_given_to_me_is_mine(running: Running) -> None:
    scene = Scene(running).submit()
    assert ids(scene.anna, "unassigned") == ids(scene.anna, "open") == [scene.complaint["id"]]
    scene.then("sun", "assign", {"handler_id": "anna", "team": "senior"})
    assert (ids(scene.anna, "unassigned"), count(scene.anna, "unassigned")) == ([], 0)
    assert (ids(scene.anna, "mine"), count(scene.anna, "mine")) == ([scene.complaint["id"]], 1)
    assert (ids(scene.people["bo"], "mine"), count(scene.people["bo"], "mine")) == ([], 0)
    assert ids(scene.anna, "team", team="senior") == [scene.complaint["id"]]
    (row,) = rows(scene.anna, "mine")
    assert (row["assigned_to"], row["team"], row["late"]) == ("anna", "senior", False)


def test_a_supervisor_looks_at_the_queue_of_somebody_else(running: Running) -> None:
    scene = assigned(running, "anna")
    assert ids(scene.sun, "mine") == []
    assert ids(scene.sun, "mine", handler="anna") == [scene.complaint["id"]]
    assert count(scene.sun, "mine", handler="anna") == 1


def test_what_is_due_first_stands_on_top(running: Running) -> None:
    complex_one = Scene(running).submit(category="privacy.leak")
    urgent = Scene(running).submit(category="account.takeover")
    simple = Scene(running).submit()
    for each in (complex_one, simple):
        each.then("anna", "answer", {"text": "我们正在调查", "kind": "interim", "medium": "email"})
    running.settle()
    found = rows(simple.anna, "open")
    assert [row["id"] for row in found] == [each.complaint["id"] for each in (urgent, simple, complex_one)]
    assert [row["due_at"] for row in found] == sorted(row["due_at"] for row in found)
    assert [row["clock"] for row in found[1:]] == ["final", "final"]


def test_what_nobody_answers_is_late_until_somebody_does(running: Running) -> None:
    scene = Scene(running).submit(category="account.takeover").then("ledger", "confirm-freeze")
    running.settle()
    assert (ids(scene.anna, "late"), ids(scene.anna, "due-today")) == ([], [scene.complaint["id"]])
    running.clock.advance(minutes=59)
    assert ids(scene.anna, "late") == []
    running.clock.advance(minutes=2)
    settle_clocks(running)
    (row,) = rows(scene.anna, "late")
    assert (row["clock"], row["late"]) == ("first_answer", True)
    scene.then("anna", "answer", {"text": "我们正在调查", "kind": "interim", "medium": "phone"})
    running.settle()
    assert (ids(scene.anna, "late"), count(scene.anna, "late")) == ([], 0)
    assert rows(scene.anna, "open")[0]["clock"] == "final"


def test_today_ends_at_midnight_where_the_tenant_is(running: Running) -> None:
    scene = Scene(running).submit()
    running.settle()
    due_at = datetime.fromisoformat(rows(scene.anna, "open")[0]["due_at"])
    midnight = datetime(2025, 9, 28, 16, tzinfo=UTC)
    assert due_at == midnight  # the end of Sunday 28 September, a make-up working day, in Shanghai
    running.clock.set(midnight - timedelta(days=1, minutes=1))
    assert ids(scene.anna, "due-today") == []
    running.clock.set(midnight - timedelta(days=1))
    assert ids(scene.anna, "due-today") == [scene.complaint["id"]]


@pytest.mark.parametrize(
    ("situation", "queue"),
    [
        ("waiting for the complainant", "waiting-on-complainant"),
        ("waiting for a third party", "waiting-on-third-party"),
    ],
)
def test_what_waits_stands_in_a_queue_of_its_own_and_is_not_due(running: Running, situation: str, queue: str) -> None:
    scene = SITUATIONS[situation](Scene(running))
    running.settle()
    (row,) = rows(scene.anna, queue)
    assert (row["id"], count(scene.anna, queue)) == (scene.complaint["id"], 1)
    assert row["due_at"] is None or row["due_at"] > (NOW + timedelta(days=10)).isoformat()


@pytest.mark.parametrize("situation", ["resolved", "closed", "withdrawn", "declined", "duplicate"])
def test_what_nobody_has_to_work_on_stands_in_no_queue(running: Running, situation: str) -> None:
    scene = SITUATIONS[situation](Scene(running))
    running.settle()
    assert scene.complaint["id"] not in ids(scene.anna, "open")


def test_what_was_rejected_twice_waits_for_a_supervisor(running: Running) -> None:
    scene = SITUATIONS["rejected twice"](Scene(running))
    assert ids(scene.sun, "open") == [scene.complaint["id"]]


def test_each_level_is_counted_by_itself(running: Running) -> None:
    low, high = Scene(running).submit(), Scene(running).submit().then("app", "escalate")
    running.settle()
    levels = {each["level"]: each["complaints"] for each in counts(low.anna)["open"]["levels"]}
    assert levels == {0: 1, 1: 1}
    assert ids(low.anna, "open", level=1) == [high.complaint["id"]]
    assert set(ids(low.anna, "open", level=[0, 1])) == {low.complaint["id"], high.complaint["id"]}


def test_filters_combine(running: Running) -> None:
    mine = assigned(running, "anna", category="other", language="en")
    assigned(running, "anna", category="privacy.leak", language="en")
    assigned(running, "bo", category="other", language="en")
    running.settle()
    asked = {"category": "other", "language": "en", "status": "in_progress", "standing": "later"}
    assert ids(mine.anna, "mine", **asked) == [mine.complaint["id"]]
    assert ids(mine.anna, "open", assigned_to="anna", category="other") == [mine.complaint["id"]]
    assert ids(mine.anna, "mine", urgent=True) == []


@pytest.mark.parametrize(
    ("queue", "asked"),
    [("mine", {"unassigned": True}), ("late", {"standing": "due_today"}), ("open", {"open": False})],
)
def test_a_filter_against_its_queue_is_refused(house: Running, queue: str, asked: dict[str, Any]) -> None:
    refused(Scene(house).anna.get(f"/v1/queues/{queue}", params=asked), 422, "filter-conflict")


def test_the_queue_of_a_team_needs_a_team(house: Running) -> None:
    refused(Scene(house).anna.get("/v1/queues/team"), 422, "team-missing")
    assert "team" not in counts(Scene(house).anna)


@pytest.mark.parametrize("asked", [{"amount_from": "1.00"}, {"assigned_to": "anna", "unassigned": True}])
def test_a_filter_that_says_too_little_or_too_much_is_refused(house: Running, asked: dict[str, Any]) -> None:
    refused(Scene(house).anna.get("/v1/queues/open", params=asked), 422, "invalid-request")


def test_queues_come_in_pages_and_a_cursor_fits_no_other_question(running: Running) -> None:
    scenes = [Scene(running).submit() for _ in range(5)]
    running.settle()
    anna = scenes[0].anna
    assert ids(anna, "open", limit=2) == ids(anna, "open", limit=100)
    cursor = answered(anna.get("/v1/queues/open", params={"limit": 2}))["next_cursor"]
    for path, asked in (
        ("/v1/queues/unassigned", {}),
        ("/v1/queues/open", {"level": 0}),
        ("/v1/queues/open", {"handler": "bo"}),
    ):
        refused(anna.get(path, params={**asked, "cursor": cursor}), 400, "cursor-invalid")
    refused(scenes[0].people["bo"].get("/v1/queues/open", params={"cursor": cursor}), 400, "cursor-invalid")


@pytest.mark.parametrize("path", ["/v1/queues", "/v1/queues/open"])
def test_queues_are_for_staff(house: Running, path: str) -> None:
    scene = Scene(house)
    refused(scene.app.get(path), 403, "scope-missing")
    assert scene.people["auditor"].get(path).status_code == 200
    reader = scene.api.with_scopes(CallerType.HANDLER, "anna", Scope.READ)
    refused(reader.get(path), 403, "scope-missing")


def test_every_count_is_the_number_of_rows_in_its_queue(running: Running) -> None:
    live_through(running)
    for situation in ("in progress", "waiting for the complainant", "referred", "rejected once", "urgent"):
        SITUATIONS[situation](Scene(running))
    for hours in (0, 30, 200):
        running.clock.advance(hours=hours)
        settle_clocks(running)
        anna = Scene(running).anna
        found = counts(anna, team="front_line")
        assert set(found) == set(QUEUES)
        for queue in QUEUES:
            shown = rows(anna, queue, team="front_line") if queue == "team" else rows(anna, queue)
            assert found[queue]["complaints"] == len(shown), queue
            assert found[queue]["late"] == sum(row["late"] for row in shown), queue
            assert sum(level["complaints"] for level in found[queue]["levels"]) == len(shown)


def test_the_queues_of_one_tenant_hold_nothing_of_another(running: Running) -> None:
    scene = Scene(running).submit()
    other = scene.api.with_scopes(CallerType.HANDLER, "anna", Scope.HANDLE, tenant="another")
    refused(other.get("/v1/queues/open"), 403, "tenant-unknown")
