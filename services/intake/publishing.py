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

    def messages(page: Sequence[RecordedEvent]) -> Sequence[Sequence[Outgoing]]:
        places = [(UUID(str(stored.originator_id)), stored.originator_version) for stored in page]
        states = complaints.states_at(places)
        facts = [publish(stored, application) for stored in page]
        return [
            [fact, publish_state(fact, states[place])] if place in states else [fact]
            for fact, place in zip(facts, places, strict=True)
        ]

    return messages
