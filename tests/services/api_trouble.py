"""Real trouble for an installation that runs: a database that another process holds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.conftest import Running


@contextmanager
def nobody_writes(running: Running, service: str = "intake") -> Iterator[None]:
    """Hold the write lock of a service's database as another process could: what is asked now waits."""
    file = running.backend.settings.data_dir / f"{service}.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")
