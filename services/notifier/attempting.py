"""One attempt to send a notification: put into words, kept where it is a letter, handed to its channel."""

import logging
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from eventsourcing.persistence import PersistenceError

from services.notifier.application import Attempt, Failure
from services.notifier.channels.channel import Channel, ChannelError, Outgoing
from services.notifier.composing import Composed, Composer, NobodyToTellError
from services.notifier.domain.notification import MEDIUM_NOT_ALLOWED, ChannelName, Notification
from services.notifier.keeping import Kept, LetterKeeper
from services.notifier.pages import GlyphsMissingError
from services.notifier.rendering import TemplateUnknownError
from shared.eventstore.command import StoreUnavailableError, WriterBusyError
from shared.runtime.clock import Clock

logger = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=10)
"""How long a new letter waits for what is on its way: its clocks, the date that a holding letter has just moved."""
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


class Attempts:
    """Makes attempts; whoever asks records them. It is asked by several threads at once."""

    def __init__(self, composer: Composer, keeper: LetterKeeper, channels: Channels, clock: Clock) -> None:
        self._composer = composer
        self._keeper = keeper
        self._channels = channels
        self._clock = clock

    def of(self, notification: Notification) -> Attempt | None:
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
        begun = time.monotonic()
        try:
            self._channel(how.tenant, prepared.over).send(prepared.outgoing)
        except Exception as error:  # noqa: BLE001 - as above
            failure = _failure(notification, error)
            return made(at=self._clock(), failure=failure, seconds=time.monotonic() - begun)
        made = partial(made, seconds=time.monotonic() - begun)
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
