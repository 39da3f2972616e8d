"""Every setting of every process, read once from the environment; each has a unit in its name where it needs one."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.runtime.kafka_settings import KafkaSettings


class Settings(KafkaSettings):
    """`RECOURSE_` and the name in capitals is the environment variable."""

    model_config = SettingsConfigDict(env_prefix="RECOURSE_", frozen=True, extra="ignore")

    data_dir: Path = Path(".data")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)

    master_key_file: Path | None = None
    token_keys_file: Path | None = None
    token_signing_key_file: Path | None = None
    tenants_dir: Path | None = None
    policies_dir: Path | None = None

    database_url: SecretStr | None = None
    """PostgreSQL for the event stores, as the role of the services; SQLite files in `data_dir` without it."""
    database_owner_url: SecretStr | None = None
    """The same database as the role that `recourse migrate` makes tables with."""
    database_timeout_ms: int = Field(default=750, ge=50)
    database_connections: int = Field(default=8, ge=1)

    intake_url: str = ""
    internal_token_file: Path | None = None

    relay_poll_ms: int = Field(default=20, ge=1)
    consumer_poll_ms: int = Field(default=20, ge=1)
    ticker_poll_ms: int = Field(default=500, ge=1)
    ticker_fires_per_second: int = Field(default=500, ge=1)
    sender_poll_ms: int = Field(default=100, ge=1)
    incident_answers_per_second: int = Field(default=50, ge=1)
    incident_most_grouped: int = Field(default=20_000, ge=1)
    drain_seconds: int = Field(default=8, ge=1)

    request_body_max_bytes: int = Field(default=1_048_576, ge=1024)
    evidence_unattached_hours: int = Field(default=48, ge=1)
    evidence_s3_bucket: str = ""
    """Evidence in this bucket, which speaks S3; in `data_dir` without it. Credentials are those of the SDK."""
    evidence_s3_prefix: str = "evidence/"
    evidence_s3_endpoint: str = ""
    evidence_s3_region: str = "us-east-1"
    evidence_s3_timeout_ms: int = Field(default=1_000, ge=50)
    erasures_file: Path | None = None
    """Who was erased, kept apart from what is backed up; `erasures.jsonl` in `data_dir` without it."""

    log_json: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
