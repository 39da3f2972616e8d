"""A view that came or changed with a release shows what was recorded before, or nothing of its service starts."""

from pathlib import Path
from uuid import uuid4

import pytest

from services.replaying import REPLAYS, SHAPES, require_shown, show_anew, show_behind
from shared.eventstore.shown_views import SHOWN_VIEWS, ShownViews
from shared.eventstore.sqlite import SQLiteStore
from shared.eventstore.store import Store
from shared.runtime.backends import ConfigurationError
from tests.builders import NOW
from tests.clock import StandingClock
from tests.conformance.test_store import append, event
from tests.conftest import Running


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = SQLiteStore(tmp_path / "shop.db", "shop", StandingClock(NOW))
    store.prepare(SHOWN_VIEWS)
    return store


def test_where_nothing_was_recorded_every_view_shows_all_of_it(store: Store) -> None:
    assert ShownViews(store, {"list": 1}).behind() == []
    append(store, event(uuid4()))
    assert ShownViews(store, {"list": 1}).behind() == []


def test_a_view_that_came_later_or_changed_its_shape_is_behind_until_it_was_shown(store: Store) -> None:
    assert ShownViews(store, {"list": 1}).behind() == []
    append(store, event(uuid4()))
    newer = ShownViews(store, {"list": 2, "board": 1, "tasks": 1})
    assert newer.behind() == ["list", "board", "tasks"]
    newer.mark("board", "list")
    assert newer.behind() == ["tasks"]
    assert ShownViews(store, {"list": 1}).behind() == []


def test_every_view_that_can_be_shown_anew_has_a_shape() -> None:
    named = {f"{service}.{view}" for service, views in SHAPES.items() for view in views}
    assert named == {what for what in REPLAYS if "." in what}


def _forget(running: Running, view: str) -> Store:
    """Leave the view as an upgrade that brought it finds it."""
    store = running.embedded.escalation.application.store
    show_behind(running.embedded, running.backend)
    with store.write() as transaction:
        transaction.execute("DELETE FROM escalation_shown_views WHERE view_name = :view", {"view": view})
        transaction.execute(f"DELETE FROM escalation_{view}")
    return store


@pytest.mark.on_files
def test_an_installation_in_files_shows_it_before_it_starts(running: Running) -> None:
    complaint = running.api.as_app("u-1").submit()
    running.settle()
    store = _forget(running, "due_board")
    show_behind(running.embedded, running.backend)
    with store.read() as reader:
        rows = reader.execute("SELECT complaint_id FROM escalation_due_board")
    assert {row["complaint_id"] for row in rows} == {complaint["id"]}
    require_shown(store)


def test_a_process_does_not_start_and_names_the_command(running: Running) -> None:
    running.api.as_app("u-1").submit()
    running.settle()
    for what in ("intake", "escalation", "notifier"):
        for view in SHAPES[what]:
            show_anew(running.embedded, running.backend.log, f"{what}.{view}", lambda _: None)
    store = _forget(running, "due_board")
    with pytest.raises(ConfigurationError, match=r"first: recourse replay escalation\.due_board$"):
        require_shown(store)
