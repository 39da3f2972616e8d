"""Keys of one purpose each: random, wrapped by the master key, for keyed hashes and for rows nobody may read."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field

from shared.eventstore.cipher import MasterKey, decrypt, encrypt, new_key
from shared.eventstore.store import Schema, Store

PURPOSE_KEYS = Schema(
    "purpose_keys",
    (
        """CREATE TABLE IF NOT EXISTS {app}_purpose_keys (
            purpose TEXT PRIMARY KEY, wrapped_key BYTEA NOT NULL)""",
    ),
)


@dataclass(frozen=True)
class PurposeKey:
    """Who has the tables and not the key can neither guess what it hashes nor read what it seals."""

    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, store: Store, master: MasterKey, purpose: str) -> "PurposeKey":
        """Read the key of a purpose, which the first who asks makes; never within a transaction."""
        table, place = f"{store.application}_purpose_keys", f"purpose-key:{purpose}".encode()
        sought = f"SELECT wrapped_key FROM {table} WHERE purpose = :purpose"
        with store.read() as reader:
            rows = reader.execute(sought, {"purpose": purpose})
        if not rows:
            with store.write() as transaction:
                made = {"purpose": purpose, "wrapped": master.wrap(new_key(), place=place)}
                transaction.execute(
                    f"INSERT INTO {table} (purpose, wrapped_key) VALUES (:purpose, :wrapped) ON CONFLICT DO NOTHING",
                    made,
                )
                rows = transaction.execute(sought, {"purpose": purpose})
        return cls(master.unwrap(rows[0]["wrapped_key"], place=place))

    def digest(self, *parts: str) -> str:
        """Hash several words together, hex: the same words meet, and nothing else does."""
        return hmac.digest(self.secret, json.dumps(parts).encode(), hashlib.sha256).hex()

    def seal(self, plaintext: bytes, *, place: bytes) -> bytes:
        """Encrypt what stands at this place; moved elsewhere it does not open."""
        return encrypt(self.secret, plaintext, place=place)

    def open(self, sealed: bytes, *, place: bytes) -> bytes:
        """Undo `seal`; raises UndecipherableError."""
        return decrypt(self.secret, sealed, place=place)
