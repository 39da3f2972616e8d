"""Where the stories play: who takes part, and how time passes there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.client import Client, answered
from tests.waiting import wait_until

Complaint = dict[str, Any]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(range(256)) * 8


@dataclass
class Stage:
    """`pass_time` lets a clock run out: by waiting where clocks are short, by moving the time where it stands."""

    api: Client
    pass_time: Callable[[Complaint, str], None] = lambda _complaint, _clock: None
    watch: Callable[[Client, Complaint], None] = lambda _client, _complaint: None
    cast: list[Complaint] = field(default_factory=list)

    def app(self, wallet_user: str) -> Client:
        return self.api.as_app(wallet_user)

    def handler(self, name: str) -> Client:
        return self.api.as_handler(name)

    @property
    def supervisor(self) -> Client:
        return self.api.as_supervisor()

    @property
    def ledger(self) -> Client:
        """The wallet's payments ledger, a trusted service."""
        return self.api.as_staff("service", "payments-ledger")

    def enter(self, complaint: Complaint) -> Complaint:
        """A complaint comes on stage: from now on its timeline is shown."""
        self.cast.append(complaint)
        self.watch(self.handler("narrator"), complaint)
        return complaint

    def upload(self, app: Client, kind: str, name: str) -> str:
        evidence_id: str = answered(app.upload(name, PNG, kind), 201)["evidence_id"]
        return evidence_id

    def until(self, complaint: Complaint, event: str, *, times: int = 1) -> None:
        """Wait until an event stands so often in the history."""
        handler = self.handler("narrator")
        wait_until(lambda: handler.events(complaint).count(event) >= times, seconds=30, what=f"{times} x {event}")

    def until_missed(self, complaint: Complaint, clock: str) -> None:
        """Let a promised date pass, and wait until the complaint shows it as missed."""
        self.pass_time(complaint, clock)
        handler = self.handler("narrator")
        wait_until(lambda: state_of(handler.read(complaint), clock) == "missed", seconds=60, what=f"{clock} missed")


def state_of(complaint: Complaint, clock: str) -> str:
    """The state of the newest promise of that name."""
    states = [promise["state"] for promise in complaint["promises"] if promise["clock"] == clock]
    return str(states[-1]) if states else "none"
