"""A tenant under the law: its dates beside those of the house, with the body to turn to and what is unverified."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.tenant import DEFAULT_FILE
from tests.conftest import Running, StartInstallation

StartTenant = Callable[..., Running]


@pytest.fixture
def tenant(start: StartInstallation, tmp_path: Path) -> StartTenant:
    """Start an installation whose tenant says this in its file."""

    def begin(*lines: str, jurisdiction: str = "CN") -> Running:
        text = DEFAULT_FILE.read_text(encoding="utf-8").replace(
            'jurisdiction = "CN"', f'jurisdiction = "{jurisdiction}"'
        )
        house = 'house_policy = "seed-default"'
        (tmp_path / "tenants").mkdir()
        (tmp_path / "tenants" / "default.toml").write_text(
            text.replace(house, "\n".join((house, *lines))), encoding="utf-8"
        )
        return start(tenants_dir=tmp_path / "tenants")

    return begin


def _promised(running: Running, name: str) -> dict[str, Any]:
    complaint = running.api.as_app("u-1").submit()
    promises = running.api.as_app("u-1").read(complaint)["promises"]
    return next(promise for promise in promises if promise["clock"] == name)


def test_an_unverified_limit_says_so_and_names_the_body_to_turn_to(tenant: StartTenant) -> None:
    running = tenant('statutory_policies = ["cn-pbc-2020-5", "hk-hkma"]', "accept_unverified = true")
    unknown = running.api.as_handler().get("/v1/policies/hk-hkma").json()
    assert (unknown["effective_from"], unknown["unverified"], unknown["verified"]) == (None, ["effective_from"], False)
    promise = _promised(running, "statutory_final")
    assert (promise["verified"], promise["source"]) == (False, "law")
    assert (promise["due_on"], promise["referable_from"]) == ("2025-10-11", "2025-10-12")
    assert promise["referable_to"] == ["pbc"]


def test_a_promise_of_the_house_refers_to_nobody(tenant: StartTenant) -> None:
    promise = _promised(tenant(), "final")
    assert (promise["referable_to"], promise["referable_from"]) == ([], None)


def test_a_holding_letter_moves_the_date_and_from_when_to_refer(tenant: StartTenant) -> None:
    running = tenant('statutory_policies = ["uk-disp-psp", "uk-disp-general"]', jurisdiction="GB")
    complaint = running.api.as_app("u-1").submit()
    running.settle()
    letter = {"text": "We need more time.", "kind": "holding", "medium": "email"}
    running.api.as_handler().command(complaint, "answer", letter)
    running.settle()
    promises = running.api.as_app("u-1").read(complaint)["promises"]
    final = next(promise for promise in promises if promise["clock"] == "statutory_final")
    assert (final["due_on"], final["referable_from"]) == ("2025-11-14", "2025-11-15")
    assert final["referable_to"] == ["fos"]
