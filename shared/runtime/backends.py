"""What a process stands on: stores, topic log, evidence, keys; the only place that chooses their kind."""

import base64
import fcntl
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from socket import gethostname
from time import monotonic
from typing import TextIO, TypeVar
from uuid import uuid4

from eventsourcing.persistence import PersistenceError
from joserfc.errors import JoseError
from psycopg.conninfo import conninfo_to_dict

from shared.access.tokens import TokenSigner, TokenVerifier, make_keys, write_secret
from shared.contracts.tenant import Tenant, load_tenants
from shared.contracts.topics import ALL_TOPICS
from shared.eventstore.cipher import MasterKey, new_key
from shared.eventstore.migrations import SchemaStep
from shared.eventstore.postgres import PostgresStore
from shared.eventstore.postgres_connections import Limits
from shared.eventstore.postgres_migration import migrate
from shared.eventstore.sqlite import SQLiteStore
from shared.eventstore.store import Schema, Store
from shared.evidence.directory import DirectoryEvidence
from shared.evidence.s3 import Bucket, S3Evidence
from shared.evidence.store import EvidenceStore
from shared.messaging.kafka.access import KafkaAccess
from shared.messaging.kafka.log import KafkaLog
from shared.messaging.log import LogRefusedError, LogUnavailableError, TopicLog, TopicsDifferError
from shared.messaging.sqlite_log import SQLiteLog
from shared.runtime import moved
from shared.runtime.clock import Clock, Steady, system_clock
from shared.runtime.settings import Settings

logger = logging.getLogger(__name__)

T = TypeVar("T")
Probe = Callable[[], bool]


class ConfigurationError(Exception):
    """A setting is missing or cannot be; says which, and what to do."""


