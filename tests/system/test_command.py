"""What operators read with the `recourse` command, beside a running process."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.contracts.topics import ALL_TOPICS, COMPLAINT_EVENTS
from shared.messaging.log import Outgoing
from shared.messaging.sqlite_log import SQLiteLog
from tests import people
from tests.faults.accounts import on_topic
from tests.installation import HERE, Installation
from tests.network import free_port
from tests.system.commanding import CALM_CLOCKS, come_to_rest, complaint_of, only_line, recourse, said, said_json

NAME, TEXT = people.NAMES[0], people.TEXTS[0]
NOBODY = "00000000-0000-0000-0000-000000000000"
ANOTHER_NUMBER = "7K3M-92QFV-8S"


@dataclass(frozen=True)
class Scene:
    installation: Installation
    complaint: dict[str, Any]

    @property
    def data_dir(self) -> Path:
        return self.installation.data_dir


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One complaint, acknowledged and told; its dates lie days ahead, so that nothing more happens."""
    installation = Installation(tmp_path_factory.mktemp("command") / "data", free_port(), CALM_CLOCKS)
    installation.start()
    try:
        app = installation.api.as_app("u-1")
        complaint = app.submit(description=TEXT, complainant={"name": NAME})
        come_to_rest(installation)
        yield Scene(installation, complaint)
    finally:
        installation.stop()


def test_history_tells_what_happened_when_and_by_whom(scene: Scene) -> None:
    told = said(scene.data_dir, "history", scene.complaint["id"])
    heads = [line.split("  ") for line in told.splitlines() if not line.startswith(" ")]
    assert [(version, name, by) for version, _, name, by in heads] == [
        ("1", "submitted", "by service wallet-app"),
        ("2", "classified", "by system recourse"),
        ("3", "acknowledged", "by system escalation"),
        ("4", "delivery-recorded", "by system notifier"),
    ]
    assert TEXT in told


def test_history_finds_a_complaint_by_the_number_people_read_out(scene: Scene) -> None:
    number = scene.complaint["number"].lower().replace("-", " ")
    by_number = said_json(scene.data_dir, "history", number)
    assert [entry["version"] for entry in by_number] == [1, 2, 3, 4]
    assert {entry["complaint_id"] for entry in by_number} == {scene.complaint["id"]}


def test_history_as_of_an_instant_ends_with_what_was_recorded_by_then(scene: Scene) -> None:
    entries = scene.installation.api.as_staff("auditor", "li").history(scene.complaint)
    instant = entries[2]["recorded_at"].replace("Z", "+00:00")
    known = said_json(scene.data_dir, "history", scene.complaint["id"], "--as-of", instant)
    assert [entry["version"] for entry in known] == [1, 2, 3]


def test_state_is_what_the_api_answers_to_an_auditor(scene: Scene) -> None:
    shown = json.loads(said(scene.data_dir, "state", scene.complaint["id"]))
    answer = scene.installation.api.as_staff("auditor", "li").with_headers(Accept_Language="en").read(scene.complaint)
    del shown["allowed_actions"], answer["allowed_actions"]
    assert shown == answer


def test_state_as_of_an_instant_is_what_was_known_then(scene: Scene) -> None:
    entries = scene.installation.api.as_staff("auditor", "li").history(scene.complaint)
    instant = entries[1]["recorded_at"].replace("Z", "+00:00")
    known = said_json(scene.data_dir, "state", scene.complaint["number"], "--as-of", instant)
    assert (known["version"], known["status"]["code"], known["promises"]) == (2, "submitted", [])


def test_state_speaks_the_language_it_is_asked_for(scene: Scene) -> None:
    shown = said_json(scene.data_dir, "state", scene.complaint["id"], "--language", "zh-CN")
    assert shown["status"]["label"] == "已受理"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("history", NOBODY), "There is no complaint with this id that you may see."),
        (("state", "nonsense"), "'nonsense' is no id and no number of a complaint"),
        (("outbox", "--complaint", ANOTHER_NUMBER), f"'{ANOTHER_NUMBER}' is no id and no number of a complaint"),
    ],
)
def test_an_unknown_complaint_is_answered_with_one_line(scene: Scene, arguments: tuple[str, ...], line: str) -> None:
    assert only_line(recourse(scene.data_dir, *arguments)) == line


def test_an_instant_before_the_complaint_is_answered_with_one_line(scene: Scene) -> None:
    done = recourse(scene.data_dir, "state", scene.complaint["id"], "--as-of", "2020-01-01T00:00:00+08:00")
    assert only_line(done) == "The complaint did not exist at that instant or version."


@pytest.mark.parametrize("instant", ["2026-01-31T12:00:00", "tomorrow"])
def test_an_instant_without_offset_is_refused(scene: Scene, instant: str) -> None:
    done = recourse(scene.data_dir, "history", scene.complaint["id"], "--as-of", instant)
    assert repr(instant) in complaint_of(done)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("state", NOBODY, "--language", "fr"), "'fr' is not one of 'zh-CN', 'en'"),
        (("outbox", "--limit", "0"), "'--limit'"),
        (("outbox", "--tenant", "nobody"), "there is no tenant 'nobody'"),
        (("token", "anna", "--scope", "everything"), "'everything' is not one of"),
        (("token", "anna", "--valid-hours", "0"), "'--valid-hours'"),
    ],
)
def test_what_no_command_takes_is_refused_by_name(scene: Scene, arguments: tuple[str, ...], named: str) -> None:
    assert named in complaint_of(recourse(scene.data_dir, *arguments))


