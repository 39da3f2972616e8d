"""What a process stands on: stores, topic log, evidence, keys; the only place that chooses their kind."""

import base64
import fcntl
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TextIO, TypeVar

from joserfc.errors import JoseError

from shared.access.tokens import TokenSigner, TokenVerifier, make_keys, write_secret
from shared.contracts.tenant import Tenant, load_tenants
from shared.contracts.topics import ALL_TOPICS
from shared.eventstore.cipher import MasterKey, new_key
from shared.eventstore.sqlite import SQLiteStore
from shared.eventstore.store import Store
from shared.evidence.directory import DirectoryEvidence
from shared.evidence.store import EvidenceStore
from shared.messaging.log import TopicLog
from shared.messaging.sqlite_log import SQLiteLog
from shared.runtime.clock import Clock, Steady, system_clock
from shared.runtime.settings import Settings

T = TypeVar("T")


class ConfigurationError(Exception):
    """A setting is missing or cannot be; says which, and what to do."""


class Backend:
    """Embedded: one SQLite file per service, a SQLite topic log, evidence in a directory."""

    def __init__(self, settings: Settings, clock: Clock = system_clock, steady: Steady = monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self.steady = steady
        self._lock: TextIO | None = None

    def take_directory(self) -> None:
        """Hold the data directory for this process; raises ConfigurationError where another has it."""
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
        return SQLiteStore(self.settings.data_dir / f"{application}.db", application, self.clock)

    @cached_property
    def log(self) -> TopicLog:
        return SQLiteLog(self.settings.data_dir / "topics.db", ALL_TOPICS)

    @cached_property
    def evidence(self) -> EvidenceStore:
        return DirectoryEvidence(self.settings.data_dir / "evidence")

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


def _read(file: Path | None, name: str, content: str, read: Callable[[Path], T]) -> T:
    if file is None or not file.is_file():
        raise ConfigurationError(f"{name} must name a file with {content}; `make run` makes one for development")
    try:
        return read(file)
    except (ValueError, TypeError, KeyError, JoseError) as error:
        raise ConfigurationError(f"{name}: {file} does not hold {content}") from error


def development_settings(settings: Settings) -> Settings:
    """Make the keys of a development installation where they do not exist, and name them in the settings."""
    directory = settings.data_dir / "development"
    directory.mkdir(parents=True, exist_ok=True)
    master, private, public = (directory / name for name in ("master.key", "signing.jwk", "tokens.jwks"))
    if not master.exists():
        write_secret(master, base64.b64encode(new_key()).decode())
    if not public.exists():
        make_keys(private, public)
    return settings.model_copy(
        update={"master_key_file": master, "token_signing_key_file": private, "token_keys_file": public}
    )
