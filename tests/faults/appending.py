"""A process that appends to a service's store beside others: `URL STREAM CHANGES`."""

import sys
from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent

from shared.eventstore.postgres import PostgresStore
from tests.postgres import PATIENT


def main(url: str, stream: str, changes: str) -> None:
    """Append to the stream of all and to one of its own in one change, as often as is asked for."""
    store, shared = PostgresStore(url, "shop", limits=PATIENT), UUID(stream)
    for _ in range(int(changes)):
        with store.write() as transaction:
            version = transaction.version(shared) + 1
            transaction.append([StoredEvent(shared, version, "shop.sold", b"{}"), StoredEvent(uuid4(), 1, "a", b"{}")])
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
