"""Windows of the complainant, from the outside: to answer a decision, to reopen, to send what was asked for."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.builders import NOW
from tests.client import answered, refused
from tests.conftest import StartInstallation
from tests.services.api_scene import MATTER, Scene
from tests.services.escalation_scenes import AN_HOUR_MS, clock_of, following_again, stop_following, tick_through

MOMENT = timedelta(microseconds=1)
TEN_DAYS_LATER = datetime.fromisoformat("2025-10-07T00:00:00+08:00")
BY_POST = {"text": "处理结果如下。", "kind": "final", "medium": "letter"}
BY_PHONE = {"text": "处理结果如下。", "kind": "final", "medium": "phone"}


@pytest.fixture
def scene(start: StartInstallation) -> Scene:
    """An installation whose ticker leaves the ticking to the test."""
    return Scene(start(ticker_poll_ms=AN_HOUR_MS))


def resolved(scene: Scene) -> Scene:
    return scene.submit().then("anna", "resolve")


def posted(scene: Scene) -> str:
    """A decision whose letter goes by post; returns the id of the letter."""
    resolved(scene).then("anna", "answer", BY_POST)
    return str(scene.seen()["letters"][-1]["letter_id"])


def delivery(letter_id: str, outcome: str, **more: Any) -> dict[str, Any]:
    return {"letter_id": letter_id, "medium": "letter", "outcome": outcome, **more}


def window(scene: Scene) -> tuple[str, str] | None:
    """State and date of the newest window for an answer, as the complainant sees it."""
    scene.running.settle()
    windows = [each for each in scene.seen("app")["promises"] if each["clock"] == "acceptance"]
    return (windows[-1]["state"], windows[-1]["due_on"]) if windows else None


def at(scene: Scene, now: datetime) -> Scene:
    """Let time pass until then, and the clocks run out that do."""
    scene.running.settle()
    scene.running.clock.set(now)
    tick_through(scene.running)
    scene.running.settle()
    return scene


def status(scene: Scene) -> str:
    return str(scene.seen("app")["status"]["code"])


def closings(scene: Scene) -> list[str]:
    history = scene.people["auditor"].history(scene.complaint)
    return [entry["fields"]["reason"] for entry in history if entry["type"] == "recourse.complaint.closed.v1"]


def reminders(scene: Scene) -> list[dict[str, Any]]:
    outbox = scene.anna.get("/v1/outbox", params={"complaint_id": scene.complaint["id"], "limit": 100})
    return [notice for notice in answered(outbox)["data"] if notice["template"] == "window-ends"]


def tasks(scene: Scene) -> list[str]:
    listed = answered(scene.sun.get("/v1/tasks", params={"limit": 100}))["data"]
    return [task["kind"] for task in listed if task["complaint_id"] == scene.complaint["id"]]


class TestTheTimeToAnswerADecision:
    def test_runs_from_the_delivery_of_its_letter_and_not_from_sending_it(self, scene: Scene) -> None:
        letter_id = posted(scene)
        scene.then("anna", "record-delivery", delivery(letter_id, "sent"))
        assert window(scene) is None
        at(scene, NOW + timedelta(days=4)).then("anna", "record-delivery", delivery(letter_id, "delivered"))
        assert window(scene) == ("running", "2025-10-10")

    def test_does_not_run_while_no_letter_has_arrived(self, scene: Scene) -> None:
        posted(scene)
        at(scene, NOW + timedelta(days=60))
        assert (status(scene), window(scene)) == ("resolved", None)
        assert "deliver-letter" in tasks(scene)

    def test_ends_where_the_letter_comes_back_and_counts_anew_from_the_next(self, scene: Scene) -> None:
        letter_id = posted(scene)
        scene.then("anna", "record-delivery", delivery(letter_id, "delivered"))
        assert (window(scene), tasks(scene)) == (("running", "2025-10-06"), [])
        returned = delivery(letter_id, "failed", attempt=2, is_last=True)
        scene.then("anna", "record-delivery", returned)
        assert (window(scene), tasks(scene)) == (("cancelled", "2025-10-06"), ["deliver-letter"])
        at(scene, NOW + timedelta(days=20))
        assert status(scene) == "resolved"
        scene.then("anna", "record-delivery", delivery(letter_id, "delivered", attempt=3))
        assert (window(scene), tasks(scene)) == (("running", "2025-10-26"), [])

    def test_goes_on_where_one_of_two_letters_comes_back(self, scene: Scene) -> None:
        letter_id = posted(scene)
        scene.then("anna", "record-delivery", delivery(letter_id, "delivered")).then("anna", "answer", BY_PHONE)
        scene.then("anna", "record-delivery", delivery(letter_id, "failed", attempt=2, is_last=True))
        assert window(scene) == ("running", "2025-10-06")

    def test_closes_the_complaint_when_it_is_over_and_not_before(self, scene: Scene) -> None:
        resolved(scene).then("anna", "answer", BY_PHONE)
        at(scene, TEN_DAYS_LATER - timedelta(minutes=1))
        assert status(scene) == "resolved"
        at(scene, TEN_DAYS_LATER)
        assert (status(scene), closings(scene)) == ("closed", ["no_answer"])

    def test_is_recalled_to_the_complainant_before_it_is_over(self, scene: Scene) -> None:
        resolved(scene).then("anna", "answer", BY_PHONE)
        at(scene, datetime.fromisoformat("2025-10-03T12:00:00+08:00"))
        assert reminders(scene) == []
        at(scene, datetime.fromisoformat("2025-10-04T12:00:00+08:00"))
        (reminder,) = reminders(scene)
        assert "请您在2025年10月6日 24:00前告诉我们是否接受处理结果。" in reminder["text"]
        assert reminder["recipient"] == f"complainant {scene.complaint['parties'][0]['party_id']}"

    def test_counts_anew_from_the_letter_of_a_second_decision(self, scene: Scene) -> None:
        resolved(scene).then("anna", "answer", BY_PHONE)
        at(scene, NOW + timedelta(days=9)).then("app", "reject-resolution").then("bo", "resolve")
        at(scene, NOW + timedelta(days=30))
        assert status(scene) == "resolved"
        scene.then("bo", "answer", BY_PHONE)
        assert window(scene) == ("running", "2025-11-05")
        at(scene, datetime.fromisoformat("2025-11-06T00:00:00+08:00"))
        assert (status(scene), closings(scene)) == ("closed", ["no_answer"])

    @pytest.mark.parametrize(
        ("verdict", "left"), [("accept-resolution", ["accepted"]), ("reject-resolution", [])], ids=["yes", "no"]
    )
    def test_is_kept_by_what_was_recorded_in_time_however_late_it_is_heard(
        self, scene: Scene, verdict: str, left: list[str]
    ) -> None:
        resolved(scene).then("anna", "answer", BY_PHONE)
        scene.running.settle()
        stop_following(scene.running)
        scene.running.clock.set(TEN_DAYS_LATER - timedelta(seconds=1))
        scene.then("app", verdict)
        scene.running.clock.set(TEN_DAYS_LATER + timedelta(hours=1))
        assert tick_through(scene.running) == 0
        with following_again(scene.running):
            assert (window(scene), closings(scene)) == (("met", "2025-10-06"), left)

    def test_is_over_and_yet_a_rejection_that_comes_before_the_closing_counts(self, scene: Scene) -> None:
        resolved(scene).then("anna", "answer", BY_PHONE)
        scene.running.settle()
        scene.running.clock.set(TEN_DAYS_LATER + timedelta(minutes=1))
        scene.then("app", "reject-resolution")
        tick_through(scene.running)
        assert window(scene) == ("missed", "2025-10-06")
        assert (status(scene), closings(scene)) == ("in_progress", [])


class TestReopening:
    def test_is_open_to_the_complainant_for_thirty_days_which_they_can_see(self, scene: Scene) -> None:
        closed = scene.submit().then("app", "withdraw").seen("app")
        assert closed["reopen_until"] == "2025-10-26T16:00:00Z"
        assert "reopen" in closed["allowed_actions"]
        scene.running.clock.set(datetime.fromisoformat(closed["reopen_until"]) - timedelta(minutes=1))
        reopened = answered(scene.give("app", "reopen"))
        assert (reopened["status"]["code"], reopened["reopen_until"]) == ("in_progress", None)

    def test_is_refused_after_that_and_the_problem_says_what_to_name_instead(self, scene: Scene) -> None:
        closed = scene.submit().then("app", "withdraw").seen("app")
        scene.running.clock.set(datetime.fromisoformat(closed["reopen_until"]))
        assert "reopen" not in scene.seen("app")["allowed_actions"]
        problem = refused(scene.give("app", "reopen"), 409, "reopening-window-over")
        assert problem["follows"] == scene.complaint["id"]
        earlier = scene.complaint["id"]
        follower = scene.app.submit({**MATTER, "follows": problem["follows"]})
        assert [(each["link"], each["complaint_id"]) for each in follower["links"]] == [("follows", earlier)]

    def test_is_open_to_a_supervisor_at_any_time(self, scene: Scene) -> None:
        scene.submit().then("app", "withdraw")
        scene.running.clock.advance(days=400)
        assert "reopen" in scene.seen("sun")["allowed_actions"]
        reopened = answered(scene.give("sun", "reopen", {"reason": "review"}))
        assert reopened["status"]["code"] == "in_progress"

    @pytest.mark.parametrize("ending", ["decline", "duplicate"])
    def test_is_not_the_complainants_where_it_was_declined_or_goes_with_another(
        self, scene: Scene, ending: str
    ) -> None:
        scene.submit()
        if ending == "decline":
            scene.then("sun", "decline")
        else:
            primary = scene.complaint
            scene.submit().then("anna", "link", {"complaint_id": primary["id"], "link": "duplicate"})
        seen = scene.seen("app")
        assert (seen["reopen_until"], "reopen" in seen["allowed_actions"]) == (None, False)
        refused(scene.give("app", "reopen"), 403, "actor-not-permitted")

    def test_counts_from_the_last_end(self, scene: Scene) -> None:
        scene.submit().then("app", "withdraw").then("app", "reopen")
        scene.running.clock.advance(days=20)
        assert scene.then("app", "withdraw").seen("app")["reopen_until"] == "2025-11-15T16:00:00Z"


class TestASecondRejection:
    @pytest.fixture
    def rejected(self, scene: Scene) -> Scene:
        return resolved(scene).then("app", "reject-resolution").then("bo", "resolve").then("app", "reject-resolution")

    def test_is_a_supervisors_to_decide(self, rejected: Scene) -> None:
        assert tasks(rejected) == ["write-final-letter", "decide-after-rejections"]
        seen = rejected.seen("app")
        assert (seen["status"]["code"], seen["level"], seen["next_step"]["code"]) == (
            "resolved",
            1,
            "supervisor-decides",
        )
        refused(rejected.give("bo", "close"), 403, "scope-missing")
        refused(rejected.give("app", "accept-resolution"), 409, "resolution-already-rejected")

    @pytest.mark.parametrize(("command", "then"), [("reopen", "in_progress"), ("close", "closed")])
    def test_is_done_with_when_the_supervisor_has_decided(self, rejected: Scene, command: str, then: str) -> None:
        body = {"reason": "review"} if command == "reopen" else None
        rejected.then("sun", command, body)
        assert (status(rejected), "decide-after-rejections" in tasks(rejected)) == (then, False)

    def test_is_told_to_compliance_and_not_to_another_handler(self, rejected: Scene) -> None:
        rejected.running.settle()
        outbox = rejected.anna.get("/v1/outbox", params={"complaint_id": rejected.complaint["id"], "limit": 100})
        told = [(each["recipient"], each["template"]) for each in answered(outbox)["data"]]
        assert [who for who, what in told if what == "staff-decide-after-rejections"] == ["team compliance"]
        assert len([what for _, what in told if what == "staff-rejected"]) == 1

    def test_is_never_closed_by_a_clock(self, rejected: Scene) -> None:
        rejected.then("bo", "answer", BY_PHONE)
        at(rejected, NOW + timedelta(days=90))
        assert (status(rejected), closings(rejected)) == ("resolved", [])


def test_a_request_that_is_never_answered_closes_nothing_and_stops_our_own_clocks_only(scene: Scene) -> None:
    scene.submit().then("anna", "request-information")
    at(scene, NOW + timedelta(days=365))
    seen = scene.seen("app")
    assert (seen["status"]["code"], seen["next_step"]["code"]) == ("waiting_on_complainant", "provide-information")
    assert {(each["clock"], each["state"]) for each in seen["promises"]} == {
        ("first_answer", "paused"),
        ("final", "paused"),
    }
    scene.then("app", "provide-information")
    scene.running.settle()
    assert {each["state"] for each in scene.seen("app")["promises"]} == {"running"}
    assert clock_of(scene.running, scene.complaint, "final").due_at > scene.running.clock()
