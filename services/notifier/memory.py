"""What notifier remembers of each complaint: enough to know whom to tell, in which language, over what."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from services.notifier.domain.routing import Ending, Memory
from shared.eventstore.command import Step
from shared.eventstore.store import Reader, Schema, Store, Transaction

MEMORY = Schema(
    "memory", ("CREATE TABLE IF NOT EXISTS {app}_memory (complaint_id TEXT PRIMARY KEY, memory TEXT NOT NULL)",)
)

DEFAULT_MEDIUM = "in_app"
Fields = Mapping[str, Any]


def remember(memory: Memory | None, stored_name: str, fact: Fields) -> Memory | None:
    """The memory after a fact; None while the submission has not come."""
    if stored_name == "complaint.submitted":
        return Memory(
            tenant=fact["tenant"],
            number=fact["number"],
            complainant=fact["complainant"],
            language=fact["language"],
            preferred_medium=fact["preferred_medium"] or DEFAULT_MEDIUM,
        )
    if memory is None or stored_name not in CHANGES:
        return memory
    return replace(memory, **CHANGES[stored_name](memory, fact))


def _contact(memory: Memory, fact: Fields) -> dict[str, Any]:
    if fact["party_id"] != memory.complainant:
        return {}
    named = {name: fact[name] for name in ("language", "preferred_medium")}
    return {name: value for name, value in named.items() if value is not None}


def _stage(stage: Ending) -> Callable[[Memory, Fields], dict[str, Any]]:
    return lambda _memory, _fact: {"stage": stage}


CHANGES: Mapping[str, Callable[[Memory, Fields], dict[str, Any]]] = {
    "complaint.contact_changed": _contact,
    "complaint.assigned": lambda _, fact: {"assigned_to": fact["handler_id"]},
    "complaint.released": lambda _memory, _fact: {"assigned_to": None},
    "complaint.escalated": lambda _, fact: {"level": fact["to_level"]},
    "complaint.resolved": _stage(Ending.RESOLVED),
    "complaint.resolution_rejected": lambda memory, _: {"rejections": memory.rejections + 1},
    "complaint.reopened": _stage(Ending.OPEN),
    "complaint.closed": _stage(Ending.ENDED),
    "complaint.withdrawn": _stage(Ending.ENDED),
    "complaint.declined": _stage(Ending.ENDED),
}


class Memories:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = f"{store.application}_memory"

    def of(self, complaint_id: UUID) -> Memory | None:
        with self._store.read() as reader:
            return self._read(reader, complaint_id)

    def note(self, complaint_id: UUID, stored_name: str, fact: Fields) -> Step:
        """The step that remembers a fact and does nothing else about it."""

        def step(transaction: Transaction) -> None:
            memory = remember(self._read(transaction, complaint_id), stored_name, fact)
            if memory is not None:
                self.keep(complaint_id, memory)(transaction)

        return step

    def _read(self, reader: Reader, complaint_id: UUID) -> Memory | None:
        rows = reader.execute(f"SELECT memory FROM {self._table} WHERE complaint_id = :id", {"id": str(complaint_id)})
        if not rows:
            return None
        fields = json.loads(rows[0]["memory"])
        return Memory(**{**fields, "stage": Ending(fields["stage"])})

    def keep(self, complaint_id: UUID, memory: Memory) -> Step:
        def step(transaction: Transaction) -> None:
            transaction.execute(
                f"INSERT INTO {self._table} (complaint_id, memory) VALUES (:id, :memory)"
                " ON CONFLICT (complaint_id) DO UPDATE SET memory = excluded.memory",
                {"id": str(complaint_id), "memory": json.dumps(asdict(memory))},
            )

        return step
