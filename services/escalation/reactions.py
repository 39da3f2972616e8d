"""What escalation does with the facts of complaints: it follows every one of them."""

from collections.abc import Mapping
from concurrent.futures import Future

from services.escalation.application import Escalation
from shared.contracts.complaint_events import EVENTS, ComplaintFact
from shared.contracts.complaint_outcomes import OUTCOMES
from shared.contracts.message import Message
from shared.eventstore.command import Receipt
from shared.messaging.dispatch import Delivery, Reaction


def reactions(escalation: Escalation) -> Mapping[type[Message], Reaction]:
    def follow(delivery: Delivery[ComplaintFact]) -> "Future[Receipt]":
        return escalation.follow(delivery.message, delivery.envelope, delivery.steps)

    return dict.fromkeys((*EVENTS, *OUTCOMES), follow)
