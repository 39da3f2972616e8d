"""How every client reaches the cluster: addresses, TLS, SASL, and time limits that make an absence known soon."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from kafka.errors import KafkaConnectionError, KafkaError, SaslAuthenticationFailedError
from kafka.net import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.sasl.oauth import AbstractTokenProvider
from kafka.net.selector import NetworkSelector

from shared.messaging.log import LogRefusedError, LogUnavailableError

C = TypeVar("C")

BOOTSTRAP_MS = 2_000
REQUEST_MS = 3_000
RECONNECT_MS = 50
LONGEST_RECONNECT_MS = 500


@dataclass(frozen=True, kw_only=True)
class KafkaAccess:
    """`prefix` stands before every topic and group, so that installations can share a cluster.

    A member whose process is silent for `session_ms`, or that works longer than `longest_round_ms` on what it
    polled, loses its partitions to others.
    """

    bootstrap: tuple[str, ...]
    prefix: str = ""
    security_protocol: str = "PLAINTEXT"
    tls_ca_file: Path | None = None
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password_file: Path | None = None
    sasl_token_file: Path | None = None
    session_ms: int = 10_000
    longest_round_ms: int = 120_000

    def options(self) -> dict[str, Any]:
        """What every kind of client is given; files are read here, so that a new password needs a new client only."""
        return {
            "bootstrap_servers": list(self.bootstrap),
            "bootstrap_timeout_ms": BOOTSTRAP_MS,
            "request_timeout_ms": REQUEST_MS,
            "reconnect_backoff_ms": RECONNECT_MS,
            "reconnect_backoff_max_ms": LONGEST_RECONNECT_MS,
            "metrics_enabled": False,
            "security_protocol": self.security_protocol,
            **self._tls(),
            **self._sasl(),
        }

    def _tls(self) -> dict[str, str]:
        files = {
            "ssl_cafile": self.tls_ca_file,
            "ssl_certfile": self.tls_certificate_file,
            "ssl_keyfile": self.tls_key_file,
        }
        return {name: str(file) for name, file in files.items() if file}

    def _sasl(self) -> dict[str, Any]:
        if self.sasl_mechanism is None:
            return {}
        if self.sasl_mechanism == "OAUTHBEARER":
            return {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_oauth_token_provider": TokenFile(_given(self.sasl_token_file)),
            }
        return {
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.sasl_username,
            "sasl_plain_password": _given(self.sasl_password_file).read_text(encoding="utf-8").strip(),
        }


class TokenFile(AbstractTokenProvider):  # type: ignore[misc] # the library has no types
    """A token that something else keeps fresh in a file; read again whenever a broker is connected."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def token(self) -> str:
        return self._file.read_text(encoding="utf-8").strip()


def _given(file: Path | None) -> Path:
    if file is None:
        raise ValueError("SASL needs a file with its secret")
    return file


@contextmanager
def reaching_brokers() -> Iterator[None]:
    """Say of every error of the library that the log is away; its own name says which it was."""
    try:
        yield
    except KafkaError as error:
        raise LogUnavailableError(f"Kafka: {error}") from error


class Connections(KafkaConnectionManager):  # type: ignore[misc] # the library has no types
    """Keeps why connections failed: the library tells it to its own log only."""

    def __init__(self, net: NetworkSelector, **configuration: Any) -> None:
        super().__init__(net, **configuration)
        self.failures: list[Exception] = []

    def get_connection(self, *arguments: Any, **named: Any) -> Any:
        connection = super().get_connection(*arguments, **named)
        connection.init_future.add_errback(lambda failure: self.failures.append(_named(connection, failure)))
        return connection


def _named(connection: Any, failure: Exception) -> Exception:
    """A broker that refuses a login may cut off before its reply was read."""
    is_known = connection.broker_version_data is not None
    if not (connection.sasl_enabled and is_known and isinstance(failure, KafkaConnectionError)):
        return failure
    refused: Exception = SaslAuthenticationFailedError("Authentication failed: the broker cut the login off")
    return refused


def connect(make: Callable[..., C], options: dict[str, Any]) -> tuple[C, KafkaNetClient]:
    """Make a client of the library, and hand out its connections too; says why where no broker lets it in.

    The library leaves a running thread and open sockets behind when a constructor finds no broker.
    """
    begun: list[tuple[KafkaNetClient, Connections]] = []

    def begin(**configuration: Any) -> KafkaNetClient:
        selector = NetworkSelector(**configuration)
        connections = Connections(selector, **configuration)
        begun.append((KafkaNetClient(net=selector, manager=connections), connections))
        return begun[-1][0]

    try:
        return make(kafka_client=begin, **options), begun[-1][0]
    except BaseException as error:
        failures = [failure for client, connections in begun for failure in _ended(client, connections)]
        if not isinstance(error, KafkaError):
            raise
        raise _telling(error, failures, options["bootstrap_servers"]) from error


def _ended(client: KafkaNetClient, connections: Connections) -> list[Exception]:
    client.close()
    return connections.failures


def _telling(error: KafkaError, failures: Sequence[Exception], bootstrap: Sequence[str]) -> LogUnavailableError:
    """Of many attempts the one that was refused says most: others may just have been cut off by the time limit."""
    at = f"Kafka at {', '.join(bootstrap)}"
    for failure in failures:
        if isinstance(failure, SaslAuthenticationFailedError) or "certificate" in str(failure).lower():
            return LogRefusedError(f"{at} refuses: {failure}")
    return LogUnavailableError(f"{at}: {failures[-1] if failures else error}")
