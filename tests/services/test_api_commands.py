"""Every command of the document works once, with its example, in a situation that allows it."""

from collections.abc import Mapping

import pytest

from services.intake.api import incident_examples
from services.intake.api.examples import BODIES
from services.intake.api.openapi import QUESTIONS
from services.intake.domain.lifecycle import RULES
from tests.client import answered
from tests.conftest import Running
from tests.services.api_document import Document
from tests.services.api_scene import SITUATIONS, Scene

PLACES: Mapping[str, tuple[str, str]] = {
    "follow-up": ("acknowledged", "app"),
    "add-evidence": ("acknowledged", "app"),
    "add-note": ("acknowledged", "anna"),
    "change-contact": ("acknowledged", "own"),
    "answer": ("acknowledged", "anna"),
    "record-delivery": ("acknowledged", "anna"),
    "request-information": ("acknowledged", "anna"),
    "provide-information": ("waiting for the complainant", "app"),
    "await-third-party": ("acknowledged", "anna"),
    "record-third-party-answer": ("waiting for a third party", "ledger"),
    "acknowledge": ("acknowledged", "anna"),
    "classify": ("acknowledged", "anna"),
    "assign": ("acknowledged", "sun"),
    "take": ("acknowledged", "anna"),
    "release": ("in progress", "anna"),
    "escalate": ("acknowledged", "app"),
    "extend": ("acknowledged", "sun"),
    "resolve": ("in progress", "anna"),
    "accept-resolution": ("resolved", "app"),
    "reject-resolution": ("resolved", "app"),
    "rate": ("closed", "app"),
    "reopen": ("closed", "app"),
    "withdraw": ("acknowledged", "app"),
    "decline": ("acknowledged", "sun"),
    "close": ("rejected twice", "sun"),
    "verify-identity": ("urgent by phone", "anna"),
    "request-freeze": ("urgent by phone", "anna"),
    "confirm-freeze": ("urgent", "ledger"),
    "refuse-freeze": ("urgent", "ledger"),
    "fulfil-remedy": ("closed", "ledger"),
    "fail-remedy": ("closed", "ledger"),
    "replace-remedy": ("remedy failed", "anna"),
    "open-referral": ("acknowledged", "app"),
    "decide-referral": ("referred", "ledger"),
    "close-referral": ("referred", "anna"),
    "link": ("acknowledged", "anna"),
    "unlink": ("linked", "anna"),
    "dismiss-link-proposal": ("like another", "anna"),
    "place-legal-hold": ("acknowledged", "sun"),
    "lift-legal-hold": ("held", "sun"),
    "erase-personal-data": ("closed", "admin"),
}
BESIDE_COMMANDS = {"submit_complaint", "save_filter", "change_filter", *QUESTIONS, *incident_examples.BODIES}


@pytest.mark.parametrize("command", list(PLACES))
def test_a_command_works_with_its_example_and_answers_as_the_document_says(house: Running, command: str) -> None:
    situation, who = PLACES[command]
    scene = SITUATIONS[situation](Scene(house))
    answer = scene.give(who, command)
    assert answered(answer)["id"] == scene.complaint["id"]
    Document.of(house.url).check_answer(command.replace("-", "_"), answer)


def test_every_command_has_a_place_here() -> None:
    assert set(PLACES) == set(RULES) == {name.replace("_", "-") for name in BODIES.keys() - BESIDE_COMMANDS}
