"""A mail server that hangs while the process is told to end."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import HERE, Installation
from tests.network import free_port
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_receivers import SlowMailServer
from tests.services.notifier_scenes import email_table
from tests.waiting import wait_until

TENANT = (HERE / "stories/installation/tenants/default.toml").read_text(encoding="utf-8")
WITHIN_SECONDS = 10.0


@pytest.fixture
def server() -> Iterator[SlowMailServer]:
    with SlowMailServer() as server:
        yield server


@pytest.fixture
def installation(tmp_path: Path, server: SlowMailServer) -> Iterator[Installation]:
    tenants = tmp_path / "tenants"
    tenants.mkdir()
    (tenants / "default.toml").write_text(f"{TENANT}\n{email_table(server.port)}\n", encoding="utf-8")
    made = Installation(tmp_path / "data", free_port(), {"RECOURSE_TENANTS_DIR": str(tenants)})
    yield made
    made.kill()


def test_the_process_ends_though_a_mail_server_hangs(installation: Installation, server: SlowMailServer) -> None:
    installation.start()
    person = {"name": NAMES[0], "email": EMAILS[0]}
    installation.api.as_app("u-1").submit(complainant=person, description=TEXTS[0], preferred_medium="email")
    wait_until(lambda: server.visits, seconds=60, what="the sender to call the server")
    installation.signal(signal.SIGINT)
    assert installation.wait(WITHIN_SECONDS) == 0
    assert "did not stop in time" not in installation.log()
