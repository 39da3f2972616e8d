"""What becomes of one message: applied, skipped, made to wait, parked, or tried again later."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Generic, TypeVar
from uuid import UUID

from eventsourcing.persistence import InterfaceError, OperationalError

from shared.contracts.envelope import Envelope
from shared.contracts.message import Message
from shared.eventstore.application import EventSourced
from shared.eventstore.command import Change, Command, Decision, Receipt, Step, StoreUnavailableError, WriterBusyError
from shared.eventstore.idempotency import CommandKey, Idempotency
from shared.eventstore.store import StaleError
from shared.messaging.dead_letters import notice
from shared.messaging.facts import Received, UndecodableMessageError, receive
from shared.messaging.inbox import Inbox
from shared.messaging.log import Incoming, LogUnavailableError, Partition
from shared.messaging.parking import ParkedState, Parking

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5


class NotYetError(Exception):
    """What a message builds on has not come over its own topic yet; the partition waits."""


TRANSIENT = (
    NotYetError,
    StoreUnavailableError,
    WriterBusyError,
    LogUnavailableError,
    OperationalError,
    InterfaceError,
    ConnectionError,
    TimeoutError,
    StaleError,
)


M_co = TypeVar("M_co", bound=Message, covariant=True)


@dataclass(frozen=True)
class Delivery(Generic[M_co]):
    """A message for its reaction: `steps` and `key` must go into the command that holds the effects."""

    envelope: Envelope
    message: M_co
    steps: tuple[Step, ...]
    key: CommandKey | None


Reaction = Callable[[Delivery[Any]], "Future[Receipt]"]


class Fate(Enum):
    DONE = auto()
    PARKED = auto()
    RETRY = auto()


class CannotApplyError(Exception):
    """A message cannot be applied as it is; the code says why it was parked."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Dispatcher:
    """Takes messages to the reactions of one consumer group; the caller keeps the order."""

    def __init__(
        self,
        application: EventSourced,
        reactions: Mapping[type[Message], Reaction],
        *,
        group: str,
        now: Callable[[], datetime],
    ) -> None:
        self._application = application
        self._reactions = reactions
        self._group = group
        self._now = now
        self._idempotency = Idempotency(application.store.application)
        self.inbox = Inbox(application.store.application)
        self.parking = Parking(application.store.application)
        self._attempts: Counter[tuple[Partition, int]] = Counter()

    def begin(self, incoming: Incoming, *, redriven: bool = False) -> "Future[Receipt | None]":
        """Start a message; the future holds None where nothing is to be done, and never blocks to make."""
        answer: Future[Receipt | None] = Future()
        try:
            started = self._start(incoming, redriven=redriven)
        except Exception as error:  # noqa: BLE001 - settle() knows what each error means
            answer.set_exception(error)
            return answer
        if started is None:
            answer.set_result(None)
            return answer
        return started  # type: ignore[return-value]

    def settle(self, incoming: Incoming, begun: "Future[Receipt | None]") -> Fate:
        """Wait for a begun message and say how it ended."""
        try:
            begun.result()
        except TRANSIENT as error:
            logger.warning("%s waits: %r", incoming.partition, error)
            return Fate.RETRY
        except CannotApplyError as error:
            return self._park(incoming, error.code, str(error))
        except Exception as error:
            logger.exception("a reaction of %s failed", self._group)
            return self._failed(incoming, error)
        self._attempts.pop((incoming.partition, incoming.offset), None)
        return Fate.DONE

    def _start(self, incoming: Incoming, *, redriven: bool) -> "Future[Receipt] | None":
        if not redriven and self._is_put_aside(incoming):
            return None
        received = self._read(incoming)
        steps = (self.parking.release(incoming),) if redriven else ()
        if not redriven and self._is_behind_parked(incoming):
            raise CannotApplyError("behind-parked", "an earlier message of this complaint is parked")
        if received.envelope.type.startswith("recourse.command."):
            return self._start_command(received, steps)
        return self._start_fact(incoming, received, steps)

    def _read(self, incoming: Incoming) -> Received:
        try:
            return receive(incoming)
        except UndecodableMessageError as error:
            raise CannotApplyError("undecodable", str(error)) from error

    def _is_put_aside(self, incoming: Incoming) -> bool:
        """Tell whether a message, read again after a crash, is a row already; the row says why and what was asked."""
        with self._application.store.read() as reader:
            return self.parking.has(reader, incoming)

    def _is_behind_parked(self, incoming: Incoming) -> bool:
        with self._application.store.read() as reader:
            return self.parking.holds(reader, incoming.key)

    def _start_command(self, received: Received, steps: tuple[Step, ...]) -> "Future[Receipt]":
        """A command is judged by its id alone."""
        envelope, message = received.envelope, received.message
        reaction = self._reactions.get(type(message)) if message else None
        if message is None or reaction is None:
            raise CannotApplyError("unknown-command", f"{self._group} knows no command {envelope.type}")
        key = CommandKey.of_message(envelope.id, envelope.type)
        if steps and self._was_carried_out(key):
            return self._only(envelope, steps)
        return reaction(Delivery(envelope, message, steps, key))

    def _was_carried_out(self, key: CommandKey) -> bool:
        with self._application.store.read() as reader:
            return self._idempotency.find(reader, key) is not None

    def _start_fact(self, incoming: Incoming, received: Received, steps: tuple[Step, ...]) -> "Future[Receipt] | None":
        """A fact is judged by the version of its stream: the next is applied, an earlier skipped, a later waits."""
        envelope, message = received.envelope, received.message
        with self._application.store.read() as reader:
            version = self.inbox.version(reader, envelope.application, envelope.stream_id)
        if envelope.version <= version:
            return self._only(envelope, steps) if steps else None
        if envelope.version > version + 1:
            return self._only(envelope, (self._wait(incoming, envelope, version),))
        applied = (self.inbox.applied(envelope, incoming.partition), *steps)
        reaction = self._reactions.get(type(message)) if message else None
        if message is None or reaction is None:
            return self._only(envelope, applied)
        return reaction(Delivery(envelope, message, applied, None))

    def _wait(self, incoming: Incoming, envelope: Envelope, version: int) -> Step:
        return self.parking.park(
            incoming,
            stream_id=str(envelope.stream_id),
            version=envelope.version,
            state=ParkedState.WAITING,
            reason="gap",
            detail=f"version {version + 1} has not come yet",
        )

    def _only(self, envelope: Envelope, steps: tuple[Step, ...]) -> "Future[Receipt]":
        return self._application.execute(Command(decide=lambda: Decision(envelope.stream_id, 0, steps=steps)))

    def _failed(self, incoming: Incoming, error: Exception) -> Fate:
        place = (incoming.partition, incoming.offset)
        self._attempts[place] += 1
        if self._attempts[place] < MOST_ATTEMPTS:
            return Fate.RETRY
        return self._park(incoming, "failed", repr(error))

    def _park(self, incoming: Incoming, code: str, detail: str) -> Fate:
        envelope = _envelope(incoming)
        noticed = notice(incoming, envelope, group=self._group, reason=code, now=self._now())
        park = self.parking.park(
            incoming,
            stream_id=str(envelope.stream_id) if envelope else None,
            version=envelope.version if envelope else None,
            state=ParkedState.PARKED,
            reason=code,
            detail=detail,
        )

        def decide() -> Decision:
            changes = () if self._was_noticed(noticed.originator_id) else (Change.of(noticed),)
            return Decision(noticed.originator_id, 1, changes, (park,))

        try:
            self._application.execute(Command(decide=decide, streams=(noticed.originator_id,))).result()
        except TRANSIENT:
            return Fate.RETRY
        self._attempts.pop((incoming.partition, incoming.offset), None)
        logger.error("parked %s: %s (%s)", incoming.key, code, detail)
        return Fate.PARKED

    def _was_noticed(self, notice_id: UUID) -> bool:
        return bool(self._application.store.stream(notice_id))


def _envelope(incoming: Incoming) -> Envelope | None:
    try:
        return receive(incoming).envelope
    except UndecodableMessageError:
        return None
