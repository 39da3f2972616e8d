"""Idempotency-Key: one request, one effect, one answer, however often and however fast it is repeated."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.client import answered, refused
from tests.conftest import Running
from tests.services.api_scene import MATTER, PNG, Scene
from tests.waiting import wait_until

AT_ONCE = 50
VOLATILE = {"date", "idempotent-replayed"}


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house)


@pytest.fixture
def key() -> str:
    return str(uuid4())


def headers_of(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in VOLATILE}


def must_be_the_same(first: httpx.Response, again: httpx.Response) -> None:
    assert (again.status_code, again.content, headers_of(again)) == (
        first.status_code,
        first.content,
        headers_of(first),
    )
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")


@pytest.mark.parametrize("path", ["/v1/complaints", "/v1/evidence", "{complaint}/follow-up"])
@pytest.mark.parametrize("sent", [None, "a b", "k" * 256, "键".encode()])
def test_every_change_needs_a_key_that_can_be_read(scene: Scene, path: str, sent: str | bytes | None) -> None:
    scene.complaint = answered(scene.app.post("/v1/complaints", MATTER), 201)
    headers: Any = {} if sent is None else {"Idempotency-Key": sent}
    body = {"text": "x"} if path.endswith("follow-up") else MATTER
    answer = scene.app.post(path.format(complaint=scene.path), body, key=None, headers=headers)
    refused(answer, 400, "idempotency-key-missing")


@pytest.mark.parametrize("prefer", ["", "wait=5"])
def test_a_repeated_submission_is_answered_with_the_first_answer(scene: Scene, key: str, prefer: str) -> None:
    def ask() -> httpx.Response:
        return scene.app.post("/v1/complaints", MATTER, key=key, headers={"Prefer": prefer})

    first = ask()
    scene.complaint = first.json()
    scene.running.settle()
    scene.then("app", "follow-up").then("anna", "resolve").then("app", "accept-resolution")
    must_be_the_same(first, ask())
    assert len(answered(scene.app.get("/v1/complaints"))["data"]) == 1


def test_a_repeated_command_is_answered_with_the_first_answer(scene: Scene, key: str) -> None:
    scene.submit()

    def ask() -> httpx.Response:
        return scene.app.post(f"{scene.path}/withdraw", {"reason": "solved"}, key=key)

    first = ask()
    scene.then("sun", "reopen", {"reason": "review"})
    must_be_the_same(first, ask())
    assert scene.app.events(scene.complaint).count("withdrawn") == 1


def test_a_repeat_is_answered_though_the_version_is_no_longer_the_one_asked_for(scene: Scene, key: str) -> None:
    scene.submit()
    scene.running.settle()
    seen = {"If-Match": scene.sun.get(scene.path).headers["ETag"]}
    first, again = (
        scene.sun.post(f"{scene.path}/decline", {"reason": "forwarded"}, key=key, headers=seen) for _ in range(2)
    )
    must_be_the_same(first, again)


def test_another_body_under_the_same_key_is_refused(scene: Scene, key: str) -> None:
    answered(scene.app.post("/v1/complaints", MATTER, key=key), 201)
    refused(scene.app.post("/v1/complaints", {**MATTER, "grounds": "x"}, key=key), 422, "idempotency-key-reused")


def test_a_key_counts_for_one_caller_one_user_and_one_path(scene: Scene, key: str) -> None:
    ids = {
        answered(caller.post("/v1/complaints", MATTER, key=key), 201)["id"]
        for caller in (scene.app, scene.people["own"], scene.anna, scene.people["bo"])
    }
    other_client = scene.api.as_app(scene.user, client="another-app")
    ids.add(answered(other_client.post("/v1/complaints", MATTER, key=key), 201)["id"])
    assert len(ids) == 5
    other_user = scene.api.as_app(f"other-{scene.user}")
    refused(other_user.post("/v1/complaints", MATTER, key=key), 422, "idempotency-key-reused")
    scene.complaint = {"id": ids.pop()}
    answered(scene.anna.post(f"{scene.path}/add-note", {"text": "x"}, key=key))


def test_a_key_has_no_meaning_for_another_tenant(scene: Scene, key: str) -> None:
    scene.app.post("/v1/complaints", MATTER, key=key)
    foreign = scene.api.as_app(scene.user, tenant="elsewhere")
    refused(foreign.post("/v1/complaints", MATTER, key=key), 403, "tenant-unknown")


def at_once(ask: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Send a request many times, all behind one barrier."""
    barrier = threading.Barrier(AT_ONCE)

    def send(_: int) -> httpx.Response:
        barrier.wait()
        return ask()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(send, range(AT_ONCE)))


def test_fifty_at_once_make_one_complaint_and_get_one_answer(scene: Scene, key: str) -> None:
    answers = at_once(lambda: scene.app.post("/v1/complaints", MATTER, key=key))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers].count(None) == 1
    assert len(answered(scene.app.get("/v1/complaints"))["data"]) == 1


def test_fifty_bodies_at_once_under_one_key_make_one_complaint(scene: Scene, key: str) -> None:
    answers = at_once(lambda: scene.app.post("/v1/complaints", {**MATTER, "grounds": uuid4().hex}, key=key))
    codes = [answer.json().get("code", "taken") for answer in answers]
    assert (codes.count("taken"), codes.count("idempotency-key-reused")) == (1, AT_ONCE - 1)


def test_a_refusal_is_not_kept(scene: Scene, key: str) -> None:
    scene.submit()

    def ask() -> httpx.Response:
        return scene.app.post(f"{scene.path}/accept-resolution", {}, key=key)

    refused(ask(), 409, "complaint-not-resolved")
    scene.then("anna", "resolve")
    assert answered(ask())["status"]["code"] == "closed"


def test_a_wrong_reference_can_be_mended_under_the_same_key(scene: Scene, key: str) -> None:
    wrong = {**MATTER, "evidence_ids": [str(uuid4())]}
    refused(scene.app.post("/v1/complaints", wrong, key=key), 404, "evidence-not-found")
    answered(scene.app.post("/v1/complaints", {**MATTER, "evidence_ids": [scene.upload()]}, key=key), 201)


def test_a_repeated_upload_is_answered_with_the_first_answer(scene: Scene, key: str) -> None:
    first, again = (scene.app.upload("x.png", PNG, "screenshot", key=key) for _ in range(2))
    must_be_the_same(first, again)
    refused(scene.app.upload("x.png", PNG + b"x", "screenshot", key=key), 422, "idempotency-key-reused")


@contextmanager
def nobody_writes(running: Running) -> Iterator[None]:
    """Hold the write lock of intake's database as another process could: what is asked now waits."""
    with closing(sqlite3.connect(running.backend.settings.data_dir / "intake.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")


@pytest.mark.on_files
def test_who_repeats_while_the_first_still_runs_is_told_to_wait(running: Running, key: str) -> None:
    scene = Scene(running)
    scene.submit()
    running.settle()
    calls = running.embedded.api.state.counter.calls

    def ask() -> httpx.Response:
        return scene.app.post(f"{scene.path}/follow-up", {"text": "x"}, key=key)

    with ThreadPoolExecutor() as threads:
        with nobody_writes(running):
            first = threads.submit(ask)
            wait_until(lambda: calls._under_way, what="the first to be under way")
            refused(ask(), 409, "idempotency-key-in-use")
        answered(first.result())
    must_be_the_same(first.result(), ask())
