"""Tables in PostgreSQL: who makes them, who may change what, and who refuses to start on which."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from eventsourcing.persistence import OperationalError, PersistenceError, StoredEvent

from shared.eventstore.portable_sql import for_psycopg
from shared.eventstore.postgres import PostgresStore
from shared.eventstore.postgres_migration import migrate
from shared.eventstore.store import Contraction, Schema, SchemaMismatchError
from tests.builders import COMPLAINT_ID
from tests.postgres import PATIENT, Database

NOTES = Schema("notes", ("CREATE TABLE {app}_notes (number BIGINT PRIMARY KEY)",))
LATER = Schema("notes", (*NOTES.statements, "ALTER TABLE {app}_notes ADD COLUMN words TEXT"))
GONE = Schema("gone", (Contraction("ALTER TABLE {app}_notes DROP COLUMN words"),))
OTHER = Schema("notes", ("CREATE TABLE {app}_notes (number TEXT PRIMARY KEY)",))


@pytest.fixture
def store(database: Database) -> Iterator[PostgresStore]:
    store = PostgresStore(database.url, "shop", limits=PATIENT)
    yield store
    store.close()


def made(database: Database, *schemas: Schema) -> list[tuple[str, int]]:
    return [(step.part, step.number) for step in migrate(database.owner_url, database.role, "shop", *schemas)]


def test_a_migration_does_what_is_missing_and_says_so(database: Database, store: PostgresStore) -> None:
    assert ("notes", 1) in made(database, NOTES)
    assert made(database, NOTES) == []
    assert made(database, LATER) == [("notes", 2)]
    store.prepare(LATER)


def test_a_store_refuses_tables_that_nobody_made(store: PostgresStore) -> None:
    with pytest.raises(SchemaMismatchError, match="recourse migrate"):
        store.prepare(NOTES)


def test_a_store_refuses_tables_of_an_earlier_release(database: Database, store: PostgresStore) -> None:
    made(database, NOTES)
    with pytest.raises(SchemaMismatchError, match=r"notes must be brought up to date.*recourse migrate"):
        store.prepare(LATER)


def test_a_store_works_on_tables_that_a_later_release_has_added_to(database: Database, store: PostgresStore) -> None:
    made(database, LATER)
    store.prepare(NOTES)
    assert made(database, NOTES) == []


def test_a_store_refuses_tables_from_which_a_later_release_has_taken(database: Database, store: PostgresStore) -> None:
    made(database, LATER, GONE)
    with pytest.raises(SchemaMismatchError, match="step 1 of gone took away what it needs; start the release"):
        store.prepare(LATER)
    with pytest.raises(SchemaMismatchError, match="newer"):
        made(database, LATER)
    store.prepare(LATER, GONE)


def test_a_step_that_reads_differently_is_refused(database: Database, store: PostgresStore) -> None:
    made(database, NOTES)
    with pytest.raises(SchemaMismatchError, match="step 1 of notes reads differently"):
        store.prepare(OTHER)


def test_a_migration_that_fails_leaves_nothing(database: Database, store: PostgresStore) -> None:
    made(database, NOTES)
    broken = Schema("notes", (*LATER.statements, "ALTER TABLE {app}_nothing ADD COLUMN words TEXT"))
    with pytest.raises(psycopg.Error):
        made(database, broken)
    store.prepare(NOTES)


def test_migrations_at_once_happen_one_after_another(database: Database) -> None:
    done: list[int] = []
    threads = [threading.Thread(target=lambda: done.append(len(made(database, NOTES)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, done)) == [False, False, False, True]


CHANGES = (
    "UPDATE shop.shop_events SET state = ''",
    "DELETE FROM shop.shop_events",
    "TRUNCATE shop.shop_events",
    "INSERT INTO shop.shop_events TABLE shop.shop_events ON CONFLICT (notification_id) DO UPDATE SET state = ''",
)


@pytest.mark.parametrize("statement", CHANGES)
def test_neither_service_nor_owner_changes_history(database: Database, store: PostgresStore, statement: str) -> None:
    made(database)
    store.recorder.insert_events([StoredEvent(COMPLAINT_ID, 1, "shop.sold", b"{}")])
    before = store.follow(0, 10)
    for url, refusal in ((database.url, "permission denied"), (database.owner_url, "append-only")):
        with pytest.raises(psycopg.Error, match=refusal), psycopg.connect(url) as connection:
            connection.execute(statement.encode())
    assert store.follow(0, 10) == before


def test_a_service_may_make_no_table_and_forge_no_step(database: Database) -> None:
    made(database)
    for statement in ("CREATE TABLE shop.more (a TEXT)", "INSERT INTO shop.shop_schema_steps VALUES ('a', 1, '')"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(database.url) as connection:
            connection.execute(statement.encode())


def test_a_database_of_another_encoding_is_refused(database: Database) -> None:
    name = f"{psycopg.conninfo.conninfo_to_dict(database.url)['dbname']}_latin"
    owner = psycopg.conninfo.conninfo_to_dict(database.owner_url)["user"]
    database.do(f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(SchemaMismatchError, match="UTF8"):
        migrate(psycopg.conninfo.make_conninfo(database.owner_url, dbname=name), database.role, "shop")
    database.do(f"DROP DATABASE {name}")


def test_the_library_cannot_make_tables_of_its_own(store: PostgresStore) -> None:
    with pytest.raises(NotImplementedError):
        store.recorder.create_table()


def test_a_database_that_nobody_serves_is_an_error_to_try_again(database: Database) -> None:
    url = psycopg.conninfo.make_conninfo(database.url, port=1)
    with pytest.raises(OperationalError):
        migrate(url, database.role, "shop")
    store = PostgresStore(url, "shop")
    with pytest.raises(OperationalError):
        store.prepare()
    store.close()


def test_an_error_in_a_statement_is_no_reason_to_doubt_the_database(database: Database, store: PostgresStore) -> None:
    made(database)
    with pytest.raises(PersistenceError), store.read() as reader:
        reader.execute("SELECT nothing")
    assert store.follow(0, 1) == []


def recourse(*arguments: str, data_dir: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services", *arguments],
        env={**os.environ, "RECOURSE_DATA_DIR": str(data_dir), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_says_what_it_made_and_then_that_all_is_well(database: Database, tmp_path: Path) -> None:
    first = recourse("migrate", data_dir=tmp_path, **database.environment)
    assert first.returncode == 0, first.stderr
    assert "intake: events, steps 1, 2" in first.stdout
    again = recourse("migrate", data_dir=tmp_path, **database.environment)
    assert again.stdout.splitlines() == [f"{name}: up to date" for name in ("intake", "escalation", "notifier")]


def test_the_command_says_which_settings_it_needs(tmp_path: Path) -> None:
    done = recourse("migrate", data_dir=tmp_path)
    assert (done.returncode, "RECOURSE_DATABASE_OWNER_URL" in done.stderr) == (2, True)


def test_services_refuse_to_start_before_the_migration_and_say_how(database: Database, tmp_path: Path) -> None:
    done = recourse("run", "--development", data_dir=tmp_path, **database.environment)
    assert (done.returncode, "recourse migrate" in done.stderr) == (2, True)


def test_services_that_reach_no_database_end_with_one_line(database: Database, tmp_path: Path) -> None:
    url = psycopg.conninfo.make_conninfo(database.url, port=1)
    done = recourse("run", "--development", data_dir=tmp_path, **{**database.environment, "RECOURSE_DATABASE_URL": url})
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


@pytest.mark.parametrize(
    ("sql", "translated"),
    [
        ("SELECT :a, :b_2", "SELECT %(a)s, %(b_2)s"),
        ("SELECT :ids::uuid[]", "SELECT %(ids)s::uuid[]"),
        ("SELECT '12:30:00', 'it''s :a'", "SELECT '12:30:00', 'it''s :a'"),
        ("WHERE name LIKE 'a%' AND 7 % 2 = 1", "WHERE name LIKE 'a%%' AND 7 %% 2 = 1"),
    ],
)
def test_named_parameters_are_translated_and_nothing_else(sql: str, translated: str) -> None:
    assert for_psycopg(sql) == translated.encode()
