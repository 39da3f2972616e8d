"""The story of a complaint: what its complainant reads of it, in their language, and nothing of what is ours."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.contracts.tenant import DEFAULT_FILE
from tests import people
from tests.builders import NOW
from tests.client import answered, refused
from tests.conftest import Running, StartInstallation
from tests.contracts.test_telling import NEVER_SAID
from tests.services.api_scene import SITUATIONS, Scene
from tests.services.escalation_scenes import AN_HOUR_MS, tick_through

LANGUAGES = ("zh-CN", "en")
Story = dict[str, Any]


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house)


@pytest.fixture
def quiet(start: StartInstallation) -> Scene:
    """An installation whose ticker leaves the ticking to the test."""
    return Scene(start(ticker_poll_ms=AN_HOUR_MS))


def asked(scene: Scene, who: str = "app", language: str | None = "en", **params: str) -> httpx.Response:
    headers = {"Accept-Language": language} if language else {}
    return scene.people[who].get(f"{scene.path}/story", headers=headers, params=params)


def story(scene: Scene, who: str = "app", language: str | None = "en", **params: str) -> Story:
    scene.running.settle()
    return answered(asked(scene, who, language, **params))


def sentences(told: Story) -> Iterator[str]:
    """Everything that is ours to say: not what people wrote themselves."""
    yield told["headline"]
    for part in (*told["happened"], told["next"], *told["promises"], *told["missing"], *told["rights"]):
        yield from (value for name, value in part.items() if name in {"text", "on", "how"})


def happened(told: Story) -> list[str]:
    return [each["text"] for each in told["happened"]]


def rights(told: Story) -> dict[str | None, str]:
    return {right["action"]: right["text"] for right in told["rights"]}


HEADLINES = {
    "acknowledged": ("我们受理了您的投诉", "We are taking care of your complaint"),
    "in_progress": ("我们正在处理您的投诉", "We are working on your complaint"),
    "waiting_on_complainant": ("请您补充资料", "We need something from you"),
    "waiting_on_third_party": ("我们在等对方答复", "We are waiting for somebody else's answer"),
    "resolved": ("我们有了处理结果", "We have decided"),
    "rejected": ("您没有接受处理结果", "You did not accept our decision"),
    "closed": ("您的投诉办结了", "Your complaint is closed"),
    "remedy failed": ("您的投诉办结了", "Your complaint is closed"),
    "like another": ("我们受理了您的投诉", "We are taking care of your complaint"),
    "withdrawn": ("您撤回了投诉", "You withdrew your complaint"),
    "declined": ("我们没有受理您的投诉", "We did not take on your complaint"),
}


@pytest.mark.parametrize("situation", list(SITUATIONS))
def test_every_situation_is_told_in_both_languages_without_a_word_of_ours(scene: Scene, situation: str) -> None:
    SITUATIONS[situation](scene)
    told = [story(scene, language=language) for language in LANGUAGES]
    seen = scene.seen("app")
    rejected = seen["status"]["code"] == "resolved" and seen["resolution"]["verdict"] == "rejected"
    standing = "rejected" if rejected else seen["status"]["code"]
    assert tuple(each["headline"] for each in told) == HEADLINES[standing]
    assert len(told[0]["happened"]) == len(told[1]["happened"]) > 1
    for language, each in zip(LANGUAGES, told, strict=True):
        texts = [text.replace(each["number"], "") for text in sentences(each)]
        assert [text for text in texts if re.search(NEVER_SAID[language], text)] == []
        assert [text for text in texts if re.search(r"None|[{}]|\s\s", text) or not text.strip()] == []
        assert {re.search("[\u4e00-\u9fff]", text) is not None for text in texts} == {language == "zh-CN"}


def test_it_is_told_in_the_language_asked_for_or_else_in_that_of_the_complaint(scene: Scene) -> None:
    scene.submit(language="en")
    for language, spoken in (("zh", "zh-CN"), ("en", "en"), ("fr", "en"), (None, "en")):
        answer = asked(scene, language=language)
        assert (answer.headers["Content-Language"], answer.headers["Vary"]) == (spoken, "Accept-Language")
    scene.then("app", "change-contact", {"language": "zh-Hans-CN"})
    assert asked(scene, language=None).headers["Content-Language"] == "zh-CN"


def test_it_says_what_comes_next_and_by_when(quiet: Scene) -> None:
    quiet.submit()
    told = story(quiet)
    assert told["next"] == {
        "text": "We will give you a first answer by the end of 28 September 2025.",
        "by": "2025-09-28T16:00:00Z",
    }
    assert [each["text"] for each in told["promises"]] == [
        told["next"]["text"],
        "We will decide on your complaint by the end of 30 September 2025.",
    ]


def test_it_says_what_was_not_kept(quiet: Scene) -> None:
    quiet.submit()
    quiet.running.settle()
    quiet.running.clock.set(datetime.fromisoformat("2025-09-29T09:00:00+08:00"))
    tick_through(quiet.running)
    told = story(quiet)
    assert told["promises"][0] == {
        "text": "We did not give you a first answer by the end of 28 September 2025. We are sorry.",
        "by": "2025-09-28T16:00:00Z",
    }
    assert happened(told)[-1] == ("We did not keep a date that we promised. A more senior colleague has taken over.")


def test_what_was_asked_for_stands_before_what_would_help(scene: Scene) -> None:
    scene.submit().then("anna", "request-information", {"items": ["screenshot", "of-a-tenant"]})
    told = story(scene)
    assert [each["text"] for each in told["missing"]] == [
        "A screenshot of what you see",
        "something else",
        "The time, amount and id of the transaction",
        "How you topped up (card, transfer or another way)",
        "The bank's record of the debit",
    ]
    assert told["missing"][0]["how"] == "Open the complaint in the app and upload a photo or a file."
    assert [each["by"] for each in told["promises"]] == [None, None]
    evidence = [scene.upload(kind="screenshot"), scene.upload(kind="transaction_record")]
    scene.then("app", "provide-information", {"text": people.TEXTS[0], "evidence_ids": evidence})
    assert [each["text"] for each in story(scene)["missing"]] == [
        "The time, amount and id of the transaction",
        "How you topped up (card, transfer or another way)",
    ]


def test_after_a_decision_nothing_is_missing(scene: Scene) -> None:
    assert story(SITUATIONS["resolved"](scene))["missing"] == []


def test_the_time_to_answer_a_decision_is_told_with_what_follows(scene: Scene) -> None:
    final = {"text": people.TEXTS[1], "kind": "final", "medium": "phone"}
    scene.submit().then("anna", "resolve").then("anna", "answer", final)
    told = story(scene)
    assert told["next"]["text"] == (
        "Please tell us by the end of 6 October 2025 whether you accept our decision."
        " If we do not hear from you, we will close your complaint."
    )
    assert {"accept-resolution", "reject-resolution"} < rights(told).keys()
    assert "Another colleague" in rights(told)["reject-resolution"]


def test_a_second_rejection_is_told_to_end_with_the_person_in_charge(scene: Scene) -> None:
    scene.submit().then("anna", "resolve").then("app", "reject-resolution").then("bo", "resolve")
    assert "The person in charge" in rights(story(scene))["reject-resolution"]
    scene.then("app", "reject-resolution")
    assert story(scene)["next"]["text"].startswith("The person in charge")


def test_what_is_to_be_made_good_is_named_with_its_date(scene: Scene) -> None:
    told = story(SITUATIONS["closed"](scene))
    assert told["next"]["text"] == "We will refund you CNY 500.00 by the end of 26 November 2025."
    scene.then("ledger", "fulfil-remedy")
    told = story(scene)
    assert (told["next"]["text"], told["promises"]) == ("There is nothing more to do.", [])
    assert happened(told)[-1] == "We have done what we promised. Please check that it has arrived."


def test_a_closed_complaint_says_until_when_it_is_looked_at_again_and_what_is_left_after_that(quiet: Scene) -> None:
    quiet.submit().then("app", "withdraw")
    assert rights(story(quiet))["reopen"] == (
        "If this is not solved, you can ask us by the end of 26 October 2025 to look at it again."
    )
    quiet.running.clock.set(NOW + timedelta(days=40))
    told = story(quiet)
    assert "reopen" not in rights(told)
    named = f"you can file a new complaint and name the number {told['number']}."
    assert rights(told)["submit"] == f"If this is not solved, {named}"


def test_whom_to_turn_to_is_told_with_its_date_and_then_without(start: StartInstallation, tmp_path: Path) -> None:
    house = 'house_policy = "seed-default"\n'
    law_too = f'{house}statutory_policies = ["cn-pbc-2020-5"]\naccept_unverified = true\n'
    (tmp_path / "tenants").mkdir()
    file = DEFAULT_FILE.read_text(encoding="utf-8").replace(house, law_too)
    (tmp_path / "tenants" / "default.toml").write_text(file, encoding="utf-8")
    law = Scene(start(tenants_dir=tmp_path / "tenants")).submit()
    body = "People's Bank of China (hotline 12363)"
    turn = f"If this is not solved by then, you can turn to an outside body from 12 October 2025: {body}."
    assert turn in [right["text"] for right in story(law)["rights"]]
    law.running.clock.set(NOW + timedelta(days=60))
    told = story(law)
    assert f"You can turn to an outside body: {body}." in [right["text"] for right in told["rights"]]


def test_words_that_were_said_are_quoted_beside_the_sentence(scene: Scene) -> None:
    scene.submit(description=people.TEXTS[0]).then("app", "follow-up", {"text": people.TEXTS[1]})
    scene.then("anna", "answer", {"text": people.TEXTS[2], "kind": "interim", "medium": "email"})
    scene.then("anna", "resolve")
    quoted = [each["quoted"] for each in story(scene)["happened"]]
    assert [people.TEXTS[0], None, people.TEXTS[1], people.TEXTS[2]] == quoted[:4]
    assert quoted[4].splitlines() == [
        "The top-up was stuck between the bank and us. We credit it today.",
        "The money did not arrive",
        "It arrives today.",
    ]


def test_what_happened_earlier_is_told_as_it_stood_then(quiet: Scene) -> None:
    quiet.submit()
    before = story(quiet)
    quiet.running.clock.advance(hours=1)
    then = quiet.running.clock().isoformat()
    quiet.running.clock.advance(hours=1)
    quiet.then("app", "withdraw")
    assert story(quiet, as_of=then) == before
    refused(asked(quiet, as_of=(NOW - timedelta(days=1)).isoformat()), 404, "not-yet-submitted")


def test_what_is_not_for_complainants_leaves_no_trace(scene: Scene) -> None:
    scene.submit().then("anna", "assign")
    before = story(scene)
    scene.then("anna", "add-note", {"text": people.TEXTS[5], "restricted": True, "flag": "suspected-fraud"})
    scene.then("sun", "place-legal-hold").then("anna", "classify", {"root_cause": "fraud", "reason": "investigation"})
    scene.then("anna", "add-evidence").then("anna", "link", {"complaint_id": scene.another(), "link": "related"})
    scene.then("anna", "verify-identity")
    assert story(scene) == before
    assert "ETag" not in asked(scene).headers


def test_everybody_who_may_read_it_reads_the_same(scene: Scene) -> None:
    SITUATIONS["resolved"](scene).then("anna", "add-note", {"text": people.TEXTS[5]})
    told = story(scene)
    assert [story(scene, who) for who in ("own", "anna", "sun", "auditor")] == [told] * 4


def test_somebody_elses_complaint_has_no_story(scene: Scene) -> None:
    scene.submit()
    for stranger in (scene.api.as_app("a-stranger"), scene.api.as_user("a-stranger")):
        refused(stranger.get(f"{scene.path}/story"), 404, "complaint-not-found")


def test_of_erased_people_nothing_is_quoted_and_nobody_comes_back_to_it(scene: Scene) -> None:
    scene.submit(description=people.TEXTS[0]).then("app", "follow-up", {"text": people.TEXTS[1]})
    scene.then("admin", "erase-personal-data")
    refused(asked(scene), 404, "complaint-not-found")
    told = story(scene, "auditor")
    assert {each["quoted"] for each in told["happened"]} == {None}
    assert "We deleted personal information from this complaint." in happened(told)


def test_a_primary_tells_what_its_duplicate_brought(scene: Scene) -> None:
    primary = scene.submit().complaint
    second = scene.submit().then("anna", "link", {"complaint_id": primary["id"], "link": "duplicate"})
    second.then("app", "follow-up", {"text": people.TEXTS[1]})
    scene.complaint = primary
    assert [each["quoted"] for each in story(scene)["happened"]][-1] == people.TEXTS[1]


def test_dates_that_are_not_known_yet_are_not_promised(start: StartInstallation) -> None:
    scene = Scene(start(relay_poll_ms=AN_HOUR_MS))
    scene.complaint = answered(scene.app.post("/v1/complaints", {"category": "other", "description": "x"}), 201)
    told = answered(asked(scene))
    assert (told["next"]["text"], told["promises"]) == (
        "We are working out the dates. Please look again in a moment.",
        [],
    )
