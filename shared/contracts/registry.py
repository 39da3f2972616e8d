"""Every message that Recourse writes: the one registry that stores, topics, schemas and documents come from."""

from shared.contracts.complaint_commands import COMMANDS, CommandRefused
from shared.contracts.complaint_events import EVENTS
from shared.contracts.complaint_outcomes import OUTCOMES
from shared.contracts.dead_letters import DeadLetterNoticed
from shared.contracts.deadline_events import DEADLINES
from shared.contracts.incident_events import INCIDENTS
from shared.contracts.message import Registry
from shared.contracts.notification_events import NOTIFICATIONS

REGISTRY = Registry.of(
    (*EVENTS, *OUTCOMES, *COMMANDS, CommandRefused, *DEADLINES, *NOTIFICATIONS, *INCIDENTS, DeadLetterNoticed)
)
