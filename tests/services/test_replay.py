"""What is derived can be derived again: views from their events, a lost service from the log."""

from collections.abc import Callable
from typing import Any

import pytest

from services.escalation import operations as escalation_operations
from services.intake import operations as intake_operations
from services.notifier import operations as notifier_operations
from shared.messaging.relay import mark_published
from tests.client import answered
from tests.conftest import Running, StartInstallation
from tests.services.replaying import (
    Taken,
    live_through,
    lose,
    pause,
    settle_clocks,
    stop,
    taken,
    wait_until_published,
)
from tests.waiting import wait_until


def ignore(_position: int) -> None:
    """Nobody watches the progress."""


REPLAYS: dict[str, Callable[[Taken], object]] = {
    "intake_complaint_list": lambda t: intake_operations.replay_view(t.embedded.intake, "complaint_list", ignore),
    "intake_tasks": lambda t: intake_operations.replay_view(t.embedded.intake, "tasks", ignore),
    "intake_worklist": lambda t: intake_operations.replay_view(t.embedded.intake, "worklist", ignore),
    "intake_queue_counts": lambda t: intake_operations.replay_view(t.embedded.intake, "worklist", ignore),
    "intake_search_terms": lambda t: intake_operations.replay_view(t.embedded.intake, "search_terms", ignore),
    "intake_remedies": lambda t: intake_operations.replay_view(t.embedded.intake, "remedies", ignore),
    "intake_likenesses": lambda t: intake_operations.replay_view(t.embedded.intake, "likenesses", ignore),
    "intake_link_proposals": lambda t: intake_operations.replay_view(t.embedded.intake, "belonging", ignore),
    "intake_promised_dates": lambda t: intake_operations.replay_promised_dates(
        t.embedded.intake, t.backend.log, ignore
    ),
    "escalation_due_clocks": lambda t: escalation_operations.replay_due_clocks(t.embedded.escalation, ignore),
    "notifier_queue": lambda t: notifier_operations.replay_queue(t.embedded.notifier, ignore),
    "notifier_outbox": lambda t: notifier_operations.replay_queue(t.embedded.notifier, ignore),
}

RESTORES: dict[str, Callable[[Taken], int]] = {
    "escalation": lambda t: escalation_operations.restore(t.embedded.escalation, t.backend.log, ignore),
    "notifier": lambda t: notifier_operations.restore(t.embedded.notifier, t.backend.log, ignore),
}

TABLES = {
    "escalation": ("applied", "tracking", "known_facts", "due_clocks", "relay"),
    "notifier": ("applied", "tracking", "memory", "queue", "outbox", "relay"),
}


def derived(left: Taken) -> dict[str, list[tuple[Any, ...]]]:
    return {view: left.table(view) for view in REPLAYS}


def replayed(left: Taken) -> dict[str, list[tuple[Any, ...]]]:
    for replay in REPLAYS.values():
        replay(left)
    return derived(left)


def test_every_view_shown_anew_is_the_view_that_was_built_live(running: Running) -> None:
    waiting = live_through(running)
    running.api.as_app("u-3").submit(description="提现三天了还在审核")
    running.settle()
    pause(running, "notifier-sender-console")
    running.api.as_app("u-3").command(waiting, "follow-up", {"text": "提现三天了还在审核"})
    wait_until(lambda: running.embedded.notifier.queue.due(running.clock(), 1), what="a notification to be planned")
    stop(running)
    with taken(running) as left:
        live = derived(left)
        assert all(live.values())
        assert replayed(left) == live


def test_views_are_the_same_though_the_clock_stood_still_or_went_back(running: Running) -> None:
    running.clock.advance(hours=1)
    running.api.as_app("u-1").submit()
    running.clock.advance(hours=-1)
    waiting = live_through(running)
    running.clock.advance(hours=-8)
    for number in range(4):
        running.api.as_handler().command(waiting, "assign", {"handler_id": f"handler-{number}"})
    running.settle()
    stop(running)
    with taken(running) as left:
        live = derived(left)
        assert replayed(left) == live


def test_views_are_the_same_though_facts_were_published_twice(running: Running) -> None:
    live_through(running)
    for store in running.stores:
        with store.write() as transaction:
            mark_published(transaction, store.application, 0)
    running.settle()
    stop(running)
    with taken(running) as left:
        live = derived(left)
        assert replayed(left) == live


@pytest.mark.on_files
@pytest.mark.parametrize("service", list(RESTORES))
def test_a_lost_service_comes_back_from_the_log_as_it_was(running: Running, service: str) -> None:
    live_through(running)
    stop(running)
    with taken(running) as left:
        original = left.events(service), kept(left, service)
    lose(running.backend.settings.data_dir, service)
    with taken(running) as left:
        assert left.events(service) == []
        RESTORES[service](left)
        assert left.events(service) == original[0]
        assert kept(left, service) == original[1]


def kept(left: Taken, service: str) -> dict[str, list[tuple[Any, ...]]]:
    return {table: left.table(f"{service}_{table}") for table in TABLES[service]}


def restore(running: Running, service: str) -> None:
    """Lose a service and put it back from the log."""
    stop(running)
    lose(running.backend.settings.data_dir, service)
    with taken(running) as left:
        RESTORES[service](left)


def carry_on(running: Running, start: StartInstallation) -> Running:
    """Run again on the same files, at the time at which it ended."""
    again = start(running.backend.settings.data_dir, now=running.clock())
    settle_clocks(again)
    return again


def everything(running: Running) -> dict[str, list[str]]:
    """The stored names of everything that every service has recorded."""
    return {store.application: [stored.topic for stored in store.follow(0, 100_000)] for store in running.stores}


@pytest.mark.on_files
@pytest.mark.parametrize("service", list(RESTORES))
def test_a_restored_service_repeats_nothing(running: Running, start: StartInstallation, service: str) -> None:
    live_through(running)
    before = everything(running)
    restore(running, service)
    assert everything(carry_on(running, start)) == before


def missed(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: after[name][len(before[name]) :] for name in after}


@pytest.mark.on_files
@pytest.mark.parametrize("service", list(RESTORES))
def test_a_restored_service_goes_on_as_if_nothing_had_happened(
    running: Running, start: StartInstallation, service: str
) -> None:
    live_through(running)
    restore(running, service)
    again = carry_on(running, start)
    before = everything(again)
    new = again.api.as_app("u-4").submit()
    again.settle()
    again.clock.advance(days=3)
    settle_clocks(again)
    assert "acknowledged" in again.api.as_app("u-4").events(new)
    recorded = missed(before, everything(again))
    assert recorded["escalation"].count("command.acknowledge_complaint") == 1
    assert recorded["escalation"].count("case.clock_missed") == recorded["intake"].count("complaint.escalated") > 0


@pytest.mark.on_files
@pytest.mark.parametrize("service", list(RESTORES))
def test_what_a_lost_service_had_not_read_yet_has_its_effects_after_the_restoration(
    running: Running, start: StartInstallation, service: str
) -> None:
    live_through(running)
    pause(running, f"{service}-reactions")
    app = running.api.as_app("u-4")
    unread = answered(app.post("/v1/complaints", {"category": "other", "description": "白条账单不是我消费的"}), 201)
    wait_until_published(running)
    restore(running, service)
    again = carry_on(running, start)
    assert again.api.as_app("u-4").events(unread) == ["submitted", "acknowledged", "delivery-recorded"]
