"""Connections to PostgreSQL that wait for nothing longer than they should, and a pool that heals by itself."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from eventsourcing import persistence
from eventsourcing.persistence import InterfaceError, InternalError, OperationalError, PersistenceError
from eventsourcing.postgres import ConnectionPool, PostgresDatastore
from psycopg import Connection, IsolationLevel
from psycopg.abc import PQGen
from psycopg.rows import DictRow, dict_row
from psycopg_pool import PoolTimeout
from typing_extensions import override

from shared.eventstore.postgres_line import Line

T = TypeVar("T")

CONNECT_SECONDS = 2  # the least that libpq takes
START_SECONDS = 5
MOST_WAITING = 200
PATIENCE = 0.4

LOST_CLASSES = ("08", "57P")
"""SQLSTATE classes that say that the connection, or the whole server, is going."""

PASSING = {"25P03": "idle in a transaction for too long", "25006": "the server takes no changes now"}
"""What psycopg calls an internal error and is over when somebody tries again."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`timeout_ms` bounds one statement and one wait for a lock; an answer that hangs is given up a little later."""

    timeout_ms: int = 750
    connections: int = 8

    @property
    def answer_seconds(self) -> float:
        return self.timeout_ms * 1.25 / 1000

    @property
    def pool_seconds(self) -> float:
        return self.timeout_ms * 0.5 / 1000

    @property
    def lock_ms(self) -> int:
        """Shorter than the bound of the statement that waits, so that the error tells which it was."""
        return self.timeout_ms * 9 // 10

    @property
    def idle_in_transaction_ms(self) -> int:
        """A session that the network cut off holds the write lock for so long."""
        return self.timeout_ms * 2


class BoundedConnection(Connection[DictRow]):
    """Gives up where the server is silent: no time-out of the server's own helps when the network hangs."""

    answer_seconds: float | None = None

    @override
    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, timeout or self.answer_seconds)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001 - what the method it overrides raises
            if timeout is None:
                self.pgconn.finish()
                raise psycopg.OperationalError("the server did not answer in time") from error
            raise


class _Shared(threading.local):
    connection: Connection[DictRow] | None = None


