"""A tenant's file is read whole, or refused with its name and the reason."""

from pathlib import Path

import pytest

from shared.contracts.tenant import DEFAULT_FILE, TenantFileError, load_tenants

ZONE = 'time_zone = "Asia/Shanghai"'


def written(directory: Path, text: str) -> Path:
    (directory / "wallet.toml").write_text(text, encoding="utf-8")
    return directory


def test_without_a_directory_there_is_the_default_tenant() -> None:
    assert list(load_tenants(None)) == ["default"]


def test_every_file_of_a_directory_is_a_tenant(tmp_path: Path) -> None:
    text = DEFAULT_FILE.read_text(encoding="utf-8")
    written(tmp_path, text)
    (tmp_path / "other.toml").write_text(text.replace('tenant = "default"', 'tenant = "other"', 1), encoding="utf-8")
    assert set(load_tenants(tmp_path)) == {"default", "other"}


def test_a_directory_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TenantFileError, match="no tenant file"):
        load_tenants(tmp_path)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd"])
def test_a_time_zone_that_does_not_exist_is_refused(tmp_path: Path, zone: str) -> None:
    text = DEFAULT_FILE.read_text(encoding="utf-8").replace(ZONE, f'time_zone = "{zone}"')
    with pytest.raises(TenantFileError, match=r"wallet\.toml.*\n?.*time_zone(.|\n)*no time zone"):
        load_tenants(written(tmp_path, text))


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TenantFileError, match=r"wallet\.toml"):
        load_tenants(written(tmp_path, "tenant = "))


def test_a_handler_on_a_team_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    text = DEFAULT_FILE.read_text(encoding="utf-8") + '\n[handlers.anna]\nteam = "nobodys"\nlevels = [0]\n'
    with pytest.raises(TenantFileError, match="handler 'anna' is on team 'nobodys', which is none of "):
        load_tenants(written(tmp_path, text))


def test_a_handler_is_on_the_team_that_the_file_names(tmp_path: Path) -> None:
    text = DEFAULT_FILE.read_text(encoding="utf-8") + '\n[handlers.anna]\nteam = "senior"\nlevels = [2]\n'
    tenant = load_tenants(written(tmp_path, text))["default"]
    assert (tenant.team_of("anna"), tenant.team_of("bo")) == ("senior", None)
