"""Where evidence cannot be reached, callers hear so in time, and everything goes on by itself once it can."""

import signal
import time
from collections.abc import Callable

import httpx
import pytest

from tests.client import Client, answered, refused
from tests.conftest import Running, StartInstallation
from tests.s3_server import S3Server
from tests.stories.stage import PNG

PROMISED_SECONDS = 2.0


def must_ask_to_come_again(answer: httpx.Response) -> None:
    refused(answer, 503, "store-unavailable")
    assert answer.headers["Retry-After"] == "1"


def upload(app: Client) -> str:
    evidence_id: str = answered(app.upload("a.png", PNG, "screenshot"), 201)["evidence_id"]
    return evidence_id


@pytest.fixture
def running(start: StartInstallation, s3: S3Server) -> Running:
    """An installation whose evidence lies in a bucket."""
    bucket = s3.bucket()
    place = {"evidence_s3_bucket": bucket.name, "evidence_s3_endpoint": bucket.endpoint}
    return start(**place, evidence_s3_timeout_ms=500)


def test_evidence_in_a_bucket_is_uploaded_attached_read_in_ranges_and_erased(running: Running) -> None:
    app, root = running.api.as_app("u-1"), running.api.as_staff("administrator", "root")
    evidence_id = upload(app)
    complaint = app.submit(evidence_ids=[evidence_id])
    content = f"/v1/evidence/{evidence_id}/content"
    assert app.get(content).content == PNG
    part = app.get(content, headers={"Range": "bytes=3-10"})
    assert (part.status_code, part.content) == (206, PNG[3:11])
    app.command(complaint, "withdraw", {"reason": "solved"})
    root.decide(complaint, "erase-personal-data", {"reason": "person-request"})
    assert app.get(content).status_code in {403, 404}


def test_two_replicas_see_the_same_file(running: Running, start: StartInstallation) -> None:
    settings = running.backend.settings
    place = {"evidence_s3_bucket": settings.evidence_s3_bucket, "evidence_s3_endpoint": settings.evidence_s3_endpoint}
    evidence_id = upload(running.api.as_app("u-1"))
    running.embedded.process.stop()
    running.backend.release_directory()
    another = start(settings.data_dir, **place)
    assert another.api.as_app("u-1").get(f"/v1/evidence/{evidence_id}/content").content == PNG


def test_a_bucket_that_is_silent_is_told_in_time_and_used_again(running: Running, s3: S3Server) -> None:
    app = running.api.as_app("u-1")
    evidence_id = upload(app)
    s3.send(signal.SIGSTOP)
    try:
        _must_hear_in_time(lambda: app.get(f"/v1/evidence/{evidence_id}/content"))
        _must_hear_in_time(lambda: app.upload("b.png", PNG, "screenshot"))
    finally:
        s3.send(signal.SIGCONT)
    assert app.get(f"/v1/evidence/{evidence_id}/content").content == PNG
    upload(app)


def _must_hear_in_time(ask: Callable[[], httpx.Response]) -> None:
    begun = time.monotonic()
    must_ask_to_come_again(ask())
    assert time.monotonic() - begun < PROMISED_SECONDS


def test_a_bucket_that_is_not_there_is_told_in_time(start: StartInstallation, s3: S3Server) -> None:
    running = start(evidence_s3_bucket="nobody-made-it", evidence_s3_endpoint=s3.endpoint)
    must_ask_to_come_again(running.api.as_app("u-1").upload("a.png", PNG, "screenshot"))


def test_a_directory_that_cannot_be_used_is_told_and_used_again(start: StartInstallation) -> None:
    running = start()
    app = running.api.as_app("u-1")
    evidence_id = upload(app)
    directory = running.backend.settings.data_dir / "evidence"
    directory.rename(directory.with_name("away"))
    directory.touch()
    must_ask_to_come_again(app.upload("b.png", PNG, "screenshot"))
    must_ask_to_come_again(app.get(f"/v1/evidence/{evidence_id}/content"))
    directory.unlink()
    directory.with_name("away").rename(directory)
    assert app.get(f"/v1/evidence/{evidence_id}/content").content == PNG
    upload(app)
