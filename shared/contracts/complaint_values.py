"""Values that complaint messages share."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.message import Value


class Money(Value):
    """A decimal string with an ISO 4217 code or an asset code."""

    amount: Decimal
    currency: str


class Party(Value):
    party_id: UUID
    role: str


class EvidenceReference(Value):
    """`commitment` is SHA-256 over salt and digest, hex; the salt is personal and dies with erasure."""

    evidence_id: UUID
    kind: str
    commitment: str


class ImportedFrom(Value):
    """The system where the complaint was kept before; `digest` is a keyed digest of what it said."""

    system: str
    digest: str


class DesiredOutcome(Value):
    kind: str
    amount: Money | None


class RegulatorReference(Value):
    body: str
    reply_due_on: date | None


class Classification(Value):
    category: str
    complexity: str
    urgent: bool
    jurisdiction: str
    regulated_service: str
    root_cause: str | None


class Remedy(Value):
    """`due_on` ends at 24:00 local; the clock runs from acceptance, or at once if `unconditional`."""

    remedy_id: UUID
    kind: str
    due_on: date
    amount: Money | None
    unconditional: bool


class Promise(Value):
    """`due_at` is the first instant at which the promise is missed, `due_on` the local date to print."""

    clock_id: UUID
    clock: str
    owner: str
    source: str
    due_at: AwareDatetime
    due_on: date
    time_zone: str
    policy: str
    policy_version: str
    verified: bool
    beyond_calendar: bool
