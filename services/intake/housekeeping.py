"""The role that throws away what is no longer kept: unattached evidence, stray files, old idempotency rows."""

import logging
import threading
import time
from datetime import timedelta

from eventsourcing.persistence import PersistenceError

from services.intake.application import Intake
from services.intake.erasure_list import ErasureList

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 60.0
BETWEEN_SWEEPS_SECONDS = 86_400.0  # a sweep looks at every file, and only crashes leave strays


class Housekeeping:
    def __init__(self, intake: Intake, unattached_for: timedelta, erasures: ErasureList) -> None:
        self._intake = intake
        self._erasures = erasures
        self._unattached_for = unattached_for

    def run(self, stop: threading.Event) -> None:
        sweep_at = time.monotonic()
        while not stop.is_set():
            try:
                self.clean()
                if time.monotonic() >= sweep_at:
                    self.sweep()
                    sweep_at = time.monotonic() + BETWEEN_SWEEPS_SECONDS
            except (PersistenceError, OSError) as error:
                logger.warning("housekeeping waits: %s", error)
            stop.wait(PAUSE_SECONDS)

    def clean(self) -> None:
        self._erasures.bring_up_to_date()
        destroyed = self._intake.desk.destroy_unattached(self._unattached_for)
        if destroyed:
            logger.info("destroyed %d unattached files", destroyed)
        with self._intake.store.write() as transaction:
            self._intake.idempotency.forget_old(transaction)

    def sweep(self) -> None:
        destroyed = self._intake.desk.destroy_strays(self._unattached_for)
        if destroyed:
            logger.info("destroyed %d stray files", destroyed)
