"""How many events a second flow from intake's store over the SQLite log into escalation's, against plain inserts."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import islice

from bench.house import House, house, seconds
from shared.contracts.topics import COMPLAINT_EVENTS
from shared.messaging.log import Incoming
from tests.waiting import wait_until

SUBMISSIONS = 2000
BATCH = 500
LONGEST_SECONDS = 120.0


def line(scale: float) -> str:
    with house() as here:
        with here.running("intake-writer"):
            here.submit_at_once(int(SUBMISSIONS * scale))
        with here.running("intake-relay", "escalation-reactions", "escalation-writer"):
            flowing = seconds(lambda: wait_until(lambda: _has_read_all(here), seconds=LONGEST_SECONDS))
        messages = list(here.backend.log.read((COMPLAINT_EVENTS,)))
        inserting = seconds(lambda: _insert(here, messages))
    rate, plain = len(messages) / flowing, len(messages) / inserting
    return f"{rate:.0f} events a second, {plain:.0f} plain inserts of them: {100 * rate / plain:.1f} % of it"


def _has_read_all(here: House) -> bool:
    """Nothing is left to publish, and escalation has committed the end of every partition."""
    log, recorded = here.backend.log, here.intake.recorder.max_notification_id()
    with here.intake.store.read() as reader:
        published = reader.execute("SELECT position FROM intake_relay")[0]["position"]
    committed = log.committed("escalation")
    ends = {at: end for at, end in log.ends().items() if at.topic == COMPLAINT_EVENTS and end}
    return published == recorded and all(committed.get(at) == end for at, end in ends.items())


def _insert(here: House, messages: Sequence[Incoming]) -> None:
    """The same rows into one table, as durable as the log, in transactions of as many as a relay publishes."""
    rows = iter([(at.offset, at.partition.number, at.key, repr(at.headers), at.value) for at in messages])
    with closing(sqlite3.connect(here.directory / "plain.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE rows (place, partition, key, headers, value, PRIMARY KEY (partition, place))")
        while batch := list(islice(rows, BATCH)):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", batch)
            connection.execute("COMMIT")
