"""`recourse keys`, and the processes of a service: what they share, and what they refuse to start without."""

from pathlib import Path

import pytest

from services.processes import PARTS
from shared.access.principals import Scope
from shared.access.tokens import TokenVerifier
from shared.runtime.clock import system_clock
from tests.system.commanding import complaint_of, recourse, said

EVERY_PART = [(service, part) for service, parts in PARTS.items() for part in parts]


def contents(directory: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in directory.iterdir()}


def test_keys_are_made_once_and_the_token_of_the_processes_anew(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    said(tmp_path, "keys", str(keys))
    first = contents(keys)
    said(tmp_path, "keys", str(keys))
    second = contents(keys)
    assert {name for name in first if first[name] != second[name]} == {"internal.token"}
    principal = TokenVerifier(keys / "tokens.jwks", system_clock).verify(second["internal.token"])
    assert principal.scopes == {Scope.INTERNAL}


@pytest.mark.parametrize(("service", "part"), EVERY_PART)
def test_a_process_of_its_own_needs_what_all_share(tmp_path: Path, service: str, part: str) -> None:
    assert "RECOURSE_DATABASE_URL" in complaint_of(recourse(tmp_path, service, part))


def test_a_part_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert "ticker" in complaint_of(recourse(tmp_path, "intake", "ticker"))
