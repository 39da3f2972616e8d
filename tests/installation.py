"""An installation in a process of its own, as `make run` starts it: started, killed, started again."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx

from shared.access.principals import Principal
from shared.access.tokens import TokenSigner
from shared.runtime.clock import system_clock
from tests.client import Client
from tests.waiting import wait_until

HERE = Path(__file__).parent
SHORT_CLOCKS = {
    "RECOURSE_TENANTS_DIR": str(HERE / "stories/installation/tenants"),
    "RECOURSE_POLICIES_DIR": str(HERE / "stories/installation/policies"),
    "RECOURSE_TICKER_POLL_MS": "50",
}
TOKEN_LIFE = timedelta(hours=1)


@dataclass
class Installation:
    """`entry` is the module that runs: the command itself, or one that kills it at some point."""

    data_dir: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    entry: tuple[str, ...] = ("services",)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> Client:
        return Client(self.url, self._sign)

    def _sign(self, principal: Principal) -> str:
        signer = TokenSigner(self.data_dir / "development" / "signing.jwk", system_clock)
        return signer.sign(principal, TOKEN_LIFE)

    def start(self, *, wait: bool = True) -> None:
        environment = {
            **os.environ,
            **SHORT_CLOCKS,
            "RECOURSE_DATA_DIR": str(self.data_dir),
            "RECOURSE_PORT": str(self.port),
            **self.environment,
        }
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with (self.data_dir / "process.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.entry, "run", "--development"],
                env=environment,
                cwd=HERE.parent,
                stdout=log,
                stderr=log,
            )
        if wait:
            wait_until(self.is_ready, seconds=90, what="the installation to be ready")

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def wait(self, seconds: float = 15.0) -> int:
        """Wait for the end of the process and return its exit code."""
        assert self.process is not None
        return self.process.wait(seconds)

    def kill(self) -> None:
        """Kill -9, and wait until it is gone; harmless where nothing runs."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.wait()

    def log(self) -> str:
        return (self.data_dir / "process.log").read_text(encoding="utf-8")
