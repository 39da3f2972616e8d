"""The topics: who writes them, how many partitions they have for ever, how long they are kept."""

from dataclasses import dataclass

COMPLAINT_EVENTS = "complaints.events.v1"
COMPLAINT_COMMANDS = "complaints.commands.v1"
COMPLAINT_REFUSALS = "complaints.refusals.v1"
COMPLAINT_STATE = "complaints.state.v1"
DEADLINE_EVENTS = "deadlines.events.v1"
NOTIFICATION_EVENTS = "notifications.events.v1"
INCIDENT_EVENTS = "incidents.events.v1"

PARTITIONS = 12


@dataclass(frozen=True)
class Topic:
    """`compacted`: only the newest message of each key is kept; every other topic is kept for ever."""

    name: str
    written_by: str
    purpose: str
    compacted: bool = False
    partitions: int = PARTITIONS


TOPICS = (
    Topic(COMPLAINT_EVENTS, "intake", "Everything that happened to a complaint, in order per complaint."),
    Topic(COMPLAINT_COMMANDS, "escalation, notifier, the payments ledger", "What other services ask of a complaint."),
    Topic(COMPLAINT_REFUSALS, "intake", "Commands that a rule refused, with the code of the rule."),
    Topic(COMPLAINT_STATE, "intake", "The newest public state of each complaint, with its version.", compacted=True),
    Topic(DEADLINE_EVENTS, "escalation", "Every clock: started, paused, met, missed and the rest."),
    Topic(NOTIFICATION_EVENTS, "notifier", "Every notification: planned, sent, failed, abandoned."),
    Topic(INCIDENT_EVENTS, "intake", "Incidents that group complaints, and signals of a sudden rise."),
)


def dead_letter_topic(topic: str, group: str) -> str:
    """The topic that carries the notices of what a consumer group has parked from `topic`."""
    return f"{topic}.dead.{group}"


READ_BY = {
    COMPLAINT_EVENTS: ("intake", "escalation", "notifier"),
    COMPLAINT_COMMANDS: ("intake",),
    DEADLINE_EVENTS: ("intake", "notifier"),
    INCIDENT_EVENTS: ("notifier",),
}

DEAD_LETTER_TOPICS = tuple(
    Topic(dead_letter_topic(topic, group), group, f"Notices of what {group} has parked from {topic}.")
    for topic, groups in READ_BY.items()
    for group in groups
)

ALL_TOPICS = TOPICS + DEAD_LETTER_TOPICS
