"""`recourse replay`: views shown anew, services put back from the log, and what it refuses."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.intake.api.examples import BODIES
from services.replaying import REPLAYS
from tests import people
from tests.client import Client, answered
from tests.installation import Installation
from tests.network import free_port
from tests.services.notifier_scenes import write_tenant
from tests.system.commanding import CALM_CLOCKS, come_to_rest, complaint_of, only_line, recourse, said, said_json
from tests.waiting import wait_until

VIEWS = {
    "intake.complaint_list": ("intake_complaint_list",),
    "intake.tasks": ("intake_tasks",),
    "intake.promised_dates": ("intake_promised_dates",),
    "intake.worklist": ("intake_worklist", "intake_queue_counts"),
    "intake.search_terms": ("intake_search_terms",),
    "intake.turns": ("intake_turns",),
    "intake.remedies": ("intake_remedies",),
    "intake.likenesses": ("intake_likenesses",),
    "intake.signals": ("intake_signals",),
    "intake.belonging": ("intake_incident_members", "intake_link_proposals"),
    "intake.incident_letters": ("intake_incidents", "intake_incident_letters"),
    "escalation.due_clocks": ("escalation_due_clocks",),
    "escalation.due_board": ("escalation_due_board",),
    "notifier.queue": ("notifier_queue", "notifier_outbox"),
}
SERVICES = ("escalation", "notifier")
TENANT = '[handlers.anna]\nteam = "front_line"\n\n[signals]\nfloor = 2\n'


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that has something in every view, and runs no more."""
    directory = tmp_path_factory.mktemp("replay")
    tenants = write_tenant(directory / "tenants", TENANT)
    environment = {**CALM_CLOCKS, "RECOURSE_TENANTS_DIR": str(tenants)}
    installation = Installation(directory / "data", free_port(), environment)
    installation.start()
    api = installation.api
    person = {"name": people.NAMES[0], "phone": people.PHONES[0]}
    complaint = api.as_app("u-1").submit(description=people.TEXTS[0], complainant=person)
    api.as_handler().submit(category="account.takeover", channel="phone", complainant=person)
    api.as_app("u-1").submit(description=people.TEXTS[0])
    wait_until(lambda: api.as_handler().get("/v1/signals").json()["data"], what="a signal")
    _answer_in_bulk(api.as_supervisor())
    api.as_handler().decide(complaint, "resolve", BODIES["resolve"])
    come_to_rest(installation)
    assert installation.stop() == 0
    yield installation
    installation.kill()


def _answer_in_bulk(sun: Client) -> None:
    incident = answered(sun.post("/v1/incidents", {"name": "bank-outage"}), 201)
    path = f"/v1/incidents/{incident['id']}"
    answered(sun.post(f"{path}/group", {"filter": {}}))
    answered(sun.post(f"{path}/answer", {"text": "-"}))
    wait_until(lambda: sun.get(path).json()["answers"][0]["remaining"] == 0, what="the answers of the incident")


def _rows(data_dir: Path, table: str) -> list[Any]:
    with closing(sqlite3.connect(data_dir / f"{table.partition('_')[0]}.db")) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def _spoil(data_dir: Path, table: str) -> None:
    with closing(sqlite3.connect(data_dir / f"{table.partition('_')[0]}.db")) as connection:
        connection.execute(f"DELETE FROM {table}")
        connection.commit()


def test_everything_that_can_be_replayed_is_tried_here() -> None:
    assert {*VIEWS, *SERVICES} == {*REPLAYS}


@pytest.mark.parametrize("view", VIEWS)
def test_a_spoilt_view_is_shown_as_it_was(stopped: Installation, view: str) -> None:
    before = {table: _rows(stopped.data_dir, table) for table in VIEWS[view]}
    assert any(before.values())
    for table in before:
        _spoil(stopped.data_dir, table)
    assert said(stopped.data_dir, "replay", view) == f"{view}: done\n"
    assert {table: _rows(stopped.data_dir, table) for table in before} == before


@pytest.mark.parametrize("service", SERVICES)
def test_a_lost_service_is_put_back_from_the_log(stopped: Installation, service: str) -> None:
    tables = [f"{service}_events", f"{service}_applied", f"{service}_relay"]
    before = {table: _rows(stopped.data_dir, table) for table in tables}
    for file in stopped.data_dir.glob(f"{service}.db*"):
        file.rename(stopped.data_dir / f"lost-{file.name}")
    said(stopped.data_dir, "replay", service)
    assert {table: _rows(stopped.data_dir, table) for table in tables} == before


def test_a_service_that_was_put_back_says_nothing_twice(stopped: Installation) -> None:
    before = said_json(stopped.data_dir, "topics")
    for service in SERVICES:
        for file in stopped.data_dir.glob(f"{service}.db*"):
            file.unlink()
        said(stopped.data_dir, "replay", service)
    stopped.start()
    come_to_rest(stopped)
    stopped.stop()
    assert said_json(stopped.data_dir, "topics") == before


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_not_lost_is_left_alone(stopped: Installation, service: str) -> None:
    line = only_line(recourse(stopped.data_dir, "replay", service))
    recorded = len(_rows(stopped.data_dir, f"{service}_events"))
    assert line == f"{service} still holds {recorded} events; move its database away first"


def test_a_replay_beside_a_running_process_is_refused(stopped: Installation) -> None:
    before = _rows(stopped.data_dir, "intake_tasks")
    stopped.start()
    line = only_line(recourse(stopped.data_dir, "replay", "intake.tasks"))
    stopped.stop()
    assert line == f"another process runs on {stopped.data_dir}; stop it first"
    assert _rows(stopped.data_dir, "intake_tasks") == before


def test_a_replay_of_something_else_names_what_there_is(stopped: Installation) -> None:
    line = complaint_of(recourse(stopped.data_dir, "replay", "intake"))
    assert "'intake' is none of intake.complaint_list, intake.tasks," in line