class Backend:
    """Embedded: one SQLite file per service, a SQLite topic log, evidence in a directory.

    With a database URL the stores are schemas of that PostgreSQL database.
    """

    def __init__(self, settings: Settings, clock: Clock = system_clock, steady: Steady = monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self.steady = steady
        self.process_id = f"{gethostname()}-{uuid4().hex[:12]}" if settings.database_url else "embedded"
        self._lock: TextIO | None = None

    def probes(self, *stores: Store) -> Mapping[str, Probe]:
        """Ask what a process stands on whether it is there; each says so within seconds."""
        return {
            "store": lambda: all(_answers(store.recorder.max_notification_id) for store in stores),
            "log": lambda: _answers(self.log.ends),
        }

    def take_directory(self) -> None:
        """Hold the data directory for this process; raises ConfigurationError where another has it, or it was left."""
        if self.settings.database_url is None:
            moved.require_here(self.settings.data_dir)
        self.lock_directory()

    def lock_directory(self) -> None:
        """Keep every other process off the data directory; raises ConfigurationError where one is there."""
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        lock = (self.settings.data_dir / "lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigurationError(f"another process runs on {self.settings.data_dir}; stop it first") from error
        self._lock = lock

    def release_directory(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def store(self, application: str) -> Store:
        url = self.settings.database_url
        if url is None:
            return SQLiteStore(self.settings.data_dir / f"{application}.db", application, self.clock)
        limits = Limits(timeout_ms=self.settings.database_timeout_ms, connections=self.settings.database_connections)
        now = None if self.clock is system_clock else self.clock
        return PostgresStore(url.get_secret_value(), application, now=now, limits=limits)

    def migrate(self, application: str, schemas: Sequence[Schema]) -> list[SchemaStep]:
        """Bring a service's tables in PostgreSQL up to date; return what was done. SQLite files do so by themselves."""
        service, owner = self.settings.database_url, self.settings.database_owner_url
        if service is None or owner is None:
            raise ConfigurationError(
                "RECOURSE_DATABASE_URL must name the role of the services, RECOURSE_DATABASE_OWNER_URL the one that"
                " makes tables; without both there is nothing to migrate: SQLite files are made by who opens them"
            )
        role = conninfo_to_dict(service.get_secret_value()).get("user")
        if not role:
            raise ConfigurationError("RECOURSE_DATABASE_URL must name a user: it is given its rights")
        return migrate(owner.get_secret_value(), str(role), application, *schemas)

    @cached_property
    def log(self) -> TopicLog:
        if self.settings.kafka_bootstrap:
            return KafkaLog(kafka_access(self.settings), ALL_TOPICS)
        return SQLiteLog(self.settings.data_dir / "topics.db", ALL_TOPICS)

    @cached_property
    def evidence(self) -> EvidenceStore:
        bucket = self.settings.evidence_s3_bucket
        if not bucket:
            return DirectoryEvidence(self.settings.data_dir / "evidence")
        return S3Evidence(
            Bucket(
                name=bucket,
                prefix=self.settings.evidence_s3_prefix,
                endpoint=self.settings.evidence_s3_endpoint,
                region=self.settings.evidence_s3_region,
                timeout_ms=self.settings.evidence_s3_timeout_ms,
            )
        )

    @cached_property
    def tenants(self) -> Mapping[str, Tenant]:
        return load_tenants(self.settings.tenants_dir)

    @cached_property
    def master_key(self) -> MasterKey:
        return _read(
            self.settings.master_key_file,
            "RECOURSE_MASTER_KEY_FILE",
            "32 random bytes in base64",
            lambda file: MasterKey(base64.b64decode(file.read_text(encoding="utf-8"))),
        )

    @cached_property
    def verifier(self) -> TokenVerifier:
        file, name = self.settings.token_keys_file, "RECOURSE_TOKEN_KEYS_FILE"
        return _read(file, name, "a JWK Set of public keys", lambda file: TokenVerifier(file, self.clock))

    @cached_property
    def signer(self) -> TokenSigner:
        file, name = self.settings.token_signing_key_file, "RECOURSE_TOKEN_SIGNING_KEY_FILE"
        return _read(file, name, "a private JWK", lambda file: TokenSigner(file, self.clock))


def require_topics(log: TopicLog) -> None:
    """Refuse to start on topics that lose or mix up messages, or on a log that does not let us in.

    A log that is away is waited for by those who use it.
    """
    try:
        differences = log.differences()
    except LogRefusedError:
        raise
    except LogUnavailableError as error:
        logger.warning("topics are not checked: %s", error)
        return
    if differences:
        raise TopicsDifferError("\n".join(differences))


def kafka_access(settings: Settings) -> KafkaAccess:
    return KafkaAccess(
        bootstrap=tuple(each.strip() for each in settings.kafka_bootstrap.split(",")),
        prefix=settings.kafka_prefix,
        security_protocol=settings.kafka_security_protocol,
        tls_ca_file=settings.kafka_tls_ca_file,
        tls_certificate_file=settings.kafka_tls_certificate_file,
        tls_key_file=settings.kafka_tls_key_file,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_username=settings.kafka_sasl_username,
        sasl_password_file=settings.kafka_sasl_password_file,
        sasl_token_file=settings.kafka_sasl_token_file,
    )


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (PersistenceError, LogUnavailableError):
        return False
    return True


def _read(file: Path | None, name: str, content: str, read: Callable[[Path], T]) -> T:
    if file is None or not file.is_file():
        raise ConfigurationError(f"{name} must name a file with {content}; `make run` makes one for development")
    try:
        return read(file)
    except (ValueError, TypeError, KeyError, JoseError) as error:
        raise ConfigurationError(f"{name}: {file} does not hold {content}") from error


@dataclass(frozen=True)
class InstallationKeys:
    """The files of an installation's keys: all are needed by the API, only the first by everybody else."""

    master: Path
    signing: Path
    tokens: Path


def installation_keys(directory: Path) -> InstallationKeys:
    """Make the keys of an installation where they do not exist."""
    directory.mkdir(parents=True, exist_ok=True)
    keys = InstallationKeys(*(directory / name for name in ("master.key", "signing.jwk", "tokens.jwks")))
    if not keys.master.exists():
        write_secret(keys.master, base64.b64encode(new_key()).decode())
    if not keys.tokens.exists():
        make_keys(keys.signing, keys.tokens)
    return keys


def development_settings(settings: Settings) -> Settings:
    """Make the keys of a development installation in its data directory, and name them in the settings."""
    keys = installation_keys(settings.data_dir / "development")
    return settings.model_copy(
        update={"master_key_file": keys.master, "token_signing_key_file": keys.signing, "token_keys_file": keys.tokens}
    )
