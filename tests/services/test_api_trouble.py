"""When the installation itself is in trouble: a clear answer that says whether to try again, and no stack trace."""

import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import takewhile

import httpx
import pytest

from services.intake.domain.errors import IntakeError
from shared.eventstore.command import Command, Decision, Receipt, WriterBusyError
from tests import people
from tests.client import answered, refused
from tests.conftest import Running
from tests.services.api_scene import MATTER, PNG, Scene
from tests.services.api_trouble import nobody_writes
from tests.services.archive import PATIENCE_SECONDS, fill_disk, free_disk
from tests.waiting import wait_until

UPLOADS = 40
LONG = {**MATTER, "description": people.TEXTS[0] * 1500}


@pytest.fixture
def scene(running: Running) -> Scene:
    scene = Scene(running).submit()
    running.settle()
    return scene


def must_ask_to_come_again(answer: httpx.Response, code: str) -> None:
    refused(answer, 503, code)
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("path", ["/v1/nothing", "/v2/complaints", "/v1/complaints/x/y/z"])
def test_an_unknown_address_is_not_found(house: Running, path: str) -> None:
    refused(Scene(house).app.get(path), 404, "route-not-found")
    refused(Scene(house).app.post(path, MATTER), 404, "route-not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/complaints", {"GET", "POST"}),
        ("PUT", "/v1/categories", {"GET"}),
        ("GET", "/v1/evidence", {"POST"}),
    ],
)
def test_an_address_says_which_methods_it_takes(house: Running, method: str, path: str, allowed: set[str]) -> None:
    answer = Scene(house).app.request(method, path)
    refused(answer, 405, "method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) <= allowed


def test_a_full_disk_is_told_and_nothing_is_kept_of_what_was_refused(scene: Scene) -> None:
    store = scene.running.embedded.intake.application.store
    before = store.recorder.max_notification_id()
    fill_disk(store)
    must_ask_to_come_again(scene.app.post("/v1/complaints", LONG), "store-unavailable")
    assert store.recorder.max_notification_id() == before
    assert scene.seen("app")["id"] == scene.complaint["id"]


def test_once_there_is_room_again_the_same_request_succeeds(scene: Scene) -> None:
    store = scene.running.embedded.intake.application.store
    fill_disk(store)
    fitted = use_up_what_is_free(scene)
    must_ask_to_come_again(scene.app.post("/v1/complaints", LONG, key="the-same"), "store-unavailable")
    free_disk(store)
    answered(scene.app.post("/v1/complaints", LONG, key="the-same"), 201)
    assert len(answered(scene.app.get("/v1/complaints", params={"limit": 100}))["data"]) == fitted + 2


def use_up_what_is_free(scene: Scene) -> int:
    """Pages that rows have left still take complaints; return how many."""
    tried = (scene.app.post("/v1/complaints", LONG).status_code for _ in range(50))
    return sum(1 for _ in takewhile(lambda status: status == 201, tried))


def test_the_answer_to_trouble_says_nothing_of_the_database(scene: Scene) -> None:
    fill_disk(scene.running.embedded.intake.application.store)
    answer = scene.app.post("/v1/complaints", LONG)
    assert not [word for word in ("sqlite", "disk", "Traceback", "intake_") if word in answer.text]


def test_an_upload_that_cannot_be_entered_leaves_no_file(scene: Scene) -> None:
    directory = scene.running.backend.settings.data_dir / "evidence"
    before = set(directory.iterdir())
    fill_disk(scene.running.embedded.intake.application.store)
    answers = [scene.app.upload(f"{number}.png", PNG, "screenshot") for number in range(UPLOADS)]
    taken = [answer for answer in answers if answer.status_code == 201]
    assert len(taken) < UPLOADS
    for answer in answers:  # what fits into pages that are there already is taken on a full disk too
        if answer not in taken:
            must_ask_to_come_again(answer, "store-unavailable")
    assert len(set(directory.iterdir()) - before) == len(taken)


def test_a_history_that_was_changed_by_hand_is_not_shown_and_not_explained(scene: Scene) -> None:
    with closing(sqlite3.connect(scene.running.backend.settings.data_dir / "intake.db")) as database:
        database.execute("DROP TRIGGER intake_events_no_update")
        database.execute("UPDATE intake_events SET topic = 'complaint.invented'")
        database.commit()
    answer = scene.app.get(scene.path)
    refused(answer, 500, "internal-error")
    assert "invented" not in answer.text


class NeverMeantError(IntakeError):
    """Nobody reads this."""

    code = "never-meant"


def refuse() -> Decision:
    raise NeverMeantError


def fill_queue(scene: Scene) -> list["Future[Receipt]"]:
    """Give the writer commands until it takes no more."""
    given = []
    while True:
        try:
            given.append(scene.running.embedded.intake.application.execute(Command(decide=refuse)))
        except WriterBusyError:
            return given


def test_who_comes_when_too_many_wait_is_told_to_come_again(scene: Scene) -> None:
    calls = scene.running.embedded.api.state.counter.calls
    with ThreadPoolExecutor() as threads:
        with nobody_writes(scene.running):
            first = threads.submit(scene.app.post, f"{scene.path}/follow-up", {"text": people.TEXTS[1]})
            wait_until(lambda: calls._under_way, what="a command to be under way")
            waiting = fill_queue(scene)
            must_ask_to_come_again(scene.app.post("/v1/complaints", MATTER, key="the-same"), "too-busy")
            must_ask_to_come_again(scene.app.upload("x.png", PNG, "screenshot"), "too-busy")
        answered(first.result())
    assert {type(each.exception(PATIENCE_SECONDS)) for each in waiting} == {NeverMeantError}
    answered(scene.app.post("/v1/complaints", MATTER, key="the-same"), 201)


def test_a_service_that_stops_lets_nobody_in(scene: Scene) -> None:
    scene.running.embedded.intake.application.writer.stop()
    must_ask_to_come_again(scene.app.post("/v1/complaints", MATTER), "too-busy")
    assert scene.seen("app")["id"] == scene.complaint["id"]
