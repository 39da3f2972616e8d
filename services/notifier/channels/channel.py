"""The port to a way of telling people, with its promise.

- `send` returns once the other side has taken the message; then it is never sent again.
- A crash before that is recorded sends again with the same `key`, so that the other side can tell.
- `send` ends within LONGEST_SEND_SECONDS, or nearly: a process that stops waits for it.
- ChannelError says whether another attempt makes sense.
"""

from dataclasses import dataclass
from typing import Protocol

from shared.contracts.tenant import LONGEST_SEND_SECONDS

CONNECT_SECONDS = 0.4 * LONGEST_SEND_SECONDS
ANSWER_SECONDS = LONGEST_SEND_SECONDS - CONNECT_SECONDS
"""How an HTTP receiver may share the time between being found and answering."""


class ChannelError(Exception):
    """The message was not taken; `code` is recorded, nothing of the message is."""

    def __init__(self, code: str, *, may_retry: bool = True) -> None:
        super().__init__(code)
        self.code = code
        self.may_retry = may_retry


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One message; `address` is what the channel reaches the recipient by.

    `entity` is the whole of a letter for a channel that takes more than text: MIME parts, sent as they are.
    """

    key: str
    address: str
    subject: str
    text: str
    entity: bytes | None = None


class Channel(Protocol):
    def send(self, message: Outgoing) -> None:
        """Blocks until the message is taken; raises ChannelError."""
