"""One open case as another system tells it: the columns, and what happened to it so far."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails

from services.intake.api.fields import (
    EARLIEST,
    LATEST,
    Amount,
    Code,
    Email,
    Instant,
    LanguageTag,
    Line,
    PersonBody,
    Request,
    Words,
)
from services.intake.domain.conversation import LetterKind
from services.intake.domain.parties import Medium
from services.intake.domain.provenance import Channel
from services.intake.domain.submission import Complexity
from services.intake.importing.faults import Fault


def _in_zone(at: object, info: ValidationInfo) -> object:
    """A time without an offset is local time in the zone that the caller names."""
    if not isinstance(at, str):
        raise ValueError("a time is text such as 2026-03-02T09:30:00+08:00")  # noqa: TRY004 - pydantic reads this one
    read = datetime.fromisoformat(at.strip())
    zone: ZoneInfo | None = (info.context or {}).get("zone")
    if read.tzinfo is None and zone is None:
        raise ValueError("this time names no offset")
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)


def _as_list(events: object) -> object:
    """In a row of CSV the list stands as JSON; a text that is none is refused as what it is."""
    try:
        return json.loads(events) if isinstance(events, str) else events
    except ValueError as error:
        raise ValueError(f"this is no JSON ({error})") from error


When = Annotated[Instant, BeforeValidator(_in_zone)]


class Past(Request):
    """Something that happened in the other system; `by` is who did it there."""

    at: When
    by: Line | None = None


class Acknowledged(Past):
    event: Literal["acknowledged"]


class Assigned(Past):
    event: Literal["assigned"]
    handler_id: Line


class IdentityVerified(Past):
    event: Literal["identity_verified"]
    method: Code = "imported"


class FollowedUp(Past):
    event: Literal["followed_up"]
    text: Words


class Noted(Past):
    event: Literal["noted"]
    text: Words


class Answered(Past):
    event: Literal["answered"]
    text: Words
    kind: LetterKind = LetterKind.INTERIM
    medium: Medium


class InformationRequested(Past):
    event: Literal["information_requested"]
    text: Words | None = None


class InformationProvided(Past):
    event: Literal["information_provided"]
    text: Words | None = None


class ThirdPartyAwaited(Past):
    event: Literal["third_party_awaited"]
    third_party: Code
    text: Words | None = None


class ThirdPartyAnswered(Past):
    event: Literal["third_party_answered"]
    text: Words | None = None


AnyPast = Annotated[
    Acknowledged
    | Assigned
    | IdentityVerified
    | FollowedUp
    | Noted
    | Answered
    | InformationRequested
    | InformationProvided
    | ThirdPartyAwaited
    | ThirdPartyAnswered,
    Field(discriminator="event"),
]


class Case(Request):
    """A row of CSV or a line of JSON."""

    reference: Line
    received_at: When
    category: Code
    description: Words
    channel: Channel = Channel.INTERNAL
    complexity: Complexity | None = None
    urgent: bool | None = None
    root_cause: Code | None = None
    name: Line | None = None
    email: Email | None = None
    phone: Annotated[str | None, Field(pattern=r"^\+?[0-9 ()-]{5,24}$")] = None
    postal_address: Annotated[Line | None, Field(max_length=500)] = None
    safe_contact: Line | None = None
    wallet_user_id: Line | None = None
    language: LanguageTag | None = None
    preferred_medium: Medium | None = None
    already_tried: Words | None = None
    grounds: Words | None = None
    account_id: Line | None = None
    disputed_amount: Amount | None = None
    disputed_currency: Line | None = None
    acknowledged_at: When | None = None
    assigned_to: Line | None = None
    assigned_at: When | None = None
    events: Annotated[tuple[AnyPast, ...], Field(max_length=1000), BeforeValidator(_as_list)] = ()

    @field_validator("disputed_currency")
    @classmethod
    def _beside_an_amount(cls, currency: str | None, info: ValidationInfo) -> str | None:
        if currency and info.data.get("disputed_amount") is None:
            raise ValueError("there is no disputed_amount beside it")
        return currency

    @model_validator(mode="after")
    def _in_order(self) -> "Case":
        if self.disputed_amount is not None and self.disputed_currency is None:
            raise ValueError("disputed_amount needs a disputed_currency")
        for past in self.past():
            if past.at < self.received_at:
                raise ValueError(f"{type(past).__name__} at {past.at.isoformat()} lies before received_at")
        return self

    def past(self) -> list[AnyPast]:
        """Everything that happened so far, in order; what happened at one instant keeps the order of the file."""
        found: list[AnyPast] = []
        if self.acknowledged_at:
            found.append(Acknowledged(event="acknowledged", at=self.acknowledged_at.isoformat()))
        if self.assigned_to:
            at = self.assigned_at or self.acknowledged_at or self.received_at
            found.append(Assigned(event="assigned", at=at.isoformat(), handler_id=self.assigned_to))
        return sorted([*found, *self.events], key=lambda past: past.at)

    def person(self) -> PersonBody:
        names = PersonBody.model_fields.keys() & type(self).model_fields.keys()
        return PersonBody(**{name: getattr(self, name) for name in names})


TIME = f"an ISO 8601 time between {EARLIEST.year} and {LATEST.year}, such as 2026-03-02T09:30:00+08:00"
COLUMNS: Mapping[str, str] = {
    "reference": "what the other system calls the case; needed, and different for each case",
    "received_at": f"when the complaint reached you: {TIME}; needed",
    "category": "a code of `GET /v1/categories`; needed",
    "description": "what the complainant says, up to 20,000 characters; needed",
    "channel": f"how it came: {', '.join(Channel)}; internal where it is left out",
    "complexity": "simple or complex; that of the category where it is left out",
    "urgent": "true or false; that of the category where it is left out",
    "root_cause": "a code of `GET /v1/reasons`",
    "name": "of the complainant, up to 200 characters",
    "email": "of the complainant, such as name@example.com",
    "phone": "of the complainant: digits, spaces, brackets and hyphens, 5 to 24 of them",
    "postal_address": "of the complainant, up to 200 characters",
    "safe_contact": "an address or number that a thief of the phone cannot read",
    "wallet_user_id": "of the complainant in your wallet: who is known already keeps their party id",
    "language": "a BCP 47 tag such as zh-CN; the tenant's first language where it is left out",
    "preferred_medium": f"{', '.join(Medium)}",
    "already_tried": "what the complainant has tried already",
    "grounds": "why the complainant thinks so",
    "account_id": "the account it is about",
    "disputed_amount": "a decimal such as 120.50, with a disputed_currency",
    "disputed_currency": "a code of the tenant's assets, with a disputed_amount",
    "acknowledged_at": f"when the other system acknowledged it: {TIME}; where it is left out, Recourse does",
    "assigned_to": "the staff id of who works on it",
    "assigned_at": f"since when: {TIME}; the acknowledgement, else the receipt, where it is left out",
    "events": "what else happened, as a JSON list: see below",
}
"""What each column holds: the howto and the errors say it in these words."""


def faults_of(error: ValidationError, line: int) -> Iterator[Fault]:
    """Say of each error in which column it is, and what belongs there instead."""
    for each in error.errors(include_url=False, include_input=False):
        place = [str(part) for part in each["loc"]]
        known = COLUMNS.get(place[0]) if place else None
        todo = f"{place[0]} is {known}" if known else "leave it out, or look at docs/howto/import.md"
        yield Fault(line=line, column=".".join(place) or None, problem=_problem(each), todo=todo)


def _problem(error: ErrorDetails) -> str:
    return PROBLEMS.get(error["type"], error["msg"])


PROBLEMS: Mapping[str, str] = {
    "extra_forbidden": "there is no such column",
    "missing": "this is missing",
    "string_pattern_mismatch": "this does not read as one",
}
