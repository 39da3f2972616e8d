"""What operators ask of notifier: the outbox, its queue anew, or itself back from the log."""

from collections.abc import Callable
from uuid import UUID

from services.notifier.api.outbox import Notice, read_notice
from services.notifier.domain.notification import Notification
from services.notifier.wiring import READ_TOPICS, NotifierService
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.topics import (
    COMPLAINT_COMMANDS,
    NOTIFICATION_EVENTS,
    dead_letter_topic,
)
from shared.eventstore.command import Step
from shared.eventstore.rebuild import rebuild
from shared.messaging.facts import Received
from shared.messaging.log import TopicLog
from shared.messaging.replay import restore_events, restore_inbox

Progress = Callable[[int], None]

OWN_TOPICS = (
    NOTIFICATION_EVENTS,
    COMPLAINT_COMMANDS,
    *(dead_letter_topic(topic, "notifier") for topic in READ_TOPICS),
)


def outbox(service: NotifierService, tenant: str, complaint_id: UUID | None, limit: int) -> list[Notice]:
    return [read_notice(service.outbox_desk, row) for row in service.queue.outbox(tenant, complaint_id, limit)]


def replay_queue(service: NotifierService, progress: Progress) -> None:
    """Show queue and outbox anew from the notifications."""
    application = service.application

    def aggregate_at(stream_id: UUID, version: int) -> Notification | None:
        first = next(iter(application.store.stream(stream_id, up_to=1)))
        if not first.topic.startswith("notification."):
            return None
        notification: Notification = application.repository.get(stream_id, version=version)
        return notification

    rebuild(application, service.queue, aggregate_at, progress)


def restore(service: NotifierService, log: TopicLog, progress: Progress) -> int:
    """Put an empty store back as it was: events from its topics, memory from the facts it had applied."""
    application = service.application
    traces = restore_events(application, log, OWN_TOPICS, progress)
    committed = log.committed(application.name)

    def remember(received: Received) -> list[Step]:
        fact = received.message
        if not isinstance(fact, ComplaintFact):
            return []
        fields = fact.model_dump(mode="json")
        return [application.memories.note(UUID(received.envelope.subject), fact.stored_name, fields)]

    restored = restore_inbox(
        application,
        log,
        READ_TOPICS,
        remember=remember,
        traces=traces,
        consumed=lambda partition: committed.get(partition, 0),
    )
    replay_queue(service, progress)
    return restored
