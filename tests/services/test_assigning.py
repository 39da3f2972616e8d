"""Complaints find handlers by the tenant's rule: once, through crashes, and nobody rather than the wrong one."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.messaging.relay import mark_published
from tests.client import answered, refused
from tests.conftest import Running, StartInstallation
from tests.services.api_scene import MATTER, Body, Scene
from tests.services.notifier_scenes import write_tenant
from tests.services.replaying import Taken, pause, stop, taken

TEAM = """
[handlers.anna]
team = "front_line"

[handlers.bo]
team = "front_line"

[handlers.cleo]
team = "senior"
levels = [1]

[handlers.dan]
team = "compliance"
levels = [1, 2]
"""

Begin = Callable[..., Running]


@pytest.fixture
def staffed(start: StartInstallation, tmp_path: Path) -> Begin:
    """Start an installation with these handlers."""

    def begin(roster: str = TEAM, rule: str = "fewest-open") -> Running:
        tenants = write_tenant(tmp_path / "tenants", roster)
        file = tenants / "default.toml"
        file.write_text(f'assignment = "{rule}"\n{file.read_text(encoding="utf-8")}', encoding="utf-8")
        return start(tenants_dir=tenants)

    return begin


def submitted(running: Running, **changes: Any) -> Scene:
    scene = Scene(running).submit(**changes)
    running.settle()
    return scene


def assignments(scene: Scene) -> list[Body]:
    """What was said of who works on it, in order."""
    history = scene.people["auditor"].history(scene.complaint)
    return [
        {**entry["fields"], "by": entry["actor"]}
        for entry in history
        if entry["type"].split(".")[2] in {"assigned", "released"}
    ]


def holder(scene: Scene) -> str | None:
    found: str | None = scene.seen()["handling"]["assigned_to"]
    return found


def test_a_new_complaint_is_given_to_somebody_who_suits_and_the_event_says_why(staffed: Begin) -> None:
    scene = submitted(staffed())
    (assigned,) = assignments(scene)
    assert (assigned["handler_id"], assigned["team"], assigned["reason"]) == ("anna", "front_line", "fewest-open")
    assert assigned["by"] == {"type": "system", "id": "assignment"}


@pytest.mark.parametrize("rule", ["fewest-open", "round-robin"])
def test_complaints_that_come_at_once_are_spread(staffed: Begin, rule: str) -> None:
    running = staffed(rule=rule)
    scenes = [Scene(running) for _ in range(6)]
    for scene in scenes:
        scene.complaint = answered(scene.app.post("/v1/complaints", MATTER), 201)
    running.settle()
    assert Counter(holder(scene) for scene in scenes) == {"anna": 3, "bo": 3}
    assert {assignments(scene)[0]["reason"] for scene in scenes} == {rule}


def test_who_has_fewer_open_is_given_the_next(staffed: Begin) -> None:
    running = staffed()
    first, second = submitted(running), submitted(running)
    second.then("app", "withdraw")
    assert [holder(first), holder(second), holder(submitted(running))] == ["anna", "bo", "bo"]


def test_a_complaint_that_climbs_goes_to_somebody_of_that_level(staffed: Begin) -> None:
    running = staffed()
    scene = submitted(running)
    for level, expected in ((1, "cleo"), (2, "dan"), (2, "dan")):
        scene.then("app", "escalate")
        running.settle()
        assert (scene.seen()["level"], holder(scene)) == (level, expected)
    assert len(assignments(scene)) == 3


def test_another_handler_decides_what_was_rejected(staffed: Begin) -> None:
    running = staffed()
    scene = submitted(running)
    scene.then("anna", "assign", {"handler_id": "dan"}).then("anna", "resolve").then("app", "reject-resolution")
    running.settle()
    assert holder(scene) == "dan"
    scene = submitted(running).then("sun", "assign", {"handler_id": "cleo"})
    cleo = scene.api.as_handler("cleo")
    scene.people["cleo"] = cleo
    scene.then("cleo", "resolve").then("app", "reject-resolution")
    running.settle()
    assert (holder(scene), assignments(scene)[-1]["reason"]) == ("dan", "another-handler")


def test_who_worked_on_the_earlier_complaint_gets_none_about_its_handling(staffed: Begin) -> None:
    running = staffed()
    earlier = submitted(running)
    assert holder(earlier) == "anna"
    about = Scene(running)
    about.user, about.people = earlier.user, earlier.people
    for _ in range(3):
        about.submit(category="service.attitude", about_handling_of=earlier.complaint["id"])
        running.settle()
        assert holder(about) == "bo"


def test_nobody_is_better_than_the_wrong_one(staffed: Begin) -> None:
    running = staffed('[handlers.anna]\nteam = "front_line"\nlanguages = ["en"]\ncategories = ["account"]\n')
    assert holder(submitted(running)) is None
    assert holder(submitted(running, language="en")) is None
    english = submitted(running, language="en", category="account.locked")
    assert holder(english) == "anna"
    english.then("app", "escalate")
    running.settle()
    assert (holder(english), assignments(english)[-1]["reason"]) == (None, "nobody-suits")
    queue = answered(english.anna.get("/v1/queues/unassigned", params={"level": 1}))["data"]
    assert [row["id"] for row in queue] == [english.complaint["id"]]


def test_who_is_away_or_full_is_given_nothing(staffed: Begin) -> None:
    away = "away = [{ first_day = 2025-09-20, last_day = 2025-09-26 }]"
    running = staffed(
        f'[handlers.anna]\nteam = "front_line"\n{away}\n[handlers.bo]\nteam = "front_line"\ncapacity = 1\n'
    )
    assert [holder(submitted(running)) for _ in range(2)] == ["bo", None]
    running.clock.advance(hours=14)  # Shanghai's next day
    assert holder(submitted(running)) == "anna"


def test_what_becomes_suitable_later_is_given_then(staffed: Begin) -> None:
    running = staffed('[handlers.anna]\nteam = "front_line"\ncategories = ["account"]\n')
    scene = submitted(running)
    scene.then("sun", "classify", {"category": "account.locked", "reason": "handler-review"})
    running.settle()
    assert holder(scene) == "anna"


def test_what_a_person_has_assigned_stays_where_it_is(staffed: Begin) -> None:
    running = staffed(
        '[handlers.anna]\nteam = "front_line"\ncategories = ["account"]\n[handlers.bo]\nteam = "senior"\n'
    )
    scene = submitted(running).then("sun", "assign", {"handler_id": "anna"})
    scene.then("sun", "classify", {"category": "other", "reason": "handler-review"})
    running.settle()
    assert holder(scene) == "anna"


def test_without_handlers_nothing_is_assigned(running: Running) -> None:
    assert assignments(submitted(running)) == []


def test_facts_that_come_twice_assign_once(staffed: Begin) -> None:
    running = staffed()
    scenes = [submitted(running) for _ in range(3)]
    scenes[0].then("app", "escalate")
    running.settle()
    before = [assignments(scene) for scene in scenes]
    for store in running.stores:
        with store.write() as transaction:
            mark_published(transaction, store.application, 0)
    running.settle()
    assert [assignments(scene) for scene in scenes] == before


@pytest.mark.on_files
def test_what_was_submitted_while_nobody_assigned_is_assigned_afterwards(
    staffed: Begin, start: StartInstallation, tmp_path: Path
) -> None:
    running = staffed()
    pause(running, "intake-assigning")
    scene = Scene(running).submit()
    assert holder(scene) is None
    stop(running)
    again = start(running.backend.settings.data_dir, tenants_dir=tmp_path / "tenants")
    again.settle()
    assert again.api.as_staff("auditor", "otto").read(scene.complaint)["handling"]["assigned_to"] == "anna"
    stop(again)
    with taken(again) as left:
        assert turns(left) == [("default", 1, "anna")]


def turns(left: Taken) -> list[tuple[Any, ...]]:
    return left.table("intake_turns")


def test_of_two_who_take_a_complaint_one_is_refused(running: Running) -> None:
    scene = Scene(running).submit()
    running.settle()
    etag = scene.anna.get(scene.path).headers["ETag"]
    answers = [scene.people[who].post(f"{scene.path}/take", {}, headers={"If-Match": etag}) for who in ("anna", "bo")]
    assert answered(answers[0])["handling"]["assigned_to"] == "anna"
    refused(answers[1], 412, "version-mismatch")
    refused(scene.give("bo", "take"), 409, "complaint-assigned")


def test_taking_needs_to_say_what_was_seen(running: Running) -> None:
    scene = Scene(running).submit()
    refused(scene.anna.post(f"{scene.path}/take", {}), 428, "if-match-required")


def test_who_takes_a_complaint_takes_it_into_their_team(staffed: Begin) -> None:
    running = staffed('[handlers.anna]\nteam = "senior"\nlevels = [2]\n')
    scene = submitted(running).then("anna", "take")
    queue = answered(scene.anna.get("/v1/queues/team"))["data"]
    assert [(row["id"], row["team"]) for row in queue] == [(scene.complaint["id"], "senior")]


def test_what_is_given_back_stands_unassigned_in_its_team(staffed: Begin) -> None:
    running = staffed()
    scene = submitted(running)
    refused(scene.give("bo", "release"), 409, "complaint-assigned")
    refused(scene.give("anna", "release", {"reason": "lost"}), 422, "reason-unknown")
    scene.then("anna", "release", {"reason": "conflict-of-interest"})
    running.settle()
    assert holder(scene) is None
    (row,) = answered(scene.anna.get("/v1/queues/unassigned", params={"team": "front_line"}))["data"]
    assert (row["id"], row["assigned_to"], row["team"]) == (scene.complaint["id"], None, "front_line")
