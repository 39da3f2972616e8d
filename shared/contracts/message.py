"""What every message on a topic is: a fact or a command, with each of its fields declared public or personal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

EACH_PARTY = "each"


class Audience(StrEnum):
    """Who may see an event or a field of it; each sees what the ones before it see."""

    COMPLAINANT = "complainant"
    HANDLER = "handler"
    RESTRICTED = "restricted"

    def sees(self, other: "Audience") -> bool:
        ranks = list(Audience)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True)
class Personal:
    """A field that identifies or describes a person: encrypted in the store, absent from every topic.

    `of` names the public field that holds the party id of the data subject;
    `EACH_PARTY` says that the field maps party ids to what belongs to each.
    """

    meaning: str
    of: str = "complainant"
    audience: Audience = Audience.COMPLAINANT


@dataclass(frozen=True)
class SeenBy:
    """Put on a public field that fewer may see than the event itself."""

    audience: Audience


class Value(BaseModel):
    """A nested value of a message; readers ignore what a newer writer added."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Actor(Value):
    type: str
    id: str


class Message(Value):
    """The public part of one stored event, as it stands on its topic."""

    stored_name: ClassVar[str]
    topic: ClassVar[str]
    audience: ClassVar[Audience] = Audience.HANDLER
    personal: ClassVar[Mapping[str, Personal]] = {}

    tenant: str
    actor: Actor
    on_behalf_of: UUID | None
    channel: str
    occurred_at: AwareDatetime
    causation_id: UUID | None
    correlation_id: UUID
    imported: bool

    @classmethod
    def message_type(cls) -> str:
        """The CloudEvents type, such as `recourse.complaint.escalated.v1`."""
        return f"recourse.{cls.stored_name.replace('_', '-')}.v1"

    @classmethod
    def audience_of(cls, fields: Mapping[str, Any]) -> Audience:  # noqa: ARG003 - some events decide by their content
        """The audience of one event with these fields."""
        return cls.audience

    @classmethod
    def audience_of_field(cls, name: str) -> Audience:
        """The audience of a public or personal field, beyond that of the event."""
        if name in cls.personal:
            return cls.personal[name].audience
        marks = [mark for mark in cls.model_fields[name].metadata if isinstance(mark, SeenBy)]
        return marks[0].audience if marks else Audience.COMPLAINANT


@dataclass(frozen=True)
class Registry:
    """Every message that Recourse writes, by stored name and by CloudEvents type."""

    by_stored_name: Mapping[str, type[Message]]
    by_type: Mapping[str, type[Message]] = field(default_factory=dict)

    @classmethod
    def of(cls, messages: tuple[type[Message], ...]) -> "Registry":
        return cls(
            by_stored_name={message.stored_name: message for message in messages},
            by_type={message.message_type(): message for message in messages},
        )
