"""Broker, database or intake are away: who needs them says so by name, the door stays open, and all heals by itself."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from services.processes import PARTS, STANDS_ON, compose_part
from shared.access.principals import CallerType, Principal, Scope
from shared.contracts.topics import ALL_TOPICS
from shared.runtime.backends import Backend, development_settings
from shared.runtime.process import Process
from shared.runtime.settings import Settings
from tests.client import answered
from tests.conftest import StartInstallation
from tests.faults.accounts import require_all_told
from tests.faults.proxy import Proxy
from tests.faults.test_kafka_away import is_back
from tests.kafka_broker import JvmBroker, has_jvm, jvm_broker
from tests.kafka_logs import own_prefix
from tests.network import NO_CERTIFICATES, free_port
from tests.postgres import Database
from tests.services.escalation_scenes import AN_HOUR_MS, clock_of, happened, tick_through
from tests.waiting import here, wait_until

COMPLAINT = {"category": "topup.not_credited", "description": "充值 500 元未到账"}
ANSWER = {"text": "我们正在与银行核对。", "kind": "interim", "medium": "in_app"}
PROMISED_SECONDS = 2.0
TIMEOUT_MS = "400"

pytestmark = pytest.mark.skipif(not has_jvm(), reason="stops brokers of its own: needs Java and Maven")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JvmBroker]:
    broker = jvm_broker(tmp_path_factory.mktemp("away") / "kafka")
    broker.start()
    yield broker
    broker.kill()


@dataclass
class Part:
    """One process of an installation; its roles run here, and its health is asked over HTTP."""

    name: str
    url: str
    process: Process

    def health(self) -> tuple[int, dict[str, bool], float]:
        """Status, what is there of what it stands on, and how long the answer took."""
        begun = time.monotonic()
        answer = httpx.get(f"{self.url}/readyz", timeout=30, verify=NO_CERTIFICATES)
        checks = {name: state for name, state in answer.json()["checks"].items() if name in {"store", "log", "intake"}}
        return answer.status_code, checks, time.monotonic() - begun

    def is_ready(self) -> bool:
        return self.health()[0] == httpx.codes.OK

    def tells(self, is_missing: bool) -> bool:
        return self.is_ready() != is_missing

    def lives(self) -> bool:
        return httpx.get(f"{self.url}/livez", verify=NO_CERTIFICATES).status_code == httpx.codes.OK


@pytest.fixture
def proxy(on_postgres: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with Proxy(on_postgres.url) as proxy:
        monkeypatch.setenv("RECOURSE_DATABASE_URL", proxy.url)
        monkeypatch.setenv("RECOURSE_DATABASE_TIMEOUT_MS", TIMEOUT_MS)
        yield proxy


@pytest.fixture
def parts(proxy: Proxy, broker: JvmBroker, tmp_path: Path) -> Iterator[dict[str, Part]]:
    """Every process that there is, each with a backend of its own."""
    token, door, prefix = tmp_path / "internal.token", free_port(), own_prefix()
    made: dict[str, Part] = {}
    for service, names in PARTS.items():
        for name in names:
            settings = Settings(
                data_dir=tmp_path,
                kafka_bootstrap=broker.bootstrap,
                kafka_prefix=prefix,
                port=door if (service, name) == ("intake", "api") else free_port(),
                intake_url=f"http://127.0.0.1:{door}",
                internal_token_file=token,
            )
            backend = Backend(development_settings(settings))
            if not made:
                own = Principal("default", CallerType.SERVICE, "own", frozenset({Scope.INTERNAL}))
                token.write_text(backend.signer.sign(own, timedelta(hours=1)), encoding="utf-8")
                backend.log.create_topics()
            process = compose_part(backend, service, name)
            process.start()
            url = f"http://127.0.0.1:{backend.settings.port}"
            made[f"{service} {name}"] = Part(f"{service} {name}", url, process)
    for part in made.values():
        wait_until(part.is_ready, seconds=120, what=f"{part.name} to be ready")
    yield made
    for part in made.values():
        part.process.stop()


def require_only(parts: dict[str, Part], missing: str) -> None:
    """Who stands on what is missing says so, in time; everybody else is ready; everybody lives."""
    for name, part in parts.items():
        needs = missing in STANDS_ON.get(name, ("store", "log"))
        wait_until(partial(part.tells, needs), seconds=60, what=f"{name} to know of {missing}")
        status, checks, took = part.health()
        assert (status, took < here(PROMISED_SECONDS)) == (503 if needs else 200, True), (name, checks, took)
        assert {each for each, is_there in checks.items() if not is_there} == ({missing} if needs else set())
        assert part.lives()


def require_all_ready(parts: dict[str, Part]) -> None:
    for part in parts.values():
        wait_until(part.is_ready, seconds=60, what=f"{part.name} to be ready again")


def test_every_process_names_what_is_missing_and_is_ready_once_it_is_back(
    parts: dict[str, Part], proxy: Proxy, broker: JvmBroker
) -> None:
    proxy.fall_silent()
    require_only(parts, "store")
    proxy.resume()
    require_all_ready(parts)
    broker.stop()
    require_only(parts, "log")
    broker.start()
    require_all_ready(parts)
    parts.pop("intake api").process.stop()
    require_only(parts, "intake")


def test_without_a_broker_the_door_stays_open_and_no_kept_promise_is_missed_and_everything_is_told_after(
    broker: JvmBroker, start: StartInstallation
) -> None:
    prefix = own_prefix()
    running = start(kafka_bootstrap=broker.bootstrap, kafka_prefix=prefix, ticker_poll_ms=AN_HOUR_MS)
    app = running.api.as_app("u-1")
    kept, broken = app.submit(), app.submit()
    running.settle()
    due_at = clock_of(running, kept, "first_answer").due_at
    broker.stop()
    running.clock.set(due_at - timedelta(minutes=1))
    running.api.as_handler().command(kept, "answer", ANSWER)
    accepted = [answered(app.post("/v1/complaints", COMPLAINT), 201) for _ in range(20)]
    health = httpx.get(f"{running.url}/readyz", verify=NO_CERTIFICATES)
    assert (health.status_code, health.json()["status"], health.json()["checks"]["log"]) == (200, "degraded", False)
    running.clock.set(due_at + timedelta(hours=1))
    tick_through(running)
    assert "ClockMissed first_answer" in happened(running, broken)
    assert "ClockMissed first_answer" not in happened(running, kept)
    broker.start()
    wait_until(lambda: is_back(broker, prefix, ALL_TOPICS), seconds=60, what="the broker to answer somebody new")
    back = time.monotonic()
    auditor = running.api.as_staff("auditor", "li")
    wait_until(lambda: "acknowledged" in auditor.events(accepted[-1]), seconds=60, what="the last to be acknowledged")
    took = time.monotonic() - back
    running.settle()
    assert "ClockMet first_answer" in happened(running, kept)
    assert "ClockMissed first_answer" not in happened(running, kept)
    require_all_told(running.api, running.backend.log, [broken, *accepted])
    assert took < here(PROMISED_SECONDS)
