"""A backup is one moment of everything, and whoever was erased since does not come back with it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from shared.contracts.topics import COMPLAINT_EVENTS
from shared.messaging.facts import receive
from tests import people
from tests.builders import later
from tests.conftest import Running, StartInstallation, stand_on
from tests.distributed.submitting import Submitters
from tests.faults.accounts import require_whole
from tests.installation import Installation
from tests.network import free_port
from tests.postgres import Database, Server, program
from tests.services.replaying import stop
from tests.stories.stage import PNG
from tests.system.commanding import complaint_of, recourse, said

PERSON = {"name": people.NAMES[0], "email": people.EMAILS[0]}
ERASE = {"reason": "person-request"}


@pytest.mark.on_files
def test_a_backup_that_was_made_under_load_is_whole(tmp_path: Path) -> None:
    """What was accepted before is in it; whatever else is, has one moment: it goes on as after a loss of power."""
    installation = Installation(tmp_path / "data", free_port())
    installation.start()
    submitters = Submitters(installation.api, 2, pause_seconds=0.05)
    submitters.start()
    submitters.wait_for_more(5)
    before = list(submitters.accepted)
    said(tmp_path / "data", "backup", str(tmp_path / "backup"))
    submitters.wait_for_more(len(before) + 5)
    submitters.stop()
    installation.kill()
    assert not any("development" in path.parts for path in (tmp_path / "backup").rglob("*"))
    said(tmp_path / "again", "restore", str(tmp_path / "backup"))
    copytree(tmp_path / "data" / "development", tmp_path / "again" / "development")
    restored = Installation(tmp_path / "again", free_port())
    restored.start()
    require_whole(restored, before)
    restored.kill()


def _erased_since(running: Running, back_up: Callable[[], None]) -> dict[str, Any]:
    """A complaint of a person who is erased after the backup; the list of erasures was brought up to date."""
    app, root = running.api.as_app("u-1"), running.api.as_staff("administrator", "root")
    evidence = app.upload("a.png", PNG, "screenshot").json()["evidence_id"]
    complaint = app.submit(complainant=PERSON, evidence_ids=[evidence])
    running.settle()
    back_up()
    app.command(complaint, "withdraw", {"reason": "solved"})
    root.decide(complaint, "erase-personal-data", ERASE)
    running.embedded.intake.erasures.bring_up_to_date()
    running.settle()
    stop(running)
    return complaint


def _must_be_gone(running: Running, complaint: dict[str, Any]) -> None:
    handler, auditor = running.api.as_handler(), running.api.as_staff("auditor", "li")
    seen = handler.get(f"/v1/complaints/{complaint['id']}").text + str(auditor.history(complaint))
    assert not any(text in seen for text in people.EVERYTHING)
    assert "personal-data-erased" in auditor.events(complaint)
    for each in complaint["evidence"]:
        assert handler.get(f"/v1/evidence/{each['evidence_id']}/content").status_code == 404


@pytest.mark.on_files
def test_a_person_erased_after_the_backup_does_not_come_back_with_it(start: StartInstallation, tmp_path: Path) -> None:
    running = start()
    data_dir = running.backend.settings.data_dir
    complaint = _erased_since(running, lambda: _back_up(data_dir, tmp_path / "backup"))
    assert "move it away" in complaint_of(recourse(data_dir, "restore", str(tmp_path / "backup")))
    for path in (*data_dir.glob("*.db*"), data_dir / "evidence"):
        path.rename(tmp_path / path.name)
    said(data_dir, "restore", str(tmp_path / "backup"))
    assert people.NAMES[0] in said(data_dir, "state", complaint["id"])
    assert "recourse erasures repeat" in complaint_of(recourse(data_dir, "run", "--development"))
    assert said(data_dir, "erasures", "repeat") == "1 erasures were repeated\n"
    _must_be_gone(start(data_dir), complaint)


def _back_up(data_dir: Path, directory: Path) -> None:
    said(data_dir, "backup", str(directory))


@pytest.mark.on_files
def test_a_list_of_ones_own_serves_where_the_machine_is_lost(start: StartInstallation, tmp_path: Path) -> None:
    running = start()
    data_dir, own = running.backend.settings.data_dir, tmp_path / "own.jsonl"
    complaint = _erased_since(running, lambda: _back_up(data_dir, tmp_path / "backup"))
    own.write_text(said(data_dir, "erasures"), encoding="utf-8")
    assert own.read_text(encoding="utf-8") == (data_dir / "erasures.jsonl").read_text(encoding="utf-8")
    said(tmp_path / "another", "restore", str(tmp_path / "backup"))
    copytree(data_dir / "development", tmp_path / "another" / "development")
    assert "1 erasures" in said(tmp_path / "another", "erasures", "repeat", str(own))
    assert said(tmp_path / "another", "erasures", "repeat", str(own)) == "nobody came back\n"
    own.write_text("no erasure\n", encoding="utf-8")
    assert "own.jsonl" in complaint_of(recourse(tmp_path / "another", "erasures", "repeat", str(own)))
    _must_be_gone(start(tmp_path / "another"), complaint)


def test_what_is_no_backup_or_would_overwrite_one_is_refused(tmp_path: Path) -> None:
    for arguments, says in (
        (("backup", str(tmp_path / "new")), "there is no installation"),
        (("restore", str(tmp_path)), "is no backup"),
    ):
        done = recourse(tmp_path / "data", *arguments)
        assert says in complaint_of(done)
    Installation(tmp_path / "data", free_port()).data_dir.mkdir()
    (tmp_path / "data" / "intake.db").touch()
    assert "is there already" in complaint_of(recourse(tmp_path / "data", "backup", str(tmp_path)))


@pytest.fixture
def another_database(postgres: Server) -> Iterator[Database]:
    """Comes before `start`, so that it outlives who uses it."""
    made = postgres.database()
    yield made
    postgres.drop(made)


@pytest.fixture
def dumping(another_database: Database, on_postgres: Database) -> Callable[[Path], None]:
    def dump(file: Path) -> None:
        command = (program("pg_dump"), "--format=custom", f"--file={file}", f"--dbname={on_postgres.admin_url}")
        subprocess.run(command, check=True, timeout=60)

    return dump


def test_a_dump_restored_beside_lost_topics_publishes_the_same_and_forgets_the_same(
    dumping: Callable[[Path], None],
    another_database: Database,
    start: StartInstallation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running = start()
    data_dir, dump = running.backend.settings.data_dir, tmp_path / "dump"
    before: list[Any] = []

    def back_up() -> None:
        dumping(dump)
        before.extend(receive(each) for each in running.backend.log.read((COMPLAINT_EVENTS,)))

    complaint = _erased_since(running, back_up)
    restore = (program("pg_restore"), f"--dbname={another_database.admin_url}", str(dump))
    subprocess.run(restore, check=True, timeout=60, env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"})
    there = another_database.environment
    assert "there are messages on" in complaint_of(recourse(data_dir, "topics", "republish", **there))
    for file in data_dir.glob("topics.db*"):
        file.unlink()
    for arguments in (("erasures", "repeat"), ("topics", "republish")):
        done = recourse(data_dir, *arguments, **there)
        assert done.returncode == 0, done.stderr
    stand_on(another_database, monkeypatch)
    again = start(data_dir, now=later(minutes=1))  # when the turns of the processes in the dump are over
    again.settle()
    assert [receive(each) for each in again.backend.log.read((COMPLAINT_EVENTS,))][: len(before)] == before
    _must_be_gone(again, complaint)
