"""What notifier does with facts: it takes note of every one about a complaint or its clocks, and of signals."""

from collections.abc import Mapping
from concurrent.futures import Future

from services.notifier.application import Notifier
from shared.contracts.complaint_events import EVENTS
from shared.contracts.complaint_outcomes import OUTCOMES
from shared.contracts.deadline_events import ClockMissed, ClockWarned
from shared.contracts.incident_events import SignalRaised
from shared.contracts.message import Message
from shared.eventstore.command import Receipt
from shared.messaging.dispatch import Delivery, Reaction
from shared.runtime.clock import Clock


def reactions(notifier: Notifier, clock: Clock) -> Mapping[type[Message], Reaction]:
    def note(delivery: Delivery[Message]) -> "Future[Receipt]":
        return notifier.note(delivery.message, delivery.envelope, delivery.steps, now=clock())

    def note_signal(delivery: Delivery[SignalRaised]) -> "Future[Receipt]":
        return notifier.note_signal(delivery.message, delivery.envelope, delivery.steps, now=clock())

    return {**dict.fromkeys((*EVENTS, *OUTCOMES, ClockWarned, ClockMissed), note), SignalRaised: note_signal}
