"""What escalation knows of each complaint: the public facts it has applied, in order, and what they come to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from services.escalation.domain.situation import Happening, Situation
from services.escalation.happenings import happening
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.envelope import Envelope
from shared.contracts.registry import REGISTRY
from shared.eventstore.command import Step
from shared.eventstore.portable_sql import one_of
from shared.eventstore.store import Row, Schema, StaleError, Store, Transaction

KNOWN_FACTS = Schema(
    "known_facts",
    (
        """CREATE TABLE IF NOT EXISTS {app}_known_facts (
            complaint_id TEXT NOT NULL, version BIGINT NOT NULL, event_id TEXT NOT NULL, stored_name TEXT NOT NULL,
            tenant TEXT NOT NULL, correlation_id TEXT NOT NULL, recorded_at TIMESTAMPTZ NOT NULL, fact TEXT NOT NULL,
            PRIMARY KEY (complaint_id, version))""",
    ),
)


@dataclass(frozen=True)
class Known:
    """What all facts so far come to; `version` is the last one applied, 0 where none was."""

    situation: Situation
    version: int
    tenant: str
    correlation_id: UUID


class KnownFacts:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = f"{store.application}_known_facts"

    def of(self, complaint_id: UUID) -> Known | None:
        return self.of_all([complaint_id]).get(complaint_id)

    def of_all(self, complaint_ids: Collection[UUID]) -> dict[UUID, Known]:
        """What is known of each of these complaints, in one query; one that nothing is known of is left out."""
        listed, parameters = one_of("id", map(str, complaint_ids))
        sql = f"SELECT * FROM {self._table} WHERE complaint_id IN {listed} ORDER BY complaint_id, version"
        with self._store.read() as reader:
            rows = reader.execute(sql, parameters)
        return {UUID(each): _known(list(facts)) for each, facts in groupby(rows, key=itemgetter("complaint_id"))}

    def unchanged(self, known: Mapping[UUID, Known]) -> Step:
        """The step that is stale where another fact of one of these complaints was applied meanwhile."""

        def step(transaction: Transaction) -> None:
            listed, parameters = one_of("id", map(str, known))
            newest = f"SELECT complaint_id, MAX(version) AS version FROM {self._table}"
            rows = transaction.execute(f"{newest} WHERE complaint_id IN {listed} GROUP BY complaint_id", parameters)
            if any(known[UUID(row["complaint_id"])].version != row["version"] for row in rows):
                raise StaleError

        return step

    def complaints(self, *, tenant: str | None = None) -> list[UUID]:
        """Every complaint of which anything is known: of one tenant, or of all."""
        condition, wanted = ("WHERE tenant = :tenant", {"tenant": tenant}) if tenant else ("", {})
        sql = f"SELECT DISTINCT complaint_id FROM {self._table} {condition} ORDER BY complaint_id"
        with self._store.read() as reader:
            return [UUID(row["complaint_id"]) for row in reader.execute(sql, wanted)]

    def remember(self, fact: ComplaintFact, envelope: Envelope) -> Step:
        def step(transaction: Transaction) -> None:
            transaction.execute(
                f"INSERT INTO {self._table}"
                " (complaint_id, version, event_id, stored_name, tenant, correlation_id, recorded_at, fact)"
                " VALUES (:id, :version, :event_id, :stored_name, :tenant, :correlation_id, :recorded_at, :fact)",
                {
                    "id": envelope.subject,
                    "version": envelope.version,
                    "event_id": str(envelope.id),
                    "stored_name": fact.stored_name,
                    "tenant": envelope.tenant,
                    "correlation_id": str(envelope.correlation_id),
                    "recorded_at": envelope.recorded_at,
                    "fact": fact.model_dump_json(),
                },
            )

        return step


def _known(rows: Sequence[Row]) -> Known:
    situation = Situation()
    for row in rows:
        situation = situation.after(_happening(row))
    return Known(situation, rows[-1]["version"], rows[0]["tenant"], UUID(rows[0]["correlation_id"]))


def _happening(row: Row) -> Happening:
    contract = REGISTRY.by_stored_name[row["stored_name"]]
    fact = contract.model_validate_json(row["fact"])
    if not isinstance(fact, ComplaintFact):
        raise TypeError(f"{row['stored_name']} is no fact of a complaint")
    recorded_at: datetime = row["recorded_at"]
    return happening(fact, UUID(row["event_id"]), recorded_at)
