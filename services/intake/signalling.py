"""The role that looks for sudden rises: it follows what was submitted, counts by the times of the facts, and raises."""

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from eventsourcing.persistence import PersistenceError

from services.intake.application import NO_STREAM, Intake
from services.intake.domain.complaint import Complaint
from services.intake.domain.signals import Rise, SignalRaised, raise_signal, threshold
from services.intake.views.arrivals import Arrival, Arrivals, Kind, Place
from shared.contracts.tenant import SignalRule, Tenant
from shared.eventstore.command import Change, Command, Decision, Step, StoreUnavailableError, WriterBusyError
from shared.eventstore.store import Transaction
from shared.messaging.facts import stored_id
from shared.messaging.lease import Lease, LeaseLostError

logger = logging.getLogger(__name__)

PAGE = 500
MOST_IDS = 200
WAITING = (PersistenceError, StoreUnavailableError, WriterBusyError, ConnectionError, LeaseLostError)


class Signalling:
    """Looks at each submission once, in the order of recording; a rise is told of when it begins, and once.

    It decides by `received_at` and `recorded_at` alone, never by the time at which it looks.
    """

    def __init__(
        self, intake: Intake, arrivals: Arrivals, tenants: Mapping[str, Tenant], lease: Lease, *, poll_seconds: float
    ) -> None:
        self._intake = intake
        self._arrivals = arrivals
        self._tenants = tenants
        self._lease = lease
        self._poll_seconds = poll_seconds

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                looked_at = self.round()
            except WAITING as error:
                logger.warning("the look for signals waits: %s", error)
                looked_at = 0
            if not looked_at:
                stop.wait(self._poll_seconds)
        with suppress(PersistenceError):  # it runs out by itself
            self._lease.release()

    def round(self) -> int:
        """Look at the next events; return how many there were."""
        epoch = self._lease.hold()
        if epoch is None:
            return 0
        place = self._arrivals.place()
        stored = self._intake.store.follow(place.position, PAGE)
        if not stored:
            return 0
        found = [Arrival.of(each, stored_id(each)) for each in stored if each.topic == Complaint.Submitted.TOPIC]
        self._execute((), (self._arrivals.keep(found),), epoch)
        before = self._arrivals.risen()
        risen = dict(before)
        signals = [signal for each in found if (signal := self._look(each, risen, place))]
        changed = {kind: state for kind, state in risen.items() if before.get(kind) != state}
        moved = Place(stored[-1].position, place.raised_after)
        self._execute(signals, (self._arrivals.move(moved, changed),), epoch)
        return len(stored)

    def _look(self, arrival: Arrival, risen: dict[Kind, bool], place: Place) -> SignalRaised | None:
        tenant = self._tenants.get(arrival.tenant)
        if tenant is None or arrival.imported:
            return None
        rule, kind = tenant.signals.rule(arrival.category), (arrival.tenant, arrival.category)
        if arrival.recorded_at - arrival.received_at > timedelta(minutes=rule.window_minutes):
            return None  # what was entered late is no news
        was_risen, rise = risen.get(kind, False), self._rise(arrival, rule)
        risen[kind] = rise is not None
        if rise is None or was_risen or arrival.position <= place.raised_after:
            return None
        return raise_signal(rise, cause=arrival.event_id, correlation_id=arrival.correlation_id)

    def _rise(self, arrival: Arrival, rule: SignalRule) -> Rise | None:
        window = timedelta(minutes=rule.window_minutes)
        counted = self._arrivals.window(arrival, window)
        if len(counted) < rule.floor:
            return None
        baseline = self._arrivals.baseline(arrival, window, rule.weeks)
        too_many = threshold(baseline, floor=rule.floor, surprise=rule.surprise)
        if len(counted) < too_many:
            return None
        return Rise(
            tenant=arrival.tenant,
            category=arrival.category,
            from_at=arrival.received_at - window,
            to_at=arrival.received_at,
            counted=len(counted),
            threshold=too_many,
            baseline=baseline,
            complaint_ids=tuple(counted[:MOST_IDS]),
        )

    def _execute(self, signals: Sequence[SignalRaised], steps: tuple[Step, ...], epoch: int) -> None:
        def still_ours(transaction: Transaction) -> None:
            self._lease.require(transaction, epoch)

        decision = Decision(NO_STREAM, 0, tuple(Change.of(each) for each in signals), (still_ours, *steps))
        self._intake.execute(Command(decide=lambda: decision)).result()
