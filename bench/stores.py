"""What a bench stands on: files, or a database of its own in a PostgreSQL server that writes through to its disk.

`kafka` puts topics of its own on a broker beside that server; RECOURSE_TEST_KAFKA names one that is there already.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext

from services.tables import TABLES
from shared.runtime.backends import Backend
from shared.runtime.settings import Settings
from tests.kafka_broker import some_broker
from tests.kafka_logs import own_prefix
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
def on_kafka() -> Iterator[None]:
    with on_postgres(), some_broker() as bootstrap:
        named = {"RECOURSE_KAFKA_BOOTSTRAP": bootstrap, "RECOURSE_KAFKA_PREFIX": own_prefix()}
        with _environment(named), closing(Backend(Settings()).log) as log:
            log.create_topics()
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


STORES = {"sqlite": on_files, "postgres": on_postgres, "kafka": on_kafka}
