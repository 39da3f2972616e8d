"""Which steps of its tables a database has taken, which are missing, and when the two do not belong together."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.eventstore.store import Contraction, Reader, Schema, SchemaMismatchError

STEPS_TABLE = """CREATE TABLE IF NOT EXISTS {app}_schema_steps (
    part TEXT NOT NULL, step INTEGER NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (part, step))"""

STEPS = Schema("steps", ("ALTER TABLE {app}_schema_steps ADD COLUMN contracts BOOLEAN NOT NULL DEFAULT FALSE",))
"""Comes before every other schema: what a step notes of itself."""

Place = tuple[str, int]


@dataclass(frozen=True)
class SchemaStep:
    """One statement of one part, for one service; `number` is from 1."""

    part: str
    number: int
    statement: str
    contracts: bool

    @cached_property
    def digest(self) -> str:
        """Of the words alone: how a statement is laid out may change."""
        return hashlib.sha256(" ".join(self.statement.split()).encode()).hexdigest()


@dataclass(frozen=True)
class TakenStep:
    digest: str
    contracts: bool


def steps_of(application: str, schemas: Iterable[Schema]) -> list[SchemaStep]:
    return [
        SchemaStep(schema.name, number, statement.format(app=application), isinstance(statement, Contraction))
        for schema in schemas
        for number, statement in enumerate(schema.statements, 1)
    ]


def steps_taken(reader: Reader, application: str) -> dict[Place, TakenStep]:
    """Return what the database notes of every step that it has taken."""
    rows = reader.execute(f"SELECT * FROM {application}_schema_steps")
    return {(row["part"], row["step"]): TakenStep(row["digest"], row.get("contracts", False)) for row in rows}


def steps_missing(application: str, steps: Iterable[SchemaStep], taken: Mapping[Place, TakenStep]) -> list[SchemaStep]:
    """Return what is to be done; raises SchemaMismatchError where this release cannot work on these tables.

    Tables may be newer than the release, so that releases can stand side by side, unless something was taken away.
    """
    known = {(step.part, step.number): step for step in steps}
    for place, step in taken.items():
        if place not in known and step.contracts:
            raise SchemaMismatchError(
                f"the tables of {application} are newer than this release: {_name(place)} took away what it needs;"
                " start the release that migrated them, or a later one; the way back is a backup from before"
            )
        if place in known and known[place].digest != step.digest:
            raise SchemaMismatchError(
                f"the tables of {application} were made by another release: {_name(place)} reads differently here"
            )
    return [step for place, step in known.items() if place not in taken]


def take_steps(database: Reader, application: str, steps: Iterable[SchemaStep]) -> None:
    for step in steps:
        database.execute(step.statement)
        database.execute(
            f"INSERT INTO {application}_schema_steps (part, step, digest, contracts)"
            " VALUES (:part, :step, :digest, :contracts)",
            {"part": step.part, "step": step.number, "digest": step.digest, "contracts": step.contracts},
        )


def _name(place: Place) -> str:
    return f"step {place[1]} of {place[0]}"
