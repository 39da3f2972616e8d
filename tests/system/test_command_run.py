"""`recourse run`: what stops it from starting, and how it stops."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.runtime.backends import development_settings
from shared.runtime.settings import Settings
from tests.installation import Installation
from tests.network import free_port
from tests.system.commanding import complaint_of, only_line, recourse
from tests.waiting import wait_until

DRAIN_SECONDS = 10


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data", free_port())
    yield made
    made.kill()


def test_a_start_without_keys_says_which_setting_is_missing(tmp_path: Path) -> None:
    line = only_line(recourse(tmp_path / "data", "run"))
    assert line.startswith("RECOURSE_MASTER_KEY_FILE must name a file with 32 random bytes in base64")


def test_a_key_file_with_something_else_in_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    file.write_text("too short", encoding="utf-8")
    line = only_line(recourse(tmp_path / "data", "run", RECOURSE_MASTER_KEY_FILE=str(file)))
    assert line == f"RECOURSE_MASTER_KEY_FILE: {file} does not hold 32 random bytes in base64"


def test_token_keys_that_are_none_are_named(tmp_path: Path) -> None:
    development_settings(Settings(data_dir=tmp_path))
    file = tmp_path / "tokens.jwks"
    file.write_text('{"keys": [{"kty": "no such type"}]}', encoding="utf-8")
    keys = {"RECOURSE_MASTER_KEY_FILE": str(tmp_path / "development/master.key"), "RECOURSE_TOKEN_KEYS_FILE": str(file)}
    line = only_line(recourse(tmp_path, "run", **keys))
    assert line == f"RECOURSE_TOKEN_KEYS_FILE: {file} does not hold a JWK Set of public keys"


@pytest.mark.parametrize(("name", "value"), [("RECOURSE_PORT", "http"), ("RECOURSE_LOG_LEVEL", "loud")])
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, name: str, value: str) -> None:
    assert only_line(recourse(tmp_path, "run", "--development", **{name: value})).startswith(f"{name}: ")


def test_a_policy_that_does_not_parse_stops_the_start_with_a_line_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text('name = "wrong"', encoding="utf-8")
    done = recourse(tmp_path / "data", "run", "--development", RECOURSE_POLICIES_DIR=str(tmp_path))
    assert "wrong.toml:1: version: Field required" in only_line(done)


def test_a_tenant_in_a_time_zone_that_is_none_stops_the_start_with_a_line_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(
        'tenant = "wrong"\nname = { en = "Wrong" }\ntime_zone = "Asia/Nowhere"\njurisdiction = "CN"\n'
        'regulated_service = "payment"\nassets = { CNY = 2 }\ncontact = "nobody"',
        encoding="utf-8",
    )
    done = recourse(tmp_path / "data", "run", "--development", RECOURSE_TENANTS_DIR=str(tmp_path))
    assert only_line(done) == "wrong.toml: time_zone: Value error, there is no time zone 'Asia/Nowhere'"


def test_a_second_process_on_the_same_directory_is_refused(installation: Installation) -> None:
    installation.start()
    done = recourse(installation.data_dir, "run", "--development", RECOURSE_PORT=str(free_port()))
    assert only_line(done) == f"another process runs on {installation.data_dir}; stop it first"


def test_a_port_that_is_taken_ends_the_process_without_a_traceback(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = recourse(tmp_path / "data", "run", "--development", RECOURSE_PORT=port)
    assert complaint_of(done, code=1).endswith("api cannot go on")
    assert f"('127.0.0.1', {port}): address already in use" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_drains_and_ends_with_0(installation: Installation, number: signal.Signals) -> None:
    installation.start()
    installation.signal(number)
    assert installation.wait(DRAIN_SECONDS) == 0
    assert "Traceback" not in installation.log()
    assert "did not stop in time" not in installation.log()


def test_a_signal_in_the_middle_of_the_start_ends_with_0(installation: Installation) -> None:
    installation.start(wait=False)
    wait_until(lambda: "Started server process" in installation.log(), seconds=30, what="the server")
    installation.signal(signal.SIGTERM)
    assert installation.wait(DRAIN_SECONDS) == 0
    assert "Traceback" not in installation.log()
