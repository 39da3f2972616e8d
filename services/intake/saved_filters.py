"""The filters that handlers keep for themselves or for their team: rows that say what to ask, sealed as a whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.intake.request_errors import SavedFilterNotFoundError
from shared.eventstore.command import Step
from shared.eventstore.purpose_keys import PurposeKey
from shared.eventstore.store import Row, Schema, Store, Transaction

SAVED_FILTERS = Schema(
    "saved_filters",
    (
        """CREATE TABLE IF NOT EXISTS {app}_saved_filters (
            filter_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, owner TEXT NOT NULL, team TEXT NOT NULL,
            sealed BYTEA NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS {app}_saved_filters_of ON {app}_saved_filters (tenant, owner)",
    ),
)
OWN = ""


@dataclass(frozen=True, kw_only=True)
class SavedFilter:
    """`team` is whom it is shared with, empty for the owner's own; `asked` is the filter as JSON."""

    filter_id: UUID
    tenant: str
    owner: str
    team: str
    name: str
    sort: str
    asked: Mapping[str, Any]


class SavedFilters:
    def __init__(self, store: Store, key: PurposeKey) -> None:
        self._store = store
        self._key = key
        self._table = f"{store.application}_saved_filters"

    def keep(self, saved: SavedFilter) -> Step:
        """The step that keeps a filter, in place of one with the same id."""
        words = {"name": saved.name, "sort": saved.sort, "asked": saved.asked}
        row = {
            "filter_id": str(saved.filter_id),
            "tenant": saved.tenant,
            "owner": saved.owner,
            "team": saved.team,
            "sealed": self._key.seal(json.dumps(words).encode(), place=_place(saved.filter_id)),
        }

        def step(transaction: Transaction) -> None:
            transaction.execute(
                f"INSERT INTO {self._table} (filter_id, tenant, owner, team, sealed)"
                " VALUES (:filter_id, :tenant, :owner, :team, :sealed)"
                " ON CONFLICT (filter_id) DO UPDATE SET team = excluded.team, sealed = excluded.sealed",
                row,
            )

        return step

    def forget(self, filter_id: UUID) -> Step:
        def step(transaction: Transaction) -> None:
            transaction.execute(f"DELETE FROM {self._table} WHERE filter_id = :id", {"id": str(filter_id)})

        return step

    def find(self, filter_id: UUID, tenant: str) -> SavedFilter:
        """Return a filter of the tenant; raises SavedFilterNotFoundError."""
        sql = f"SELECT * FROM {self._table} WHERE filter_id = :id AND tenant = :tenant"
        with self._store.read() as reader:
            rows = reader.execute(sql, {"id": str(filter_id), "tenant": tenant})
        if not rows:
            raise SavedFilterNotFoundError
        return self._opened(rows[0])

    def known_to(self, tenant: str, owner: str, team: str | None) -> list[SavedFilter]:
        """Return the filters of somebody, and those that are shared with the team, by name."""
        mine = "owner = :owner" if team is None else "(owner = :owner OR team = :team)"
        asked = {"tenant": tenant, "owner": owner} | ({} if team is None else {"team": team})
        with self._store.read() as reader:
            rows = reader.execute(f"SELECT * FROM {self._table} WHERE tenant = :tenant AND {mine}", asked)
        return sorted((self._opened(row) for row in rows), key=lambda saved: (saved.name, str(saved.filter_id)))

    def _opened(self, row: Row) -> SavedFilter:
        filter_id = UUID(row["filter_id"])
        words = json.loads(self._key.open(row["sealed"], place=_place(filter_id)))
        named = {name: row[name] for name in ("tenant", "owner", "team")}
        return SavedFilter(filter_id=filter_id, **named, **words)


def _place(filter_id: UUID) -> bytes:
    return f"saved-filter:{filter_id}".encode()
