"""A real broker that lets in only who proves to be somebody: every way in, and a clear refusal to others."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.topics import Topic
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import Incoming, LogRefusedError, LogUnavailableError, Outgoing
from shared.runtime.backends import kafka_access
from shared.runtime.settings import Settings
from tests.guarded_broker import PASSWORD, PROTOCOLS, GuardedBroker, certificate, token
from tests.installation import HERE
from tests.kafka_broker import has_jvm
from tests.waiting import wait_until

EVENTS = "shop.events.v1"
TOPICS = (Topic(EVENTS, "shop", "", partitions=1),)
SOON_SECONDS = 10.0

pytestmark = pytest.mark.skipif(not has_jvm(), reason="needs a broker of its own: Java and Maven")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedBroker]:
    broker = GuardedBroker(tmp_path_factory.mktemp("guarded"))
    broker.start()
    yield broker
    broker.kill()


class Keys:
    """Everything that a client may show, right and wrong, in files."""

    def __init__(self, directory: Path, broker: GuardedBroker) -> None:
        mine, stranger = certificate(directory, "mine", broker.authority), certificate(directory, "stranger")
        self.authority, self.stranger = broker.authority.certificate_file, stranger.certificate_file
        self.certificate, self.key = mine.certificate_file, mine.key_file
        self.password = _written(directory / "password", PASSWORD)
        self.wrong_password = _written(directory / "wrong", "guess")
        self.token = _written(directory / "token", token())
        self.old_token = _written(directory / "old", token(valid_seconds=-60))


def _written(file: Path, text: str) -> Path:
    file.write_text(f"{text}\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory, guarded: GuardedBroker) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"), guarded)


def shown(keys: Keys, listener: str, mechanism: str | None, *, right: bool) -> dict[str, Any]:
    """The settings of who has what the listener asks for, or of who has something else."""
    protocol = PROTOCOLS[listener]
    settings: dict[str, Any] = {"kafka_security_protocol": protocol}
    if protocol.endswith("SSL"):
        trusts_it = right or mechanism or listener == "MUTUAL"
        settings |= {"kafka_tls_ca_file": keys.authority if trusts_it else keys.stranger}
    if listener == "MUTUAL" and right:
        settings |= {"kafka_tls_certificate_file": keys.certificate, "kafka_tls_key_file": keys.key}
    if mechanism == "OAUTHBEARER":
        settings |= {"kafka_sasl_token_file": keys.token if right else keys.old_token}
    elif mechanism:
        password = keys.password if right else keys.wrong_password
        settings |= {"kafka_sasl_username": "recourse", "kafka_sasl_password_file": password}
    return {**settings, "kafka_sasl_mechanism": mechanism}


def log_of(broker: GuardedBroker, listener: str, settings: dict[str, Any]) -> KafkaLog:
    return KafkaLog(kafka_access(Settings(kafka_bootstrap=broker.address(listener), **settings)), TOPICS)


WAYS = [
    ("LOGIN", "PLAIN"),
    ("LOGIN", "SCRAM-SHA-256"),
    ("LOGIN", "SCRAM-SHA-512"),
    ("LOGIN", "OAUTHBEARER"),
    ("TLS", None),
    ("MUTUAL", None),
    ("BOTH", "SCRAM-SHA-512"),
    ("BOTH", "OAUTHBEARER"),
]


@pytest.mark.parametrize(("listener", "mechanism"), WAYS)
def test_who_shows_what_is_asked_for_may_ask_append_read_and_subscribe(
    guarded: GuardedBroker, keys: Keys, listener: str, mechanism: str | None
) -> None:
    sent = f"{listener} {mechanism}".encode()
    read: list[Incoming] = []
    with closing(log_of(guarded, listener, shown(keys, listener, mechanism, right=True))) as log:
        log.create_topics()
        assert log.append([Outgoing(EVENTS, "k", (), sent)]) == 1
        assert sent in [each.value for each in log.read((EVENTS,))]
        with closing(log.subscribe(f"{listener}-{mechanism}", (EVENTS,))) as member:

            def is_read() -> bool:
                read.extend(member.poll(100))
                return sent in [each.value for each in read]

            wait_until(is_read, seconds=30, what="the message to be read")
            member.commit({read[-1].partition: read[-1].offset + 1})


@pytest.mark.parametrize(("listener", "mechanism"), WAYS)
def test_who_shows_something_else_is_told_why_and_soon(
    guarded: GuardedBroker, keys: Keys, listener: str, mechanism: str | None
) -> None:
    with closing(log_of(guarded, listener, shown(keys, listener, mechanism, right=False))) as log:
        assert re.search("(?i)authentication|certificate", _refusal(log.differences))


def test_a_stranger_may_neither_append_nor_read_nor_make_topics(guarded: GuardedBroker, keys: Keys) -> None:
    with closing(log_of(guarded, "TLS", shown(keys, "TLS", None, right=False))) as log:
        _refusal(log.create_topics)
        _refusal(lambda: log.append([Outgoing(EVENTS, "k", (), b"")]))
        _refusal(lambda: log.subscribe("strangers", (EVENTS,)))


def _refusal(ask: Callable[[], object]) -> str:
    """What is said, soon; on a busy machine a time limit may come before the answer, and that is told too."""
    told: list[str] = []

    def is_refused() -> bool:
        begun = time.monotonic()
        with pytest.raises(LogUnavailableError) as refused:
            ask()
        assert time.monotonic() - begun < SOON_SECONDS
        told.append(str(refused.value))
        return refused.type is LogRefusedError

    wait_until(is_refused, seconds=30, what="the refusal")
    return told[-1]


@pytest.mark.parametrize(("listener", "like"), [("TLS", "PLAINTEXT"), ("LOGIN", "PLAINTEXT"), ("PLAINTEXT", "TLS")])
def test_who_speaks_another_protocol_hears_so_soon(
    guarded: GuardedBroker, keys: Keys, listener: str, like: str
) -> None:
    with closing(log_of(guarded, listener, shown(keys, like, None, right=True))) as log:
        begun = time.monotonic()
        with pytest.raises(LogUnavailableError, match=guarded.address(listener)):
            log.differences()
        assert time.monotonic() - begun < SOON_SECONDS


def test_a_process_with_a_wrong_password_ends_with_one_line(guarded: GuardedBroker, keys: Keys, tmp_path: Path) -> None:
    settings = shown(keys, "LOGIN", "SCRAM-SHA-512", right=False)
    environment = {
        **os.environ,
        "RECOURSE_DATA_DIR": str(tmp_path),
        "RECOURSE_KAFKA_BOOTSTRAP": guarded.address("LOGIN"),
        **{f"RECOURSE_{name.upper()}": str(value) for name, value in settings.items()},
    }
    command = (sys.executable, "-m", "services", "run", "--development")
    done = subprocess.run(
        command, env=environment, cwd=HERE.parent, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]
    assert f"Kafka at {guarded.address('LOGIN')} refuses" in said
    assert "Authentication failed" in said
