"""Every service as processes of its own, on real PostgreSQL and real Kafka, with two replicas of the API."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from services.processes import STANDS_ON
from shared.contracts.topics import ALL_TOPICS
from tests.client import answered
from tests.distributed.fleet import Fleet, running_fleet
from tests.distributed.submitting import Submitters
from tests.faults.accounts import require_all_told
from tests.kafka_logs import kafka_log, own_prefix
from tests.people import TEXTS
from tests.postgres import Database
from tests.stories.seven import STORIES
from tests.stories.stage import Stage
from tests.waiting import wait_until

KILLS = 4
SUBMITTERS = 2
GROUPED, AFFECTED = "service.outage", 60


@pytest.fixture(scope="module")
def prefix() -> str:
    return own_prefix()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, postgres: Any, kafka: str, prefix: str) -> Iterator[Fleet]:
    database: Database = postgres.database()
    with running_fleet(tmp_path_factory.mktemp("fleet"), database, kafka, prefix) as fleet:
        yield fleet
    postgres.drop(database)


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
        assert dict.fromkeys(STANDS_ON.get(f"{part.service} {part.name}", ("store", "log")), True).items() <= (
            health["checks"].items()
        )
        assert httpx.get(f"{part.url}/livez").json() == {"status": "ok"}


def test_policies_and_outbox_are_served_by_their_services(fleet: Fleet) -> None:
    doors = {part.service: part.url for part in fleet.parts if part.name == "api"}
    token = {"Authorization": f"Bearer {fleet.api.as_handler().token}"}
    for service, path in (("escalation", "/v1/policies"), ("notifier", "/v1/outbox")):
        assert httpx.get(f"{doors[service]}{path}", headers=token).json()["data"]


def test_an_incident_is_answered_once_though_its_process_is_killed_in_the_middle(fleet: Fleet) -> None:
    sun, auditor = fleet.api.as_supervisor("sun"), fleet.api.as_staff("auditor", "otto")
    matter = {"category": GROUPED, "description": TEXTS[0]}
    made = [
        answered(fleet.api.as_app(f"grouped-{n}").post("/v1/complaints", matter), 201)["id"] for n in range(AFFECTED)
    ]
    wait_until(lambda: signals_of(fleet), seconds=60, what="the signal")
    (signal,) = signals_of(fleet)
    incident = answered(sun.post("/v1/incidents", {"name": "fleet-outage", "signal_id": signal["id"]}), 201)
    path = f"/v1/incidents/{incident['id']}"
    grouped = answered(sun.post(f"{path}/group", {"filter": {"category": GROUPED}}))
    assert (incident["grouped"], grouped["grouped"]) == (signal["counted"], AFFECTED)
    answered(sun.post(f"{path}/answer", {"text": TEXTS[3]}, key="the-one"))
    wait_until(lambda: progress(fleet, path)["done"], seconds=60, what="the first answer")
    (answering,) = (part for part in fleet.parts if part.name == "incidents")
    fleet.kill(answering)
    killed_at = progress(fleet, path)["done"]
    fleet.start(answering)
    answered(sun.post(f"{path}/answer", {"text": TEXTS[3]}, key="the-one"))
    wait_until(lambda: progress(fleet, path)["remaining"] == 0, seconds=120, what="every answer")
    last = progress(fleet, path)
    assert (killed_at < AFFECTED, last["done"], last["refused"]) == (True, AFFECTED, 0)
    events = [auditor.events({"id": each}).count("answered") for each in made]
    assert events == [1] * AFFECTED
    assert signals_of(fleet)[0]["incident"]["name"] == "fleet-outage"


def signals_of(fleet: Fleet) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answered(fleet.api.as_handler().get(f"/v1/signals?category={GROUPED}"))["data"]
    return found


def progress(fleet: Fleet, path: str) -> dict[str, Any]:
    """How far the one answer of an incident has come."""
    (answer,) = answered(fleet.api.as_handler().get(path))["answers"]
    told: dict[str, Any] = answer
    return told


def test_processes_killed_at_random_lose_no_accepted_complaint(fleet: Fleet, kafka: str, prefix: str) -> None:
    """Each kill is followed by a start at the same port, as an orchestrator does; clients repeat what got no answer."""
    submitters = Submitters(fleet.api, SUBMITTERS, pause_seconds=0.3)
    submitters.start()
    chance = random.Random(20251122)  # noqa: S311 - which process, not a secret
    for victim in chance.sample(fleet.parts, KILLS):
        before = len(submitters.accepted)
        fleet.kill(victim)
        fleet.start(victim)
        wait_until(victim.is_ready, seconds=120, what=f"{victim.service} {victim.name} to be back")
        submitters.wait_for_more(before)
    submitters.stop()
    with closing(kafka_log(kafka, prefix, ALL_TOPICS)) as log:
        require_all_told(fleet.api, log, submitters.accepted)
