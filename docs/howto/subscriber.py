"""A system that follows complaints: replays from the beginning, knows what it has seen, keeps a table."""

import json
import os
import sqlite3

from kafka import KafkaConsumer

PREFIX = os.environ.get("RECOURSE_KAFKA_PREFIX", "")
EVENTS, STATE = f"{PREFIX}complaints.events.v1", f"{PREFIX}complaints.state.v1"

table = sqlite3.connect(os.environ.get("SUBSCRIBER_DB", "subscriber.db"), isolation_level=None)
table.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")
table.execute("CREATE TABLE IF NOT EXISTS complaints (id TEXT PRIMARY KEY, version INTEGER, state TEXT)")
consumer = KafkaConsumer(
    EVENTS,
    STATE,
    bootstrap_servers=os.environ["RECOURSE_KAFKA_BOOTSTRAP"].split(","),
    group_id=f"{PREFIX}crm",
    auto_offset_reset="earliest",  # a new group reads everything that ever happened
    enable_auto_commit=False,
    consumer_timeout_ms=int(os.environ.get("SUBSCRIBER_IDLE_MS", "0")) or float("inf"),
)
for record in consumer:
    headers = {name: value.decode() for name, value in record.headers}
    table.execute("BEGIN")
    if table.execute("INSERT INTO seen VALUES (?) ON CONFLICT DO NOTHING", (headers["ce_id"],)).rowcount:
        if record.topic == STATE:
            table.execute(
                "INSERT INTO complaints VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET version = excluded.version, state = excluded.state"
                " WHERE version < excluded.version",  # the highest wins, whatever came last
                (record.key.decode(), int(headers["ce_streamversion"]), record.value.decode()),
            )
        else:
            print(headers["ce_type"], record.key.decode(), json.loads(record.value)["tenant"], flush=True)
    table.execute("COMMIT")
    consumer.commit()  # after the effects: a crash in between repeats, and `seen` skips
