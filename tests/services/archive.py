"""Intake's events on a real store with keys and a writer, and nothing else of the service."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

from services.intake.changing import EVENTS
from services.intake.domain.complaint import Complaint
from services.intake.views.complaint_list import COMPLAINT_LIST
from shared.eventstore.application import EventSourced
from shared.eventstore.cipher import MasterKey
from shared.eventstore.command import Command, Decision, Projection, Receipt, Step
from shared.eventstore.idempotency import CommandKey
from shared.eventstore.keys import KEYS, KeyRing
from shared.eventstore.sqlite import SQLiteStore
from shared.eventstore.store import RecordedEvent, Store
from shared.messaging.lease import Lease
from shared.runtime.roles import SCHEMAS
from tests import builders as a
from tests.clock import StandingClock

ARCHIVED = (*SCHEMAS, KEYS, COMPLAINT_LIST)
MASTER = MasterKey(bytes(range(32)))
PATIENCE_SECONDS = 30
POOLED_CONNECTIONS = 8


class Complaints(EventSourced):
    name = "intake"


class Archive:
    """The writer runs between `begin` and `stop`, so that a test decides what waits together."""

    def __init__(self, store: Store, *, projections: Sequence[Projection] = ()) -> None:
        store.prepare(*ARCHIVED)
        self.store = store
        self.keys = KeyRing(store, MASTER)
        self.application = Complaints(store, EVENTS, keys=self.keys, projections=projections)
        self._thread = threading.Thread(target=self.application.writer.run, name="writer")

    def begin(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the writer answer what it accepted, and end."""
        self.application.writer.stop()
        if self._thread.ident is not None:
            self._thread.join()

    def give(self, command: Command) -> "Future[Receipt]":
        return self.application.execute(command)

    def carry_out(self, command: Command) -> Receipt:
        return self.give(command).result(PATIENCE_SECONDS)

    def submit(self, complaint_id: UUID, *, key: CommandKey | None = None, steps: tuple[Step, ...] = ()) -> Command:
        return Command(
            decide=lambda: Decision.of(new_complaint(complaint_id), steps=steps), streams=(complaint_id,), key=key
        )

    def follow_up(
        self, complaint_id: UUID, *, key: CommandKey | None = None, alone: bool = True, steps: tuple[Step, ...] = ()
    ) -> Command:
        """Ask again; not `alone`, the command hides which stream it changes, so that it may meet another there."""

        def decide() -> Decision:
            complaint: Complaint = self.application.repository.get(complaint_id)
            complaint.follow_up("商家说已经退款", by=a.session())
            return Decision.of(complaint, steps=steps)

        return Command(decide=decide, streams=(complaint_id,) if alone else (), key=key)

    def versions(self, complaint_id: UUID) -> list[int]:
        return [stored.originator_version for stored in self.store.stream(complaint_id)]

    def events(self) -> Sequence[RecordedEvent]:
        return self.store.follow(0, 10_000)


def new_complaint(complaint_id: UUID) -> Complaint:
    """A complaint whose first events are not recorded yet."""
    return Complaint.submit(
        complaint_id, a.submission(), a.classification(), classified_because="rule", freeze_id=a.FREEZE, by=a.session()
    )


def key(digest: str = "key", body: str = "body") -> CommandKey:
    return CommandKey(digest, body)


def sqlite(directory: Path, clock: StandingClock) -> SQLiteStore:
    return SQLiteStore(directory / "intake.db", "intake", clock)


@contextmanager
def opened(directory: Path, clock: StandingClock) -> Iterator[Archive]:
    """An archive whose writer waits for `begin`; closed in the end."""
    with kept_in(sqlite(directory, clock)) as archive:
        yield archive


@contextmanager
def kept_in(store: Store) -> Iterator[Archive]:
    """An archive on a store of its own, closed in the end."""
    archive = Archive(store)
    try:
        yield archive
    finally:
        archive.stop()
        archive.application.close()


@contextmanager
def another_writer(archive: Archive) -> Iterator[Archive]:
    """A second writer on the same store, which waits for `begin`."""
    another = Archive(archive.store)
    try:
        yield another
    finally:
        another.stop()


def fill_disk(store: Store) -> None:
    """Let the database take no page more, as a full disk does."""
    _limit_pages(store, "(SELECT page_count FROM pragma_page_count)")


def free_disk(store: Store) -> None:
    _limit_pages(store, "1073741823")


def _limit_pages(store: Store, limit: str) -> None:
    """The limit is one of the connection, so every connection of the pool is given it."""
    with ExitStack() as stack:
        for reader in [stack.enter_context(store.read()) for _ in range(POOLED_CONNECTIONS)]:
            pages = reader.execute(f"SELECT {limit} AS pages")[0]["pages"]
            reader.execute(f"PRAGMA max_page_count = {pages}")


def lease_of(store: Store, holder: str = "relay") -> Lease:
    return Lease(store, "relay", holder)
