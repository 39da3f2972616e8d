"""What a service has applied of the facts of others: the last version per stream, and the position per partition."""

from collections.abc import Collection
from uuid import UUID

from shared.contracts.envelope import Envelope
from shared.eventstore.command import Step
from shared.eventstore.portable_sql import one_of
from shared.eventstore.store import Reader, Schema, StaleError, Transaction
from shared.messaging.log import Partition

INBOX = Schema(
    "inbox",
    (
        """CREATE TABLE IF NOT EXISTS {app}_applied (
            source TEXT NOT NULL, stream_id TEXT NOT NULL, version BIGINT NOT NULL,
            PRIMARY KEY (source, stream_id))""",
        """CREATE TABLE IF NOT EXISTS {app}_tracking (
            source TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, position BIGINT NOT NULL,
            PRIMARY KEY (source, topic, partition))""",
    ),
)


class Inbox:
    def __init__(self, application: str) -> None:
        self._applied = f"{application}_applied"
        self._tracking = f"{application}_tracking"

    def version(self, reader: Reader, source: str, stream_id: UUID) -> int:
        """Return the last version of a stream that was applied, 0 where none was."""
        return self.versions(reader, source, [stream_id])[stream_id]

    def versions(self, reader: Reader, source: str, stream_ids: Collection[UUID]) -> dict[UUID, int]:
        """Return the last version of each of these streams that was applied."""
        listed, parameters = one_of("stream", map(str, stream_ids))
        sql = f"SELECT stream_id, version FROM {self._applied} WHERE source = :source AND stream_id IN {listed}"
        found = {row["stream_id"]: row["version"] for row in reader.execute(sql, {"source": source, **parameters})}
        return {stream_id: found.get(str(stream_id), 0) for stream_id in stream_ids}

    def applied(self, envelope: Envelope, partition: Partition) -> Step:
        """The step that marks a fact as applied; stale where it is not the next of its stream."""

        def step(transaction: Transaction) -> None:
            source, stream_id = envelope.application, envelope.stream_id
            if self.version(transaction, source, stream_id) != envelope.version - 1:
                raise StaleError
            transaction.execute(
                f"INSERT INTO {self._applied} (source, stream_id, version) VALUES (:source, :stream_id, :version)"
                " ON CONFLICT (source, stream_id) DO UPDATE SET version = excluded.version",
                {"source": source, "stream_id": str(stream_id), "version": envelope.version},
            )
            self._track(transaction, source, partition, envelope.sequence)

        return step

    def _track(self, transaction: Transaction, source: str, partition: Partition, position: int) -> None:
        """Keep the highest position: a late fact of another stream must not lower it."""
        transaction.execute(
            f"INSERT INTO {self._tracking} (source, topic, partition, position)"
            " VALUES (:source, :topic, :partition, :position)"
            " ON CONFLICT (source, topic, partition) DO UPDATE SET position = excluded.position"
            f" WHERE {self._tracking}.position < excluded.position",
            {"source": source, "topic": partition.topic, "partition": partition.number, "position": position},
        )
