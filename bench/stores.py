"""What a bench stands on: files, or a database of its own in a PostgreSQL server that writes through to its disk."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from services.tables import TABLES
from shared.runtime.backends import Backend
from shared.runtime.settings import Settings
from tests.postgres import serving


def on_files() -> AbstractContextManager[None]:
    return nullcontext()


@contextmanager
def on_postgres() -> Iterator[None]:
    """Houses that are made in here keep their events in a database of their own."""
    with serving(durable=True) as server, _environment(server.database().environment):
        backend = Backend(Settings())
        for application, schemas in TABLES.items():
            backend.migrate(application, schemas)
        yield


@contextmanager
def _environment(named: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(named)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


STORES = {"sqlite": on_files, "postgres": on_postgres}
