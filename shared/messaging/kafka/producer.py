"""The producer: idempotent, waits for every in-sync replica, and counts only what was acknowledged without a gap."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence

from kafka import KafkaProducer
from kafka.errors import KafkaError

from shared.messaging.kafka.access import KafkaAccess, connect
from shared.messaging.log import MOST_BYTES, LogUnavailableError, Outgoing

logger = logging.getLogger(__name__)

DELIVERY_MS = 6_000
METADATA_MS = 2_000
LINGER_MS = 5
BATCH_BYTES = 262_144
MOST_IN_FLIGHT = 1_000
MOST_IN_FLIGHT_BYTES = 8 * 1_048_576
SETTLE_SECONDS = (DELIVERY_MS + 1_000) / 1_000
CLOSE_SECONDS = 2.0

OPTIONS = {
    "acks": "all",
    "enable_idempotence": True,
    "allow_auto_create_topics": False,
    "delivery_timeout_ms": DELIVERY_MS,
    "max_block_ms": METADATA_MS,
    "linger_ms": LINGER_MS,
    "batch_size": BATCH_BYTES,
    "max_request_size": 2 * MOST_BYTES,
}


class Producer:
    """Safe to call from many threads; what is in flight is bounded for each of them.

    After a failure the library's producer is dropped with all it holds: it may sit on messages for as long as
    the broker is away and send them afterwards, behind newer ones, or never send again.
    """

    def __init__(self, access: KafkaAccess) -> None:
        self._access = access
        self._producer: KafkaProducer | None = None
        self._opening = threading.Lock()

    def send(self, messages: Sequence[Outgoing]) -> int:
        """Send in order and wait; return how many of the first were acknowledged, at least one.

        Returns only when nothing of these messages is under way any more, so that they can be sent again
        without an older one arriving after a newer one. Raises LogUnavailableError where none was acknowledged.
        """
        safe = 0
        for page in _pages(messages):
            acknowledged, error = self._send_page(page)
            safe += acknowledged
            if error is not None and not safe:
                raise LogUnavailableError(str(error)) from error
            if error is not None:
                logger.warning("%d of %d messages are safe: %r", safe, len(messages), error)
                break
        return safe

    def _send_page(self, page: Sequence[Outgoing]) -> tuple[int, Exception | None]:
        futures = []
        error: Exception | None = None
        try:
            producer = self._open()
            for message in page:
                topic = self._access.prefix + message.topic
                futures.append(
                    producer.send(topic, message.value, key=message.key.encode(), headers=list(message.headers))
                )
        except (KafkaError, LogUnavailableError) as refused:
            error = refused
        failures = self._settle(futures)
        first = min(failures, default=len(futures))
        if failures:
            self._drop(producer)
        return first, failures.get(first, error)

    def _settle(self, futures: Sequence[object]) -> dict[int, Exception]:
        """Wait until every future is done or the time is over; return the failures by place."""
        deadline = time.monotonic() + SETTLE_SECONDS
        failures: dict[int, Exception] = {}
        for place, future in enumerate(futures):
            try:
                future.get(timeout=max(deadline - time.monotonic(), 0.001))  # type: ignore[attr-defined]
            except KafkaError as error:
                failures[place] = error
        return failures

    def _drop(self, failed: KafkaProducer) -> None:
        with self._opening:
            if self._producer is failed:
                self._producer = None
        _abandon(failed)

    def _open(self) -> KafkaProducer:
        with self._opening:
            if self._producer is None:
                self._producer, _ = connect(KafkaProducer, {**self._access.options(), **OPTIONS})
            return self._producer

    def close(self) -> None:
        with self._opening:
            producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            producer.close(timeout=CLOSE_SECONDS)
        except KafkaError as error:
            logger.warning("the producer drops messages that are under way: %s", error)
            _abandon(producer)


def _abandon(producer: KafkaProducer) -> None:
    """Make sure that nothing is sent any more: where messages wait, the library's close() fails and goes on sending."""
    sender = producer._sender  # noqa: SLF001 - there is no other way to stop it
    sender.force_close()
    sender.join(CLOSE_SECONDS)
    producer.close(timeout=CLOSE_SECONDS)


def _pages(messages: Sequence[Outgoing]) -> Iterator[Sequence[Outgoing]]:
    """Cut into pages that may be in flight at once."""
    page: list[Outgoing] = []
    held = 0
    for message in messages:
        if page and (len(page) == MOST_IN_FLIGHT or held + message.size > MOST_IN_FLIGHT_BYTES):
            yield page
            page, held = [], 0
        page.append(message)
        held += message.size
    if page:
        yield page
