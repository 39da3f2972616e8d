"""The building blocks of requests and answers: text that any store can hold, money, people, evidence."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from services.intake.domain.parties import PartyRole, Person
from services.intake.domain.provenance import Channel
from services.intake.domain.remedies import RemedyKind
from services.intake.domain.submission import OutcomeKind


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("the character NUL cannot be stored; leave it out")
    return text


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _plain_decimal(amount: object) -> object:
    """Refuse numbers: JSON reads them as floats, which lose digits; and exponents, which nobody prints."""
    if not isinstance(amount, str) or len(amount) > LONGEST_AMOUNT or not re.fullmatch(PLAIN_DECIMAL, amount):
        raise ValueError('an amount is a decimal string such as "12.50"')
    return amount


EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)
"""Beyond them lie slips of the pen, and days that no calendar can count on from."""
JURISDICTION = r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$"
PLAIN_DECIMAL = r"^[0-9]+(\.[0-9]+)?$"
MOST_DIGITS = 38
LONGEST_AMOUNT = MOST_DIGITS + 1

Instant = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST), AfterValidator(_in_utc)]
Day = Annotated[date, Field(ge=EARLIEST.date(), le=LATEST.date())]
Amount = Annotated[
    Decimal,
    Field(max_digits=MOST_DIGITS),
    BeforeValidator(_plain_decimal),
    WithJsonSchema({"type": "string", "pattern": PLAIN_DECIMAL, "maxLength": LONGEST_AMOUNT}),
]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_without_nul)
]
Words = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(_without_nul)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$"), AfterValidator(_without_nul)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
EvidenceIds = Annotated[tuple[UUID, ...], Field(max_length=50)]


class Request(BaseModel):
    """A request says nothing that is not asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class MoneyBody(Request):
    """A decimal string, so that no digit is lost, and an ISO 4217 code or asset code of the tenant."""

    amount: Amount
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3,12}$")]


class PersonBody(Request):
    """What is known of a person; `safe_contact` is a way that a thief of the phone cannot read."""

    name: Line | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ()-]{5,24}$")] | None = None
    email: Email | None = None
    postal_address: Annotated[str, StringConstraints(max_length=500), AfterValidator(_without_nul)] | None = None
    safe_contact: Line | None = None

    def person(self, wallet_user_id: str | None = None) -> Person:
        return Person(wallet_user_id=wallet_user_id, **self.model_dump(exclude={"wallet_user_id"}))


class RemedyBody(Request):
    """`due_on` ends at 24:00 local; an unconditional remedy is owed without acceptance."""

    kind: RemedyKind
    due_on: Day
    amount: MoneyBody | None = None
    unconditional: bool = False


class Spoken(Request):
    """A command that a party gives; a handler who writes the words down says whose they are, and how they came.

    `on_behalf_of` is a party id, `occurred_at` when the words were spoken; both are for handlers only.
    """

    on_behalf_of: UUID | None = None
    channel: Channel | None = None
    occurred_at: Instant | None = None


def _digits(amount: Decimal) -> str:
    """Every digit, and no exponent: what this API answers it also takes."""
    return f"{amount:f}"


PlainAmount = Annotated[Decimal, PlainSerializer(_digits, return_type=str, when_used="json")]


class MoneyOut(Answer):
    amount: PlainAmount
    currency: str


class PartyOut(Answer):
    """`person` is shown to handlers, and to a party its own; null once it is erased."""

    party_id: UUID
    role: PartyRole
    person: dict[str, str | None] | None


class EvidenceOut(Answer):
    """`commitment` is SHA-256 over salt and digest; the file's name, type and size are null once it is erased."""

    evidence_id: UUID
    kind: str
    commitment: str
    file_name: str | None
    media_type: str | None
    size_bytes: int | None
    added_at: datetime


class DesiredOutcomeOut(Answer):
    kind: OutcomeKind
    amount: MoneyOut | None


class LabelledCode(Answer):
    """A stable code, and its label in the language asked for."""

    code: str
    label: str


class PromiseOut(Answer):
    """One promised date: `due_at` is the first instant at which it is missed, `due_on` the local date to print.

    Where it has not been kept, the complainant may turn to the bodies of `referable_to` from `referable_from` on.
    """

    clock_id: UUID
    clock: str
    owner: str
    source: str
    due_at: datetime
    due_on: date
    time_zone: str
    state: str
    policy: str
    policy_version: str
    verified: bool
    beyond_calendar: bool
    extended: bool
    referable_to: tuple[str, ...] = ()
    referable_from: date | None = None
