"""A payments ledger that tells Recourse what it paid: one command to the topic, then what became of it.

ledger.py fulfil COMPLAINT REMEDY PAYMENT 500.00 CNY
ledger.py fail COMPLAINT REMEDY PAYMENT account-closed
"""

import hashlib
import json
import os
import sys
from datetime import UTC, datetime
from uuid import UUID, uuid5

from kafka import KafkaConsumer, KafkaProducer

PREFIX = os.environ.get("RECOURSE_KAFKA_PREFIX", "")
BOOTSTRAP = os.environ["RECOURSE_KAFKA_BOOTSTRAP"].split(",")
TENANT = os.environ.get("LEDGER_TENANT", "default")
PATIENCE_MS = int(os.environ.get("LEDGER_PATIENCE_MS", "10000"))

verb, complaint, remedy, payment, *rest = sys.argv[1:]
kind = {"fulfil": "fulfil-remedy", "fail": "fail-remedy"}[verb]
command_id = uuid5(UUID(payment), f"{kind}:{remedy}:{rest}")  # said again it counts once; a correction is another
said = {"amount": {"amount": rest[0], "currency": rest[1]}} if verb == "fulfil" else {"reason": rest[0]}
now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
command = {
    "tenant": TENANT,
    "actor": {"type": "service", "id": "payments-ledger"},
    "on_behalf_of": None,
    "channel": "internal",
    "occurred_at": now,
    "causation_id": None,
    "correlation_id": str(command_id),
    "imported": False,
    "complaint_id": complaint,
    "remedy_id": remedy,
    "payment_id": payment,  # a random id of the ledger's own: account and transaction numbers stand on no topic
    **said,
}
data = json.dumps(command, separators=(",", ":"), sort_keys=True).encode()
digest = hashlib.sha256()
for part in (str(command_id).encode(), b"1", f"command.{kind.replace('-', '_')}".encode(), now.encode(), data):
    digest.update(len(part).to_bytes(4, "big") + part)
headers = {
    "ce_specversion": "1.0",
    "ce_id": str(command_id),
    "ce_source": "/payments-ledger",
    "ce_type": f"recourse.command.{kind}.v1",
    "ce_subject": complaint,
    "ce_time": now,
    "ce_partitionkey": complaint,
    "ce_tenant": TENANT,
    "ce_streamid": str(command_id),  # a command is a stream of one event
    "ce_streamversion": "1",
    "ce_sequence": "1",
    "ce_recordedat": now,
    "ce_correlationid": str(command_id),
    "ce_actortype": "service",
    "ce_eventdigest": digest.hexdigest(),
    "content-type": "application/json",
}

answers = KafkaConsumer(
    f"{PREFIX}complaints.events.v1",
    f"{PREFIX}complaints.refusals.v1",
    bootstrap_servers=BOOTSTRAP,
    group_id=None,
    auto_offset_reset="earliest",  # a ledger in service keeps a group of its own, and reads on from there
    consumer_timeout_ms=PATIENCE_MS,
)
producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, acks="all", enable_idempotence=True)
producer.send(
    f"{PREFIX}complaints.commands.v1",
    key=complaint.encode(),
    value=data,
    headers=[(name, value.encode()) for name, value in headers.items()],
).get(timeout=30)
producer.close()
for record in answers:
    of = {name: value.decode() for name, value in record.headers}
    answer = json.loads(record.value)
    if answer.get("command_id") == str(command_id):
        sys.exit(f"refused: {answer['code']}")
    if of.get("ce_causationid") == str(command_id):
        print("done:", of["ce_type"])
        sys.exit(0)
print("known already: nothing changed")
