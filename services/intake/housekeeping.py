"""The role that throws away what is no longer kept: unattached evidence, old idempotency rows."""

import logging
import threading
from datetime import timedelta

from eventsourcing.persistence import PersistenceError

from services.intake.application import Intake

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 60.0


class Housekeeping:
    def __init__(self, intake: Intake, unattached_for: timedelta) -> None:
        self._intake = intake
        self._unattached_for = unattached_for

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.clean()
            except PersistenceError as error:
                logger.warning("housekeeping waits: %s", error)
            stop.wait(PAUSE_SECONDS)

    def clean(self) -> None:
        destroyed = self._intake.desk.destroy_unattached(self._unattached_for)
        if destroyed:
            logger.info("destroyed %d unattached files", destroyed)
        with self._intake.store.write() as transaction:
            self._intake.idempotency.forget_old(transaction)
