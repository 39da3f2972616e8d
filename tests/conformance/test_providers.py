"""The three ways to a server and a broker, each taken once: given by address, in a container, on this machine."""

from contextlib import closing
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from shared.contracts.topics import Topic
from shared.eventstore.postgres import PostgresStore
from shared.eventstore.postgres_migration import migrate
from shared.messaging.log import Outgoing
from tests.deploy.engine import starts_containers
from tests.kafka_broker import has_jvm, some_broker
from tests.kafka_logs import kafka_log, own_prefix
from tests.postgres import PATIENT, Server, serving

EVENTS = "shop.events.v1"
TOPICS = (Topic(EVENTS, "shop", "", partitions=1),)

in_container = pytest.mark.skipif(not starts_containers(), reason="no Docker engine answers")
on_jvm = pytest.mark.skipif(not has_jvm(), reason="needs Java and Maven")


@pytest.fixture(autouse=True)
def _given(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given are the servers of this run."""
    if "given" in request.node.name and "server" in request.node.name:
        server: Server = request.getfixturevalue("postgres")
        monkeypatch.setenv("RECOURSE_TEST_DATABASE_URL", server.url)
    elif "given" in request.node.name:
        monkeypatch.setenv("RECOURSE_TEST_KAFKA", request.getfixturevalue("kafka"))


@pytest.mark.parametrize("way", ["given", pytest.param("Docker", marks=in_container), "PyPI"])
def test_a_server_by_every_way_keeps_events(way: str) -> None:
    with serving(way) as server:
        database = server.database()
        migrate(database.owner_url, database.role, "shop")
        with closing(PostgresStore(database.url, "shop", limits=PATIENT)) as store:
            with store.write() as transaction:
                transaction.append([StoredEvent(uuid4(), 1, "shop.sold", b"{}")])
            assert [event.position for event in store.follow(0, 10)] == [1]
        server.drop(database)


@pytest.mark.parametrize(
    "way", ["given", pytest.param("Docker", marks=in_container), pytest.param("JVM", marks=on_jvm)]
)
def test_a_broker_by_every_way_keeps_messages(way: str) -> None:
    with some_broker(way) as bootstrap, closing(kafka_log(bootstrap, own_prefix(), TOPICS)) as log:
        log.create_topics()
        assert log.append([Outgoing(EVENTS, "k", (), b"1")]) == 1
        assert [each.value for each in log.read((EVENTS,))] == [b"1"]
