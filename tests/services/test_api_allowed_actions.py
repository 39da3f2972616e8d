"""The actions that an answer allows are those that the commands then take, whoever asks, whatever happened before."""

from collections.abc import Mapping
from random import Random

import httpx
import pytest

from services.intake.domain.lifecycle import RULES
from shared.access.principals import CallerType, Scope
from tests.conftest import Running
from tests.services.api_scene import SITUATIONS, Body, Scene

STEPS = 25
DECIDED_BY_MORE_THAN_THE_STANDING: Mapping[str, set[str]] = {
    "answer": {"identity-not-verified"},
    "classify": {"root-cause-only"},
    "close": {"not-rejected-twice"},
    "confirm-freeze": {"freeze-already-answered"},
    "extend": {"actor-not-permitted", "clock-unknown", "extension-used-up"},
    "fail-remedy": {"remedy-already-fulfilled", "remedy-replaced"},
    "fulfil-remedy": {"remedy-replaced"},
    "replace-remedy": {"remedy-not-failed", "remedy-replaced"},
    "link": {"duplicate-refused"},
    "record-third-party-answer": {"no-open-third-party-wait"},
    "refuse-freeze": {"freeze-already-answered"},
    "reopen": {"actor-not-permitted", "not-rejected-twice"},
    "resolve": {"another-handler-required", "supervisor-required"},
}
"""What the body, the person or the policy decides: such a refusal of an allowed action is no contradiction."""


def give(scene: Scene, who: str, command: str, seen: Body) -> httpx.Response:
    body = scene.example(command, who, seen)
    return scene.people[who].post(f"{scene.path}/{command}", body, headers={"If-Match": "*"})


def allowed(scene: Scene, who: str) -> list[str]:
    actions: list[str] = scene.seen(who)["allowed_actions"]
    return actions


def must_take(scene: Scene, who: str, command: str) -> None:
    answer = give(scene, who, command, scene.seen())
    if answer.status_code != httpx.codes.OK:
        finer = DECIDED_BY_MORE_THAN_THE_STANDING.get(command, set())
        assert answer.json()["code"] in finer, f"{who} gave {command}: {answer.text}"


def must_refuse_the_rest(scene: Scene, who: str) -> None:
    """Every command that is not listed is refused by a rule, and not because the test sent nonsense."""
    seen = scene.seen()
    for command in RULES.keys() - set(allowed(scene, who)):
        answer = give(scene, who, command, seen)
        by_rule = answer.status_code in {403, 404, 409} or answer.json()["code"] == "clock-unknown"
        assert by_rule, f"{who} gave {command}: {answer.status_code} {answer.text}"


@pytest.mark.parametrize("situation", list(SITUATIONS))
def test_what_an_answer_does_not_allow_is_refused(house: Running, situation: str) -> None:
    scene = SITUATIONS[situation](Scene(house))
    house.settle()
    for who in ("app", "anna"):
        must_refuse_the_rest(scene, who)


@pytest.mark.parametrize("seed", range(6))
def test_what_an_answer_allows_is_taken_on_every_walk_through_the_lifecycle(house: Running, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a walk that can be repeated
    scene = SITUATIONS[chance.choice(list(SITUATIONS))](Scene(house))
    for _ in range(STEPS):
        who = chance.choice(["app", "own", "anna", "bo", "sun", "ledger"])
        actions = allowed(scene, who)
        if actions:
            must_take(scene, who, chance.choice(actions))


def test_a_caller_is_allowed_nothing_that_their_scopes_do_not_reach(house: Running) -> None:
    scene = SITUATIONS["held"](Scene(house)).then("sun", "lift-legal-hold")
    reader = scene.api.with_scopes(CallerType.SERVICE, "reader", Scope.READ)
    scene.people["reader"] = reader.with_headers(Recourse_On_Behalf_Of=scene.user)
    assert (allowed(scene, "auditor"), allowed(scene, "reader")) == ([], [])
    assert ("erase-personal-data" in allowed(scene, "sun"), "add-note" in allowed(scene, "sun")) == (False, True)
    assert ("erase-personal-data" in allowed(scene, "admin"), "add-note" in allowed(scene, "admin")) == (True, False)
    for who in ("auditor", "reader", "admin"):
        must_refuse_the_rest(scene, who)


def test_a_user_is_told_what_a_user_can_do(house: Running) -> None:
    scene = Scene(house).submit()
    assert set(allowed(scene, "app")) == {
        "follow-up",
        "add-evidence",
        "change-contact",
        "escalate",
        "withdraw",
        "open-referral",
    }
    assert allowed(scene, "own") == allowed(scene, "app")
