"""The one thread of a service that appends: it gathers what is waiting and commits it together."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from eventsourcing.domain import DomainEvent
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

RevisionsOf = Callable[[Transaction, Collection[UUID]], Mapping[UUID, int]]
"""The newest revision of what is shown with each of these streams."""


def no_revisions(_transaction: Transaction, _stream_ids: Collection[UUID]) -> Mapping[UUID, int]:
    return {}


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
        revisions_of: RevisionsOf = no_revisions,
    ) -> None:
        self._store = store
        self._mapper = mapper
        self._keep_keys = keep_keys
        self._projections = projections
        self._revisions_of = revisions_of
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
        decided = self._decided(batch)
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

    def _decided(self, batch: list[_Waiting]) -> list[_Decided]:
        """Answer what was carried out before, since its decision might be refused today, and decide the rest."""
        running = [each for each in batch if each.decisions or each.answer.set_running_or_notify_cancel()]
        try:
            with self._store.reading_together():
                fresh = self._unknown(running)
                return [decided for waiting in fresh if (decided := self._decide(waiting))]
        except PersistenceError as error:
            for waiting in running:
                if not waiting.answer.done():
                    waiting.answer.set_exception(_unavailable(error))
            return []

    def _unknown(self, batch: list[_Waiting]) -> list[_Waiting]:
        with self._store.read() as reader:
            known = self._idempotency.known(reader, [each.command.key for each in batch if each.command.key])
        fresh = []
        for waiting in batch:
            kept = _kept(known, waiting.command.key)
            if isinstance(kept, IdempotencyKeyReusedError):
                waiting.answer.set_exception(kept)
            elif kept:
                waiting.answer.set_result(_receipt(kept, replayed=True))
            else:
                fresh.append(waiting)
        return fresh

    def _decide(self, waiting: _Waiting) -> _Decided | None:
        waiting.decisions += 1
        try:
            decision = waiting.command.decide()
            keys = {at: self._keys_of(at, version) for at, version in _expected(decision.events).items()}
            sealed = [self._mapper.seal(event, keys[event.originator_id]) for event in decision.events]
        except Exception as error:  # noqa: BLE001 - whatever a decision raises belongs to its caller
            waiting.answer.set_exception(error)
            return None
        return _Decided(waiting, decision, sealed, list(keys.values()))

    def _keys_of(self, stream_id: UUID, version: int) -> StreamKeys:
        """A stream that is yet to begin has no keys."""
        return self._mapper.keys.of_stream(stream_id) if version else StreamKeys(stream_id, {})

    def _append(self, batch: list[_Decided]) -> list[tuple[_Waiting, Receipt | Exception]]:
        """Write a batch; what is known or stale is told, and nothing of it is written."""
        with self._store.write() as transaction:
            known = self._idempotency.known(transaction, _keys(batch))
            current = dict(transaction.versions({at for each in batch for at in _expected(each.sealed)}))
            refused: list[tuple[_Waiting, Receipt | Exception]] = []
            accepted = []
            for each in batch:
                if because := _refusal(each, known, current):
                    refused.append((each.waiting, because))
                else:
                    accepted.append(each)
                    current |= {UUID(str(event.originator_id)): event.originator_version for event in each.sealed}
            return [*refused, *self._record(transaction, accepted)]

    def _record(self, transaction: Transaction, accepted: list[_Decided]) -> list[tuple[_Waiting, Receipt]]:
        sealed = [event for each in accepted for event in each.sealed]
        positions = iter(transaction.append(sealed) if sealed else ())
        for each in accepted:
            self._show(transaction, each, positions)
            for step in each.decision.steps:
                step(transaction)
        revisions = self._revisions_of(transaction, {each.decision.stream_id for each in accepted}) if accepted else {}
        return [(each.waiting, self._keep(transaction, each, revisions)) for each in accepted]

    def _show(self, transaction: Transaction, decided: _Decided, positions: Iterator[int]) -> None:
        for keys in decided.keys:
            self._keep_keys(transaction, keys)
        recorded = [
            Recorded(
                event, RecordedEvent(**vars(sealed), recorded_at=transaction.recorded_at, position=next(positions))
            )
            for event, sealed in zip(decided.decision.events, decided.sealed, strict=True)
        ]
        for change in decided.decision.changes:
            of_stream, recorded = recorded[: len(change.events)], recorded[len(change.events) :]
            for projection in self._projections:
                projection.apply(transaction, of_stream, change.aggregate)

    def _keep(self, transaction: Transaction, decided: _Decided, revisions: Mapping[UUID, int]) -> Receipt:
        key, decision = decided.waiting.command.key, decided.decision
        receipt = Receipt(decision.stream_id, decision.version, revisions.get(decision.stream_id, 0))
        if key:
            self._idempotency.keep(transaction, key, receipt.stream_id, receipt.version, receipt.revision)
        return receipt

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
        committed = self._committed(_keys(decided))
        for each in decided:
            kept = _kept(committed, each.waiting.command.key)
            if isinstance(kept, KeptAnswer):
                each.waiting.answer.set_result(_receipt(kept, replayed=False))
            else:
                each.waiting.answer.set_exception(_unavailable(error))

    def _committed(self, keys: list[CommandKey]) -> Mapping[str, KeptAnswer]:
        """Look keys up under the write lock: a server that nobody listens to may still be committing."""
        with suppress(PersistenceError), self._store.write() as transaction:
            return self._idempotency.known(transaction, keys)
        return {}


def _keys(decided: Iterable[_Decided]) -> list[CommandKey]:
    return [each.waiting.command.key for each in decided if each.waiting.command.key]


def _kept(known: Mapping[str, KeptAnswer], key: CommandKey | None) -> KeptAnswer | IdempotencyKeyReusedError | None:
    """What is known of a key: where its answer stands, or that it was used for something else."""
    kept = known.get(key.digest) if key else None
    if kept and key and kept.body_digest != key.body_digest:
        return IdempotencyKeyReusedError()
    return kept


def _refusal(
    decided: _Decided, known: Mapping[str, KeptAnswer], current: Mapping[UUID, int]
) -> Receipt | Exception | None:
    """Why a command is not written: it was carried out, its key was used, or a stream has moved on."""
    kept = _kept(known, decided.waiting.command.key)
    if kept:
        return kept if isinstance(kept, Exception) else _receipt(kept, replayed=True)
    is_stale = any(current[at] != version for at, version in _expected(decided.sealed).items())
    return StaleError() if is_stale else None


def _expected(events: Iterable[DomainEvent | StoredEvent]) -> dict[UUID, int]:
    """The version that each stream must have before these events."""
    expected: dict[UUID, int] = {}
    for event in events:
        expected.setdefault(UUID(str(event.originator_id)), event.originator_version - 1)
    return expected


def _receipt(kept: KeptAnswer, *, replayed: bool) -> Receipt:
    return Receipt(kept.stream_id, kept.version, kept.revision, replayed)


def _unavailable(cause: PersistenceError) -> StoreUnavailableError:
    error = StoreUnavailableError(str(cause))
    error.__cause__ = cause
    return error
