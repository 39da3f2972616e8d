"""Messages that cannot be applied now: parked ones, and those that wait for an earlier version of their stream."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.eventstore.command import Step
from shared.eventstore.portable_sql import one_of
from shared.eventstore.store import Reader, Row, Schema, Transaction
from shared.messaging.log import Incoming, Partition

PARKING = Schema(
    "parking",
    (
        """CREATE TABLE IF NOT EXISTS {app}_parked (
            topic TEXT NOT NULL, partition INTEGER NOT NULL, message_offset BIGINT NOT NULL,
            message_key TEXT NOT NULL, stream_id TEXT, version BIGINT, state TEXT NOT NULL,
            reason TEXT NOT NULL, detail TEXT NOT NULL, headers TEXT NOT NULL, value BYTEA NOT NULL,
            parked_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (topic, partition, message_offset))""",
        "CREATE INDEX IF NOT EXISTS {app}_parked_by_key ON {app}_parked (message_key, state)",
    ),
)

AT = "topic = :topic AND partition = :partition AND message_offset = :offset"


class ParkedState(StrEnum):
    PARKED = "parked"
    WAITING = "waiting"
    REDRIVE = "redrive"


@dataclass(frozen=True, kw_only=True)
class ParkedMessage:
    incoming: Incoming
    stream_id: str | None
    version: int | None
    state: ParkedState
    reason: str
    detail: str
    parked_at: datetime

    @property
    def id(self) -> str:
        """What an operator types: topic, partition and offset."""
        partition = self.incoming.partition
        return f"{partition.topic}/{partition.number}/{self.incoming.offset}"


class Parking:
    """Rows of the consumer's own store; what is parked keeps its key's later messages from overtaking."""

    def __init__(self, application: str) -> None:
        self._table = f"{application}_parked"
        self._applied = f"{application}_applied"

    def holds(self, reader: Reader, key: str) -> bool:
        """Tell whether a message of this key is parked."""
        return key in self.held(reader, [key])

    def held(self, reader: Reader, keys: Iterable[str]) -> set[str]:
        """Return those of these keys of which a message is parked."""
        listed, parameters = one_of("key", keys)
        sql = f"SELECT DISTINCT message_key FROM {self._table} WHERE message_key IN {listed} AND state <> 'waiting'"
        return {row["message_key"] for row in reader.execute(sql, parameters)}

    def has(self, reader: Reader, incoming: Incoming) -> bool:
        """Tell whether this very message is parked or waits."""
        return bool(reader.execute(f"SELECT 1 FROM {self._table} WHERE {AT}", _place(incoming)))

    def park(
        self,
        incoming: Incoming,
        *,
        stream_id: str | None,
        version: int | None,
        state: ParkedState,
        reason: str,
        detail: str,
    ) -> Step:
        def step(transaction: Transaction) -> None:
            transaction.execute(
                f"INSERT INTO {self._table} (topic, partition, message_offset, message_key, stream_id, version, state,"
                " reason, detail, headers, value, parked_at)"
                " VALUES (:topic, :partition, :offset, :key, :stream_id, :version, :state,"
                " :reason, :detail, :headers, :value, :parked_at)"
                " ON CONFLICT (topic, partition, message_offset)"
                " DO UPDATE SET state = excluded.state, reason = excluded.reason, detail = excluded.detail",
                {
                    **_place(incoming),
                    "key": incoming.key,
                    "stream_id": stream_id,
                    "version": version,
                    "state": state,
                    "reason": reason,
                    "detail": detail,
                    "headers": json.dumps([(name, value.decode("latin-1")) for name, value in incoming.headers]),
                    "value": incoming.value,
                    "parked_at": transaction.recorded_at,
                },
            )

        return step

    def release(self, incoming: Incoming) -> Step:
        """The step that removes a message once its effects are recorded."""

        def step(transaction: Transaction) -> None:
            transaction.execute(f"DELETE FROM {self._table} WHERE {AT}", _place(incoming))

        return step

    def request_redrive(self, transaction: Transaction, key: str | None) -> int:
        """Ask the consumer to try again, for one key or for all; return how many messages that is."""
        condition = "state = 'parked'" + ("" if key is None else " AND message_key = :key")
        parameters = {} if key is None else {"key": key}
        rows = transaction.execute(f"SELECT 1 FROM {self._table} WHERE {condition}", parameters)
        transaction.execute(f"UPDATE {self._table} SET state = 'redrive' WHERE {condition}", parameters)
        return len(rows)

    def to_redrive(self, reader: Reader) -> list[ParkedMessage]:
        """Return what an operator asked for, and what waits no more because its predecessor was applied.

        What stands behind a message that failed again is not returned: it would overtake.
        """
        earlier = f"p.message_key = {self._table}.message_key AND p.parked_at < {self._table}.parked_at"
        behind = f"EXISTS (SELECT 1 FROM {self._table} p WHERE p.state = 'parked' AND {earlier})"
        predecessor = f"a.stream_id = {self._table}.stream_id AND a.version >= {self._table}.version - 1"
        ready = f"state = 'waiting' AND EXISTS (SELECT 1 FROM {self._applied} a WHERE {predecessor})"
        return self._select(reader, f"(state = 'redrive' AND NOT {behind}) OR ({ready})", {})

    def all(self, reader: Reader) -> list[ParkedMessage]:
        return self._select(reader, "1 = 1", {})

    def _select(self, reader: Reader, condition: str, parameters: Mapping[str, object]) -> list[ParkedMessage]:
        """Return messages in the order in which they came; of a stream the versions say which can be applied."""
        order = "message_key, parked_at, message_offset"
        return [
            _parked(row)
            for row in reader.execute(f"SELECT * FROM {self._table} WHERE {condition} ORDER BY {order}", parameters)
        ]


def _place(incoming: Incoming) -> dict[str, object]:
    at = incoming.partition
    return {"topic": at.topic, "partition": at.number, "offset": incoming.offset}


def _parked(row: Row) -> ParkedMessage:
    headers = tuple((name, text.encode("latin-1")) for name, text in json.loads(row["headers"]))
    partition = Partition(row["topic"], row["partition"])
    return ParkedMessage(
        incoming=Incoming(partition, row["message_offset"], row["message_key"], headers, row["value"]),
        stream_id=row["stream_id"],
        version=row["version"],
        state=ParkedState(row["state"]),
        reason=row["reason"],
        detail=row["detail"],
        parked_at=row["parked_at"],
    )
