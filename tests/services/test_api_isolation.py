"""Somebody else's complaint is not there: for strangers of the same tenant, and for everybody of another."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from shared.access.principals import CallerType, Scope
from shared.contracts.tenant import DEFAULT_FILE
from tests import people
from tests.builders import NOW
from tests.client import Client, answered, refused
from tests.conftest import Running, running_installation
from tests.services.api_scene import MATTER, Scene, signal, urgent_by_phone
from tests.services.test_api_commands import PLACES

STRANGERS = ("another app user", "an own token", "a user without complaints")


@pytest.fixture(scope="module")
def two_brands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One installation that serves the tenants default and other."""
    directory = tmp_path_factory.mktemp("brands")
    (directory / "tenants").mkdir()
    text = DEFAULT_FILE.read_text(encoding="utf-8")
    for tenant in ("default", "other"):
        named = text.replace('tenant = "default"', f'tenant = "{tenant}"')
        (directory / "tenants" / f"{tenant}.toml").write_text(named, encoding="utf-8")
    with running_installation(directory / "data", tenants_dir=directory / "tenants") as running:
        yield running


@pytest.fixture
def ours(two_brands: Running) -> Scene:
    scene = Scene(two_brands).submit(complainant={"name": people.NAMES[0]})
    two_brands.settle()
    return scene


@pytest.fixture
def theirs(two_brands: Running, ours: Scene) -> Scene:
    """The same people under the same names, at the other brand."""
    scene = Scene(two_brands)
    scene.user, api = ours.user, scene.api
    scene.people = {
        "app": api.as_app(ours.user, tenant="other"),
        "own": api.as_user(ours.user, tenant="other"),
        "anna": api.as_staff("handler", "anna", tenant="other"),
        "sun": api.as_staff("supervisor", "sun", tenant="other"),
        "auditor": api.as_staff("auditor", "otto", tenant="other"),
        "all": api.with_scopes(CallerType.SUPERVISOR, "all", *Scope, tenant="other"),
        "ledger": api.with_scopes(CallerType.SERVICE, "payments-ledger", Scope.SERVICE, Scope.READ, tenant="other"),
    }
    return scene


def stranger(scene: Scene, who: str) -> Client:
    known = scene.api.as_app("a-stranger")
    answered(known.post("/v1/complaints", MATTER), 201)
    return {
        "another app user": known,
        "an own token": scene.api.as_user("a-stranger"),
        "a user without complaints": scene.api.as_app(f"new-{uuid4().hex}"),
    }[who]


def must_find_nothing(client: Client, scene: Scene) -> None:
    for path in (scene.path, f"{scene.path}/history", f"{scene.path}?version=1", f"{scene.path}?as_of={NOW:%Y}-01-01"):
        answer = client.get(path)
        assert (answer.status_code, scene.complaint["number"] in answer.text) in {(404, False), (422, False)}
    refused(client.get(scene.path), 404, "complaint-not-found")
    assert scene.complaint["id"] not in client.get("/v1/complaints").text


def give(client: Client, scene: Scene, command: str) -> httpx.Response:
    return client.post(f"{scene.path}/{command}", scene.example(command), headers={"If-Match": "*"})


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_finds_nothing(ours: Scene, who: str) -> None:
    must_find_nothing(stranger(ours, who), ours)


@pytest.mark.parametrize("who", STRANGERS)
def test_no_command_of_a_stranger_finds_the_complaint(ours: Scene, who: str) -> None:
    before = ours.anna.history(ours.complaint)
    caller = stranger(ours, who)
    for command, (_, whose) in PLACES.items():
        if whose in {"app", "own"}:
            refused(give(caller, ours, command), 404, "complaint-not-found")
    assert ours.anna.history(ours.complaint) == before


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_finds_no_evidence(ours: Scene, who: str) -> None:
    evidence_id = ours.upload()
    ours.then("app", "add-evidence", {"evidence_ids": [evidence_id]})
    caller = stranger(ours, who)
    for path in (f"/v1/evidence/{evidence_id}", f"/v1/evidence/{evidence_id}/content"):
        refused(caller.get(path), 404, "evidence-not-found")
    body = {**MATTER, "evidence_ids": [evidence_id]}
    refused(caller.post("/v1/complaints", body), 404, "evidence-not-found")


def test_what_is_not_there_and_what_is_somebody_elses_look_the_same(ours: Scene) -> None:
    caller, nowhere = stranger(ours, "an own token"), str(uuid4())
    for path in ("", "/history"):
        hidden, missing = (caller.get(f"/v1/complaints/{each}{path}") for each in (ours.complaint["id"], nowhere))
        assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)


@pytest.mark.parametrize("who", ["app", "own", "anna", "sun", "auditor", "all", "ledger"])
def test_nobody_of_another_tenant_finds_anything(ours: Scene, theirs: Scene, who: str) -> None:
    must_find_nothing(theirs.people[who], ours)


