"""The settings of the topic log on Apache Kafka; without a bootstrap address the log is a SQLite file."""

from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator
from pydantic_settings import BaseSettings

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


class KafkaSettings(BaseSettings):
    """`kafka_bootstrap` is a list of host:port with commas; secrets are in files, never in the environment."""

    kafka_bootstrap: str = ""
    kafka_prefix: str = ""
    kafka_security_protocol: SecurityProtocol = "PLAINTEXT"
    kafka_tls_ca_file: Path | None = None
    kafka_tls_certificate_file: Path | None = None
    kafka_tls_key_file: Path | None = None
    kafka_sasl_mechanism: SaslMechanism | None = None
    kafka_sasl_username: str | None = None
    kafka_sasl_password_file: Path | None = None
    kafka_sasl_token_file: Path | None = None

    @model_validator(mode="after")
    def _sasl_is_whole(self) -> Self:
        if self.kafka_security_protocol.startswith("SASL") != (self.kafka_sasl_mechanism is not None):
            raise ValueError("RECOURSE_KAFKA_SASL_MECHANISM goes with a SASL protocol, and a SASL protocol with it")
        if self.kafka_sasl_mechanism == "OAUTHBEARER" and self.kafka_sasl_token_file is None:
            raise ValueError("OAUTHBEARER needs RECOURSE_KAFKA_SASL_TOKEN_FILE, a file that something keeps fresh")
        needs_password = self.kafka_sasl_mechanism not in {None, "OAUTHBEARER"}
        if needs_password and not (self.kafka_sasl_username and self.kafka_sasl_password_file):
            raise ValueError("SASL needs RECOURSE_KAFKA_SASL_USERNAME and RECOURSE_KAFKA_SASL_PASSWORD_FILE")
        return self
