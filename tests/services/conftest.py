"""What the tests of one file may share: an installation whose clock they leave alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Running, running_installation
from tests.either_log import EitherLog, on_kafka, on_sqlite
from tests.services.notifier_receivers import MailServer


@pytest.fixture(params=["sqlite", "kafka"])
def either_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EitherLog]:
    """Every topic of the product, empty."""
    made = on_kafka(request.getfixturevalue("kafka")) if request.param == "kafka" else on_sqlite(tmp_path)
    yield made
    made.log.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Every test brings users of its own, and counts nothing that others add to."""
    with running_installation(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server of the test's own."""
    with MailServer() as server:
        yield server