def test_topics_tells_of_every_topic_how_far_its_readers_are(scene: Scene) -> None:
    told = said(scene.data_dir, "topics").splitlines()
    assert told[0].split("\t") == ["topic", "partitions", "messages", "behind"]
    assert [line.split("\t")[0] for line in told[1:]] == [topic.name for topic in ALL_TOPICS]
    published = str(len(on_topic(scene.data_dir, COMPLAINT_EVENTS)))
    assert told[1].split("\t")[2:] == [published, '{"intake": 0, "escalation": 0, "notifier": 0}']


def test_a_group_that_has_read_nothing_is_behind_by_everything(tmp_path: Path) -> None:
    log = SQLiteLog(tmp_path / "topics.db", ALL_TOPICS)
    log.append([Outgoing(COMPLAINT_EVENTS, str(number), (), b"{}") for number in range(3)])
    log.close()
    (row,) = [row for row in said_json(tmp_path, "topics") if row["topic"] == COMPLAINT_EVENTS]
    assert (row["messages"], row["behind"]) == (3, {"intake": 3, "escalation": 3, "notifier": 3})


def test_export_writes_every_event_with_the_digest_of_its_fact_and_nothing_personal(scene: Scene) -> None:
    told = said(scene.data_dir, "export")
    own = [line for line in map(json.loads, told.splitlines()) if line["stream_id"] == scene.complaint["id"]]
    facts = [received.envelope for received in on_topic(scene.data_dir, COMPLAINT_EVENTS)]
    own_facts = [(str(each.id), each.digest) for each in facts if each.subject == scene.complaint["id"]]
    assert [(line["event_id"], line["digest"]) for line in own] == own_facts
    assert [text for text in people.EVERYTHING if text in told] == []


def test_export_decrypts_what_is_personal_when_it_is_asked_to(scene: Scene) -> None:
    first = json.loads(said(scene.data_dir, "export", "--personal").splitlines()[0])
    assert first["event"]["matter"]["description"] == TEXT
    assert [person["name"] for person in first["event"]["persons"].values()] == [NAME]


def test_outbox_shows_what_was_told_to_whom_the_newest_first(scene: Scene) -> None:
    app = scene.installation.api.as_app("u-3")
    complaint = app.submit(description=TEXT, complainant={"name": NAME})
    come_to_rest(scene.installation)
    app.command(complaint, "follow-up", {"text": TEXT})
    come_to_rest(scene.installation)
    notices = said_json(scene.data_dir, "outbox", "--complaint", complaint["number"])
    assert [notice["template"] for notice in notices] == ["staff-arrived", "acknowledgement"]
    told = said(scene.data_dir, "outbox", "--limit", "1")
    heads = [line for line in told.splitlines() if not line.startswith(" ")]
    assert [head.split("  ")[1:] for head in heads] == [["to team front_line", notices[0]["subject"]]]
    assert NAME in said(scene.data_dir, "outbox", "--complaint", complaint["id"])


def test_what_a_complainant_wrote_does_not_steer_the_terminal(scene: Scene) -> None:
    app = scene.installation.api.as_app("u-2")
    complaint = app.submit(description=TEXT)
    app.command(complaint, "follow-up", {"text": "\x1b[2J\x9b31m" + TEXT})
    assert f"text: \\x1b[2J\\x9b31m{TEXT}" in said(scene.data_dir, "history", complaint["id"])


def test_a_token_opens_the_api(scene: Scene) -> None:
    token = said(scene.data_dir, "token", "anna", "--scope", "handle", "--scope", "read").strip()
    url = f"{scene.installation.url}/v1/complaints/{scene.complaint['id']}"
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).json()["parties"][0]["person"]["name"] == NAME


def test_a_calendar_has_the_make_up_days_of_its_years(tmp_path: Path) -> None:
    made = tomllib.loads(said(tmp_path, "calendar", "CN", "cn", "Asia/Shanghai", "2025", "2026"))
    assert date(2025, 9, 28) in made["worked"]
    assert date(2025, 10, 1) in made["closed"]
    assert (made["time_zone"], made["covers_until"]) == ("Asia/Shanghai", date(2026, 12, 31))


@pytest.mark.parametrize(
    ("country", "time_zone", "years", "why"),
    [
        ("XX", "Asia/Shanghai", ("2025", "2026"), "the package knows no country 'XX'"),
        ("CN", "Asia/Nowhere", ("2025", "2026"), "there is no time zone 'Asia/Nowhere'"),
        ("CN", "Asia/Shanghai", ("2026", "2025"), "2026 lies after 2025"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(
    tmp_path: Path, country: str, time_zone: str, years: tuple[str, str], why: str
) -> None:
    assert complaint_of(recourse(tmp_path, "calendar", country, "name", time_zone, *years)).endswith(why)


def test_documents_writes_what_the_repository_holds(tmp_path: Path) -> None:
    said(tmp_path, "documents", str(tmp_path))
    written = {file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file()}
    assert Path("docs/problems.md") in written
    assert [file for file in written if (tmp_path / file).read_bytes() != (HERE.parent / file).read_bytes()] == []


def test_looking_into_a_directory_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert "there is no data directory" in only_line(recourse(tmp_path / "mistyped", "outbox"))
    assert list(tmp_path.iterdir()) == []
