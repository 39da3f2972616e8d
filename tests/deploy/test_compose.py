"""The compose file, tried for real where a Docker engine answers: stories, mail, and a kill of every container."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.access.tokens import TokenSigner
from shared.runtime.clock import system_clock
from tests import people
from tests.client import Client
from tests.deploy.engine import DOCKER, engine_answers
from tests.installation import HERE, TOKEN_LIFE
from tests.network import free_port
from tests.stories.seven import STORIES
from tests.stories.stage import Stage
from tests.waiting import wait_until

COMPOSE = HERE.parent / "deploy" / "docker-compose.yml"

pytestmark = pytest.mark.skipif(not engine_answers(), reason="no Docker engine answers")


class Composed:
    """A project of its own, on free ports, with short clocks."""

    def __init__(self, directory: Path) -> None:
        self.port, self.mail_port = free_port(), free_port()
        self._environment = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": f"recourse-{self.port}",
            "DOCKER_BUILDKIT": "0",
            "POSTGRES_PASSWORD": "admin",
            "RECOURSE_OWNER_PASSWORD": "owner",
            "RECOURSE_SERVICE_PASSWORD": "service",
            "RECOURSE_API_PORT": str(self.port),
            "RECOURSE_MAIL_PORT": str(self.mail_port),
            "RECOURSE_TENANTS": str(HERE / "deploy" / "tenants"),
            "RECOURSE_POLICIES": str(HERE / "stories" / "installation" / "policies"),
            "RECOURSE_TICKER_POLL_MS": "50",
        }
        self._key = directory / "signing.jwk"

    def do(self, *arguments: str) -> str:
        command = (DOCKER, "compose", "-f", str(COMPOSE), *arguments)
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def up(self) -> None:
        self.do("up", "--build", "--wait", "--wait-timeout", "600")
        self._key.write_text(self.do("exec", "-T", "intake-api", "cat", "/keys/signing.jwk"), encoding="utf-8")

    @property
    def api(self) -> Client:
        signer = TokenSigner(self._key, system_clock)
        return Client(f"http://127.0.0.1:{self.port}", lambda principal: signer.sign(principal, TOKEN_LIFE))

    def containers(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.do("ps", "--format", "json").splitlines()]

    def kill(self, name: str) -> None:
        subprocess.run((DOCKER, "kill", "--signal", "KILL", name), env=self._environment, check=True, timeout=60)
        subprocess.run((DOCKER, "start", name), env=self._environment, check=True, timeout=60)

    def mails(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"http://127.0.0.1:{self.mail_port}/api/v1/messages").json()["messages"]
        return found


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    composed = Composed(tmp_path_factory.mktemp("compose"))
    try:
        composed.up()
        yield composed
    finally:
        composed.do("down", "--volumes", "--timeout", "10")


@pytest.mark.parametrize("story", STORIES.values(), ids=lambda story: story.__name__)
def test_a_story_ends_as_it_should(composed: Composed, story: Callable[[Stage], None]) -> None:
    story(Stage(composed.api))


def test_letters_go_out_as_mail(composed: Composed) -> None:
    sent_to = {recipient["Address"] for mail in composed.mails() for recipient in mail["To"]}
    assert sent_to & set(people.EMAILS)


def test_every_container_may_be_killed(composed: Composed) -> None:
    for container in composed.containers():
        composed.kill(container["Name"])
    wait_until(lambda: _is_submitted(composed), seconds=180, what="a complaint to be accepted and promised")


def _is_submitted(composed: Composed) -> bool:
    body = {"category": "other", "description": people.TEXTS[0]}
    try:
        answer = composed.api.as_app("user-1").with_headers(Prefer="wait=5").post("/v1/complaints", body)
    except httpx.TransportError:
        return False
    return bool(answer.status_code == httpx.codes.CREATED and answer.json()["promises"])
