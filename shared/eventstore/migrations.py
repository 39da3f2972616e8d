"""Which steps of its tables a database has taken, which are missing, and when the two do not belong together."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.eventstore.store import Reader, Schema, SchemaMismatchError

STEPS_TABLE = """CREATE TABLE IF NOT EXISTS {app}_schema_steps (
    part TEXT NOT NULL, step INTEGER NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (part, step))"""

Place = tuple[str, int]


@dataclass(frozen=True)
class SchemaStep:
    """One statement of one part, for one service; `number` is from 1."""

    part: str
    number: int
    statement: str

    @cached_property
    def digest(self) -> str:
        """Of the words alone: how a statement is laid out may change."""
        return hashlib.sha256(" ".join(self.statement.split()).encode()).hexdigest()


def steps_of(application: str, schemas: Iterable[Schema]) -> list[SchemaStep]:
    return [
        SchemaStep(schema.name, number, statement.format(app=application))
        for schema in schemas
        for number, statement in enumerate(schema.statements, 1)
    ]


def steps_taken(reader: Reader, application: str) -> dict[Place, str]:
    """Return the digest of every step that the database has taken."""
    rows = reader.execute(f"SELECT part, step, digest FROM {application}_schema_steps")
    return {(row["part"], row["step"]): row["digest"] for row in rows}


def steps_missing(application: str, steps: Iterable[SchemaStep], taken: Mapping[Place, str]) -> list[SchemaStep]:
    """Return what is to be done; raises SchemaMismatchError where the database was made by another release."""
    known = {(step.part, step.number): step for step in steps}
    for place, digest in taken.items():
        if place not in known:
            raise SchemaMismatchError(
                f"the tables of {application} are newer than this release: {_name(place)} is not known here;"
                " start the release that migrated them"
            )
        if known[place].digest != digest:
            raise SchemaMismatchError(
                f"the tables of {application} were made by another release: {_name(place)} reads differently here"
            )
    return [step for place, step in known.items() if place not in taken]


def take_steps(database: Reader, application: str, steps: Iterable[SchemaStep]) -> None:
    for step in steps:
        database.execute(step.statement)
        database.execute(
            f"INSERT INTO {application}_schema_steps VALUES (:part, :step, :digest)",
            {"part": step.part, "step": step.number, "digest": step.digest},
        )


def _name(place: Place) -> str:
    return f"step {place[1]} of {place[0]}"
