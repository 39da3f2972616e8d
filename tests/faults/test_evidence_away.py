"""Where evidence cannot be reached, callers hear so in time, and everything goes on by itself once it can."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.client import Client, answered, refused
from tests.conftest import Running, StartInstallation
from tests.people import EMAILS, NAMES, TEXTS
from tests.s3_server import S3Server
from tests.services.notifier_receivers import MailServer
from tests.services.notifier_scenes import PROMPT, Complaint, email_table, told, write_tenant
from tests.stories.stage import PNG
from tests.waiting import wait_until

PROMISED_SECONDS = 2.0
TEAM = "front-line@wallet.example"


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


def test_a_directory_that_is_another_one_is_told_and_nothing_is_taken_for_lost(start: StartInstallation) -> None:
    """As where a disk was not mounted: its place is there, and empty."""
    running = start()
    app = running.api.as_app("u-1")
    evidence_id = upload(app)
    directory = running.backend.settings.data_dir / "evidence"
    with _gone(directory):
        directory.mkdir()
        must_ask_to_come_again(app.get(f"/v1/evidence/{evidence_id}/content"))
        directory.rmdir()
    assert app.get(f"/v1/evidence/{evidence_id}/content").content == PNG


def test_a_letter_that_cannot_be_kept_waits_and_is_sent_once(start: StartInstallation, tmp_path: Path) -> None:
    with MailServer() as server:
        running = start(tenants_dir=write_tenant(tmp_path / "tenants", email_table(server.port)), **PROMPT)
        with _gone(running.backend.settings.data_dir / "evidence"):
            complaint = _to_be_told(running)
            wait_until(lambda: told(running, complaint), what="the letter to be planned")
            running.clock.advance(hours=1)
            another = _to_be_told(running)
            wait_until(lambda: told(running, another), what="another letter to be planned")
            assert (server.mails, [each.outcome for each in told(running, complaint)]) == ([], [[]])
        running.settle()
        assert [each.outcome for each in told(running, complaint)] == [["sent"]]
        assert len(server.mails) == 2


def test_what_has_no_copy_to_keep_is_sent_meanwhile(start: StartInstallation, tmp_path: Path) -> None:
    with MailServer() as server:
        reached = {"[teams.front_line]": f'[teams.front_line]\nemail = "{TEAM}"'}
        tenants = write_tenant(tmp_path / "tenants", email_table(server.port), changes=reached)
        running = start(tenants_dir=tenants, **PROMPT)
        with _gone(running.backend.settings.data_dir / "evidence"):
            complaint = _to_be_told(running)
            running.api.as_app("u-1").command(complaint, "follow-up", {"text": TEXTS[1]})
            wait_until(lambda: server.to(TEAM), what="the notice to the team")
            assert server.to(EMAILS[0]) == []
        wait_until(lambda: server.to(EMAILS[0]), what="the letter")


def _to_be_told(running: Running) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0]}
    app = running.api.as_app("u-1")
    return app.submit(complainant=person, description=TEXTS[0], preferred_medium="email")


@contextmanager
def _gone(directory: Path) -> Iterator[None]:
    """Where the directory was is nothing that a file could be written to."""
    away = directory.rename(directory.with_name("away"))
    yield
    away.rename(directory)


def test_a_directory_that_cannot_be_used_is_told_and_used_again(start: StartInstallation) -> None:
    running = start()
    app = running.api.as_app("u-1")
    evidence_id = upload(app)
    directory = running.backend.settings.data_dir / "evidence"
    with _gone(directory):
        directory.touch()
        must_ask_to_come_again(app.upload("b.png", PNG, "screenshot"))
        must_ask_to_come_again(app.get(f"/v1/evidence/{evidence_id}/content"))
        directory.unlink()
    assert app.get(f"/v1/evidence/{evidence_id}/content").content == PNG
    upload(app)
