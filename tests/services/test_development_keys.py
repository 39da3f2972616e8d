"""The keys of a development installation are made once, and whole."""

from datetime import timedelta
from pathlib import Path

import pytest

from shared.access.principals import CallerType, Principal, Scope
from shared.runtime.backends import Backend, development_settings
from shared.runtime.settings import Settings

PRINCIPAL = Principal("default", CallerType.HANDLER, "anna", frozenset({Scope.HANDLE}))


def made(data_dir: Path) -> dict[str, str]:
    development_settings(Settings(data_dir=data_dir))
    return {file.name: file.read_text(encoding="utf-8") for file in (data_dir / "development").iterdir()}


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first = made(tmp_path)
    assert made(tmp_path) == first
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "development").iterdir()} == {0o600}


@pytest.mark.parametrize("kept", [(), ("master.key",), ("master.key", "signing.jwk"), ("master.partial",)])
def test_what_a_crash_left_half_made_is_made_anew(tmp_path: Path, kept: tuple[str, ...]) -> None:
    made(tmp_path)
    for file in (tmp_path / "development").iterdir():
        if file.name not in kept:
            file.unlink()
    (tmp_path / "development" / "tokens.partial").write_text("{", encoding="utf-8")
    backend = Backend(development_settings(Settings(data_dir=tmp_path)))
    assert backend.master_key.derive("cursor")
    token = backend.signer.sign(PRINCIPAL, timedelta(hours=1))
    assert backend.verifier.verify(token) == PRINCIPAL
