"""Evidence over the API: what a file is, who may have it, and that nobody else ever does."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from services.intake.housekeeping import Housekeeping
from tests import people
from tests.client import Client, answered, refused
from tests.conftest import Running
from tests.services.api_document import Document
from tests.services.api_scene import MATTER, PNG, Body, Scene

TWO_DAYS = timedelta(hours=48)
ATTACHING = ("follow-up", "add-evidence")


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house)


def content_of(client: Client, evidence_id: str, **headers: str) -> httpx.Response:
    return client.get(f"/v1/evidence/{evidence_id}/content", headers=headers)


def describe(client: Client, evidence_id: str) -> Body:
    return answered(client.get(f"/v1/evidence/{evidence_id}"))


def must_not_be_there(client: Client, evidence_id: str) -> None:
    """Neither the file nor its description, and not the one before the other."""
    for path in (f"/v1/evidence/{evidence_id}", f"/v1/evidence/{evidence_id}/content"):
        refused(client.get(path), 404, "evidence-not-found")


def attach(scene: Scene, evidence_id: str, who: str = "app", command: str = "add-evidence") -> Scene:
    return scene.then(who, command, {"text": people.TEXTS[0], "evidence_ids": [evidence_id]})


def brought(scene: Scene) -> list[Body]:
    """The evidence that people added; letters that were sent are kept as evidence too."""
    return [each for each in scene.seen()["evidence"] if each["kind"] != "letter"]


def file_of(scene: Scene, evidence_id: str) -> Path:
    return scene.running.backend.settings.data_dir / "evidence" / UUID(evidence_id).hex


def test_an_upload_is_answered_with_what_was_found_in_the_file(scene: Scene) -> None:
    response = scene.app.upload(f"{people.NAMES[0]}.png", PNG, "screenshot")
    shown = answered(response, 201)
    assert (shown["kind"], shown["media_type"], shown["size_bytes"]) == ("screenshot", "image/png", len(PNG))
    assert (shown["file_name"], shown["sha256"]) == (f"{people.NAMES[0]}.png", hashlib.sha256(PNG).hexdigest())
    assert shown["complaint_id"] is None
    Document.of(scene.running.url).check_answer("upload_evidence", response)
    assert describe(scene.app, shown["evidence_id"]) == shown


def test_a_download_is_the_file_and_no_browser_opens_it(scene: Scene) -> None:
    answer = content_of(scene.app, scene.upload())
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(len(PNG))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E6%88%AA%E5%9B%BE.png"


def test_neither_file_nor_name_nor_digest_lies_on_disk_in_clear(scene: Scene) -> None:
    text = people.TEXTS[1].encode() * 10_000
    answered(scene.app.upload(f"{people.NAMES[1]}.txt", text, "chat_transcript"), 201)
    secrets = (people.TEXTS[1].encode(), people.NAMES[1].encode(), hashlib.sha256(text).hexdigest().encode())
    files = [path for path in scene.running.backend.settings.data_dir.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert [path for path in files if any(secret in path.read_bytes() for secret in secrets)] == []


LAST = len(PNG) - 1


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-9", 0, 9),
        ("bytes=5-", 5, LAST),
        (f"bytes={LAST}-{LAST}", LAST, LAST),
        (f"bytes={LAST}-", LAST, LAST),
        ("bytes=-1", LAST, LAST),
        ("bytes=-10", LAST - 9, LAST),
        ("bytes=-99999", 0, LAST),
        ("bytes=3-99999", 3, LAST),
        ("BYTES = 2-4", 2, 4),
    ],
)
def test_a_part_of_a_file_can_be_asked_for(scene: Scene, asked: str, start: int, end: int) -> None:
    answer = content_of(scene.app, scene.upload(), Range=asked)
    assert (answer.status_code, answer.content) == (206, PNG[start : end + 1])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end}/{len(PNG)}"
    assert answer.headers["Content-Length"] == str(end - start + 1)


def test_a_part_may_lie_across_the_pieces_in_which_a_file_is_sealed(scene: Scene) -> None:
    whole = PNG + bytes(range(256)) * 1000
    evidence_id = answered(scene.app.upload("x.png", whole, "screenshot"), 201)["evidence_id"]
    answer = content_of(scene.app, evidence_id, Range="bytes=65530-131080")
    assert (answer.status_code, answer.content) == (206, whole[65530:131081])


@pytest.mark.parametrize(
    "asked",
    [
        f"bytes={len(PNG)}-",
        "bytes=99999-",
        "bytes=9-3",
        "bytes=-0",
        "bytes=-",
        "bytes=x-y",
        "bytes=0-1,3-4",
        "bytes=" + "9" * 50 + "-",
        "bytes=" + "9" * 6000 + "-",
    ],
)
def test_a_part_that_is_not_there_cannot_be_had(scene: Scene, asked: str) -> None:
    refused(content_of(scene.app, scene.upload(), Range=asked), 416, "range-not-satisfiable")


@pytest.mark.parametrize("asked", ["lines=1-2", "", "0-5"])
def test_a_range_in_another_unit_is_the_whole_file(scene: Scene, asked: str) -> None:
    answer = content_of(scene.app, scene.upload(), Range=asked)
    assert (answer.status_code, answer.content) == (200, PNG)


def test_what_is_not_attached_yet_is_for_who_uploaded_it(scene: Scene) -> None:
    evidence_id = scene.upload("app")
    assert describe(scene.people["own"], evidence_id)["evidence_id"] == evidence_id
    for who in ("anna", "sun", "auditor", "ledger"):
        must_not_be_there(scene.people[who], evidence_id)
    must_not_be_there(scene.api.as_app("a-stranger"), evidence_id)


def test_what_staff_uploaded_is_for_all_of_staff(scene: Scene) -> None:
    evidence_id = scene.upload("anna")
    assert describe(scene.people["bo"], evidence_id)["evidence_id"] == evidence_id
    must_not_be_there(scene.app, evidence_id)


@pytest.mark.parametrize("command", ATTACHING)
def test_attached_evidence_is_for_all_who_see_it_in_the_complaint(scene: Scene, command: str) -> None:
    evidence_id = scene.submit().upload()
    attach(scene, evidence_id, command=command)
    for who in ("app", "own", "anna", "sun", "auditor"):
        assert content_of(scene.people[who], evidence_id).content == PNG
    must_not_be_there(scene.api.as_app("a-stranger"), evidence_id)
    shown = describe(scene.app, evidence_id)
    assert (shown["complaint_id"], shown["expires_at"]) == (scene.complaint["id"], None)


def test_evidence_can_come_with_the_complaint(scene: Scene) -> None:
    evidence_id = scene.upload(kind="transaction_record")
    scene.submit(evidence_ids=[evidence_id])
    (shown,) = scene.complaint["evidence"]
    assert (shown["evidence_id"], shown["kind"], shown["size_bytes"]) == (evidence_id, "transaction_record", len(PNG))


def test_what_a_handler_attached_is_not_there_for_parties(scene: Scene) -> None:
    evidence_id = scene.submit().upload("anna")
    attach(scene, evidence_id, "anna")
    assert content_of(scene.people["bo"], evidence_id).content == PNG
    must_not_be_there(scene.app, evidence_id)


def test_an_identity_document_is_read_with_a_further_scope_only(scene: Scene) -> None:
    evidence_id = scene.submit().upload(kind="identity_document")
    attach(scene, evidence_id)
    for who in ("app", "own", "anna", "auditor"):
        refused(content_of(scene.people[who], evidence_id), 403, "evidence-restricted")
        refused(scene.people[who].get(f"/v1/evidence/{evidence_id}"), 403, "evidence-restricted")
    assert content_of(scene.sun, evidence_id).content == PNG


def test_an_identity_document_is_kept_from_its_uploader_before_it_is_attached(scene: Scene) -> None:
    evidence_id = scene.upload(kind="identity_document")
    refused(content_of(scene.app, evidence_id), 403, "evidence-restricted")


def test_the_same_bytes_twice_are_two_files_and_no_harm(scene: Scene) -> None:
    first, second = scene.submit().upload(), scene.upload()
    attach(attach(scene, first), second)
    assert [each["evidence_id"] for each in brought(scene)] == [first, second]
    assert len({each["commitment"] for each in brought(scene)}) == 2


def test_a_file_attached_again_is_listed_once(scene: Scene) -> None:
    evidence_id = scene.submit().upload()
    scene.then("app", "add-evidence", {"evidence_ids": [evidence_id, evidence_id]})
    attach(attach(scene, evidence_id), evidence_id, command="follow-up")
    assert [each["evidence_id"] for each in brought(scene)] == [evidence_id]
    assert content_of(scene.app, evidence_id).content == PNG


@pytest.mark.parametrize("command", ATTACHING)
def test_what_belongs_to_one_complaint_cannot_be_attached_to_another(scene: Scene, command: str) -> None:
    evidence_id = scene.submit().upload()
    attach(scene, evidence_id)
    scene.submit()
    body = {"text": people.TEXTS[0], "evidence_ids": [evidence_id]}
    refused(scene.give("app", command, body), 422, "evidence-already-attached")
    assert brought(scene) == []
    submission = {**MATTER, "evidence_ids": [evidence_id]}
    refused(scene.app.post("/v1/complaints", submission), 422, "evidence-already-attached")


@pytest.mark.parametrize("who", ["anna", "stranger"])
def test_nobody_attaches_what_somebody_else_uploaded(scene: Scene, house: Running, who: str) -> None:
    scene.submit()
    evidence_id = scene.upload("anna") if who == "anna" else Scene(house).upload()
    refused(scene.give("app", "add-evidence", {"evidence_ids": [evidence_id]}), 404, "evidence-not-found")
    assert brought(scene) == []


def test_evidence_that_was_never_there_is_not_found(scene: Scene) -> None:
    must_not_be_there(scene.app, str(uuid4()))
    must_not_be_there(scene.sun, str(uuid4()))


def test_erasing_the_person_makes_their_evidence_unreadable(scene: Scene) -> None:
    evidence_id = scene.submit().upload()
    attach(scene, evidence_id).then("admin", "erase-personal-data")
    for who in ("anna", "sun", "auditor"):
        refused(content_of(scene.people[who], evidence_id), 404, "evidence-not-found")
    shown = describe(scene.sun, evidence_id)
    assert [shown[name] for name in ("file_name", "media_type", "size_bytes", "sha256")] == [None] * 4
    (listed,) = brought(scene)
    assert (listed["evidence_id"], listed["file_name"], len(listed["commitment"])) == (evidence_id, None, 64)


def test_what_nobody_attached_is_destroyed_after_two_days(running: Running) -> None:
    scene = Scene(running).submit()
    kept, lost = scene.upload(), scene.upload()
    attach(scene, kept)
    shown = describe(scene.app, lost)
    housekeeping = Housekeeping(running.embedded.intake.application, TWO_DAYS, running.embedded.intake.erasures)
    running.clock.advance(hours=47)
    housekeeping.clean()
    assert describe(scene.app, lost) == shown
    running.clock.advance(hours=2)
    housekeeping.clean()
    must_not_be_there(scene.app, lost)
    assert content_of(scene.app, kept).content == PNG
    assert (file_of(scene, kept).exists(), file_of(scene, lost).exists()) == (True, False)


def test_the_answer_says_until_when_an_upload_waits(scene: Scene) -> None:
    shown = describe(scene.app, scene.upload())
    uploaded, expires = (datetime.fromisoformat(shown[name]) for name in ("uploaded_at", "expires_at"))
    assert expires - uploaded == TWO_DAYS


def test_a_file_that_was_changed_on_disk_is_never_handed_out_whole(scene: Scene) -> None:
    evidence_id = scene.upload()
    file = file_of(scene, evidence_id)
    sealed = file.read_bytes()
    file.write_bytes(sealed[:50] + bytes([sealed[50] ^ 1]) + sealed[51:])
    with pytest.raises(httpx.RemoteProtocolError):
        content_of(scene.app, evidence_id)
