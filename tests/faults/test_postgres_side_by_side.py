"""Several processes on one service, its owner at work beside them: positions, versions and times stay right."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import OperationalError, StoredEvent

from shared.eventstore.command import StoreUnavailableError
from shared.eventstore.postgres import PostgresStore
from shared.eventstore.postgres_connections import Limits
from shared.eventstore.postgres_migration import migrate
from shared.eventstore.store import RecordedEvent, Schema, Store
from tests.builders import COMPLAINT_ID
from tests.faults.proxy import Proxy
from tests.postgres import PATIENT, Database
from tests.services.archive import ARCHIVED, PATIENCE_SECONDS, kept_in, key
from tests.waiting import wait_until

PROCESSES = 3
CHANGES = 60
PROMISED_SECONDS = 2.0
NOTES = Schema("notes", ("CREATE TABLE {app}_notes (number BIGINT PRIMARY KEY)",))
MORE_NOTES = Schema("notes", (*NOTES.statements, "ALTER TABLE {app}_notes ADD COLUMN words TEXT"))


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    migrate(database.owner_url, database.role, "shop", NOTES)
    store = PostgresStore(database.url, "shop", limits=PATIENT)
    yield store
    store.close()


def append(store: Store) -> None:
    with store.write() as transaction:
        transaction.append([StoredEvent(uuid4(), 1, "shop.sold", b"{}")])


def test_processes_that_write_at_once_miss_and_repeat_no_place(store: Store, database: Database) -> None:
    stream_id, followed = uuid4(), list[RecordedEvent]()
    command = (sys.executable, "-m", "tests.faults.appending", database.url, str(stream_id), str(CHANGES))
    writers = [subprocess.Popen(command) for _ in range(PROCESSES)]

    def follow() -> bool:
        over = all(writer.poll() is not None for writer in writers)
        news = store.follow(followed[-1].position if followed else 0, 1000)
        followed.extend(news)
        return over and not news

    wait_until(follow, seconds=120, what="the writers to end")
    assert [writer.returncode for writer in writers] == [0] * PROCESSES
    events = PROCESSES * CHANGES * 2
    assert [event.position for event in followed] == list(range(1, events + 1))
    versions = [event.originator_version for event in followed if event.originator_id == stream_id]
    assert versions == list(range(1, PROCESSES * CHANGES + 1))
    times = [event.recorded_at for event in followed]
    assert times == sorted(times)
    assert len(set(times)) == PROCESSES * CHANGES


def test_a_writer_waits_for_no_vacuum(store: Store, database: Database) -> None:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("LOCK TABLE shop.shop_events IN SHARE UPDATE EXCLUSIVE MODE")
        append(store)
    assert len(store.follow(0, 10)) == 1


def test_connections_that_died_while_idle_are_noticed_by_nobody(store: Store, database: Database) -> None:
    append(store)
    sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = %s AND datname = %s"
    name = psycopg.conninfo.conninfo_to_dict(database.url)["dbname"]
    assert database.do(sql, database.role, name) != [(0,)]
    append(store)
    assert len(store.follow(0, 10)) == 2


def test_a_silent_database_is_told_to_everybody_who_waits_at_once(database: Database) -> None:
    migrate(database.owner_url, database.role, "intake", *ARCHIVED)
    hasty = Limits(timeout_ms=400)
    with Proxy(database.url) as proxy, kept_in(PostgresStore(proxy.url, "intake", limits=hasty)) as archive:
        given = [archive.give(archive.submit(uuid4(), key=key(str(number)))) for number in range(60)]
        proxy.fall_silent()
        begun = time.monotonic()
        archive.begin()
        for each in given:
            assert isinstance(each.exception(PATIENCE_SECONDS), StoreUnavailableError)
        assert time.monotonic() - begun < PROMISED_SECONDS


def test_a_lost_reply_to_a_commit_is_no_lost_answer(database: Database) -> None:
    migrate(database.owner_url, database.role, "intake", *ARCHIVED)
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory'"
    with Proxy(database.url) as proxy, kept_in(PostgresStore(proxy.url, "intake", limits=PATIENT)) as archive:
        archive.begin()
        proxy.lose_commit()
        given = archive.give(archive.submit(COMPLAINT_ID, key=key()))
        wait_until(lambda: database.do(waiting), what="the writer to wait for what it lost")
        proxy.let_commit_pass()
        receipt = given.result(PATIENCE_SECONDS)
        assert (receipt.stream_id, receipt.version, receipt.replayed) == (COMPLAINT_ID, 2, False)
        assert archive.versions(COMPLAINT_ID) == [1, 2]


def test_a_migration_under_a_running_store_stops_it_no_longer_than_its_connections_live(
    store: Store, database: Database
) -> None:
    def read_often() -> bool:
        try:
            for _ in range(50):
                with store.read() as reader:
                    reader.execute("SELECT * FROM shop_notes")
        except OperationalError:
            return False
        return True

    assert read_often()
    migrate(database.owner_url, database.role, "shop", MORE_NOTES)
    wait_until(read_often, what="statements to be prepared anew")


def test_a_writer_that_the_network_cut_off_gives_its_lock_back(database: Database, store: Store) -> None:
    entered, leave = threading.Event(), threading.Event()
    with Proxy(database.url) as proxy:
        lost = PostgresStore(proxy.url, "shop", limits=Limits(timeout_ms=500))

        def hold() -> None:
            with suppress(OperationalError), lost.write():
                entered.set()
                leave.wait(60)

        holder = threading.Thread(target=hold)
        holder.start()
        assert entered.wait(60)
        proxy.fall_silent()
        append(store)
        leave.set()
        holder.join()
        lost.close()
    assert len(store.follow(0, 10)) == 1


def test_reads_together_see_one_snapshot(store: Store) -> None:
    with store.reading_together():
        assert list(store.follow(0, 10)) == []
        append(store)
        assert list(store.follow(0, 10)) == []
    assert len(store.follow(0, 10)) == 1


def test_a_lock_that_is_held_for_long_is_a_clear_error_in_time(database: Database, store: Store) -> None:
    hasty = PostgresStore(database.url, "shop", limits=Limits(timeout_ms=300))
    with store.write() as transaction:
        assert transaction.version(uuid4()) == 0
        with pytest.raises(OperationalError, match="lock timeout"):
            append(hasty)
    append(hasty)
    hasty.close()
