"""From what escalation recorded to its messages: clock events, commands, notices."""

from collections.abc import Sequence

from shared.eventstore.store import RecordedEvent
from shared.messaging.facts import publish
from shared.messaging.log import Outgoing


def messages(page: Sequence[RecordedEvent]) -> Sequence[Sequence[Outgoing]]:
    return [[publish(stored, "escalation")] for stored in page]
