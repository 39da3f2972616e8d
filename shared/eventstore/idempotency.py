"""Which commands were carried out: one row per key, with where the answer stands and never the answer itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from shared.eventstore.portable_sql import one_of
from shared.eventstore.store import Reader, Schema, Transaction

KEPT_FOR = timedelta(days=7)
FROM_TOPIC = "command:"

IDEMPOTENCY = Schema(
    "idempotency",
    (
        """CREATE TABLE IF NOT EXISTS {app}_idempotency (
            key_digest TEXT PRIMARY KEY, body_digest TEXT NOT NULL, stream_id TEXT NOT NULL,
            version BIGINT NOT NULL, revision BIGINT NOT NULL, recorded_at TIMESTAMPTZ NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS {app}_idempotency_by_age ON {app}_idempotency (recorded_at)",
    ),
)


class IdempotencyKeyReusedError(Exception):
    """The key was used for another request; use a new key for a new request."""

    code = "idempotency-key-reused"


@dataclass(frozen=True)
class CommandKey:
    """Keyed digests, hex: of who sent which key where, and of the canonical body."""

    digest: str
    body_digest: str

    @classmethod
    def of_message(cls, message_id: UUID, message_type: str) -> "CommandKey":
        """The key of a command from a topic, which its id alone identifies."""
        return cls(f"{FROM_TOPIC}{message_id}", message_type)


@dataclass(frozen=True)
class KeptAnswer:
    body_digest: str
    stream_id: UUID
    version: int
    revision: int


class Idempotency:
    def __init__(self, application: str) -> None:
        self._table = f"{application}_idempotency"

    def find(self, reader: Reader, key: CommandKey) -> KeptAnswer | None:
        return self.known(reader, [key]).get(key.digest)

    def known(self, reader: Reader, keys: Collection[CommandKey]) -> dict[str, KeptAnswer]:
        """Return where the answers of all these keys stand, by the digest of the key."""
        if not keys:
            return {}
        listed, parameters = one_of("digest", (key.digest for key in keys))
        rows = reader.execute(f"SELECT * FROM {self._table} WHERE key_digest IN {listed}", parameters)
        return {
            row["key_digest"]: KeptAnswer(row["body_digest"], UUID(row["stream_id"]), row["version"], row["revision"])
            for row in rows
        }

    def keep(self, transaction: Transaction, key: CommandKey, stream_id: UUID, version: int, revision: int) -> None:
        transaction.execute(
            f"INSERT INTO {self._table} (key_digest, body_digest, stream_id, version, revision, recorded_at)"
            " VALUES (:digest, :body_digest, :stream_id, :version, :revision, :recorded_at)",
            {
                "digest": key.digest,
                "body_digest": key.body_digest,
                "stream_id": str(stream_id),
                "version": version,
                "revision": revision,
                "recorded_at": transaction.recorded_at,
            },
        )

    def show_revision(self, transaction: Transaction, key: CommandKey, revision: int) -> None:
        """Change the revision that a repeat is answered with: the first answer was given after a wait."""
        transaction.execute(
            f"UPDATE {self._table} SET revision = :revision WHERE key_digest = :digest",
            {"revision": revision, "digest": key.digest},
        )

    def forget_old(self, transaction: Transaction) -> None:
        """Delete what is older than every client may repeat; a topic may repeat its commands for ever."""
        sql = f"DELETE FROM {self._table} WHERE recorded_at < :before AND key_digest NOT LIKE '{FROM_TOPIC}%'"
        transaction.execute(sql, {"before": transaction.recorded_at - KEPT_FOR})
