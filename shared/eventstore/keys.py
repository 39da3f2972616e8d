"""Where the keys of data subjects are kept: one row per (stream, party), wrapped by the master key."""

from collections.abc import Iterable
from uuid import UUID

from shared.eventstore.cipher import MasterKey, StreamKeys, SubjectKey
from shared.eventstore.store import Reader, Row, Schema, Store, Transaction

KEYS = Schema(
    "keys",
    (
        """CREATE TABLE IF NOT EXISTS {app}_subject_keys (
            stream_id TEXT NOT NULL, party_id TEXT NOT NULL, key_id BYTEA NOT NULL, wrapped_key BYTEA NOT NULL,
            PRIMARY KEY (stream_id, party_id))""",
        "CREATE INDEX IF NOT EXISTS {app}_subject_keys_by_party ON {app}_subject_keys (party_id)",
    ),
)


class KeyRing:
    """Reads keys afresh each time: a destroyed key must not live on in a cache."""

    def __init__(self, store: Store, master: MasterKey) -> None:
        self._store = store
        self._master = master
        self._table = f"{store.application}_subject_keys"

    def of_stream(self, stream_id: UUID) -> StreamKeys:
        with self._store.read() as reader:
            return self.read(reader, stream_id)

    def read(self, reader: Reader, stream_id: UUID) -> StreamKeys:
        sql = f"SELECT * FROM {self._table} WHERE stream_id = :stream_id"
        rows = reader.execute(sql, {"stream_id": str(stream_id)})
        return StreamKeys(stream_id, {UUID(row["party_id"]): self._unwrap(row) for row in rows})

    def _unwrap(self, row: Row) -> SubjectKey:
        place = _place(row["stream_id"], row["party_id"])
        return SubjectKey(row["key_id"], self._master.unwrap(row["wrapped_key"], place=place))

    def keep(self, transaction: Transaction, keys: StreamKeys) -> None:
        """Store the keys that were created for the events of this transaction."""
        columns = "stream_id, party_id, key_id, wrapped_key"
        sql = f"INSERT INTO {self._table} ({columns}) VALUES (:stream_id, :party_id, :key_id, :wrapped_key)"
        for party_id, key in keys.created.items():
            row = {"stream_id": str(keys.stream_id), "party_id": str(party_id), "key_id": key.key_id}
            place = _place(row["stream_id"], row["party_id"])
            transaction.execute(sql, row | {"wrapped_key": self._master.wrap(key.secret, place=place)})

    def destroy(self, transaction: Transaction, stream_id: UUID, party_ids: Iterable[UUID]) -> None:
        """Destroy keys: what they encrypted can never be read again."""
        sql = f"DELETE FROM {self._table} WHERE stream_id = :stream_id AND party_id = :party_id"
        for party_id in party_ids:
            transaction.execute(sql, {"stream_id": str(stream_id), "party_id": str(party_id)})
        transaction.scrub()

    def knows(self, reader: Reader, party_id: UUID) -> bool:
        """Tell whether any key of this party is left, in any stream."""
        sql = f"SELECT 1 FROM {self._table} WHERE party_id = :party_id LIMIT 1"
        return bool(reader.execute(sql, {"party_id": str(party_id)}))


def _place(stream_id: object, party_id: object) -> bytes:
    return f"subject-key:{stream_id}:{party_id}".encode()
