"""Every signal with what it counted, and the incident that was opened of it last."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from services.intake.domain.incident import Incident
from services.intake.domain.signals import SignalRaised
from shared.eventstore.command import Projection, Recorded
from shared.eventstore.store import Row, Schema, Store, Transaction

SIGNALS = Schema(
    "signals",
    (
        """CREATE TABLE IF NOT EXISTS {app}_signals (
            signal_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, category TEXT NOT NULL, raised_at TIMESTAMPTZ NOT NULL,
            from_at TIMESTAMPTZ NOT NULL, to_at TIMESTAMPTZ NOT NULL, counted INTEGER NOT NULL,
            threshold INTEGER NOT NULL, baseline TEXT NOT NULL, incident_id TEXT)""",
        "CREATE INDEX IF NOT EXISTS {app}_signals_of ON {app}_signals (tenant, raised_at, signal_id)",
        """CREATE INDEX IF NOT EXISTS {app}_signals_of_category ON {app}_signals
            (tenant, category, raised_at, signal_id)""",
    ),
)


class Signals(Projection):
    def __init__(self, store: Store) -> None:
        self._store = store
        self._signals = f"{store.application}_signals"
        self._incidents = f"{store.application}_incidents"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        for each in recorded:
            if isinstance(each.event, SignalRaised):
                self._enter(transaction, each.event, each.recorded_at)
            elif isinstance(each.event, Incident.Opened) and each.event.signal_id is not None:
                transaction.execute(
                    f"UPDATE {self._signals} SET incident_id = :incident_id WHERE signal_id = :signal_id",
                    {"incident_id": str(each.event.incident_id), "signal_id": str(each.event.signal_id)},
                )

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._signals}")

    def _enter(self, transaction: Transaction, signal: SignalRaised, raised_at: datetime) -> None:
        names = ("tenant", "category", "from_at", "to_at", "counted", "threshold")
        transaction.execute(
            f"INSERT INTO {self._signals} (signal_id, raised_at, baseline, {', '.join(names)})"
            f" VALUES (:signal_id, :raised_at, :baseline, {', '.join(f':{name}' for name in names)})",
            {
                "signal_id": str(signal.originator_id),
                "raised_at": raised_at,
                "baseline": json.dumps(signal.baseline),
                **{name: getattr(signal, name) for name in names},
            },
        )

    def page(
        self, tenant: str, *, category: str | None = None, after: tuple[datetime, str] | None, limit: int
    ) -> list[Row]:
        """Return up to `limit` signals, those raised last first."""
        conditions = ["signal.tenant = :tenant"]
        asked: dict[str, Any] = {"tenant": tenant, "limit": limit}
        if category:
            conditions.append("signal.category = :category")
            asked["category"] = category
        if after:
            conditions.append("(signal.raised_at < :at OR (signal.raised_at = :at AND signal.signal_id < :id))")
            asked |= {"at": after[0], "id": after[1]}
        return self._shown(f"{' AND '.join(conditions)} ORDER BY raised_at DESC, signal_id DESC LIMIT :limit", asked)

    def one(self, signal_id: UUID) -> Row:
        (row,) = self._shown("signal.signal_id = :id", {"id": str(signal_id)})
        return row

    def _shown(self, wanted: str, asked: dict[str, Any]) -> list[Row]:
        sql = (
            f"SELECT signal.*, incident.name, incident.closed_at FROM {self._signals} AS signal"
            f" LEFT JOIN {self._incidents} AS incident ON incident.incident_id = signal.incident_id WHERE {wanted}"
        )
        with self._store.read() as reader:
            rows = reader.execute(sql, asked)
        return [{**row, "baseline": tuple(json.loads(row["baseline"]))} for row in rows]
