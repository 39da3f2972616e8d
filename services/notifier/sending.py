"""The sender: takes what is due to its channel, records what came of it, and tries again as the schedule says."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from services.notifier.application import Attempt, Failure, Notifier
from services.notifier.channels.channel import Channel, ChannelError, Outgoing
from services.notifier.composing import Composed, Composer, NobodyToTellError
from services.notifier.domain.notification import WORDS_ERASED, ChannelName, Notification, State
from services.notifier.views.queue import Queue
from shared.contracts.contact_book import ContactBook
from shared.contracts.tenant import LONGEST_SEND_SECONDS
from shared.eventstore.command import StoreUnavailableError, WriterBusyError
from shared.messaging.lease import Lease
from shared.runtime.clock import Clock

logger = logging.getLogger(__name__)

MOST_NOTIFICATIONS = 50
LEAVING_SECONDS = 2.0
TURN_SECONDS = 2 * LONGEST_SEND_SECONDS
LETTER_TYPE = "text/plain; charset=utf-8"

WAITING = (PersistenceError, StoreUnavailableError, WriterBusyError, ConnectionError)
"""The store or intake is away: nothing can be sent, and no attempt is counted."""

Channels = Mapping[tuple[str, ChannelName], Channel]
"""By tenant and name."""


class Sender:
    """One for each kind of channel: whoever is slow to take a message holds up nobody but its own kind.

    Of several processes one has its turn with a kind.
    """

    def __init__(
        self,
        notifier: Notifier,
        queue: Queue,
        composer: Composer,
        contacts: ContactBook,
        channels: Channels,
        clock: Clock,
        *,
        over: ChannelName,
        lease: Lease,
        poll_seconds: float,
    ) -> None:
        self._notifier = notifier
        self._queue = queue
        self._composer = composer
        self._contacts = contacts
        self._channels = channels
        self._clock = clock
        self._over = over
        self._lease = lease
        self._poll_seconds = poll_seconds
        self._unrecorded: Attempt | None = None

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self._tried(lambda: self.round(stop)):
                stop.wait(self._poll_seconds)
        self._record_at_last()
        with suppress(PersistenceError):  # it runs out by itself
            self._lease.release()

    def round(self, stop: threading.Event | None = None) -> int:
        """Send what is due once; return how many notifications had their turn."""
        self._record()
        if not self._lease.hold(for_seconds=TURN_SECONDS):
            return 0
        due = self._queue.due(self._clock(), MOST_NOTIFICATIONS, over=self._over)
        for done, stream_id in enumerate(due):
            if (stop and stop.is_set()) or not self._lease.hold(for_seconds=TURN_SECONDS):
                return done
            self._take(stream_id)
        return len(due)

    def _tried(self, step: Callable[[], int]) -> int:
        try:
            return step()
        except WAITING as error:
            logger.warning("the sender waits: %s", error)
            return 0

    def _record_at_last(self) -> None:
        """The writer still runs while a sender leaves: what was just sent must not be sent again after a restart."""
        deadline = time.monotonic() + LEAVING_SECONDS
        while self._unrecorded and time.monotonic() < deadline:
            if not self._tried(self._record):
                time.sleep(self._poll_seconds)

    def _take(self, stream_id: UUID) -> None:
        notification = self._notifier.notification(stream_id)
        if notification is None or notification.state != State.PLANNED:
            return
        self._unrecorded = self._attempt(notification)
        self._record()

    def _record(self) -> int:
        """Record the last attempt; until that is done nothing else is sent, and the message is not sent again."""
        if self._unrecorded is None:
            return 0
        self._notifier.record(self._unrecorded).result()
        self._unrecorded = None
        return 1

    def _attempt(self, notification: Notification) -> Attempt:
        made = partial(Attempt, notification_id=notification.id, number=notification.attempts + 1)
        how = notification.how
        try:
            outgoing, over, evidence_id = self._prepare(notification)
        except WAITING:
            raise
        except Exception as error:  # noqa: BLE001 - the fault of one notification must not stop the others
            return made(at=self._clock(), over=how.over, failure=_failure(notification, error))
        made = partial(made, over=over, evidence_id=evidence_id)
        try:
            self._channel(how.tenant, over).send(outgoing)
        except Exception as error:  # noqa: BLE001 - as above
            return made(at=self._clock(), failure=_failure(notification, error))
        return made(at=self._clock(), provider_key=outgoing.key)

    def _prepare(self, notification: Notification) -> tuple[Outgoing, ChannelName, UUID | None]:
        """Return the message, over what it goes, and where its copy is kept if it is a letter."""
        composed = self._composer.compose(notification)
        evidence_id, text = self._keep_letter(notification, composed)
        return self._composer.outgoing(notification, composed, text=text), composed.way.over, evidence_id

    def _channel(self, tenant: str, over: ChannelName) -> Channel:
        if (tenant, over) not in self._channels:
            raise ChannelError("channel-not-configured")
        return self._channels[tenant, over]

    def _keep_letter(self, notification: Notification, composed: Composed) -> tuple[UUID | None, str | None]:
        """A letter is kept before it is sent, and a retry sends the bytes that were kept first."""
        how = notification.how
        if how.letter_id is None or how.over == ChannelName.WEBHOOK:
            return None, None
        content = composed.rendered.text.encode()
        kept = self._contacts.store_letter(how.complaint_id, how.letter_id, content, LETTER_TYPE)
        if kept is None:
            raise NobodyToTellError(WORDS_ERASED)
        return kept.evidence_id, kept.content.decode()


def _failure(notification: Notification, error: Exception) -> Failure:
    """What to record of an attempt; the words of an unexpected error are not logged, they may quote the message."""
    if isinstance(error, NobodyToTellError):
        return Failure(error.code, may_retry=False)
    if isinstance(error, ChannelError):
        return Failure(error.code, error.may_retry)
    kind, places = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
    logger.error("notification %s failed: %s\n%s", notification.id, kind, places)
    return Failure(f"unexpected-{kind}", may_retry=True)
