"""Whose turn it was last: to whom the rule of assignment gave a complaint, tenant by tenant."""

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from services.intake.domain.complaint import Complaint
from services.intake.domain.provenance import ActorType
from shared.eventstore.command import Projection, Recorded, Step
from shared.eventstore.store import Reader, Schema, StaleError, Store, Transaction

TURNS = Schema(
    "turns",
    (
        """CREATE TABLE IF NOT EXISTS {app}_turns (
            tenant TEXT PRIMARY KEY, turns BIGINT NOT NULL, last_handler TEXT)""",
    ),
)


@dataclass(frozen=True)
class Turn:
    """`number` counts what the rule has done, so that two who decide at once notice each other."""

    number: int
    last: str | None


class Turns(Projection):
    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = f"{store.application}_turns"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        for each in recorded:
            event = each.event
            if isinstance(event, BY_RULE) and event.actor.type == ActorType.SYSTEM:
                self._take(transaction, event)

    def _take(self, transaction: Transaction, event: Complaint.Assigned | Complaint.Released) -> None:
        handler = event.handler_id if isinstance(event, Complaint.Assigned) else None
        transaction.execute(
            f"INSERT INTO {self._table} (tenant, turns, last_handler) VALUES (:tenant, 1, :handler)"
            f" ON CONFLICT (tenant) DO UPDATE SET turns = {self._table}.turns + 1,"
            f" last_handler = COALESCE(excluded.last_handler, {self._table}.last_handler)",
            {"tenant": event.tenant, "handler": handler},
        )

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")

    def of(self, tenant: str) -> Turn:
        with self._store.read() as reader:
            return self._read(reader, tenant)

    def still(self, tenant: str, turn: Turn) -> Step:
        """The step that makes sure that this was the next turn; stale where another came between."""

        def step(transaction: Transaction) -> None:
            if self._read(transaction, tenant).number != turn.number + 1:
                raise StaleError

        return step

    def _read(self, reader: Reader, tenant: str) -> Turn:
        rows = reader.execute(
            f"SELECT turns, last_handler FROM {self._table} WHERE tenant = :tenant", {"tenant": tenant}
        )
        return Turn(int(rows[0]["turns"]), rows[0]["last_handler"]) if rows else Turn(0, None)


BY_RULE = (Complaint.Assigned, Complaint.Released)
