"""Every service as processes of its own, on real PostgreSQL and real Kafka, with two replicas of the API."""

import random
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.contracts.topics import ALL_TOPICS
from tests.conftest import stand_on
from tests.distributed.fleet import Fleet
from tests.faults.accounts import require_all_told
from tests.kafka_logs import kafka_log, own_prefix
from tests.postgres import Database
from tests.stories.seven import STORIES
from tests.stories.stage import Stage
from tests.waiting import wait_until

COMPLAINT = {"category": "topup.not_credited", "description": "充值 500 元未到账"}
KILLS = 5
SUBMITTERS = 3


@pytest.fixture(scope="module")
def prefix() -> str:
    return own_prefix()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, postgres: Any, kafka: str, prefix: str) -> Iterator[Fleet]:
    database: Database = postgres.database()
    with pytest.MonkeyPatch.context() as patch:
        stand_on(database, patch)
    log = kafka_log(kafka, prefix, ALL_TOPICS)
    log.create_topics()
    log.close()
    shared = {**database.environment, "RECOURSE_KAFKA_BOOTSTRAP": kafka, "RECOURSE_KAFKA_PREFIX": prefix}
    fleet = Fleet(tmp_path_factory.mktemp("fleet"), shared)
    fleet.start()
    fleet.wait_until_ready()
    yield fleet
    codes = fleet.stop()
    postgres.drop(database)
    assert set(codes) == {0}


@pytest.mark.parametrize("story", STORIES.values(), ids=lambda story: story.__name__)
def test_a_story_ends_as_it_should(fleet: Fleet, story: Callable[[Stage], None]) -> None:
    stage = Stage(fleet.api)
    story(stage)
    for complaint in stage.cast:
        history = fleet.api.as_staff("auditor", "li").history(complaint)
        own = [entry["version"] for entry in history if entry["complaint_id"] == complaint["id"]]
        assert own == list(range(1, len(own) + 1))


def test_every_process_tells_of_its_parts_and_of_what_it_stands_on(fleet: Fleet) -> None:
    for part in fleet.parts:
        health = httpx.get(f"{part.url}/readyz").json()
        assert {"store": True, "log": True}.items() <= health["checks"].items()
        assert httpx.get(f"{part.url}/livez").json() == {"status": "ok"}


def test_policies_and_outbox_are_served_by_their_services(fleet: Fleet) -> None:
    doors = {part.service: part.url for part in fleet.parts if part.name == "api"}
    token = {"Authorization": f"Bearer {fleet.api.as_handler().token}"}
    for service, path in (("escalation", "/v1/policies"), ("notifier", "/v1/outbox")):
        assert httpx.get(f"{doors[service]}{path}", headers=token).json()["data"]


def test_processes_killed_at_random_lose_no_accepted_complaint(fleet: Fleet, kafka: str, prefix: str) -> None:
    """Each kill is followed by a start at the same port, as an orchestrator does; clients repeat what got no answer."""
    over, accepted = threading.Event(), []

    def submit() -> None:
        while not over.is_set():
            accepted.append(_submitted(fleet))

    submitters = [threading.Thread(target=submit, name=f"submitter-{number}") for number in range(SUBMITTERS)]
    for thread in submitters:
        thread.start()
    chance = random.Random(20251122)  # noqa: S311 - which process, not a secret
    for victim in chance.sample(fleet.parts, KILLS):
        before = len(accepted)
        fleet.kill(victim)
        fleet.start(victim)
        wait_until(victim.is_ready, seconds=120, what=f"{victim.service} {victim.name} to be back")
        wait_until(partial(_has_grown, accepted, before), seconds=60, what="complaints to be accepted again")
    over.set()
    for thread in submitters:
        thread.join()
    log = kafka_log(kafka, prefix, ALL_TOPICS)
    require_all_told(fleet.api, log, accepted)
    log.close()


def _has_grown(accepted: list[dict[str, Any]], before: int) -> bool:
    return len(accepted) > before


def _submitted(fleet: Fleet) -> dict[str, Any]:
    """Submit one complaint, under one key until it is answered."""
    key, app = str(uuid4()), fleet.api.as_app(f"user-{uuid4()}")
    answers: list[httpx.Response] = []

    def is_accepted() -> bool:
        try:
            answers.append(app.post("/v1/complaints", COMPLAINT, key=key))
        except httpx.TransportError:
            return False
        return answers[-1].status_code == httpx.codes.CREATED

    wait_until(is_accepted, seconds=60, what="a complaint to be accepted")
    body: dict[str, Any] = answers[-1].json()
    return body
