"""What must hold after every fault: nothing accepted is lost, order per complaint, each effect once."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from shared.contracts.topics import ALL_TOPICS, COMPLAINT_EVENTS, DEADLINE_EVENTS, NOTIFICATION_EVENTS
from shared.messaging.facts import Received, receive
from shared.messaging.log import TopicLog
from shared.messaging.sqlite_log import SQLiteLog
from tests.client import Client
from tests.installation import Installation
from tests.waiting import wait_until

Complaint = dict[str, Any]


@contextmanager
def topics_of(data_dir: Path) -> Iterator[TopicLog]:
    log = SQLiteLog(data_dir / "topics.db", ALL_TOPICS)
    try:
        yield log
    finally:
        log.close()


def on_topic(data_dir: Path, topic: str) -> list[Received]:
    """Everything on a topic of an embedded installation, in order per key."""
    with topics_of(data_dir) as log:
        return _on_topic(log, topic)


def require_whole(installation: Installation, accepted: Sequence[Complaint]) -> None:
    """Check an embedded installation that has come to rest after a fault."""
    with topics_of(installation.data_dir) as log:
        require_all_told(installation.api, log, accepted)


def require_all_told(api: Client, log: TopicLog, accepted: Sequence[Complaint]) -> None:
    """Whatever was accepted was published in order and acknowledged, and its complainant told, each once."""
    auditor = api.as_handler("auditor")
    for complaint in accepted:
        wait_until(partial(_is_acknowledged, auditor, complaint), seconds=120, what="acknowledgement")
    facts = _on_topic(log, COMPLAINT_EVENTS)
    require_order(facts)
    require_order(_on_topic(log, DEADLINE_EVENTS))
    published = {received.envelope.subject for received in facts}
    assert {complaint["id"] for complaint in accepted} <= published
    for complaint in accepted:
        events = auditor.events(complaint)
        assert events[0] == "submitted"
        assert Counter(events)["acknowledged"] == 1
        assert Counter(events)["delivery-recorded"] <= 1
    _require_one_plan_each(_on_topic(log, NOTIFICATION_EVENTS))


def require_order(facts: list[Received]) -> None:
    """Versions are dense from 1 per stream; a message may be there again, with the same id and content."""
    streams: dict[Any, list[Received]] = defaultdict(list)
    for received in facts:
        streams[received.envelope.stream_id].append(received)
    for stream in streams.values():
        first_seen: dict[int, Received] = {}
        for received in stream:
            known = first_seen.setdefault(received.envelope.version, received)
            assert known == received
        assert list(first_seen) == list(range(1, len(first_seen) + 1))


def _on_topic(log: TopicLog, topic: str) -> list[Received]:
    return [receive(incoming) for incoming in log.read((topic,))]


def _is_acknowledged(auditor: Client, complaint: Complaint) -> bool:
    return "delivery-recorded" in auditor.events(complaint)


def _require_one_plan_each(facts: list[Received]) -> None:
    """A fact is told to one recipient over one channel once: one plan and one sending per notification."""
    places = {(each.envelope.stream_id, each.envelope.version): each.envelope for each in facts}
    kinds = Counter((stream_id, envelope.type) for (stream_id, _), envelope in places.items())
    assert {count for (_, kind), count in kinds.items() if kind.endswith(("planned.v1", "sent.v1"))} <= {1}
