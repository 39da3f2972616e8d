"""What operators ask of escalation: its clocks anew, or itself back from the log."""

from collections.abc import Callable

from services.escalation.wiring import EscalationService
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.topics import COMPLAINT_COMMANDS, COMPLAINT_EVENTS, DEADLINE_EVENTS, dead_letter_topic
from shared.eventstore.command import Step
from shared.eventstore.rebuild import rebuild
from shared.messaging.facts import Received
from shared.messaging.log import TopicLog
from shared.messaging.replay import restore_events, restore_inbox

Progress = Callable[[int], None]

OWN_TOPICS = (DEADLINE_EVENTS, COMPLAINT_COMMANDS, dead_letter_topic(COMPLAINT_EVENTS, "escalation"))


def replay_due_clocks(service: EscalationService, progress: Progress) -> None:
    """Show the due clocks anew from the cases."""
    rebuild(service.application, service.due_clocks, service.application.case_at, progress)


def restore(service: EscalationService, log: TopicLog, progress: Progress) -> int:
    """Put an empty store back as it was: events from its topics, memory from the facts it had applied."""
    application = service.application
    traces = restore_events(application, log, OWN_TOPICS, progress)
    committed = log.committed(application.name)

    def remember(received: Received) -> list[Step]:
        fact = received.message
        return [application.facts.remember(fact, received.envelope)] if isinstance(fact, ComplaintFact) else []

    restored = restore_inbox(
        application,
        log,
        (COMPLAINT_EVENTS,),
        remember=remember,
        traces=traces,
        consumed=lambda partition: committed.get(partition, 0),
    )
    replay_due_clocks(service, progress)
    return restored
