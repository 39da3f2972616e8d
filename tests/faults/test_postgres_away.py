"""PostgreSQL cut off, silent, restarted: callers hear so in time, it heals by itself, nothing accepted is lost."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.conftest import Running, StartInstallation, stand_on
from tests.faults.proxy import Proxy
from tests.postgres import Database, LocalServer, Server, local_server
from tests.waiting import wait_until

COMPLAINT = {"category": "topup.not_credited", "description": "充值 500 元未到账"}
TIMEOUT_MS = 400
PROMISED_SECONDS = 2.0
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND datname = current_database()"


@pytest.fixture
def proxy(on_postgres: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Services reach their database through it, and wait no longer than they should."""
    with Proxy(on_postgres.url) as proxy:
        _reach(proxy.url, monkeypatch)
        yield proxy


def _reach(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOURSE_DATABASE_URL", url)
    monkeypatch.setenv("RECOURSE_DATABASE_TIMEOUT_MS", str(TIMEOUT_MS))


def submit(running: Running, number: int) -> httpx.Response:
    """Submit, always the same under the same number."""
    return running.api.as_app(f"user-{number}").post("/v1/complaints", COMPLAINT, key=f"key-{number}")


def accepted(running: Running, number: int) -> dict[str, Any]:
    """Repeat until it is taken; anything but that and try-again-later is a fault."""

    def attempt() -> dict[str, Any] | None:
        response = submit(running, number)
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            require_clear(response)
            return None
        assert response.status_code == httpx.codes.CREATED, response.text
        body: dict[str, Any] = response.json()
        return body

    return wait_until(attempt, seconds=60, what="the complaint to be taken") or {}


def require_clear(response: httpx.Response) -> None:
    assert response.status_code == httpx.codes.SERVICE_UNAVAILABLE, response.text
    assert response.headers["Retry-After"] == "1"
    assert response.json()["code"] in {"store-unavailable", "too-busy"}


def require_refused_in_time(ask: Callable[[], httpx.Response]) -> None:
    begun = time.monotonic()
    require_clear(ask())
    assert time.monotonic() - begun < PROMISED_SECONDS


def require_whole(running: Running, taken: dict[int, dict[str, Any]]) -> None:
    """What was answered is there, once, and everything that follows from it has happened."""
    assert {number: accepted(running, number)["id"] for number in taken} == {
        number: body["id"] for number, body in taken.items()
    }
    auditor = running.api.as_staff("auditor", "li")

    def acknowledged(complaint: dict[str, Any]) -> bool:
        response = auditor.get(f"/v1/complaints/{complaint['id']}/history")
        return response.status_code == httpx.codes.OK and "complaint.acknowledged" in response.text

    for body in taken.values():
        wait_until(lambda body=body: acknowledged(body), seconds=60, what="acknowledgement")  # type: ignore[misc]
        versions = [entry["version"] for entry in auditor.history(body)]
        assert versions == list(range(1, len(versions) + 1))
    store = running.stores[0]
    positions = [event.position for event in store.follow(0, 100_000)]
    assert positions == list(range(1, len(positions) + 1))


def test_a_silent_network_is_told_in_time_and_heals(proxy: Proxy, start: StartInstallation) -> None:
    running = start()
    taken = {number: accepted(running, number) for number in range(3)}
    proxy.fall_silent()
    auditor = running.api.as_staff("auditor", "li")
    require_refused_in_time(lambda: submit(running, 3))
    require_refused_in_time(lambda: auditor.get(f"/v1/complaints/{taken[0]['id']}"))
    with ThreadPoolExecutor(12) as callers:
        for _ in callers.map(lambda n: require_refused_in_time(lambda: submit(running, n)), range(4, 16)):
            pass
    proxy.resume()
    taken |= {number: accepted(running, number) for number in range(3, 16)}
    require_whole(running, taken)


@pytest.fixture
def patient(on_postgres: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Services reach their database through it, and wait for it long."""
    with Proxy(on_postgres.url) as proxy:
        monkeypatch.setenv("RECOURSE_DATABASE_URL", proxy.url)
        yield proxy


def test_a_lost_reply_to_a_commit_is_the_original_answer_and_one_event(
    patient: Proxy, on_postgres: Database, start: StartInstallation
) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
    running = start()
    patient.lose_commit()
    with ThreadPoolExecutor(1) as caller:
        given = caller.submit(submit, running, 0)
        wait_until(lambda: on_postgres.do(waiting), what="the writer to wait for what it lost")
        patient.let_commit_pass()
        answer = given.result()
    assert answer.status_code == httpx.codes.CREATED, answer.text
    assert submit(running, 0).content == answer.content
    require_whole(running, {0: answer.json()})
    assert running.api.as_staff("auditor", "li").events(answer.json()).count("submitted") == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_a_server_that_was_away_is_used_again(
    start: StartInstallation,
    monkeypatch: pytest.MonkeyPatch,
    own_server: tuple[LocalServer, Database],
    how: signal.Signals,
) -> None:
    server, database = own_server
    stand_on(database, monkeypatch)
    _reach(database.url, monkeypatch)
    running = start()
    taken = {number: accepted(running, number) for number in range(3)}
    server.stop(how)
    for number in range(3, 6):
        require_refused_in_time(lambda number=number: submit(running, number))  # type: ignore[misc]
    server.start()
    taken |= {number: accepted(running, number) for number in range(3, 6)}
    require_whole(running, taken)


@pytest.fixture
def own_server() -> Iterator[tuple[LocalServer, Database]]:
    with local_server() as server:
        yield server, Server(server.url).database()


def test_connections_killed_in_the_middle_of_writes_lose_and_repeat_nothing(
    proxy: Proxy, on_postgres: Database, start: StartInstallation
) -> None:
    running = start()
    with _killing(on_postgres), ThreadPoolExecutor(8) as callers:
        taken = dict(enumerate(callers.map(lambda number: accepted(running, number), range(24))))
    require_whole(running, taken)


@contextmanager
def _killing(database: Database) -> Iterator[None]:
    """Kill all connections of the services again and again, each time a little later: a slow machine gets on, too."""
    over = threading.Event()

    def kill() -> None:
        pause = 0.25
        while not over.wait(pause):
            database.do(KILL, database.role)
            pause *= 1.2

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def test_a_pool_of_one_serves_many_or_says_later(
    on_postgres: Database, start: StartInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    _reach(on_postgres.url, monkeypatch)
    monkeypatch.setenv("RECOURSE_DATABASE_CONNECTIONS", "1")
    running = start()

    def answered(number: int) -> None:
        begun = time.monotonic()
        response = submit(running, number)
        if response.status_code != httpx.codes.CREATED:
            require_clear(response)
            assert time.monotonic() - begun < PROMISED_SECONDS

    with ThreadPoolExecutor(8) as callers:
        for _ in callers.map(answered, range(24)):
            pass
    require_whole(running, {number: accepted(running, number) for number in range(24)})
