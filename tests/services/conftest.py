"""What the tests of one file may share: an installation whose clock they leave alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.embedded import compose
from shared.runtime.backends import Backend, development_settings
from shared.runtime.settings import Settings
from tests.builders import NOW
from tests.clock import StandingClock
from tests.conftest import Running
from tests.either_log import EitherLog, on_kafka, on_sqlite
from tests.network import free_port
from tests.services.api_scene import answers
from tests.waiting import wait_until


@pytest.fixture(params=["sqlite", "kafka"])
def either_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EitherLog]:
    """Every topic of the product, empty."""
    made = on_kafka(request.getfixturevalue("kafka")) if request.param == "kafka" else on_sqlite(tmp_path)
    yield made
    made.log.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Every test brings users of its own, and counts nothing that others add to."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("house"), port=free_port(), relay_poll_ms=5, consumer_poll_ms=5
    )
    clock = StandingClock(NOW)
    backend = Backend(development_settings(settings), clock, clock.steady)
    backend.take_directory()
    running = Running(backend, compose(backend), clock, f"http://127.0.0.1:{settings.port}")
    running.embedded.process.start()
    wait_until(lambda: answers(running.url), what="the API to answer")
    yield running
    running.embedded.process.stop()
    running.backend.release_directory()
