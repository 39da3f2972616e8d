"""The seven stories on an installation whose time the test moves."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.conftest import Running
from tests.stories.seven import STORIES
from tests.stories.stage import Complaint, Stage


@pytest.fixture(params=["sqlite", "postgres"], autouse=True)
def _stores(request: pytest.FixtureRequest) -> None:
    if request.param == "postgres":
        request.getfixturevalue("on_postgres")


def _moving_time(running: Running) -> Callable[[Complaint, str], None]:
    def pass_time(complaint: Complaint, clock: str) -> None:
        due = next(promise["due_at"] for promise in complaint["promises"] if promise["clock"] == clock)
        running.settle()
        running.clock.set(datetime.fromisoformat(due) + timedelta(minutes=1))

    return pass_time


@pytest.mark.parametrize("story", STORIES.values(), ids=lambda story: story.__name__)
def test_a_story_ends_as_it_should(running: Running, story: Callable[[Stage], None]) -> None:
    stage = Stage(running.api, pass_time=_moving_time(running))
    story(stage)
    running.settle()
    for complaint in stage.cast:
        history = running.api.as_staff("auditor", "li").history(complaint)
        own = [entry["version"] for entry in history if entry["complaint_id"] == complaint["id"]]
        assert own == list(range(1, len(own) + 1))
