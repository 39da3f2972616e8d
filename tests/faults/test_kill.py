"""Kill -9 at every point of the walk: after a restart nothing is lost and every effect is there once."""

import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults import killing
from tests.faults.accounts import require_whole
from tests.installation import Installation
from tests.network import free_port
from tests.waiting import wait_until

COMPLAINT = {"category": "topup.not_credited", "description": "充值 500 元未到账"}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data", free_port())
    yield made
    made.kill()


def _submit(installation: Installation, key: str) -> dict[str, Any] | None:
    """Submit once; None where no answer came."""
    try:
        response = installation.api.as_app(f"user-{key}").post("/v1/complaints", COMPLAINT, key=key)
    except httpx.TransportError:
        return None
    assert response.status_code == httpx.codes.CREATED, response.text
    body: dict[str, Any] = response.json()
    return body


@pytest.mark.parametrize("point", [killing.BEFORE_PUBLISH, killing.AFTER_PUBLISH, killing.BEFORE_OFFSET])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_kill_between_two_steps_loses_and_repeats_nothing(installation: Installation, point: str, count: int) -> None:
    installation.entry = ("tests.faults.killing",)
    installation.environment = {"RECOURSE_KILL_AT": f"{point}:{count}"}
    installation.start()
    accepted = [each for number in range(3) if (each := _submit(installation, str(number)))]
    assert installation.wait() == -signal.SIGKILL
    installation.entry, installation.environment = ("services",), {}
    installation.start()
    again = [_submit(installation, str(number)) for number in range(3)]
    assert [each["id"] for each in again[: len(accepted)] if each] == [each["id"] for each in accepted]
    require_whole(installation, [each for each in again if each])


def test_kills_at_any_moment_lose_no_accepted_complaint(installation: Installation) -> None:
    chance = random.Random(20251122)  # noqa: S311 - moments, not secrets
    accepted: dict[str, dict[str, Any]] = {}
    numbers = iter(range(1000))
    for _ in range(4):
        installation.start()
        killer = threading.Timer(chance.uniform(0.2, 1.5), installation.kill)
        killer.start()
        while killer.is_alive():
            key = str(next(numbers))
            if complaint := _submit(installation, key):
                accepted[key] = complaint
        killer.join()
    installation.start()
    for key, complaint in accepted.items():
        repeated = _submit(installation, key)
        assert repeated == complaint
    require_whole(installation, list(accepted.values()))


def test_sigterm_under_load_drains_in_time_and_answers_what_it_took(installation: Installation) -> None:
    installation.start()
    answers: list[dict[str, Any] | None] = []
    clients = [
        threading.Thread(target=lambda each=number: answers.append(_submit(installation, str(each))))
        for number in range(40)
    ]
    for client in clients:
        client.start()
    wait_until(lambda: len(answers) > 5, what="some answers")
    installation.signal(signal.SIGTERM)
    assert installation.wait(10) == 0
    for client in clients:
        client.join()
    installation.start()
    require_whole(installation, [answer for answer in answers if answer])
