"""From what notifier recorded to its messages: notifications, commands, notices."""

from collections.abc import Sequence

from shared.eventstore.store import RecordedEvent
from shared.messaging.facts import publish
from shared.messaging.log import Outgoing


def messages(page: Sequence[RecordedEvent]) -> Sequence[Sequence[Outgoing]]:
    return [[publish(stored, "notifier")] for stored in page]
