"""A broker that lets in only who proves to be somebody: by password, salted password, token or certificate."""

import base64
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.kafka_broker import JvmBroker, free_ports

PASSWORD = "open sesame"
SECURITY = "org.apache.kafka.common.security"
LOGIN: Mapping[str, str] = {
    "plain": f'{SECURITY}.plain.PlainLoginModule required user_recourse="{PASSWORD}";',
    "scram-sha-256": f"{SECURITY}.scram.ScramLoginModule required;",
    "scram-sha-512": f"{SECURITY}.scram.ScramLoginModule required;",
    "oauthbearer": f'{SECURITY}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
}
PROTOCOLS: Mapping[str, str] = {
    "PLAINTEXT": "PLAINTEXT",
    "LOGIN": "SASL_PLAINTEXT",
    "TLS": "SSL",
    "MUTUAL": "SSL",
    "BOTH": "SASL_SSL",
}
"""Of each listener its protocol; at MUTUAL clients show a certificate too."""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, each in a PEM file."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    certificate_file: Path
    key_file: Path


def certificate(directory: Path, name: str, issuer: Certificate | None = None) -> Certificate:
    """Make a certificate for 127.0.0.1; without an issuer it signs others."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )
    certificate_file, key_file = directory / f"{name}.pem", directory / f"{name}.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Certificate(made, key, certificate_file, key_file)


def token(*, valid_seconds: int = 3600) -> str:
    """An unsecured JWT, which is what Kafka validates where nothing else is configured."""
    now = int(datetime.now(UTC).timestamp())
    parts = ({"alg": "none"}, {"sub": "recourse", "iat": now - 7200, "exp": now + valid_seconds})
    return ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in parts) + "."


class GuardedBroker:
    """`ports` has the port of each listener."""

    def __init__(self, directory: Path) -> None:
        controller_port, *ports = free_ports(1 + len(PROTOCOLS))
        self.ports = dict(zip(PROTOCOLS, ports, strict=True))
        self.authority = certificate(directory, "authority")
        broker = certificate(directory, "broker", self.authority)
        store = directory / "broker-store.pem"
        store.write_bytes(broker.key_file.read_bytes() + broker.certificate_file.read_bytes())
        self._broker = JvmBroker(
            directory / "kafka",
            self.ports["PLAINTEXT"],
            controller_port,
            settings=_settings(self.ports, controller_port, store, self.authority.certificate_file),
            scram=[f"SCRAM-SHA-{bits}=[name=recourse,password={PASSWORD}]" for bits in (256, 512)],
        )

    def address(self, listener: str) -> str:
        return f"127.0.0.1:{self.ports[listener]}"

    def start(self) -> None:
        self._broker.start()

    def kill(self) -> None:
        self._broker.kill()


def _settings(ports: Mapping[str, int], controller_port: int, store: Path, authority: Path) -> dict[str, str]:
    listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    protocols = {**PROTOCOLS, "CONTROLLER": "PLAINTEXT"}
    logins = {
        f"listener.name.{listener}.{mechanism}.sasl.jaas.config": login
        for listener in ("login", "both")
        for mechanism, login in LOGIN.items()
    }
    return {
        "listeners": f"{listeners},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": listeners,
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        "sasl.enabled.mechanisms": ",".join(LOGIN).upper(),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(store),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority),
        "listener.name.mutual.ssl.client.auth": "required",
        **logins,
    }
