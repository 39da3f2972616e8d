"""The one thread of a service that appends: it gathers what is waiting and commits it together."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from eventsourcing.persistence import DataError, IntegrityError, PersistenceError, StoredEvent

from shared.eventstore.cipher import StreamKeys
from shared.eventstore.command import (
    Command,
    Decision,
    Projection,
    Receipt,
    Recorded,
    StoreUnavailableError,
    WriterBusyError,
)
from shared.eventstore.idempotency import CommandKey, Idempotency, IdempotencyKeyReusedError, KeptAnswer
from shared.eventstore.mapper import EventMapper
from shared.eventstore.store import RecordedEvent, StaleError, Store, Transaction

logger = logging.getLogger(__name__)

LONGEST_BATCH = 256
LONGEST_QUEUE = 4096
MOST_DECISIONS = 20


@dataclass
class _Waiting:
    command: Command
    answer: "Future[Receipt]" = field(default_factory=Future)
    decisions: int = 0


@dataclass(frozen=True)
class _Decided:
    waiting: _Waiting
    decision: Decision
    sealed: list[StoredEvent]
    keys: list[StreamKeys]


class Writer:
    """Decides outside the transaction, appends inside, answers after the commit.

    A refused command fails its own caller only. What went stale is decided again. On an error of
    the data the batch is repeated command by command. After an unclear commit every command that
    has a key is looked up by it.
    """

    def __init__(
        self,
        store: Store,
        mapper: EventMapper,
        *,
        keep_keys: Callable[[Transaction, StreamKeys], None] = lambda _transaction, _keys: None,
        projections: Sequence[Projection] = (),
        revision_of: Callable[[Transaction, UUID], int] = lambda _transaction, _stream_id: 0,
    ) -> None:
        self._store = store
        self._mapper = mapper
        self._keep_keys = keep_keys
        self._projections = projections
        self._revision_of = revision_of
        self._idempotency = Idempotency(store.application)
        self._arrived = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._stopping = False

    def submit(self, command: Command) -> "Future[Receipt]":
        """Hand a command over; the future raises what its decision raised. Raises WriterBusyError."""
        waiting = _Waiting(command)
        with self._arrived:
            if self._stopping or len(self._queue) >= LONGEST_QUEUE:
                raise WriterBusyError
            self._queue.append(waiting)
            self._arrived.notify()
        return waiting.answer

    def run(self) -> None:
        """Serve until stopped and everything that was accepted is answered."""
        while batch := self._next_batch():
            self._serve(batch)

    def stop(self) -> None:
        with self._arrived:
            self._stopping = True
            self._arrived.notify()

    def _next_batch(self) -> list[_Waiting]:
        """Take commands in order, leaving those that share a stream or key with an earlier one; none = stopped."""
        batch: list[_Waiting] = []
        left: list[_Waiting] = []
        touched: set[object] = set()
        with self._arrived:
            self._arrived.wait_for(lambda: self._queue or self._stopping)
            while self._queue and len(batch) < LONGEST_BATCH:
                waiting = self._queue.popleft()
                touches = {*waiting.command.streams, waiting.command.key}
                (left if (touched & touches) - {None} else batch).append(waiting)
                touched |= touches
            self._queue.extendleft(reversed(left))
        return batch

    def _serve(self, batch: list[_Waiting]) -> None:
        fresh = [waiting for waiting in batch if not self._answer_known(waiting)]
        decided = [decided for waiting in fresh if (decided := self._decide(waiting))]
        try:
            answers = self._append(decided) if decided else []
        except (IntegrityError, DataError, StaleError) as error:
            self._repeat(decided, error)
        except PersistenceError as error:
            self._resolve_unclear(decided, error)
        except Exception as error:  # noqa: BLE001 - one command's fault must not stop the others
            self._repeat(decided, error)
        else:
            self._answer(answers)

    def _answer_known(self, waiting: _Waiting) -> bool:
        """Answer what was carried out before: its decision might be refused today."""
        if not waiting.decisions and not waiting.answer.set_running_or_notify_cancel():
            return True
        try:
            kept = self._look_up(waiting.command.key)
        except Exception as error:  # noqa: BLE001 - a reused key or a lost store belongs to the caller
            waiting.answer.set_exception(_unavailable(error) if isinstance(error, PersistenceError) else error)
            return True
        if kept:
            waiting.answer.set_result(_receipt(kept, replayed=True))
        return kept is not None

    def _decide(self, waiting: _Waiting) -> _Decided | None:
        waiting.decisions += 1
        try:
            decision = waiting.command.decide()
            keys = {event.originator_id: self._mapper.keys.of_stream(event.originator_id) for event in decision.events}
            sealed = [self._mapper.seal(event, keys[event.originator_id]) for event in decision.events]
        except Exception as error:  # noqa: BLE001 - whatever a decision raises belongs to its caller
            waiting.answer.set_exception(error)
            return None
        return _Decided(waiting, decision, sealed, list(keys.values()))

    def _append(self, decided: list[_Decided]) -> list[tuple[_Waiting, Receipt | Exception]]:
        with self._store.write() as transaction:
            return [(each.waiting, self._record(transaction, each)) for each in decided]

    def _record(self, transaction: Transaction, decided: _Decided) -> Receipt | Exception:
        """Write one command; what is known or stale is told before anything of it is written."""
        key, decision = decided.waiting.command.key, decided.decision
        try:
            kept = self._idempotency.find(transaction, key) if key else None
        except IdempotencyKeyReusedError as error:
            return error
        if kept:
            return _receipt(kept, replayed=True)
        if any(transaction.version(at) != version for at, version in _expected(decided.sealed).items()):
            return StaleError()
        self._record_events(transaction, decided)
        for step in decision.steps:
            step(transaction)
        receipt = Receipt(decision.stream_id, decision.version, self._revision_of(transaction, decision.stream_id))
        if key:
            self._idempotency.keep(transaction, key, receipt.stream_id, receipt.version, receipt.revision)
        return receipt

    def _record_events(self, transaction: Transaction, decided: _Decided) -> None:
        if not decided.sealed:
            return
        positions = transaction.append(decided.sealed)
        for keys in decided.keys:
            self._keep_keys(transaction, keys)
        recorded = [
            Recorded(event, RecordedEvent(**vars(sealed), recorded_at=transaction.recorded_at, position=position))
            for event, sealed, position in zip(decided.decision.events, decided.sealed, positions, strict=True)
        ]
        for change in decided.decision.changes:
            of_stream, recorded = recorded[: len(change.events)], recorded[len(change.events) :]
            for projection in self._projections:
                projection.apply(transaction, of_stream, change.aggregate)

    def _answer(self, answers: list[tuple[_Waiting, Receipt | Exception]]) -> None:
        for waiting, answer in answers:
            if isinstance(answer, StaleError) and waiting.decisions < MOST_DECISIONS:
                self._serve([waiting])
            elif isinstance(answer, Exception):
                waiting.answer.set_exception(answer)
            else:
                waiting.answer.set_result(answer)

    def _repeat(self, decided: list[_Decided], error: Exception) -> None:
        """Nothing of this batch was recorded: find the command at fault by taking them one by one."""
        if len(decided) > 1:
            for each in decided:
                self._serve([each.waiting])
            return
        waiting = decided[0].waiting
        if isinstance(error, (StaleError, IntegrityError)) and waiting.decisions < MOST_DECISIONS:
            self._serve([waiting])
        else:
            waiting.answer.set_exception(error)

    def _resolve_unclear(self, decided: list[_Decided], error: PersistenceError) -> None:
        """A lost COMMIT reply may hide a success: only the keys in the table can tell."""
        logger.warning("append failed, looking up what was committed: %s", error)
        committed = self._committed([each.waiting.command.key for each in decided])
        for each in decided:
            key = each.waiting.command.key
            if key in committed:
                each.waiting.answer.set_result(_receipt(committed[key], replayed=False))
            else:
                each.waiting.answer.set_exception(_unavailable(error))

    def _committed(self, keys: Sequence[CommandKey | None]) -> dict[CommandKey | None, KeptAnswer]:
        """Look keys up under the write lock: a server that nobody listens to may still be committing."""
        found: dict[CommandKey | None, KeptAnswer] = {}
        with suppress(PersistenceError), self._store.write() as transaction:
            for key in keys:
                with suppress(IdempotencyKeyReusedError):
                    if key and (kept := self._idempotency.find(transaction, key)):
                        found[key] = kept
        return found

    def _look_up(self, key: CommandKey | None) -> KeptAnswer | None:
        if key is None:
            return None
        with self._store.read() as reader:
            return self._idempotency.find(reader, key)


def _expected(sealed: list[StoredEvent]) -> dict[UUID, int]:
    """The version that each stream must have before these events."""
    expected: dict[UUID, int] = {}
    for event in sealed:
        expected.setdefault(UUID(str(event.originator_id)), event.originator_version - 1)
    return expected


def _receipt(kept: KeptAnswer, *, replayed: bool) -> Receipt:
    return Receipt(kept.stream_id, kept.version, kept.revision, replayed)


def _unavailable(cause: PersistenceError) -> StoreUnavailableError:
    error = StoreUnavailableError(str(cause))
    error.__cause__ = cause
    return error
