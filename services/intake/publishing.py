"""From what intake recorded to its messages: exactly one fact per event, and the newest state beside it."""

from collections.abc import Sequence
from uuid import UUID

from services.intake.views.complaint_list import ComplaintList
from shared.eventstore.store import RecordedEvent
from shared.messaging.facts import publish, publish_state
from shared.messaging.log import Outgoing
from shared.messaging.relay import Publish


def publisher(application: str, complaints: ComplaintList) -> Publish:
    """The state follows the last event of an append: the earlier ones have no row of their own."""

    def messages(stored: RecordedEvent) -> Sequence[Outgoing]:
        fact = publish(stored, application)
        state = complaints.state_at(UUID(str(stored.originator_id)), stored.originator_version)
        return [fact, publish_state(stored, application, state)] if state else [fact]

    return messages
