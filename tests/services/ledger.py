"""A payments ledger as a stranger to our code writes it: its commands on the topic, and what became of them."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from shared.contracts.complaint_commands import CommandRefused
from shared.contracts.topics import COMPLAINT_COMMANDS, COMPLAINT_REFUSALS
from shared.messaging.log import Outgoing
from shared.messaging.replay import facts_of
from tests.conftest import Running

SENT_AT = datetime(2025, 9, 26, 3, 0, tzinfo=UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Ledger:
    """The same said again is the same command; a correction is another."""

    def __init__(self, running: Running, tenant: str = "default") -> None:
        self._running = running
        self._tenant = tenant

    def fulfil(self, complaint_id: str, remedy_id: str, payment: UUID | None = None, amount: Any = None) -> UUID:
        return self._send("fulfil-remedy", complaint_id, remedy_id, payment or uuid4(), {"amount": amount})

    def fail(self, complaint_id: str, remedy_id: str, payment: UUID | None = None, reason: str = "limit") -> UUID:
        return self._send("fail-remedy", complaint_id, remedy_id, payment or uuid4(), {"reason": reason})

    def refusals(self) -> dict[UUID, str]:
        """The code of each refused command."""
        received = facts_of(self._running.backend.log, (COMPLAINT_REFUSALS,), (CommandRefused,))
        told = [each.message for each in received]
        return {refusal.command_id: refusal.code for refusal in told if isinstance(refusal, CommandRefused)}

    def _send(self, kind: str, complaint_id: str, remedy_id: str, payment: UUID, said: dict[str, Any]) -> UUID:
        command_id = uuid5(payment, f"{kind}:{remedy_id}:{said}")
        named = {"complaint_id": complaint_id, "remedy_id": remedy_id, "payment_id": str(payment), **said}
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(command_id),
            "ce_source": "/payments-ledger",
            "ce_type": f"recourse.command.{kind}.v1",
            "ce_subject": complaint_id,
            "ce_time": SENT_AT,
            "ce_partitionkey": complaint_id,
            "ce_tenant": self._tenant,
            "ce_streamid": str(command_id),
            "ce_streamversion": "1",
            "ce_sequence": "1",
            "ce_recordedat": SENT_AT,
            "ce_correlationid": str(command_id),
            "ce_actortype": "service",
            "ce_eventdigest": "0" * 64,
            "content-type": "application/json",
        }
        data = {
            "tenant": self._tenant,
            "actor": {"type": "service", "id": "payments-ledger"},
            "on_behalf_of": None,
            "channel": "internal",
            "occurred_at": SENT_AT,
            "causation_id": None,
            "correlation_id": str(command_id),
            "imported": False,
            **named,
        }
        encoded = tuple((name, value.encode()) for name, value in headers.items())
        self._running.backend.log.append(
            [Outgoing(COMPLAINT_COMMANDS, complaint_id, encoded, json.dumps(data).encode())]
        )
        return command_id
