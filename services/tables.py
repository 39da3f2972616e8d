"""The tables of every service, by its name."""

from collections.abc import Mapping, Sequence

from services.escalation import wiring as escalation
from services.intake import wiring as intake
from services.notifier import wiring as notifier
from shared.eventstore.store import Schema

TABLES: Mapping[str, Sequence[Schema]] = {
    "intake": intake.TABLES,
    "escalation": escalation.TABLES,
    "notifier": notifier.TABLES,
}
