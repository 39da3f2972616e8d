"""Clients that submit complaints whatever happens to the processes, and keep what was accepted."""

import threading
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.client import Client
from tests.waiting import wait_until

PATIENCE_SECONDS = 300.0
COMPLAINT = {"category": "topup.not_credited", "description": "充值 500 元未到账"}


@dataclass
class Submitters:
    """`accepted` grows until the submitters are stopped; each complaint is sent under one key until it is answered."""

    api: Client
    count: int
    pause_seconds: float = 0.0
    accepted: list[dict[str, Any]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _gave_up: list[AssertionError] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._run, name=f"submitter-{each}") for each in range(self.count)]
        for thread in self._threads:
            thread.start()

    def wait_for_more(self, than: int) -> None:
        wait_until(lambda: len(self.accepted) > than, seconds=120, what="complaints to be accepted again")

    @property
    def are_submitting(self) -> bool:
        """False once one has given up."""
        return not self._gave_up

    def stop(self) -> None:
        """Wait for what is under way; fails where one has given up."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._gave_up:
            raise self._gave_up[0]

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self.accepted.append(submit(self.api))
                self._over.wait(self.pause_seconds)
        except AssertionError as error:
            self._gave_up.append(error)


def submit(api: Client) -> dict[str, Any]:
    key, app = str(uuid4()), api.as_app(f"user-{uuid4()}")
    answers: list[httpx.Response] = []

    def is_accepted() -> bool:
        try:
            answers.append(app.post("/v1/complaints", COMPLAINT, key=key))
        except httpx.TransportError:
            return False
        return answers[-1].status_code == httpx.codes.CREATED

    wait_until(is_accepted, seconds=PATIENCE_SECONDS, what="a complaint to be accepted")
    body: dict[str, Any] = answers[-1].json()
    return body
