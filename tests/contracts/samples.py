"""One event of each kind, every field filled: words from `people` where a person is meant, else the field's name."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid5

from eventsourcing.domain import DomainEvent

from services.escalation.application import EVENTS as ESCALATION
from services.intake.changing import EVENTS as INTAKE
from services.notifier.application import EVENTS as NOTIFIER
from shared.eventstore.mapper import stored_name
from tests import people
from tests.builders import NAMES, NOW

SERVICES: Mapping[str, tuple[type[DomainEvent], ...]] = {
    "intake": INTAKE,
    "escalation": ESCALATION,
    "notifier": NOTIFIER,
}

ABOUT_PEOPLE: Mapping[str, str] = {
    "name": people.NAMES[0],
    "phone": people.PHONES[0],
    "email": people.EMAILS[0],
    "safe_contact": people.EMAILS[2],
    "text": people.TEXTS[3],
    "description": people.TEXTS[0],
    "comment": people.TEXTS[4],
    "reason_text": people.TEXTS[1],
    "explanation": people.TEXTS[3],
    "reference": people.TEXTS[8],
    "transaction_id": people.TEXTS[6],
    "regulator_reference": people.TEXTS[7],
}
PLACE: Mapping[str, Any] = {"originator_version": 3, "timestamp": NOW}
PLAIN: Mapping[type, Any] = {bool: True, int: 7, Decimal: Decimal("129.90"), datetime: NOW, date: NOW.date()}


def kinds() -> dict[str, tuple[str, type[DomainEvent]]]:
    """Every stored name, with a service that writes it and the class that it has there."""
    found: dict[str, tuple[str, type[DomainEvent]]] = {}
    for service, event_classes in SERVICES.items():
        for event_class in event_classes:
            found.setdefault(stored_name(event_class), (service, event_class))
    return found


def sample(event_class: type[DomainEvent]) -> DomainEvent:
    stream = stored_name(event_class).partition(".")[0]
    place = {**PLACE, "originator_id": uuid5(NAMES, stream), "originator_topic": stream}
    event: DomainEvent = _filled(event_class, place)
    return event


def _filled(of: type, given: Mapping[str, Any]) -> Any:
    hints = get_type_hints(of)
    names = [field.name for field in fields(of) if field.init]
    return of(**{name: given[name] if name in given else _value(name, hints[name]) for name in names})


def _value(name: str, hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _value(name, next(each for each in arguments if each is not type(None)))
    if origin is tuple:
        inner = [each for each in arguments if each is not Ellipsis]
        return tuple(_value(name, each) for each in inner)
    if origin is dict:
        return {_value(name, arguments[0]): _value(name, arguments[1])}
    if isinstance(hint, type) and is_dataclass(hint):
        return _filled(hint, {})
    return _scalar(name, hint)


def _scalar(name: str, hint: Any) -> Any:
    if issubclass(hint, Enum):
        return next(iter(hint))
    if issubclass(hint, UUID):
        return uuid5(NAMES, name)
    return PLAIN[hint] if hint in PLAIN else ABOUT_PEOPLE.get(name, name)
