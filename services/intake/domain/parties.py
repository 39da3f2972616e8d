"""The people a complaint is about, and how to reach them."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class PartyRole(StrEnum):
    COMPLAINANT = "complainant"
    REPRESENTATIVE = "representative"
    COUNTERPARTY = "counterparty"
    HANDLER = "handler"
    WITNESS = "witness"


class Medium(StrEnum):
    IN_APP = "in_app"
    SMS = "sms"
    EMAIL = "email"
    PHONE = "phone"
    LETTER = "letter"


@dataclass(frozen=True)
class Party:
    """`party_id` is random and stable per tenant and person."""

    party_id: UUID
    role: PartyRole


@dataclass(frozen=True, kw_only=True)
class Person:
    """Personal data of one party, each item as the party gave it."""

    name: str | None = None
    wallet_user_id: str | None = None
    phone: str | None = None
    email: str | None = None
    postal_address: str | None = None
    safe_contact: str | None = None
