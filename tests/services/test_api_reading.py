"""Reading a complaint now, at an instant and at a version; its history; and the list as it was."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import people
from tests.client import answered, refused
from tests.conftest import Running
from tests.services.api_scene import Body, Scene, resolved
from tests.waiting import wait_until

MICROSECOND = timedelta(microseconds=1)
RESOLVED = "recourse.complaint.resolved.v1"


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house)


def recorded_at(scene: Scene, event: str) -> datetime:
    entries = scene.people["auditor"].history(scene.complaint)
    (found,) = [entry["recorded_at"] for entry in entries if entry["type"] == f"recourse.complaint.{event}.v1"]
    return datetime.fromisoformat(found)


def at(instant: datetime) -> dict[str, str]:
    return {"as_of": instant.isoformat()}


def listed(scene: Scene, who: str = "app", **asked: Any) -> list[Body]:
    data: list[Body] = answered(scene.people[who].get("/v1/complaints", params=asked))["data"]
    return data


def test_the_history_tells_who_did_what_when_and_why(scene: Scene) -> None:
    scene.submit().then("anna", "assign")
    entries = scene.anna.history(scene.complaint)
    assert [entry["version"] for entry in entries] == list(range(1, len(entries) + 1))
    (assigned,) = [entry for entry in entries if entry["type"] == "recourse.complaint.assigned.v1"]
    assert assigned["actor"] == {"type": "handler", "id": "anna"}
    assert assigned["fields"] == {"handler_id": "anna", "team": "front_line", "reason": "by-hand", "imported": False}
    assert sorted(entry["recorded_at"] for entry in entries) == [entry["recorded_at"] for entry in entries]


def test_an_instant_shows_what_was_recorded_by_then_inclusive(scene: Scene) -> None:
    scene.submit().then("anna", "assign")
    assigned = recorded_at(scene, "assigned")
    assert scene.seen("anna", params=at(assigned))["status"]["code"] == "in_progress"
    assert scene.seen("anna", params=at(assigned - MICROSECOND))["status"]["code"] == "acknowledged"


def test_the_history_of_an_instant_ends_there(scene: Scene) -> None:
    scene.submit().then("anna", "assign")
    before = at(recorded_at(scene, "assigned") - MICROSECOND)
    assert "assigned" not in scene.anna.get(f"{scene.path}/history", params=before).text


def test_an_instant_may_be_written_in_any_zone(scene: Scene) -> None:
    scene.submit()
    submitted = recorded_at(scene, "submitted")
    local = submitted + timedelta(hours=8)
    assert scene.seen(params={"as_of": local.replace(tzinfo=None).isoformat() + "+08:00"})["version"] == 2


@pytest.mark.parametrize("path", ["", "/history"])
def test_before_the_first_event_there_is_no_complaint(scene: Scene, path: str) -> None:
    scene.submit()
    before = at(recorded_at(scene, "submitted") - MICROSECOND)
    refused(scene.app.get(scene.path + path, params=before), 404, "not-yet-submitted")


@pytest.mark.parametrize("instant", ["2999-01-01T00:00:00Z", "2025-09-26T02:00:00", "2025-09-26", "yesterday", ""])
@pytest.mark.parametrize("path", ["/v1/complaints", "{complaint}", "{complaint}/history"])
def test_an_instant_is_past_and_has_an_offset(scene: Scene, path: str, instant: str) -> None:
    scene.complaint = answered(scene.app.post("/v1/complaints", {"category": "other", "description": "x"}), 201)
    asked = path.format(complaint=scene.path)
    refused(scene.app.get(asked, params={"as_of": instant}), 422, "as-of-invalid")


def test_the_beginning_of_time_is_an_instant_too(scene: Scene) -> None:
    scene.submit()
    beginning = {"as_of": "0001-01-01T00:00:00+14:00"}
    refused(scene.app.get(scene.path, params=beginning), 404, "not-yet-submitted")
    assert listed(scene, **beginning) == []


def test_a_version_shows_what_the_first_events_told(scene: Scene) -> None:
    scene.submit().then("anna", "assign")
    entries = scene.anna.history(scene.complaint)
    for entry in entries[1:]:
        shown = scene.seen("anna", params={"version": entry["version"]})
        assert (shown["version"], shown["updated_at"]) == (entry["version"], entry["recorded_at"])
    assert len(scene.anna.history(scene.complaint, params={"version": 2})) == 2


def test_a_version_has_the_dates_that_were_promised_when_it_was_recorded(scene: Scene) -> None:
    resolved(scene)
    wait_until(lambda: final_date_of(scene.seen()) == "met", what="the final date to be kept")
    version = next(entry["version"] for entry in scene.anna.history(scene.complaint) if entry["type"] == RESOLVED)
    assert final_date_of(scene.seen(params={"version": version - 1})) == "running"


def final_date_of(complaint: Body) -> str:
    (state,) = [promise["state"] for promise in complaint["promises"] if promise["clock"] == "final"]
    return str(state)


@pytest.mark.parametrize("version", [99, 2**70])
def test_a_version_that_is_not_there_is_not_found(scene: Scene, version: int) -> None:
    scene.submit()
    refused(scene.app.get(scene.path, params={"version": version}), 404, "not-yet-submitted")


@pytest.mark.parametrize("version", [0, -1, "x"])
def test_versions_count_from_one(scene: Scene, version: object) -> None:
    scene.submit()
    refused(scene.app.get(scene.path, params={"version": str(version)}), 422, "invalid-request")


def test_a_decision_of_the_past_is_not_undone_by_what_came_later(scene: Scene) -> None:
    resolved(scene)
    decided = recorded_at(scene, "resolved")
    scene.then("app", "accept-resolution")
    then = scene.seen("app", params=at(decided))
    assert (then["status"]["code"], then["resolution"]["verdict"]) == ("resolved", None)
    assert scene.seen("app")["resolution"]["verdict"] == "accepted"


def test_the_erased_stay_erased_at_every_instant_and_version(scene: Scene) -> None:
    scene.submit(complainant={"name": people.NAMES[0], "phone": people.PHONES[0]})
    scene.then("app", "follow-up", {"text": people.TEXTS[1]}).then("admin", "erase-personal-data")
    questions = [at(recorded_at(scene, "submitted")), at(recorded_at(scene, "followed-up")), {"version": "2"}, {}]
    for asked in questions:
        for path in (scene.path, f"{scene.path}/history"):
            answer = scene.people["auditor"].get(path, params=asked)
            assert answer.status_code == 200
            assert not [text for text in (*people.EVERYTHING, scene.user) if text in answer.text]


def test_what_is_erased_reads_as_nothing_and_the_rest_stays(scene: Scene) -> None:
    scene.submit().then("admin", "erase-personal-data")
    seen = scene.seen()
    assert (seen["description"], seen["parties"][0]["person"], seen["missing"]) == (None, None, [])
    assert seen["erased_parties"] == [seen["parties"][0]["party_id"]]
    assert (seen["category"]["code"], seen["status"]["code"]) == ("topup.not_credited", "acknowledged")


def test_who_was_erased_begins_anew_as_another_party(scene: Scene) -> None:
    first = scene.submit().complaint
    scene.then("admin", "erase-personal-data")
    refused(scene.app.get(scene.path), 404, "complaint-not-found")
    second = scene.submit().complaint
    assert second["parties"][0]["party_id"] != first["parties"][0]["party_id"]


def test_what_arrives_after_an_erasure_can_be_erased_too(scene: Scene) -> None:
    scene.submit().then("admin", "erase-personal-data")
    party = scene.complaint["parties"][0]["party_id"]
    scene.then("anna", "follow-up", {"text": people.TEXTS[1], "on_behalf_of": party, "channel": "phone"})
    assert people.TEXTS[1] in scene.anna.get(f"{scene.path}/history").text
    scene.then("admin", "erase-personal-data")
    assert people.TEXTS[1] not in scene.anna.get(f"{scene.path}/history").text


def test_the_list_of_an_instant_shows_the_row_that_was_valid_then(scene: Scene) -> None:
    resolved(scene)
    decided = recorded_at(scene, "resolved")
    before, since = (listed(scene, **at(instant)) for instant in (decided - MICROSECOND, decided))
    assert [[row["status"]["code"] for row in rows] for rows in (before, since)] == [["acknowledged"], ["resolved"]]
    assert listed(scene, **at(recorded_at(scene, "submitted") - MICROSECOND)) == []


def test_a_filter_asks_what_was_so_at_the_instant(scene: Scene) -> None:
    resolved(scene)
    before = at(recorded_at(scene, "resolved") - MICROSECOND)
    assert len(listed(scene, status="resolved")) == 1
    assert listed(scene, status="resolved", **before) == []
    assert len(listed(scene, status="acknowledged", **before)) == 1


def test_a_primary_shows_what_its_duplicate_brought(scene: Scene) -> None:
    primary = scene.submit().complaint
    scene.submit().then("anna", "link", {"complaint_id": primary["id"], "link": "duplicate"})
    scene.then("app", "follow-up")
    brought = [entry for entry in scene.app.history(primary) if entry["complaint_id"] == scene.complaint["id"]]
    assert [entry["type"] for entry in brought] == ["recourse.complaint.followed-up.v1"]
    before = at(datetime.fromisoformat(brought[0]["recorded_at"]) - MICROSECOND)
    assert scene.complaint["id"] not in {entry["complaint_id"] for entry in scene.app.history(primary, params=before)}
