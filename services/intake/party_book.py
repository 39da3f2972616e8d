"""Which party a wallet user is: a keyed hash leads to the random party id, until the party is forgotten."""

import hashlib
import hmac
from uuid import UUID

from shared.eventstore.cipher import MasterKey
from shared.eventstore.command import Step
from shared.eventstore.store import Schema, StaleError, Store, Transaction

PARTIES = Schema(
    "parties",
    (
        """CREATE TABLE IF NOT EXISTS {app}_parties (
            user_digest TEXT PRIMARY KEY, tenant TEXT NOT NULL, party_id TEXT NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS {app}_parties_by_id ON {app}_parties (party_id)",
    ),
)


class PartyBook:
    def __init__(self, store: Store, master: MasterKey) -> None:
        self._store = store
        self._key = master.derive("wallet-user")
        self._table = f"{store.application}_parties"

    def digest(self, tenant: str, wallet_user_id: str) -> str:
        """The keyed hash under which a wallet user is known here."""
        return hmac.digest(self._key, f"{tenant}\0{wallet_user_id}".encode(), hashlib.sha256).hex()

    def find(self, tenant: str, wallet_user_id: str) -> UUID | None:
        sql = f"SELECT party_id FROM {self._table} WHERE user_digest = :digest"
        with self._store.read() as reader:
            rows = reader.execute(sql, {"digest": self.digest(tenant, wallet_user_id)})
        return UUID(rows[0]["party_id"]) if rows else None

    def enter(self, tenant: str, wallet_user_id: str, party_id: UUID) -> Step:
        """The step that remembers a new party; where another command was first it is decided again."""
        row = {"digest": self.digest(tenant, wallet_user_id), "tenant": tenant, "party_id": str(party_id)}

        def step(transaction: Transaction) -> None:
            columns = "user_digest, tenant, party_id"
            transaction.execute(f"INSERT INTO {self._table} ({columns}) VALUES (:digest, :tenant, :party_id)", row)

        return step

    def still(self, tenant: str, wallet_user_id: str, party_id: UUID) -> Step:
        """The step that makes sure of a known party: stale where it was erased meanwhile."""
        row = {"digest": self.digest(tenant, wallet_user_id), "party_id": str(party_id)}

        def step(transaction: Transaction) -> None:
            sql = f"SELECT 1 FROM {self._table} WHERE user_digest = :digest AND party_id = :party_id"
            if not transaction.execute(sql, row):
                raise StaleError

        return step

    def forget(self, transaction: Transaction, party_id: UUID) -> None:
        sql = f"DELETE FROM {self._table} WHERE party_id = :party_id"
        transaction.execute(sql, {"party_id": str(party_id)})
