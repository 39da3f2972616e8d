"""What `recourse replay` can show anew, or put back from the log."""

import logging
from collections.abc import Callable, Mapping

from services.embedded import Embedded
from services.escalation import operations as escalation
from services.intake import operations as intake
from services.notifier import operations as notifier
from services.opening import Service, applications
from shared.eventstore.shown_views import ShownViews
from shared.eventstore.store import Store
from shared.messaging.log import TopicLog
from shared.runtime.backends import Backend, ConfigurationError

logger = logging.getLogger(__name__)

REBUILD_TIMEOUT_MS = 3_600_000

Replay = Callable[[Embedded, TopicLog, Callable[[int], None]], object]

REPLAYS: Mapping[str, Replay] = {
    "intake.complaint_list": lambda all_, _, done: intake.replay_view(all_.intake, "complaint_list", done),
    "intake.tasks": lambda all_, _, done: intake.replay_view(all_.intake, "tasks", done),
    "intake.worklist": lambda all_, _, done: intake.replay_view(all_.intake, "worklist", done),
    "intake.search_terms": lambda all_, _, done: intake.replay_view(all_.intake, "search_terms", done),
    "intake.remedies": lambda all_, _, done: intake.replay_view(all_.intake, "remedies", done),
    "intake.turns": lambda all_, _, done: intake.replay_view(all_.intake, "turns", done),
    "intake.incident_letters": lambda all_, _, done: intake.replay_view(all_.intake, "incident_letters", done),
    "intake.likenesses": lambda all_, _, done: intake.replay_view(all_.intake, "likenesses", done),
    "intake.signals": lambda all_, _, done: intake.replay_view(all_.intake, "signals", done),
    "intake.belonging": lambda all_, _, done: intake.replay_view(all_.intake, "belonging", done),
    "intake.promised_dates": lambda all_, log, done: intake.replay_promised_dates(all_.intake, log, done),
    "escalation.due_clocks": lambda all_, _, done: escalation.replay_due_clocks(all_.escalation, done),
    "escalation.due_board": lambda all_, _, done: escalation.replay_due_board(all_.escalation, done),
    "escalation": lambda all_, log, done: escalation.restore(all_.escalation, log, done),
    "notifier.queue": lambda all_, _, done: notifier.replay_queue(all_.notifier, done),
    "notifier": lambda all_, log, done: notifier.restore(all_.notifier, log, done),
}


SHAPES: Mapping[str, Mapping[str, int]] = {
    service: {view: 1 for of, _, view in (what.partition(".") for what in REPLAYS) if of == service and view}
    for service in Service
}
"""The views of each service: a number is raised where an upgrade must show the rows of a view anew."""


def require_shown(store: Store) -> None:
    """Raise ConfigurationError where this release would read what is not there yet."""
    if behind := _shown_views(store).behind():
        commands = "; ".join(f"recourse replay {store.application}.{view}" for view in behind)
        raise ConfigurationError(
            f"views of {store.application} came or changed with this release; show them anew first: {commands}"
        )


def show_behind(embedded: Embedded, backend: Backend) -> None:
    """Show anew in files what came or changed with this release, before anything runs; a server is asked for it."""
    for service, application in applications(embedded).items():
        if backend.settings.database_url:
            require_shown(application.store)
        for view in _shown_views(application.store).behind():
            logger.warning("%s.%s came or changed with this release: it is shown anew", service, view)
            show_anew(embedded, backend.log, f"{service}.{view}", lambda _: None)


def show_anew(embedded: Embedded, log: TopicLog, what: str, progress: Callable[[int], None]) -> None:
    """Show a view anew, or put back a service with all its views."""
    REPLAYS[what](embedded, log, progress)
    service, _, view = what.partition(".")
    _shown_views(applications(embedded)[Service(service)].store).mark(*([view] if view else SHAPES[service]))


def _shown_views(store: Store) -> ShownViews:
    return ShownViews(store, SHAPES[store.application])


def positions(embedded: Embedded, what: str) -> int | None:
    """How many events a view is shown from; None where they are yet to be put back.

    Raises ConfigurationError where a service would be restored into a store that holds something.
    """
    service, _, view = what.partition(".")
    recorded = applications(embedded)[Service(service)].recorder.max_notification_id() or 0
    if recorded and not view:
        raise ConfigurationError(f"{service} still holds {recorded} events; move its database away first")
    return recorded or None
