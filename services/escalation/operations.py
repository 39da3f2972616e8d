"""What operators ask of escalation: its clocks anew, or itself back from the log."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from services.escalation.application import Migration
from services.escalation.domain.case import Case
from services.escalation.views.due_board import Watched
from services.escalation.wiring import EscalationService
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.topics import COMPLAINT_COMMANDS, COMPLAINT_EVENTS, DEADLINE_EVENTS, dead_letter_topic
from shared.eventstore.command import Step
from shared.eventstore.rebuild import all_events, rebuild
from shared.messaging.facts import Received
from shared.messaging.log import TopicLog
from shared.messaging.replay import restore_events, restore_inbox

Progress = Callable[[int], None]

PINNING = frozenset({Case.ClockStarted.TOPIC, Case.ClockRecalculated.TOPIC})
OWN_TOPICS = (DEADLINE_EVENTS, COMPLAINT_COMMANDS, dead_letter_topic(COMPLAINT_EVENTS, "escalation"))


def replay_due_clocks(service: EscalationService, progress: Progress) -> None:
    """Show the due clocks anew from the cases."""
    rebuild(service.application, service.due_clocks, service.application.case_at, progress)


def replay_due_board(service: EscalationService, progress: Progress) -> None:
    """Show the due board anew from the cases and the facts."""
    application, board = service.application, service.application.board
    with application.store.write() as transaction:
        board.clear(transaction)
        for done, complaint_id in enumerate(application.facts.complaints(), start=1):
            known = application.facts.of(complaint_id)
            if known is not None:
                case = application.case(complaint_id, transaction.recorded_at)
                board.show(application.book, Watched(complaint_id, known.tenant, case, known.situation))(transaction)
            progress(done)


def migrations(service: EscalationService, tenant: str | None, now: datetime) -> Sequence[Migration]:
    """What would change if every open case were promised what the newest versions of its policies promise."""
    complaints = service.application.facts.complaints(tenant=tenant)
    found = [service.application.would_migrate(complaint_id, now=now) for complaint_id in complaints]
    return [migration for migration in found if migration.events]


def migrate(
    service: EscalationService, complaints: Sequence[UUID], *, why: str, by: str, now: datetime, progress: Progress
) -> None:
    """Record for each complaint that its clocks count by the newest versions, why, and who said so."""
    with service.application.writing():
        for done, complaint_id in enumerate(complaints, start=1):
            service.application.migrate(complaint_id, why=why, by=by, now=now).result()
            progress(done)


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
    _pin_again(service)
    replay_due_clocks(service, progress)
    replay_due_board(service, progress)
    return restored


def _pin_again(service: EscalationService) -> None:
    """Keep the files that restored clocks were started by, as far as they are still there."""
    application = service.application
    stored = (each for each in all_events(application.store) if each.topic in PINNING)
    steps = application.pins.keep(application.mapper.to_domain_event(each) for each in stored)
    with application.store.write() as transaction:
        for step in steps:
            step(transaction)
