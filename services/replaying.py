"""What `recourse replay` can show anew, or put back from the log."""

from collections.abc import Callable, Mapping

from services.embedded import Embedded
from services.escalation import operations as escalation
from services.intake import operations as intake
from services.notifier import operations as notifier
from services.opening import Service, applications
from shared.messaging.log import TopicLog
from shared.runtime.backends import ConfigurationError

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
    "intake.promised_dates": lambda all_, log, done: intake.replay_promised_dates(all_.intake, log, done),
    "escalation.due_clocks": lambda all_, _, done: escalation.replay_due_clocks(all_.escalation, done),
    "escalation.due_board": lambda all_, _, done: escalation.replay_due_board(all_.escalation, done),
    "escalation": lambda all_, log, done: escalation.restore(all_.escalation, log, done),
    "notifier.queue": lambda all_, _, done: notifier.replay_queue(all_.notifier, done),
    "notifier": lambda all_, log, done: notifier.restore(all_.notifier, log, done),
}


def positions(embedded: Embedded, what: str) -> int | None:
    """How many events a view is shown from; None where they are yet to be put back.

    Raises ConfigurationError where a service would be restored into a store that holds something.
    """
    service, _, view = what.partition(".")
    recorded = applications(embedded)[Service(service)].recorder.max_notification_id() or 0
    if recorded and not view:
        raise ConfigurationError(f"{service} still holds {recorded} events; move its database away first")
    return recorded or None
