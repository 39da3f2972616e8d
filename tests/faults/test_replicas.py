"""Two whole installations on one database and one broker: what both are asked at once happens once."""

import shutil
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.contracts.topics import COMPLAINT_EVENTS, INCIDENT_EVENTS
from shared.messaging.facts import receive
from tests.client import answered
from tests.conftest import Running, StartInstallation
from tests.faults.accounts import require_all_told, require_order
from tests.kafka_logs import own_prefix
from tests.postgres import Database

MATTER = {"category": "topup.not_credited", "description": "充值 500 元未到账"}


@pytest.fixture
def replicas(tmp_path: Path, on_postgres: Database, start: StartInstallation, kafka: str) -> list[Running]:
    """Both have the same keys."""
    settings = {"kafka_bootstrap": kafka, "kafka_prefix": own_prefix()}
    first = start(tmp_path / "one", **settings)
    shutil.copytree(tmp_path / "one" / "development", tmp_path / "two" / "development")
    return [first, start(tmp_path / "two", **settings)]


def at_once(count: int, ask: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    barrier = threading.Barrier(count)

    def one(number: int) -> httpx.Response:
        barrier.wait()
        return ask(number)

    with ThreadPoolExecutor(count) as callers:
        return list(callers.map(one, range(count)))


def test_replicas_give_one_answer_write_in_turn_and_publish_each_fact_once(replicas: list[Running]) -> None:
    apps = [each.api.as_app("u-1") for each in replicas]
    answers = at_once(50, lambda number: apps[number % 2].post("/v1/complaints", MATTER, key="the-one"))
    complaint = _the_same_to_all(answers)

    path = f"/v1/complaints/{complaint['id']}/follow-up"
    both = at_once(8, lambda number: apps[number % 2].post(path, {"text": f"请问 {number}"}))
    assert {answer.status_code for answer in both} == {200}

    etag = apps[0].get(f"/v1/complaints/{complaint['id']}").headers["ETag"]
    seen = {"If-Match": etag}
    decided = at_once(2, lambda number: apps[number].post(path, {"text": f"第 {number}"}, headers=seen))
    assert sorted(answer.status_code for answer in decided) == [200, 412]

    more = [answered(apps[number % 2].post("/v1/complaints", MATTER), 201) for number in range(10)]
    replicas[0].settle()
    history = replicas[1].api.as_staff("auditor", "li").history(complaint)
    assert [entry["version"] for entry in history] == list(range(1, len(history) + 1))
    assert Counter(entry["type"].split(".")[2] for entry in history)["followed-up"] == 9
    require_all_told(replicas[1].api, replicas[0].backend.log, [complaint, *more])
    facts = [receive(incoming) for incoming in replicas[0].backend.log.read((COMPLAINT_EVENTS, INCIDENT_EVENTS))]
    require_order(facts)
    assert len(facts) == len({fact.envelope.id for fact in facts}) == len(replicas[0].stores[0].follow(0, 10_000))


def _the_same_to_all(answers: list[httpx.Response]) -> dict[str, Any]:
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    body: dict[str, Any] = answers[0].json()
    return body
