"""ETag and If-Match: a decision is taken on the version that was seen, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from services.intake.api.examples import BODIES
from tests.client import answered, refused
from tests.conftest import Running
from tests.services.api_scene import SITUATIONS, Scene

DECISIONS = ("extend", "resolve", "decline", "close")


@pytest.fixture
def scene(house: Running) -> Scene:
    scene = Scene(house).submit()
    house.settle()
    return scene


def test_the_etag_names_version_and_revision(scene: Scene) -> None:
    response = scene.app.get(scene.path)
    shown = response.json()
    assert response.headers["ETag"] == f'"{shown["version"]}-{shown["promises_revision"]}"'
    assert scene.app.get(f"{scene.path}/history").headers["ETag"] == response.headers["ETag"]


def test_the_answer_to_a_command_carries_the_new_etag(scene: Scene) -> None:
    response = scene.app.post(f"{scene.path}/follow-up", BODIES["follow_up"])
    assert response.headers["ETag"] == scene.app.get(scene.path).headers["ETag"]


@pytest.mark.parametrize("command", DECISIONS)
def test_a_decision_needs_the_version_that_was_seen(scene: Scene, command: str) -> None:
    refused(scene.sun.post(f"{scene.path}/{command}", scene.example(command)), 428, "if-match-required")


def test_a_decision_on_what_has_changed_since_is_refused(scene: Scene) -> None:
    seen = scene.anna.get(scene.path).headers["ETag"]
    scene.then("app", "follow-up")
    answer = scene.anna.post(f"{scene.path}/resolve", BODIES["resolve"], headers={"If-Match": seen})
    refused(answer, 412, "version-mismatch")
    assert scene.seen()["status"]["code"] == "acknowledged"


def test_any_command_may_ask_for_the_version_it_saw(scene: Scene) -> None:
    answer = scene.app.post(f"{scene.path}/follow-up", BODIES["follow_up"], headers={"If-Match": '"1"'})
    refused(answer, 412, "version-mismatch")
    assert "followed-up" not in scene.app.events(scene.complaint)


@pytest.mark.parametrize(
    "written", ['"{version}-{revision}"', '"{version}"', 'W/"{version}-{revision}"', '"{version}-999"', "*"]
)
def test_the_version_alone_decides(scene: Scene, written: str) -> None:
    shown = scene.seen()
    header = written.format(version=shown["version"], revision=shown["promises_revision"])
    answered(scene.sun.post(f"{scene.path}/decline", BODIES["decline"], headers={"If-Match": header}))


@pytest.mark.parametrize("header", ["7", "seven", '"x"', '"1", "2"', '""', '"' + "9" * 5000 + '"'])
def test_what_is_no_etag_cannot_be_read(scene: Scene, header: str) -> None:
    answer = scene.app.post(f"{scene.path}/follow-up", BODIES["follow_up"], headers={"If-Match": header})
    refused(answer, 400, "malformed-header")


def test_of_two_decisions_on_one_version_the_second_is_refused(scene: Scene) -> None:
    seen = {"If-Match": scene.anna.get(scene.path).headers["ETag"]}
    answers = [
        scene.people[who].post(f"{scene.path}/resolve", BODIES["resolve"], headers=seen) for who in ("anna", "bo")
    ]
    assert [answer.status_code for answer in answers] == [200, 412]
    assert scene.anna.events(scene.complaint).count("resolved") == 1


def test_of_handlers_who_resolve_at_the_same_moment_one_does(scene: Scene) -> None:
    seen = {"If-Match": scene.anna.get(scene.path).headers["ETag"]}
    together = Barrier(4)

    def resolve(who: str) -> int:
        together.wait()
        return scene.people[who].post(f"{scene.path}/resolve", BODIES["resolve"], headers=seen).status_code

    with ThreadPoolExecutor(4) as handlers:
        answers = list(handlers.map(resolve, ("anna", "bo", "anna", "bo")))
    assert sorted(answers) == [200, 412, 412, 412]
    assert scene.anna.events(scene.complaint).count("resolved") == 1


def test_a_supervisor_closes_what_was_rejected_twice(house: Running) -> None:
    scene = SITUATIONS["rejected twice"](Scene(house)).then("sun", "close")
    assert scene.seen()["status"]["code"] == "closed"
