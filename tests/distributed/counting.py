"""A downstream system that counts: what came of each complaint, in which order, and how often."""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from shared.contracts.envelope import Envelope
from shared.contracts.topics import ALL_TOPICS, COMPLAINT_COMMANDS, COMPLAINT_STATE
from shared.messaging.log import Incoming, LogUnavailableError, TopicLog

COUNTED = tuple(topic.name for topic in ALL_TOPICS if topic.name not in {COMPLAINT_COMMANDS, COMPLAINT_STATE})
"""Everything but what is asked of others, and what is only the newest of something."""

GROUP = "counting"
MOST_MESSAGES = 500
WARNED = ("clock-warned", "staff-clock-warned")
"""What is late is missed without having been warned of."""


@dataclass
class Counted:
    """What came first of each fact, by complaint and name; `faults` break a promise of the topics."""

    _effects: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    digests: dict[tuple[UUID, int], str] = field(default_factory=dict)
    ends: Counter[UUID] = field(default_factory=Counter)
    facts: int = 0
    repeated: int = 0
    faults: list[str] = field(default_factory=list)
    _told: dict[UUID, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def effects(self, complaint_id: str) -> Counter[str]:
        with self._lock:
            return self._effects[complaint_id].copy()

    def take(self, incoming: Incoming) -> None:
        with self._lock:
            self._take(incoming)

    def _take(self, incoming: Incoming) -> None:
        envelope = Envelope.from_headers(incoming.headers)
        place = (envelope.stream_id, envelope.version)
        known = self.digests.setdefault(place, envelope.digest)
        if known != envelope.digest:
            self.faults.append(f"{envelope.type} of {envelope.subject}: two facts are version {envelope.version}")
        elif envelope.version <= self.ends[envelope.stream_id]:
            self.repeated += 1
        elif envelope.version > self.ends[envelope.stream_id] + 1:
            self.faults.append(f"{envelope.type} of {envelope.subject}: version {envelope.version} came too early")
        else:
            self._first(envelope, incoming)

    def _first(self, envelope: Envelope, incoming: Incoming) -> None:
        self.facts += 1
        self.ends[envelope.stream_id] += 1
        name = envelope.type.split(".")[2]
        if name == "planned":
            self._told[envelope.stream_id] = json.loads(incoming.value)["template"]
        told = self._told.get(envelope.stream_id, "")
        if name not in WARNED and told not in WARNED:
            self._effects[envelope.subject][f"{told} {name}".strip()] += 1


class Counting:
    """Reads beside everything else, in a thread of its own; what has come so far is in `counted`."""

    def __init__(self, log: TopicLog) -> None:
        self._log = log
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counting")
        self.counted = Counted()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(self._log.subscribe(GROUP, COUNTED)) as subscription:
            while not self._over.is_set():
                try:
                    messages = subscription.poll(MOST_MESSAGES)
                except LogUnavailableError:
                    continue
                for incoming in messages:
                    self.counted.take(incoming)


def misses(counted: Counted, accepted: Iterable[str], like: Counter[str]) -> Iterator[str]:
    """Say of each accepted complaint what came of it not at all or too often, compared to an undisturbed one."""
    for complaint_id in accepted:
        effects = counted.effects(complaint_id)
        if effects != like:
            yield f"{complaint_id}: missing {dict(like - effects)}, too many {dict(effects - like)}"
    yield from list(counted.faults)
