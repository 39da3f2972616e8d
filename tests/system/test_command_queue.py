"""`recourse queue`: how many stand where, what is due first, and what it refuses."""

from collections.abc import Iterator

import pytest

from tests import people
from tests.installation import Installation
from tests.network import free_port
from tests.system.commanding import CALM_CLOCKS, come_to_rest, recourse, said, said_json


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with one complaint of anna's and an urgent one of nobody's, which runs no more."""
    installation = Installation(tmp_path_factory.mktemp("queue") / "data", free_port(), CALM_CLOCKS)
    installation.start()
    app, anna = installation.api.as_app("u-1"), installation.api.as_handler()
    mine = app.submit(description=people.TEXTS[0], preferred_medium="letter")
    app.submit(category="account.takeover")
    anna.command(mine, "assign", {"handler_id": "anna", "team": "front_line"})
    come_to_rest(installation)
    assert installation.stop() == 0
    yield installation
    installation.kill()


def test_queues_are_counted_by_level(stopped: Installation) -> None:
    counts = {each["queue"]: each for each in said_json(stopped.data_dir, "queue", "--handler", "anna")}
    assert [counts[name]["complaints"] for name in ("mine", "unassigned", "open", "late")] == [1, 1, 2, 0]
    assert counts["open"]["by_level"] == {"0": 1, "1": 1}
    assert "team" not in counts


def test_what_is_due_first_stands_on_top(stopped: Installation) -> None:
    rows = said_json(stopped.data_dir, "queue", "open")
    assert [row["category"] for row in rows] == ["account.takeover", "topup.not_credited"]
    assert rows[0]["due_at"] < rows[1]["due_at"]
    assert [row["category"] for row in said_json(stopped.data_dir, "queue", "open", "--level", "1")] == [
        "account.takeover"
    ]


def test_what_is_to_be_done_by_hand_and_what_rose_is_listed(stopped: Installation) -> None:
    (task,) = said_json(stopped.data_dir, "tasks", "--handler", "anna")
    assert (task["kind"], task["assigned_to"], task["level"]) == ("deliver-letter", "anna", 0)
    assert task in said_json(stopped.data_dir, "tasks", "--kind", "deliver-letter")
    assert said_json(stopped.data_dir, "tasks", "--kind", "mend-letter") == []
    assert said_json(stopped.data_dir, "signals", "--category", "topup.not_credited") == []


def test_people_read_a_table(stopped: Installation) -> None:
    text = said(stopped.data_dir, "queue", "mine", "--handler", "anna")
    assert "first_answer" in text
    assert "front_line" in text
    assert people.TEXTS[0] not in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("queue", "mine"), "--handler"),
        (("queue", "open", "--tenant", "nobody"), "there is no tenant 'nobody'"),
        (("tasks", "--tenant", "nobody"), "there is no tenant 'nobody'"),
        (("signals", "--tenant", "nobody"), "there is no tenant 'nobody'"),
        (("queue", "team", "--handler", "anna"), "name one"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(stopped: Installation, arguments: tuple[str, ...], says: str) -> None:
    done = recourse(stopped.data_dir, *arguments)
    assert (done.returncode, says in done.stderr) == (2, True), done
