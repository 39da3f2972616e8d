"""Who did something, for whom, through which channel, when, and because of what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ActorType(StrEnum):
    COMPLAINANT = "complainant"
    REPRESENTATIVE = "representative"
    HANDLER = "handler"
    SUPERVISOR = "supervisor"
    SERVICE = "service"
    SYSTEM = "system"


class Channel(StrEnum):
    APP = "app"
    WEB = "web"
    CHAT = "chat"
    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"
    SOCIAL = "social"
    REGULATOR = "regulator"
    THIRD_PARTY = "third_party"
    INTERNAL = "internal"


class Voice(StrEnum):
    """In which right somebody speaks; every rule of the lifecycle is written in these."""

    SESSION = "session"  # a party, in an authenticated session of an app or with a token of its own
    RECORDED = "recorded"  # a party's words, written down by a handler
    HANDLER = "handler"
    SUPERVISOR = "supervisor"
    SERVICE = "service"  # a trusted system of the wallet: payments ledger, notifier
    SYSTEM = "system"  # Recourse itself


@dataclass(frozen=True)
class Actor:
    """`id` is a staff id, a client id or a party id, never a wallet user id."""

    type: ActorType
    id: str


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What every event says about its origin; `at` is when it happened, not when it was recorded."""

    actor: Actor
    at: datetime
    channel: Channel
    correlation_id: UUID
    on_behalf_of: UUID | None = None
    causation_id: UUID | None = None
    imported: bool = False

    @property
    def voice(self) -> Voice:
        if self.actor.type in PARTIES_OWN_TOKEN:
            return Voice.SESSION
        if self.on_behalf_of is None:
            return Voice(self.actor.type)
        return Voice.SESSION if self.actor.type == ActorType.SERVICE else Voice.RECORDED

    @property
    def party(self) -> UUID | None:
        """The party whose words or wish this is; None when staff or a system acts on its own."""
        if self.actor.type in PARTIES_OWN_TOKEN:
            return UUID(self.actor.id)
        return self.on_behalf_of


PARTIES_OWN_TOKEN = frozenset({ActorType.COMPLAINANT, ActorType.REPRESENTATIVE})
