"""Who may in: passwords, salted passwords and tokens, by settings alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.contracts.topics import Topic
from shared.messaging.kafka.access import TokenFile
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import LogUnavailableError, Outgoing
from shared.runtime.backends import kafka_access
from shared.runtime.settings import Settings
from tests.kafka_broker import JvmBroker, jvm_broker, way
from tests.waiting import wait_until

TOPICS = (Topic("shop.events.v1", "shop", "", partitions=1),)
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JvmBroker]:
    """A broker that lets in who knows the password."""
    if way() != "JVM":
        pytest.skip("needs a broker of its own on the JVM")
    broker = jvm_broker(tmp_path_factory.mktemp("guarded") / "kafka")
    login = f'{PLAIN} required username="admin" password="secret" user_admin="secret" user_recourse="open sesame";'
    protocols = "PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT"
    broker.settings = {
        "listener.security.protocol.map": protocols,
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.plaintext.plain.sasl.jaas.config": login,
    }
    broker.launch()
    yield broker
    broker.kill()


def _log(bootstrap: str, directory: Path, password: str) -> KafkaLog:
    file = directory / "password"
    file.write_text(f"{password}\n", encoding="utf-8")
    settings = Settings(
        kafka_bootstrap=bootstrap,
        kafka_security_protocol="SASL_PLAINTEXT",
        kafka_sasl_mechanism="PLAIN",
        kafka_sasl_username="recourse",
        kafka_sasl_password_file=file,
    )
    return KafkaLog(kafka_access(settings), TOPICS)


def _send(log: KafkaLog) -> int:
    try:
        log.create_topics()
        return log.append([Outgoing("shop.events.v1", "k", (), b"1")])
    except LogUnavailableError:
        return 0


def test_who_knows_the_password_may_in_and_nobody_else(guarded: JvmBroker, tmp_path: Path) -> None:
    friend = _log(guarded.bootstrap, tmp_path, "open sesame")
    wait_until(lambda: _send(friend), seconds=60, what="the broker to take a message")
    assert [each.value for each in friend.read(("shop.events.v1",))] == [b"1"]
    friend.close()
    stranger = _log(guarded.bootstrap, tmp_path, "guess")
    with pytest.raises(LogUnavailableError):
        stranger.ends()
    stranger.close()


def test_a_token_is_read_from_its_file_at_every_connection(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n", encoding="utf-8")
    provider = TokenFile(file)
    assert provider.token() == "first"
    file.write_text("second\n", encoding="utf-8")
    assert provider.token() == "second"


def test_files_become_the_options_of_every_client(tmp_path: Path) -> None:
    token = tmp_path / "token"
    settings = Settings(
        kafka_bootstrap="one:9092, two:9092",
        kafka_security_protocol="SASL_SSL",
        kafka_tls_ca_file=tmp_path / "ca.pem",
        kafka_sasl_mechanism="OAUTHBEARER",
        kafka_sasl_token_file=token,
    )
    options = kafka_access(settings).options()
    assert options["bootstrap_servers"] == ["one:9092", "two:9092"]
    assert options["ssl_cafile"] == str(tmp_path / "ca.pem")
    assert options["sasl_mechanism"] == "OAUTHBEARER"


@pytest.mark.parametrize(
    "half",
    [
        {"kafka_sasl_mechanism": "PLAIN"},
        {"kafka_security_protocol": "SASL_SSL"},
        {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": "OAUTHBEARER"},
        {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": "SCRAM-SHA-512", "kafka_sasl_username": "me"},
    ],
)
def test_half_a_login_is_refused_at_start(half: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(half)
