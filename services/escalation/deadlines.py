"""The ticker: finds what is due, asks intake whether it knows better, and lets the rest fire. It has no rules."""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from services.escalation.application import Escalation
from services.escalation.heartbeat import Heartbeat
from services.escalation.views.due_clocks import DueClock, DueClocks
from shared.contracts.complaint_versions import ComplaintVersions, VersionsAt
from shared.eventstore.command import StoreUnavailableError, WriterBusyError
from shared.messaging.inbox import Inbox
from shared.messaging.parking import Parking
from shared.runtime.clock import Steady

logger = logging.getLogger(__name__)

MOST_CLOCKS = 500
WAITING = (PersistenceError, StoreUnavailableError, WriterBusyError, ConnectionError)


class Ticker:
    """Fires a clock only when intake's time has passed it and everything intake recorded was applied."""

    def __init__(
        self,
        escalation: Escalation,
        due_clocks: DueClocks,
        versions: ComplaintVersions,
        heartbeat: Heartbeat,
        *,
        holder: str,
        poll_seconds: float,
        fires_per_second: int,
        steady: Steady,
    ) -> None:
        self._escalation = escalation
        self._due_clocks = due_clocks
        self._versions = versions
        self._heartbeat = heartbeat
        self._holder = holder
        self._has_taken = False
        self._poll_seconds = poll_seconds
        self._fires_per_second = fires_per_second
        self._page = min(fires_per_second, MOST_CLOCKS)
        self._steady = steady
        self._stopped_because: str | None = None
        self._behind: DueClock | None = None
        self._recounted = False
        self._stuck: set[UUID] = set()
        self._inbox = Inbox(escalation.store.application)
        self._parking = Parking(escalation.store.application)

    @property
    def fires(self) -> bool:
        """False while the time cannot be believed."""
        return self._stopped_because is None

    @property
    def is_well(self) -> bool:
        """False too while a complaint has clocks that cannot be fired: the others go on."""
        return self.fires and not self._stuck

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            began = self._steady()
            try:
                fired = self.tick()
            except WAITING as error:
                logger.warning("the ticker waits: %s", error)
                fired = 0
            took = self._steady() - began
            stop.wait(max(fired / self._fires_per_second - took, 0) if fired else self._poll_seconds)
        with suppress(PersistenceError):  # they run out by themselves
            self._give_back()

    def _recount(self, now: datetime) -> None:
        """Once after each start, since calendars are read when a process starts."""
        if not self._recounted:
            if moved := self._escalation.recount(now=now):
                logger.info("%d complaints are counted by newer calendars", moved)
            self._recounted = True

    def tick(self) -> int:
        """Fire what is due, the oldest first; return how many clocks fired.

        Where a full page holds some that must wait, the next tick looks behind it.
        """
        reading = self._heartbeat.read()
        if self._stops(self._heartbeat.beat(reading)):
            return 0
        now = reading.at
        self._recount(now)
        due = self._take(now)
        if not due:
            self._behind = None
            return 0
        at = self._versions.current(sorted({each.complaint_id for each in due}))
        if self._stops(self._heartbeat.distrust(now, at.now)):
            return 0
        ready = self._ready(due, at)
        self._behind = due[-1] if len(ready) < len(due) == self._page else None
        self._fire(ready, at.now)
        return len(ready)

    def _take(self, now: datetime) -> list[DueClock]:
        """Share what is due with other tickers; looking for it costs no append."""
        if self._due_clocks.due(now, 1, after=self._behind):
            self._has_taken = True
            return self._due_clocks.claim(self._holder, now, self._page, after=self._behind)
        self._give_back()
        return []

    def _give_back(self) -> None:
        if self._has_taken:
            self._due_clocks.give_back(self._holder)
        self._has_taken = False

    def _stops(self, because: str | None) -> bool:
        if because and because != self._stopped_because:
            logger.error("no clock fires: %s; look at it, then `recourse clocks resume`", because)
        self._stopped_because = because
        return because is not None

    def _fire(self, ready: Sequence[DueClock], now: datetime) -> None:
        """Fire together, and leave what was taken to others; where that fails, one by one to find the case at fault."""
        if not ready:
            return
        given_back = self._due_clocks.given_back(self._holder)
        try:
            self._escalation.fire(ready, now=now, steps=(given_back,)).result()
        except WAITING:
            raise
        except Exception as error:  # noqa: BLE001 - one by one it is told of the complaint that it belongs to
            logger.warning("%d clocks cannot be fired together: %s", len(ready), error)
            for each in ready:
                self._fire_alone(each, now)

    def _fire_alone(self, due: DueClock, now: datetime) -> None:
        """Put aside a complaint whose case fails, until the next start: its fault must not stop all other clocks."""
        if due.complaint_id in self._stuck:
            return
        try:
            self._escalation.fire([due], now=now).result()
        except WAITING:
            raise
        except Exception:
            logger.exception("the clocks of complaint %s cannot be fired", due.complaint_id)
            self._stuck.add(due.complaint_id)

    def _ready(self, due: Sequence[DueClock], at: VersionsAt) -> list[DueClock]:
        complaints = {each.complaint_id for each in due}
        with self._escalation.store.read() as reader:
            applied = self._inbox.versions(reader, "intake", complaints)
            parked = self._parking.held(reader, map(str, complaints))
        return [
            each
            for each in due
            if each.next_at <= at.now
            and each.complaint_id not in self._stuck
            and applied[each.complaint_id] >= at.versions[each.complaint_id]
            and str(each.complaint_id) not in parked
        ]