class Datastore(PostgresDatastore):
    """The library's datastore on our pool: snapshots for readers, and no waiting for a server that is away."""

    def __init__(self, url: str, schema: str, limits: Limits) -> None:
        self.url = url
        self.schema = schema
        self.pool_open_timeout = None
        self.lock_timeout = 0
        self.single_row_tracking = True
        self.originator_id_type = "uuid"
        self.enable_db_functions = False
        self.db_type_names = set()
        self.psycopg_type_adapters = {}
        self.psycopg_python_types = {}
        self._shared = _Shared()
        self.pool = self._make_pool(limits)
        self.line = Line(self._ask, self._renew, patience_seconds=limits.timeout_ms * PATIENCE / 1000)

    def _make_pool(self, limits: Limits) -> ConnectionPool[Connection[DictRow]]:
        return ConnectionPool(
            self.url,
            connection_class=BoundedConnection,
            kwargs={"row_factory": dict_row, "autocommit": True, "connect_timeout": CONNECT_SECONDS},
            min_size=1,
            max_size=limits.connections,
            open=False,
            configure=_configure(self.schema, limits),
            check=ConnectionPool.check_connection,
            timeout=limits.pool_seconds,
            max_waiting=MOST_WAITING,
            reconnect_timeout=CONNECT_SECONDS,
        )

    def open(self) -> None:
        """Wait for the first connection longer than for any other: a server may be starting, too."""
        try:
            self.pool.open(wait=True, timeout=START_SECONDS)
        except PoolTimeout as error:
            raise OperationalError(f"the database does not answer: {error}") from error

    def _ask(self) -> None:
        with BoundedConnection.connect(self.url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            connection.answer_seconds = CONNECT_SECONDS
            connection.execute("SELECT 1")

    def _renew(self) -> None:
        """Throw away what may be broken, and have a connection ready for those who wait."""
        self.pool.drain()
        with suppress(PoolTimeout), self.pool.connection():
            pass

    @override
    def register_type_adapters(self) -> None:
        """Connect to nothing when a store is made: we use no composite types."""

    @override
    @contextmanager
    def get_connection(self) -> Iterator[Connection[DictRow]]:
        """The connection whose snapshot this thread shares, else one of the pool."""
        shared = self._shared.connection
        if shared is None:
            with self._pooled() as connection:
                yield connection
            return
        try:
            yield shared
        except psycopg.Error as error:
            self._shared.connection = None
            raise _as_the_library_says(error) from error

    @contextmanager
    def _pooled(self) -> Iterator[Connection[DictRow]]:
        self.line.require()
        try:
            with super().get_connection() as connection, _replaced_where_its_plans_are_old(connection):
                yield connection
        except (OperationalError, InterfaceError) as error:
            if _is_lost(error.__cause__):
                self.line.doubt()
            raise
        except InternalError as error:
            if _sqlstate(error.__cause__) in PASSING:
                raise OperationalError(PASSING[_sqlstate(error.__cause__)]) from error
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection[DictRow]]:
        """One snapshot for all statements."""
        with self.get_connection() as connection:
            if connection is self._shared.connection:
                yield connection
                return
            with _snapshot(connection):
                yield connection

    @contextmanager
    def reading_together(self) -> Iterator[None]:
        """One snapshot for all that this thread reads; after an error each reads by itself again."""
        if self._shared.connection is not None:
            yield
            return
        with self._pooled() as connection, _snapshot(connection):
            self._shared.connection = connection
            try:
                yield
            finally:
                self._shared.connection = None

    @contextmanager
    def writing(self) -> Iterator[Connection[DictRow]]:
        """Each statement sees what was committed before it: what was read before the lock came is old."""
        with self._pooled() as connection:
            connection.isolation_level, connection.read_only = IsolationLevel.READ_COMMITTED, False
            with connection.transaction():
                yield connection

    @override
    def close(self) -> None:
        with suppress(AttributeError):
            self.line.close()
        super().close()


def _configure(schema: str, limits: Limits) -> Callable[[Connection[DictRow]], None]:
    settings = {
        "search_path": schema,
        "TimeZone": "UTC",
        "statement_timeout": f"{limits.timeout_ms}ms",
        "lock_timeout": f"{limits.lock_ms}ms",
        "idle_in_transaction_session_timeout": f"{limits.idle_in_transaction_ms}ms",
    }

    def configure(connection: Connection[DictRow]) -> None:
        assert isinstance(connection, BoundedConnection)  # noqa: S101 - the pool makes no others
        connection.answer_seconds = limits.answer_seconds
        sql = "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS settings (name, value)"
        connection.execute(sql, (list(settings), list(settings.values())))

    return configure


@contextmanager
def _replaced_where_its_plans_are_old(connection: Connection[DictRow]) -> Iterator[None]:
    """A migration under a running service makes prepared statements useless: the next connection has none."""
    try:
        yield
    except psycopg.errors.FeatureNotSupported as error:
        connection.pgconn.finish()
        raise psycopg.OperationalError(str(error)) from error


@contextmanager
def _snapshot(connection: Connection[DictRow]) -> Iterator[None]:
    """It ends in a commit, since psycopg forgets its plans on a rollback."""
    connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
    with connection.transaction():
        yield


def _as_the_library_says(error: psycopg.Error) -> PersistenceError:
    """The error under the name that the library's own connections give it."""
    names = (getattr(persistence, each.__name__, None) for each in type(error).__mro__)
    found: type[PersistenceError] = next((each for each in names if each), PersistenceError)
    return found(str(error))


def _is_lost(error: BaseException | None) -> bool:
    sqlstate = _sqlstate(error)
    return not sqlstate or sqlstate.startswith(LOST_CLASSES)


def _sqlstate(error: Any) -> str:
    return getattr(error, "sqlstate", None) or ""
