"""A backlog in one partition keeps no complaint of another waiting."""

from pathlib import Path

from shared.contracts.topics import ALL_TOPICS, COMPLAINT_EVENTS
from shared.messaging.log import Outgoing
from shared.messaging.sqlite_log import SQLiteLog

MANY = 500


def test_what_is_polled_comes_from_every_partition_that_is_behind(tmp_path: Path) -> None:
    log = SQLiteLog(tmp_path / "topics.db", ALL_TOPICS)
    log.append([Outgoing(COMPLAINT_EVENTS, "busy", (), b"{}")] * MANY)
    log.append([Outgoing(COMPLAINT_EVENTS, str(number), (), b"{}") for number in range(MANY)])
    behind = {at for at, end in log.ends().items() if end}
    polled = log.subscribe("group", (COMPLAINT_EVENTS,)).poll(100)
    log.close()
    assert len(behind) > 1
    assert {each.partition for each in polled} == behind
    assert len(polled) <= 100
