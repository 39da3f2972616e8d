"""The sender: takes what is due to its channel, records what came of it, and tries again as the schedule says."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from services.notifier.application import Attempt, Failure, Notifier
from services.notifier.channels.channel import Channel, ChannelError, Outgoing
from services.notifier.composing import Composed, Composer, NobodyToTellError
from services.notifier.domain.notification import MEDIUM_NOT_ALLOWED, ChannelName, Notification, State
from services.notifier.keeping import Kept, LetterKeeper
from services.notifier.pages import GlyphsMissingError
from services.notifier.rendering import TemplateUnknownError
from services.notifier.views.queue import Queue
from shared.contracts.tenant import LONGEST_SEND_SECONDS
from shared.eventstore.command import StoreUnavailableError, WriterBusyError
from shared.messaging.lease import Lease
from shared.runtime.clock import Clock

logger = logging.getLogger(__name__)

MOST_NOTIFICATIONS = 50
LEAVING_SECONDS = 2.0
TURN_SECONDS = 2 * LONGEST_SEND_SECONDS
PATIENCE = timedelta(seconds=10)
"""How long a new letter waits for what is on its way: its clocks, the date that a holding letter has just moved."""
LOOK_AGAIN = timedelta(minutes=1)
GLYPHS = "glyphs"
"""What a letter lacks that no font can print; which character is not told in the open, it may be of a name."""

WAITING = (PersistenceError, StoreUnavailableError, WriterBusyError, ConnectionError)
"""The store or intake is away: nothing can be sent, and no attempt is counted."""

Channels = Mapping[tuple[str, ChannelName], Channel]
"""By tenant and name."""


class LetterHeldError(Exception):
    """The letter lacks what its policies ask for."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


@dataclass(frozen=True)
class Prepared:
    """The message, over what it goes, where its copies are, and whether a letter is delivered by it."""

    outgoing: Outgoing
    over: ChannelName
    kept: Kept
    is_delivery: bool


class NotKnownYetError(Exception):
    """What the letter is to tell is on its way."""


class Sender:
    """One for each kind of channel: whoever is slow to take a message holds up nobody but its own kind.

    Of several processes one has its turn with a kind.
    """

    def __init__(
        self,
        notifier: Notifier,
        queue: Queue,
        composer: Composer,
        keeper: LetterKeeper,
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
        self._keeper = keeper
        self._channels = channels
        self._clock = clock
        self._over = over
        self._lease = lease
        self._poll_seconds = poll_seconds
        self._unrecorded: Attempt | None = None
        self._looked_at: dict[UUID, datetime] = {}

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
        done, now = 0, self._clock()
        for stream_id in (*self._queue.due(now, MOST_NOTIFICATIONS, over=self._over), *self._held(now)):
            if (stop and stop.is_set()) or not self._lease.hold(for_seconds=TURN_SECONDS):
                return done
            done += self._take(stream_id)
        return done

    def _held(self, now: datetime) -> list[UUID]:
        """The letters that lacked something, each once a minute: what it was may have come."""
        held = self._queue.held(over=self._over)
        self._looked_at = {each: at for each, at in self._looked_at.items() if each in set(held)}
        again = [each for each in held if self._looked_at.get(each, now - LOOK_AGAIN) <= now - LOOK_AGAIN]
        self._looked_at |= dict.fromkeys(again, now)
        return again[:MOST_NOTIFICATIONS]

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

    def _take(self, stream_id: UUID) -> int:
        """Return 1, or 0 where the notification keeps its place: it lacks what is on its way, or what it lacked."""
        notification = self._notifier.notification(stream_id)
        if notification is None or notification.state != State.PLANNED:
            return 0
        attempt = self._attempt(notification)
        if attempt is None or (attempt.missing and attempt.missing == notification.missing):
            return 0
        self._unrecorded = attempt
        return self._record()

    def _record(self) -> int:
        """Record the last attempt; until that is done nothing else is sent, and the message is not sent again."""
        if self._unrecorded is None:
            return 0
        self._notifier.record(self._unrecorded).result()
        self._unrecorded = None
        return 1

    def _attempt(self, notification: Notification) -> Attempt | None:
        made = partial(Attempt, notification_id=notification.id, number=notification.attempts + 1)
        how = notification.how
        try:
            prepared = self._prepare(notification)
        except WAITING:
            raise
        except NotKnownYetError:
            return None
        except LetterHeldError as held:
            return made(at=self._clock(), over=how.over, missing=held.missing)
        except Exception as error:  # noqa: BLE001 - the fault of one notification must not stop the others
            return made(at=self._clock(), over=how.over, failure=_failure(notification, error))
        kept = prepared.kept
        made = partial(made, over=prepared.over, evidence_id=kept.evidence_id, attached_ids=kept.attached_ids)
        try:
            self._channel(how.tenant, prepared.over).send(prepared.outgoing)
        except Exception as error:  # noqa: BLE001 - as above
            return made(at=self._clock(), failure=_failure(notification, error))
        return made(at=self._clock(), provider_key=prepared.outgoing.key, is_delivery=prepared.is_delivery)

    def _prepare(self, notification: Notification) -> Prepared:
        composed = self._composer.compose(notification)
        self._require_complete(notification, composed)
        try:
            kept = self._keeper.keep(notification, composed)
        except GlyphsMissingError as error:
            raise LetterHeldError((GLYPHS,)) from error
        outgoing = self._composer.outgoing(notification, composed)
        if kept.text is not None:
            outgoing = replace(outgoing, subject=kept.subject or outgoing.subject, text=kept.text, entity=kept.entity)
        return Prepared(outgoing, composed.way.over, kept, is_delivery=composed.is_allowed)

    def _require_complete(self, notification: Notification, composed: Composed) -> None:
        """A letter that was tried before was complete, and is sent again as it was kept."""
        is_new = self._clock() < notification.how.timestamp + PATIENCE
        if not composed.is_known and is_new:
            raise NotKnownYetError
        if not composed.is_allowed and composed.letter:
            raise ChannelError(MEDIUM_NOT_ALLOWED, may_retry=False)
        if not composed.letter or not composed.letter.missing or notification.failures:
            return
        if is_new and not notification.missing:
            raise NotKnownYetError
        raise LetterHeldError(composed.letter.missing)

    def _channel(self, tenant: str, over: ChannelName) -> Channel:
        if (tenant, over) not in self._channels:
            raise ChannelError("channel-not-configured")
        return self._channels[tenant, over]


def _failure(notification: Notification, error: Exception) -> Failure:
    """What to record of an attempt; the words of an unexpected error are not logged, they may quote the message."""
    if isinstance(error, TemplateUnknownError):
        return Failure("template-unknown", may_retry=False)
    if isinstance(error, NobodyToTellError):
        return Failure(error.code, may_retry=False)
    if isinstance(error, ChannelError):
        return Failure(error.code, error.may_retry)
    kind, places = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
    logger.error("notification %s failed: %s\n%s", notification.id, kind, places)
    return Failure(f"unexpected-{kind}", may_retry=True)
