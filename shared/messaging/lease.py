"""Whose turn it is: of several processes that could do a thing, one does it at a time, and a late one is found out."""

import time
from datetime import timedelta

from shared.eventstore.store import Schema, Store, Transaction

LEASES = Schema(
    "leases",
    (
        """CREATE TABLE IF NOT EXISTS {app}_leases (
            name TEXT PRIMARY KEY, holder TEXT NOT NULL, epoch BIGINT NOT NULL, expires_at TIMESTAMPTZ NOT NULL)""",
    ),
)

DURATION = timedelta(seconds=20)
RENEWED_AFTER = 1 / 3
ASK_AGAIN_SECONDS = 1.0


class LeaseLostError(Exception):
    """Another process has taken over meanwhile: what was to be stored is not."""


class Lease:
    """`duration` is counted by the database's clock for others, and by this process's own from before it asked.

    A holder that comes back under its name goes on at once; any other waits until the lease has run out.
    """

    def __init__(self, store: Store, name: str, holder: str, duration: timedelta = DURATION) -> None:
        self._store = store
        self._row = {"name": name, "holder": holder}
        self._seconds = duration.total_seconds()
        self._duration = duration
        self._table = f"{store.application}_leases"
        self._asked_at = float("-inf")
        self._epoch: int | None = None

    def hold(self, *, for_seconds: float = 0.0) -> int | None:
        """Take or renew it where it has less than this left; return its epoch, or None where another holds it."""
        needed = max(for_seconds, self._seconds * (1 - RENEWED_AFTER))
        since = time.monotonic() - self._asked_at
        if since > (ASK_AGAIN_SECONDS if self._epoch is None else self._seconds - needed):
            self._take()
        return self._epoch

    def _take(self) -> None:
        asked_at = time.monotonic()
        with self._store.write() as transaction:
            now = transaction.recorded_at
            taken = transaction.execute(
                f"INSERT INTO {self._table} (name, holder, epoch, expires_at) VALUES (:name, :holder, 1, :until)"
                f" ON CONFLICT (name) DO UPDATE SET holder = :holder, expires_at = :until,"
                f" epoch = {self._table}.epoch + CASE WHEN {self._table}.holder = :holder THEN 0 ELSE 1 END"
                f" WHERE {self._table}.holder = :holder OR {self._table}.expires_at < :now RETURNING epoch",
                {**self._row, "until": now + self._duration, "now": now},
            )
        self._asked_at = asked_at
        self._epoch = int(taken[0]["epoch"]) if taken else None

    def require(self, transaction: Transaction, epoch: int) -> None:
        """Make sure, in the transaction that stores something, that the turn is still ours; raises LeaseLostError."""
        sql = f"SELECT 1 FROM {self._table} WHERE name = :name AND holder = :holder AND epoch = :epoch"
        if not transaction.execute(sql, {**self._row, "epoch": epoch}):
            self._epoch = None
            raise LeaseLostError(f"{self._row['name']} was taken over from {self._row['holder']}")

    def release(self) -> None:
        """Let the next one begin at once."""
        if self._epoch is not None:
            with self._store.write() as transaction:
                sql = f"UPDATE {self._table} SET expires_at = :now WHERE name = :name AND holder = :holder"
                transaction.execute(sql, {**self._row, "now": transaction.recorded_at})
        self._epoch = None
