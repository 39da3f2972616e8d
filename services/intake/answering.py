"""The role that gives each complaint of an incident its answer: one command each, no faster than a rate."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from services.intake.application import Intake
from services.intake.changing import Call
from services.intake.conversing import Answer
from services.intake.domain.incident import Incident
from services.intake.domain.provenance import Channel, Provenance
from services.intake.domain.refusals import CommandReference
from services.intake.evidence_desk import LETTERS
from services.intake.incidents import StillComputingError
from services.intake.views.incident_letters import IncidentLetters, Letter, command_type
from shared.eventstore.command import StoreUnavailableError, WriterBusyError
from shared.eventstore.idempotency import CommandKey
from shared.messaging.lease import Lease

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 25
WAITING = (PersistenceError, StoreUnavailableError, WriterBusyError, ConnectionError)


@dataclass(frozen=True)
class _Begun:
    letter: Letter
    answer: Answer


class Answering:
    """Of several processes one has its turn; a command that two give is carried out once, by its id.

    A letter is written or refused, and never lost: until one of the two is recorded it remains.
    """

    def __init__(
        self,
        intake: Intake,
        letters: IncidentLetters,
        lease: Lease,
        *,
        per_second: int,
        poll_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._intake = intake
        self._letters = letters
        self._lease = lease
        self._per_second = per_second
        self._poll_seconds = poll_seconds
        self._now = now
        self._after: UUID | None = None
        self._stuck: set[UUID] = set()

    @property
    def is_well(self) -> bool:
        """False while letters fail for a reason that nobody has thought of; the others go on."""
        return not self._stuck

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            began = time.monotonic()
            try:
                written = self.round()
            except WAITING as error:
                logger.warning("the answers of incidents wait: %s", error)
                written = 0
            took = time.monotonic() - began
            stop.wait(max(written / self._per_second - took, 0) if written else self._poll_seconds)
        with suppress(PersistenceError):  # it runs out by itself
            self._lease.release()

    def round(self) -> int:
        """Give some letters their turn; return how many. What has to wait is passed until the next time around."""
        if self._lease.hold() is None:
            return 0
        some = self._letters.remaining(min(MOST_AT_ONCE, self._per_second), after=self._after)
        self._after = some[-1].command_id if some else None
        incidents: dict[UUID, Incident] = {}
        begun = [self._begin(each, incidents) for each in some if each.command_id not in self._stuck]
        for each in begun:
            self._settle(each)
        return len(begun)

    def _begin(self, letter: Letter, incidents: dict[UUID, Incident]) -> _Begun:
        if letter.incident_id not in incidents:
            incidents[letter.incident_id] = self._intake.repository.get(letter.incident_id)
        answer = incidents[letter.incident_id].answers[letter.answer_id]
        reference = CommandReference(letter.command_id, command_type(answer))
        call = Call(
            tenant=answer.tenant,
            by=Provenance(
                actor=answer.actor,
                at=self._now(),
                channel=Channel.INTERNAL,
                causation_id=letter.command_id,
                correlation_id=answer.correlation_id,
            ),
            owner=LETTERS,
            key=CommandKey.of_message(reference.command_id, reference.command_type),
            command=reference,
        )
        return _Begun(letter, self._intake.carry_out(letter.complaint_id, call, answer))

    def _settle(self, begun: _Begun) -> None:
        try:
            begun.answer.result()
        except StillComputingError:
            return
        except WAITING:
            raise
        except Exception:
            logger.exception("the letter %s cannot be written", begun.letter.command_id)
            self._stuck.add(begun.letter.command_id)
