"""Files without a row: a crash between the file and its row, or between the row's end and the file's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.intake.housekeeping import Housekeeping
from tests.client import answered
from tests.conftest import Running

KEPT_FOR = timedelta(hours=48)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
STRAY = UUID(int=1)


@pytest.fixture
def directory(running: Running) -> Path:
    return running.backend.settings.data_dir / "evidence"


def upload(running: Running) -> str:
    uploaded = running.api.as_app("user-1").upload("balance.png", PNG, "screenshot")
    return str(answered(uploaded, 201)["evidence_id"])


@contextmanager
def stray(running: Running, *, finished: bool) -> Iterator[None]:
    sink = running.backend.evidence.create(STRAY, bytes(32))
    sink.write(PNG * 10_000)
    if finished:
        sink.finish()
    yield
    sink.abort()


def age(directory: Path, running: Running, by: timedelta) -> None:
    at = (running.clock() - by).timestamp()
    for file in directory.iterdir():
        os.utime(file, (at, at))


def sweep(running: Running) -> None:
    Housekeeping(running.embedded.intake.application, KEPT_FOR, running.embedded.intake.erasures).sweep()


@pytest.mark.parametrize("finished", [True, False])
def test_a_stray_file_is_destroyed_in_time(running: Running, directory: Path, *, finished: bool) -> None:
    known = upload(running)
    with stray(running, finished=finished):
        age(directory, running, KEPT_FOR + timedelta(minutes=1))
        sweep(running)
        assert [file.name for file in directory.iterdir()] == [UUID(known).hex]


def test_a_file_that_may_still_get_its_row_is_left_alone(running: Running, directory: Path) -> None:
    with stray(running, finished=True):
        age(directory, running, KEPT_FOR - timedelta(minutes=1))
        sweep(running)
        assert [file.name for file in directory.iterdir()] == [STRAY.hex]
