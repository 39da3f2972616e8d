"""When complaints of each category arrived, and how far signals were looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.eventstore.command import Step
from shared.eventstore.mapper import StoredParts
from shared.eventstore.store import Reader, RecordedEvent, Schema, Store, Transaction

ARRIVALS = Schema(
    "arrivals",
    (
        """CREATE TABLE IF NOT EXISTS {app}_arrivals (
            complaint_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, category TEXT NOT NULL,
            received_at TIMESTAMPTZ NOT NULL, position BIGINT NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS {app}_arrivals_of ON {app}_arrivals (tenant, category, received_at, position)",
        """CREATE TABLE IF NOT EXISTS {app}_signal_states (
            tenant TEXT NOT NULL, category TEXT NOT NULL, risen BOOLEAN NOT NULL, PRIMARY KEY (tenant, category))""",
        """CREATE TABLE IF NOT EXISTS {app}_signal_place (
            name TEXT PRIMARY KEY, position BIGINT NOT NULL, raised_after BIGINT NOT NULL)""",
    ),
)

Kind = tuple[str, str]
"""A tenant and a category."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A complaint as it was submitted; what was imported tells of the past and raises nothing."""

    complaint_id: UUID
    event_id: UUID
    correlation_id: UUID
    tenant: str
    category: str
    received_at: datetime
    recorded_at: datetime
    position: int
    imported: bool

    @classmethod
    def of(cls, stored: RecordedEvent, event_id: UUID) -> "Arrival":
        said = StoredParts.of(stored).public
        return cls(
            complaint_id=UUID(str(stored.originator_id)),
            event_id=event_id,
            correlation_id=UUID(said["correlation_id"]),
            tenant=said["tenant"],
            category=said["category"],
            received_at=datetime.fromisoformat(said["received_at"]),
            recorded_at=stored.recorded_at,
            position=stored.position,
            imported=said["imported"],
        )


@dataclass(frozen=True)
class Place:
    """Up to which position signals were looked for, and after which one they are raised."""

    position: int
    raised_after: int


class Arrivals:
    """Counts only what was recorded up to a position, so that whoever counts again counts the same."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._arrivals = f"{store.application}_arrivals"
        self._states = f"{store.application}_signal_states"
        self._place = f"{store.application}_signal_place"

    def keep(self, arrivals: Sequence[Arrival]) -> Step:
        def step(transaction: Transaction) -> None:
            for each in arrivals:
                transaction.execute(
                    f"INSERT INTO {self._arrivals} (complaint_id, tenant, category, received_at, position)"
                    " VALUES (:id, :tenant, :category, :received_at, :position)"
                    " ON CONFLICT DO NOTHING",
                    {
                        "id": str(each.complaint_id),
                        "tenant": each.tenant,
                        "category": each.category,
                        "received_at": each.received_at,
                        "position": each.position,
                    },
                )

        return step

    def move(self, place: Place, risen: dict[Kind, bool]) -> Step:
        """Remember how far signals were looked for, and which categories are risen."""

        def step(transaction: Transaction) -> None:
            transaction.execute(
                f"INSERT INTO {self._place} (name, position, raised_after) VALUES ('signals', :position, :raised_after)"
                " ON CONFLICT (name) DO UPDATE SET position = :position",
                vars(place),
            )
            for (tenant, category), is_risen in risen.items():
                transaction.execute(
                    f"INSERT INTO {self._states} (tenant, category, risen) VALUES (:tenant, :category, :risen)"
                    " ON CONFLICT (tenant, category) DO UPDATE SET risen = :risen",
                    {"tenant": tenant, "category": category, "risen": is_risen},
                )

        return step

    def begin(self) -> None:
        """Before anything is submitted here: what an installation had recorded by its first start raises nothing."""
        place = self.place()
        with self._store.write() as transaction:
            transaction.execute(
                f"INSERT INTO {self._place} (name, position, raised_after) VALUES ('signals', :position, :raised_after)"
                " ON CONFLICT (name) DO NOTHING",
                vars(place),
            )

    def place(self) -> Place:
        """Where to go on; where nothing says how far, all that is recorded is past."""
        with self._store.read() as reader:
            rows = reader.execute(f"SELECT position, raised_after FROM {self._place}")
        if rows:
            return Place(**rows[0])
        return Place(0, self._store.recorder.max_notification_id() or 0)

    def risen(self) -> dict[Kind, bool]:
        with self._store.read() as reader:
            rows = reader.execute(f"SELECT * FROM {self._states}")
        return {(row["tenant"], row["category"]): bool(row["risen"]) for row in rows}

    def window(self, arrival: Arrival, duration: timedelta) -> list[UUID]:
        """Return what arrived in the window that ends with an arrival, the newest first."""
        with self._store.read() as reader:
            rows = self._between(reader, arrival, arrival.received_at, duration, "complaint_id")
        return [UUID(row["complaint_id"]) for row in rows]

    def baseline(self, arrival: Arrival, duration: timedelta, weeks: int) -> tuple[int, ...]:
        """Count the same window in earlier weeks, the last one first, as far back as the tenant has arrivals."""
        ends = [arrival.received_at - timedelta(weeks=week) for week in range(1, weeks + 1)]
        with self._store.read() as reader:
            sql = f"SELECT min(received_at) AS first FROM {self._arrivals} WHERE tenant = :tenant"
            first = _instant(reader.execute(sql, {"tenant": arrival.tenant})[0]["first"])
            known = [end for end in ends if first is not None and end - duration >= first]
            return tuple(len(self._between(reader, arrival, end, duration, "position")) for end in known)

    def _between(
        self, reader: Reader, arrival: Arrival, end: datetime, duration: timedelta, column: str
    ) -> Sequence[Any]:
        sql = (
            f"SELECT {column} FROM {self._arrivals} WHERE tenant = :tenant AND category = :category"
            " AND received_at > :start AND received_at <= :end AND position <= :position"
            " ORDER BY received_at DESC, complaint_id"
        )
        asked = {"tenant": arrival.tenant, "category": arrival.category, "position": arrival.position}
        return reader.execute(sql, {**asked, "start": end - duration, "end": end})


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