def test_no_command_of_another_tenant_finds_the_complaint(ours: Scene, theirs: Scene) -> None:
    before = ours.anna.history(ours.complaint)
    for command in PLACES:
        refused(give(theirs.people["all"], ours, command), 404, "complaint-not-found")
    assert ours.anna.history(ours.complaint) == before


def test_another_tenant_finds_no_evidence(ours: Scene, theirs: Scene) -> None:
    waiting, attached, staffs = ours.upload(), ours.upload(), ours.upload("anna")
    ours.then("app", "add-evidence", {"evidence_ids": [attached]})
    for who in ("app", "own", "anna", "all"):
        for evidence_id in (waiting, attached, staffs):
            for path in (f"/v1/evidence/{evidence_id}", f"/v1/evidence/{evidence_id}/content"):
                refused(theirs.people[who].get(path), 404, "evidence-not-found")
            body = {**MATTER, "evidence_ids": [evidence_id]}
            if who != "own":
                refused(theirs.people[who].post("/v1/complaints", body), 404, "evidence-not-found")


def test_what_one_tenants_desk_lists_is_not_listed_by_anothers(ours: Scene, theirs: Scene) -> None:
    ours.then("anna", "classify", {"urgent": True, "reason": "investigation"}).then("anna", "resolve")
    incident = answered(ours.sun.post("/v1/incidents", {"name": "outage", "signal_id": signal(ours)}), 201)
    listed = {
        "/v1/incidents": incident["id"],
        "/v1/signals": incident["signal_id"],
        "/v1/tasks?limit=100": ours.complaint["id"],
        "/v1/remedies": ours.complaint["id"],
    }
    for path, what in listed.items():
        assert [what in each.sun.get(path).text for each in (ours, theirs)] == [True, False], path
    refused(theirs.sun.get(f"/v1/signals/{incident['signal_id']}"), 404, "signal-not-found")
    refused(theirs.sun.get(f"/v1/incidents/{incident['id']}"), 404, "incident-not-found")
    body = {"name": "outage", "signal_id": incident["signal_id"]}
    refused(theirs.sun.post("/v1/incidents", body), 404, "signal-not-found")


def test_a_user_of_two_tenants_is_two_people(ours: Scene, theirs: Scene) -> None:
    theirs.submit()
    parties = [scene.seen("anna")["parties"][0]["party_id"] for scene in (ours, theirs)]
    assert len(set(parties)) == 2
    for mine, other in ((ours, theirs), (theirs, ours)):
        (row,) = answered(mine.app.get("/v1/complaints"))["data"]
        assert row["id"] == mine.complaint["id"] != other.complaint["id"]


def test_one_key_at_two_tenants_is_two_requests(ours: Scene, theirs: Scene) -> None:
    key = str(uuid4())
    first, second = (scene.app.post("/v1/complaints", MATTER, key=key) for scene in (ours, theirs))
    assert answered(first, 201)["id"] != answered(second, 201)["id"]
    assert "Idempotent-Replayed" not in second.headers


@pytest.mark.parametrize("link", ["follows", "about_handling_of"])
def test_a_complaint_of_another_tenant_cannot_be_referred_to(ours: Scene, theirs: Scene, link: str) -> None:
    body = {**MATTER, link: ours.complaint["id"]}
    refused(theirs.people["app"].post("/v1/complaints", body), 404, "complaint-not-found")


@pytest.mark.parametrize("link", ["related", "duplicate", "follows", "about_handling_of"])
def test_a_complaint_of_another_tenant_cannot_be_linked(ours: Scene, theirs: Scene, link: str) -> None:
    theirs.submit()
    body = {"complaint_id": ours.complaint["id"], "link": link}
    refused(theirs.give("anna", "link", body), 404, "complaint-not-found")
    assert (ours.seen()["links"], theirs.seen()["links"]) == ([], [])


def test_lists_and_tasks_and_notices_are_of_one_tenant(ours: Scene, theirs: Scene) -> None:
    urgent_by_phone(ours)
    ours.running.settle()
    shown = {path: (seen(ours, path), seen(theirs, path)) for path in ("/v1/complaints", "/v1/tasks", "/v1/outbox")}
    for path, (mine, other) in shown.items():
        assert ours.complaint["id"] in mine, path
        assert ours.complaint["id"] not in other, path


def seen(scene: Scene, path: str) -> str:
    return scene.people["anna"].get(path, params={"limit": 100}).text


def test_a_number_is_found_at_its_own_tenant_only(ours: Scene, theirs: Scene) -> None:
    asked = {"number": ours.complaint["number"]}
    assert len(answered(ours.anna.get("/v1/complaints", params=asked))["data"]) == 1
    assert answered(theirs.people["anna"].get("/v1/complaints", params=asked))["data"] == []
