"""Who sees what of a complaint: parties, handlers, compliance; in the complaint, its history and the list."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests import people
from tests.client import Client, answered, refused
from tests.conftest import Running
from tests.services.api_scene import MATTER, Body, Scene

PARTIES = ("app", "own")
HANDLERS = ("anna", "ledger")
COMPLIANCE = ("sun", "auditor")
PATHS = ("{complaint}", "{complaint}/history")


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house).submit(complainant={"name": people.NAMES[0]})


def everything_shown_to(scene: Scene, who: str) -> str:
    """All that a caller can read about the complaint, at every version."""
    versions = [{}, *({"version": each["version"]} for each in scene.people["auditor"].history(scene.complaint))]
    caller = scene.people[who]
    pages = [caller.get(path.format(complaint=scene.path), params=asked) for path in PATHS for asked in versions]
    return "".join(page.text for page in [*pages, caller.get("/v1/complaints")])


def seen_by(scene: Scene, secrets: Sequence[str], *callers: str) -> dict[str, set[str]]:
    """Which of these texts each caller finds anywhere."""
    shown = {who: everything_shown_to(scene, who) for who in callers}
    return {who: {secret for secret in secrets if secret in text} for who, text in shown.items()}


def only(secrets: Sequence[str], *, seen: Sequence[str], hidden: Sequence[str]) -> dict[str, set[str]]:
    return {who: set(secrets) for who in seen} | {who: set() for who in hidden}


def test_a_note_is_for_handlers_and_compliance(scene: Scene) -> None:
    scene.then("anna", "add-note", {"text": people.TEXTS[3], "flag": "fraud-suspected"})
    secrets, may_see = (people.TEXTS[3], "fraud-suspected", "note-added"), (*HANDLERS, *COMPLIANCE)
    assert seen_by(scene, secrets, *PARTIES, *may_see) == only(secrets, seen=may_see, hidden=PARTIES)


def test_a_restricted_note_is_for_compliance_only(scene: Scene) -> None:
    scene.then("anna", "add-note", {"text": people.TEXTS[3], "restricted": True, "flag": "tipping-off"})
    secrets, hidden = (people.TEXTS[3], "tipping-off", "note-added"), (*PARTIES, *HANDLERS)
    assert seen_by(scene, secrets, *hidden, *COMPLIANCE) == only(secrets, seen=COMPLIANCE, hidden=hidden)


def test_a_legal_hold_is_for_compliance_only(scene: Scene) -> None:
    scene.then("sun", "place-legal-hold", {"reason": "litigation", "reason_text": people.TEXTS[4]})
    assert [scene.seen(who)["handling"]["legal_hold"] for who in ("anna", "sun", "auditor")] == [None, True, True]
    scene.then("sun", "lift-legal-hold")
    secrets = ("legal-hold-placed", "legal-hold-lifted", "litigation", people.TEXTS[4])
    assert seen_by(scene, secrets, "app", "anna", "sun") == only(secrets, seen=["sun"], hidden=["app", "anna"])


def test_a_related_complaint_is_for_handlers_only(scene: Scene, house: Running) -> None:
    theirs = Scene(house).submit().complaint
    related = {"complaint_id": theirs["id"], "link": "related"}
    scene.then("anna", "link", related).then("anna", "unlink").then("anna", "link", related)
    secrets = (theirs["id"], theirs["number"], "linked")
    assert seen_by(scene, secrets, *PARTIES) == only(secrets, seen=[], hidden=PARTIES)
    assert scene.seen("anna")["links"][0]["complaint_id"] == theirs["id"]


def test_a_link_to_an_own_complaint_is_shown(scene: Scene) -> None:
    earlier = scene.another()
    scene.then("anna", "link", {"complaint_id": earlier, "link": "follows"})
    assert scene.seen("app")["links"][0]["complaint_id"] == earlier


def test_a_party_is_not_told_which_person_acted(scene: Scene) -> None:
    scene.then("anna", "assign").then("anna", "answer").then("sun", "extend")
    scene.people["somebody"] = scene.api.as_handler("handler-4711")
    scene.then("somebody", "assign", {"handler_id": "handler-4711"})
    scene.then("somebody", "escalate", {"reason": "handler-request"})
    secrets = ("handler-4711",)
    assert seen_by(scene, secrets, *PARTIES, "anna") == only(secrets, seen=["anna"], hidden=PARTIES)
    actors = [entry["actor"] for entry in scene.app.history(scene.complaint)]
    assert {actor["type"] for actor in actors} >= {"service", "handler", "supervisor"}
    assert {actor["id"] for actor in actors} == {None}


def test_a_party_cannot_find_out_who_works_on_it_by_filtering(scene: Scene) -> None:
    scene.then("anna", "assign")
    for who in PARTIES:
        answer = scene.people[who].get("/v1/complaints", params={"assigned_to": "anna"})
        refused(answer, 403, "actor-not-permitted")
    assert scene.seen("app")["handling"] is None
    assert {row["assigned_to"] for row in answered(scene.app.get("/v1/complaints"))["data"]} == {None}


def test_what_handlers_wrote_for_each_other_is_not_for_parties(scene: Scene) -> None:
    internal: list[tuple[str, str, Body]] = [
        ("anna", "await-third-party", {"third_party": "bank", "text": people.TEXTS[1]}),
        ("anna", "record-third-party-answer", {"text": people.TEXTS[2]}),
        ("anna", "escalate", {"reason": "handler-request", "reason_text": people.TEXTS[3]}),
        ("anna", "classify", {"root_cause": "fraud", "reason": "investigation", "reason_text": people.TEXTS[4]}),
        ("anna", "request-freeze", {"reason": "theft", "reason_text": people.TEXTS[5]}),
        ("ledger", "confirm-freeze", {"reference": people.TEXTS[8]}),
    ]
    for who, command, body in internal:
        scene.then(who, command, body)
    words = {"text", "reason_text", "reference"}
    secrets = [value for _, _, body in internal for name, value in body.items() if name in words]
    assert seen_by(scene, secrets, "app", "anna") == only(secrets, seen=["anna"], hidden=["app"])


def test_evidence_that_handlers_added_is_not_for_parties(scene: Scene) -> None:
    evidence_id = scene.upload("anna")
    scene.then("anna", "add-evidence", {"evidence_ids": [evidence_id], "text": people.TEXTS[3]})
    secrets = (evidence_id, people.TEXTS[3])
    assert seen_by(scene, secrets, *PARTIES, "anna") == only(secrets, seen=["anna"], hidden=PARTIES)


class TestTwoParties:
    """A complainant and a representative: each has a person that the other must not see."""

    @pytest.fixture
    def two(self, house: Running) -> Scene:
        two = Scene(house)
        named = {"wallet_user_id": two.user, "name": people.NAMES[0], "phone": people.PHONES[0]}
        two.people["representative"] = two.api.as_app(f"representative-of-{two.user}")
        representative = {"name": people.NAMES[1], "email": people.EMAILS[1]}
        return two.submit("representative", complainant=named, representative=representative)

    def test_each_sees_their_own_person_only(self, two: Scene) -> None:
        mine, theirs = {people.NAMES[0], people.PHONES[0]}, {people.NAMES[1], people.EMAILS[1]}
        shown = seen_by(two, [*mine, *theirs], "app", "representative", "anna")
        assert shown == {"app": mine, "representative": theirs, "anna": mine | theirs}

    def test_a_changed_contact_is_shown_to_whose_it_is(self, two: Scene) -> None:
        two.then("representative", "change-contact", {"contact": {"email": people.EMAILS[2]}})
        two.then("app", "change-contact", {"contact": {"phone": people.PHONES[1]}})
        shown = seen_by(two, [people.EMAILS[2], people.PHONES[1]], "app", "representative")
        assert shown == {"app": {people.PHONES[1]}, "representative": {people.EMAILS[2]}}

    def test_how_the_representative_wants_to_hear_back_changes_nothing_for_the_complainant(self, two: Scene) -> None:
        two.then("representative", "change-contact", {"preferred_medium": "letter", "language": "en"})
        assert (two.seen("app")["preferred_medium"], two.seen("app")["language"]) == (None, "zh-CN")

    def test_both_list_the_complaint(self, two: Scene) -> None:
        for who in ("app", "representative"):
            (row,) = answered(two.people[who].get("/v1/complaints"))["data"]
            assert row["id"] == two.complaint["id"]


def callers_of_others(scene: Scene) -> list[Client]:
    return [scene.api.as_app("a-stranger"), scene.api.as_user("a-stranger")]


@pytest.mark.parametrize("path", PATHS)
def test_somebody_elses_complaint_is_not_there(scene: Scene, path: str) -> None:
    for stranger in callers_of_others(scene):
        refused(stranger.get(path.format(complaint=scene.path)), 404, "complaint-not-found")
        answered(stranger.post("/v1/complaints", MATTER), 201)
        refused(stranger.get(path.format(complaint=scene.path)), 404, "complaint-not-found")


def test_the_list_of_a_user_holds_their_complaints_only(scene: Scene) -> None:
    newcomer, known = scene.api.as_app(f"new-{scene.user}"), scene.app
    assert answered(newcomer.get("/v1/complaints"))["data"] == []
    ids: list[Any] = [row["id"] for row in answered(known.get("/v1/complaints"))["data"]]
    assert ids == [scene.complaint["id"]]


def test_what_a_duplicate_brought_is_for_its_own_parties(scene: Scene) -> None:
    """Who filed for somebody else is no party of what that person files later."""
    representative = scene.api.as_app("mallory")
    victim = {"wallet_user_id": "victim"}
    primary = representative.submit(MATTER, complainant=victim, representative={"name": people.NAMES[1]})
    duplicate = scene.api.as_app("victim").submit(MATTER)
    scene.anna.command(duplicate, "link", {"complaint_id": primary["id"], "link": "duplicate"})
    scene.api.as_app("victim").command(duplicate, "follow-up", {"text": people.TEXTS[3]})
    assert people.TEXTS[3] in scene.anna.get(f"/v1/complaints/{primary['id']}/history").text
    assert people.TEXTS[3] not in representative.get(f"/v1/complaints/{primary['id']}/history").text


def test_why_a_supervisor_reopened_is_for_colleagues(scene: Scene) -> None:
    scene.then("app", "withdraw").then("sun", "reopen", {"reason": "review", "reason_text": people.TEXTS[5]})
    assert seen_by(scene, (people.TEXTS[5],), "app", "anna") == only((people.TEXTS[5],), seen=["anna"], hidden=["app"])
