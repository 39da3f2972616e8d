"""An installation of many processes: each part in one of its own, on a real database and a real broker."""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from typing_extensions import override

from services.processes import PARTS
from shared.access.principals import CallerType, Principal, Scope
from shared.access.tokens import TokenSigner
from shared.runtime.backends import development_settings
from shared.runtime.clock import system_clock
from shared.runtime.settings import Settings
from tests.client import Client
from tests.installation import HERE, SHORT_CLOCKS, TOKEN_LIFE
from tests.network import free_port
from tests.postgres import Database
from tests.waiting import wait_until

START_SECONDS = 120
INTERNAL = Principal("default", CallerType.SERVICE, "fleet", frozenset({Scope.INTERNAL}))
REPLICAS = (0, 1)


@dataclass
class Part:
    """One process, which is started, killed, and started again at the same port."""

    service: str
    name: str
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, environment: dict[str, str]) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services", self.service, self.name],
                env={**environment, "RECOURSE_PORT": str(self.port)},
                cwd=HERE.parent,
                stdout=log,
                stderr=log,
            )

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def end(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)


class Fleet:
    """Two replicas of intake's API and of its relay, and one process of every other part."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        keys = development_settings(Settings(data_dir=directory))
        assert keys.token_signing_key_file
        self._signer = TokenSigner(keys.token_signing_key_file, system_clock)
        token = directory / "internal.token"
        token.write_text(self._sign(INTERNAL), encoding="utf-8")
        (directory / "logs").mkdir()
        self.parts = [
            Part(service, name, directory / "logs" / f"{service}-{name}-{replica}.log")
            for service, parts in PARTS.items()
            for name in parts
            for replica in (REPLICAS if (service, name) in {("intake", "api"), ("intake", "relay")} else REPLICAS[:1])
        ]
        self._environment = {
            **os.environ,
            **SHORT_CLOCKS,
            **environment,
            "RECOURSE_DATA_DIR": str(directory),
            "RECOURSE_MASTER_KEY_FILE": str(keys.master_key_file),
            "RECOURSE_TOKEN_KEYS_FILE": str(keys.token_keys_file),
            "RECOURSE_INTAKE_URL": self.doors[0].url,
            "RECOURSE_INTERNAL_TOKEN_FILE": str(token),
        }

    @property
    def doors(self) -> list[Part]:
        return [part for part in self.parts if (part.service, part.name) == ("intake", "api")]

    @property
    def api(self) -> Client:
        return Spread(self.doors[0].url, self._sign, urls=[door.url for door in self.doors])

    def _sign(self, principal: Principal) -> str:
        return self._signer.sign(principal, TOKEN_LIFE)

    def start(self, *parts: Part) -> None:
        """Start these, or all."""
        for part in parts or self.parts:
            part.start(self._environment)

    def wait_until_ready(self) -> None:
        for part in self.parts:
            wait_until(part.is_ready, seconds=START_SECONDS, what=f"{part.service} {part.name} to be ready")

    def kill(self, part: Part) -> None:
        part.end(signal.SIGKILL)

    def stop(self) -> list[int]:
        """Drain every process; return the exit codes."""
        return [part.end(signal.SIGTERM) for part in self._alive()]

    def kill_all(self) -> None:
        """Leave nothing behind, however a run ended."""
        for part in self._alive():
            self.kill(part)

    def _alive(self) -> list[Part]:
        return [part for part in self.parts if part.process and part.process.poll() is None]


def prepare(database: Database, bootstrap: str, prefix: str) -> dict[str, str]:
    """Make tables in an empty database, and topics of one's own; return the settings that name them."""
    shared = {**database.environment, "RECOURSE_KAFKA_BOOTSTRAP": bootstrap, "RECOURSE_KAFKA_PREFIX": prefix}
    for command in (("migrate",), ("topics", "create")):
        made = (sys.executable, "-m", "services", *command)
        subprocess.run(made, env={**os.environ, **shared}, cwd=HERE.parent, check=True, stdout=subprocess.DEVNULL)
    return shared


@contextmanager
def running_fleet(directory: Path, database: Database, bootstrap: str, prefix: str) -> Iterator[Fleet]:
    """A fleet on an empty database and on topics of its own."""
    with started(directory, prepare(database, bootstrap, prefix)) as fleet:
        yield fleet


@contextmanager
def started(directory: Path, settings: dict[str, str]) -> Iterator[Fleet]:
    """A fleet on what these settings name; every process must drain in the end."""
    fleet = Fleet(directory, settings)
    try:
        fleet.start()
        fleet.wait_until_ready()
        yield fleet
        assert set(fleet.stop()) == {0}
    finally:
        fleet.kill_all()


@dataclass(frozen=True)
class Spread(Client):
    """Sends each request to the next replica, as a proxy does."""

    urls: list[str] = field(default_factory=list)
    turns: "itertools.count[int]" = field(default_factory=itertools.count)

    @override
    def request(self, method: str, path: str, *, key: str | None = "", **arguments: Any) -> httpx.Response:
        at = Client(self.urls[next(self.turns) % len(self.urls)], self.sign, self.token, self.headers)
        return at.request(method, path, key=key, **arguments)
