"""The notice that a message was parked; the message itself stays a row of its consumer."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.message import Message


class DeadLetterNoticed(Message):
    """`reason` is a code; `source_topic`, `partition` and `offset` say where the parked message stands."""

    stored_name: ClassVar[str] = "dead_letter.noticed"
    topic: ClassVar[str] = "dead"  # one topic for each source and group: see topics.dead_letter_topic

    group: str
    source_topic: str
    partition: int
    offset: int
    message_id: str
    parked_type: str
    key: str
    reason: str
    stream_id: UUID | None
    version: int | None
