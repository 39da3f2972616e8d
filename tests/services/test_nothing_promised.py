"""A complaint that no policy promises anything to does not wait unseen: its level rises, and colleagues are told."""

from pathlib import Path

import pytest

from services.escalation.policy_files import SHIPPED_POLICIES
from shared.contracts.tenant import DEFAULT_FILE
from tests.client import answered
from tests.conftest import StartInstallation
from tests.services.api_scene import MATTER, Scene


@pytest.fixture
def scene(start: StartInstallation, tmp_path: Path) -> Scene:
    """A tenant whose house policy forgets simple complaints."""
    for name, text in (
        ("tenants/default.toml", DEFAULT_FILE.read_text(encoding="utf-8").replace("seed-default", "forgetful")),
        ("policies/forgetful.toml", forgetful()),
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Scene(start(tenants_dir=tmp_path / "tenants", policies_dir=tmp_path / "policies"))


def forgetful() -> str:
    seed = (SHIPPED_POLICIES / "seed-default.toml").read_text(encoding="utf-8").replace("seed-default", "forgetful")
    return seed.replace("[[letter]]", '[applies]\ncomplexity = "complex"\n\n[[letter]]', 1)


def test_colleagues_are_told_that_nothing_is_promised(scene: Scene) -> None:
    scene.complaint = answered(scene.app.post("/v1/complaints", MATTER), 201)
    scene.running.settle()
    seen = scene.seen()
    assert (seen["level"], seen["promises_state"], seen["letters"]) == (1, "computing", [])
    outbox = answered(scene.anna.get("/v1/outbox", params={"complaint_id": seen["id"]}))["data"]
    (notice,) = (each for each in outbox if each["template"] == "staff-escalated")
    assert notice["recipient"] == "team senior"
    assert "没有适用的时限政策" in notice["text"]
    story = answered(scene.app.get(f"{scene.path}/story", headers={"Accept-Language": "en"}))
    assert story["happened"][-1]["text"] == "A more senior colleague is looking at how to handle your complaint."


def test_everything_is_promised_and_acknowledged_once_it_is_classified_as_what_a_policy_knows(scene: Scene) -> None:
    scene.complaint = answered(scene.app.post("/v1/complaints", MATTER), 201)
    scene.running.settle()
    scene.then("anna", "classify", {"complexity": "complex", "reason": "handler-review"})
    scene.running.settle()
    seen = scene.seen()
    assert [promise["clock"] for promise in seen["promises"]] == ["first_answer", "final"]
    assert [letter["kind"] for letter in seen["letters"]] == ["acknowledgement"]
    assert seen["level"] == 1
