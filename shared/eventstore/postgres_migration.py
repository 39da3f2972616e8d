"""What the owner of a PostgreSQL database does for a service: its schema, its tables, and what its role may do."""

import time

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg import Cursor
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Identifier

from shared.eventstore.migrations import (
    STEPS,
    STEPS_TABLE,
    SchemaStep,
    steps_missing,
    steps_of,
    steps_taken,
    take_steps,
)
from shared.eventstore.postgres import EVENTS, PostgresReader
from shared.eventstore.store import Schema, SchemaMismatchError

CONNECT_SECONDS = 5
LOCK_TIMEOUT = "500ms"  # whoever comes after a migration that waits for a table waits with it
TRY_SECONDS = 60.0
AGAIN_SECONDS = 0.2
IN_THE_WAY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)

GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "REVOKE UPDATE, DELETE ON {events} FROM {role}",
    "REVOKE INSERT, DELETE ON {time} FROM {role}",
    "REVOKE INSERT, UPDATE, DELETE ON {steps} FROM {role}",
)


def migrate(owner_url: str, service_role: str, application: str, *schemas: Schema) -> list[SchemaStep]:
    """Bring a service's tables up to date in one transaction and return the steps that this took, none = nothing.

    Tried again while services that run are in the way. Raises SchemaMismatchError where another release has been
    here, OperationalError where nobody answers.
    """
    deadline = time.monotonic() + TRY_SECONDS
    while True:
        try:
            return _migrate(owner_url, service_role, application, schemas)
        except IN_THE_WAY as error:
            if time.monotonic() > deadline:
                raise OperationalError(str(error)) from error
            time.sleep(AGAIN_SECONDS)
        except psycopg.OperationalError as error:
            raise OperationalError(str(error)) from error


def _migrate(owner_url: str, service_role: str, application: str, schemas: tuple[Schema, ...]) -> list[SchemaStep]:
    with (
        psycopg.connect(owner_url, connect_timeout=CONNECT_SECONDS, row_factory=dict_row) as connection,
        connection.cursor() as cursor,
    ):
        _enter(cursor, application)
        steps = _take_missing(cursor, application, schemas)
        _grant(cursor, application, service_role)
        return steps


def _enter(cursor: Cursor[DictRow], application: str) -> None:
    """One migration of a database at a time: two that make one schema at once fail."""
    cursor.execute("SELECT current_setting('server_encoding') AS encoding")
    if cursor.fetchall() != [{"encoding": "UTF8"}]:
        raise SchemaMismatchError("the database must be created with the encoding UTF8: text comes back as bytes else")
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_TIMEOUT,))
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('recourse.migrate', 0))")
    cursor.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(application)))
    cursor.execute("SELECT set_config('search_path', %s, true)", (application,))


def _take_missing(cursor: Cursor[DictRow], application: str, schemas: tuple[Schema, ...]) -> list[SchemaStep]:
    database = PostgresReader(cursor)
    database.execute(STEPS_TABLE.format(app=application))
    steps = steps_of(application, (STEPS, EVENTS, *schemas))
    missing = steps_missing(application, steps, steps_taken(database, application))
    take_steps(database, application, missing)
    return missing


def _grant(cursor: Cursor[DictRow], application: str, role: str) -> None:
    """Give the service what it needs; an owner that is the service as well keeps what it has."""
    cursor.execute("SELECT current_user AS name")
    if cursor.fetchall() == [{"name": role}]:
        return
    names = {
        "schema": Identifier(application),
        "role": Identifier(role),
        "events": Identifier(f"{application}_events"),
        "time": Identifier(f"{application}_time"),
        "steps": Identifier(f"{application}_schema_steps"),
    }
    for grant in GRANTS:
        cursor.execute(SQL(grant).format(**names))
