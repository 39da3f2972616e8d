"""What must hold after every fault: nothing accepted is lost, order per complaint, each effect once."""

from collections import Counter, defaultdict
from functools import partial
from pathlib import Path
from typing import Any

from shared.contracts.topics import ALL_TOPICS, COMPLAINT_EVENTS, DEADLINE_EVENTS, NOTIFICATION_EVENTS
from shared.messaging.facts import Received, receive
from shared.messaging.sqlite_log import SQLiteLog
from tests.installation import Installation
from tests.waiting import wait_until


def on_topic(data_dir: Path, topic: str) -> list[Received]:
    """Everything on a topic, in order per key."""
    log = SQLiteLog(data_dir / "topics.db", ALL_TOPICS)
    try:
        return [receive(incoming) for incoming in log.read((topic,))]
    finally:
        log.close()


def require_whole(installation: Installation, accepted: list[dict[str, Any]]) -> None:
    """Check an installation that has come to rest after a fault."""
    for complaint in accepted:
        wait_until(partial(_is_acknowledged, installation, complaint), seconds=60, what="acknowledgement")
    facts = on_topic(installation.data_dir, COMPLAINT_EVENTS)
    _require_order(facts)
    _require_order(on_topic(installation.data_dir, DEADLINE_EVENTS))
    published = {received.envelope.subject for received in facts}
    assert {complaint["id"] for complaint in accepted} <= published
    for complaint in accepted:
        events = installation.api.as_handler("auditor").events(complaint)
        assert events[0] == "submitted"
        assert Counter(events)["acknowledged"] == 1
        assert Counter(events)["delivery-recorded"] <= 1
    _require_one_plan_each(on_topic(installation.data_dir, NOTIFICATION_EVENTS))


def _is_acknowledged(installation: Installation, complaint: dict[str, Any]) -> bool:
    return "delivery-recorded" in installation.api.as_handler("auditor").events(complaint)


def _require_order(facts: list[Received]) -> None:
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


def _require_one_plan_each(facts: list[Received]) -> None:
    """A fact is told to one recipient over one channel once: one plan and one sending per notification."""
    places = {(each.envelope.stream_id, each.envelope.version): each.envelope for each in facts}
    kinds = Counter((stream_id, envelope.type) for (stream_id, _), envelope in places.items())
    assert {count for (_, kind), count in kinds.items() if kind.endswith(("planned.v1", "sent.v1"))} <= {1}
