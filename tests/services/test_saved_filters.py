"""Filters that handlers keep: a queue of one's own or of the team's, with its count, and nothing in clear."""

from pathlib import Path
from typing import Any

import pytest

from tests.client import Client, answered, refused
from tests.conftest import Running, StartInstallation
from tests.services.api_scene import Body, Scene
from tests.services.notifier_scenes import write_tenant
from tests.services.replaying import stop, taken

TEAM = """
[handlers.anna]
team = "senior"
levels = [2]

[handlers.bo]
team = "senior"
levels = [2]

[handlers.cleo]
team = "front_line"
levels = [2]
"""
PATH = "/v1/saved-filters"
URGENT: Body = {"name": "Urgent ones", "filter": {"open": True, "urgent": True}}


@pytest.fixture
def scene(start: StartInstallation, tmp_path: Path) -> Scene:
    """A team of two beside somebody else, one urgent complaint and one that is not."""
    running = start(tenants_dir=write_tenant(tmp_path / "tenants", TEAM))
    Scene(running).submit()
    return Scene(running).submit(category="account.takeover")


def saved(client: Client, **changes: Any) -> Body:
    return answered(client.post(PATH, {**URGENT, **changes}), 201)


def listed(client: Client) -> list[str]:
    return [each["name"] for each in answered(client.get(PATH))["data"]]


def shown(client: Client, kept: Body, **asked: Any) -> Body:
    return answered(client.get(f"{PATH}/{kept['id']}/complaints", params=asked))


def test_a_filter_is_kept_with_its_count_and_shows_its_queue(scene: Scene) -> None:
    kept = saved(scene.anna)
    assert (kept["owner"], kept["team"], kept["complaints"], kept["or_more"]) == ("anna", None, 1, False)
    assert [row["id"] for row in shown(scene.anna, kept)["data"]] == [scene.complaint["id"]]
    assert [each["id"] for each in answered(scene.anna.get(PATH))["data"]] == [kept["id"]]


def test_a_filter_is_its_owners_until_it_is_shared_with_the_team(scene: Scene) -> None:
    bo, cleo = scene.people["bo"], scene.api.as_handler("cleo")
    own, shared = saved(scene.anna), saved(scene.anna, name="Ours", shared=True)
    assert (listed(scene.anna), listed(bo), listed(cleo)) == (["Ours", "Urgent ones"], ["Ours"], [])
    assert shown(bo, shared)["data"]
    refused(bo.get(f"{PATH}/{own['id']}/complaints"), 404, "saved-filter-not-found")
    for method in ("PUT", "DELETE"):
        refused(bo.request(method, f"{PATH}/{shared['id']}", json=URGENT), 403, "actor-not-permitted")
        refused(cleo.request(method, f"{PATH}/{shared['id']}", json=URGENT), 404, "saved-filter-not-found")


def test_who_is_on_no_team_shares_with_nobody(scene: Scene) -> None:
    refused(scene.sun.post(PATH, {**URGENT, "shared": True}), 422, "team-missing")


def test_a_filter_is_changed_and_forgotten(scene: Scene) -> None:
    kept = saved(scene.anna)
    changed = answered(
        scene.anna.request("PUT", f"{PATH}/{kept['id']}", json={"name": "All", "filter": {}, "sort": "received"})
    )
    assert (changed["id"], changed["name"], changed["complaints"], changed["sort"]) == (
        kept["id"],
        "All",
        2,
        "received",
    )
    assert len(shown(scene.anna, kept)["data"]) == 2
    assert answered(scene.anna.request("DELETE", f"{PATH}/{kept['id']}")) == changed
    refused(scene.anna.request("DELETE", f"{PATH}/{kept['id']}"), 404, "saved-filter-not-found")
    assert listed(scene.anna) == []


def test_the_queue_of_a_filter_comes_in_pages_of_its_own(scene: Scene) -> None:
    kept, other = saved(scene.anna, filter={}), saved(scene.anna, filter={})
    first = shown(scene.anna, kept, limit=1)
    second = shown(scene.anna, kept, limit=1, cursor=first["next_cursor"])
    assert first["data"][0]["id"] != second["data"][0]["id"]
    path = f"{PATH}/{other['id']}/complaints"
    refused(scene.anna.get(path, params={"cursor": first["next_cursor"]}), 400, "cursor-invalid")


def test_the_same_key_keeps_one_filter(scene: Scene) -> None:
    first, second = (answered(scene.anna.post(PATH, URGENT, key="once"), 201) for _ in range(2))
    assert first == second
    assert len(listed(scene.anna)) == 1


@pytest.mark.parametrize("asked", [{"phone": "+86 138 0013 8000"}, {"wallet_user_id": "u-1"}, {"number": "x"}])
def test_a_filter_names_nobody(scene: Scene, asked: Body) -> None:
    refused(scene.anna.post(PATH, {**URGENT, "filter": asked}), 422, "invalid-request")


def test_filters_are_for_who_works_on_complaints(scene: Scene) -> None:
    for who in ("app", "own", "ledger", "auditor"):
        refused(scene.people[who].get(PATH), 403, "scope-missing")


def test_what_a_handler_calls_a_filter_stands_nowhere_in_clear(running: Running) -> None:
    scene = Scene(running)
    saved(scene.anna, name="王小明的投诉")
    stop(running)
    with taken(running) as left:
        (row,) = left.table("intake_saved_filters")
    assert "王小明".encode() not in row[-1]
