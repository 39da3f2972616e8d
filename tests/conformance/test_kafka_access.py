"""From settings to the options of every client; what a broker makes of them is tried beside this."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.messaging.kafka.access import TokenFile
from shared.runtime.backends import kafka_access
from shared.runtime.settings import Settings


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
