"""Who stands at the other end of notifier's channels in tests: a real mail server, and an app that takes webhooks."""

import socket
import ssl
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typing_extensions import override

from shared.runtime.clock import system_clock
from tests.network import free_port

LOOPBACK = "127.0.0.1"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate in a PEM file, with its key in another."""

    file: Path
    key_file: Path

    @classmethod
    def make(cls, directory: Path, address: str = LOOPBACK) -> "Certificate":
        directory.mkdir(parents=True, exist_ok=True)
        made = cls(directory / "certificate.pem", directory / "key.pem")
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.wallet.example")])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(system_clock() - DAY)
            .not_valid_after(system_clock() + DAY)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        made.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        made.key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return made

    def believed(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.file))

    def shown(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key_file)
        return context


@dataclass(frozen=True)
class Mail:
    """One message that the server took, and under which circumstances."""

    to: tuple[str, ...]
    message: EmailMessage
    encrypted: bool
    user: str | None

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return str(self._part("plain")).replace("\r\n", "\n")

    @property
    def html(self) -> str:
        return str(self._part("html"))

    @property
    def attached(self) -> dict[str, bytes]:
        """Every file, by name."""
        return {str(part.get_filename()): part.get_content() for part in self.message.iter_attachments()}

    def _part(self, subtype: str) -> object:
        part = self.message.get_body((subtype,))
        return part.get_content() if part else ""


@dataclass
class MailServer:
    """Takes every message, unless `to_recipient`, `to_content` or `to_quit` hold what it answers next.

    With a certificate it insists on STARTTLS, with a `login` on that user and password as well.
    """

    certificate: Certificate | None = None
    login: tuple[str, str] | None = None
    port: int = field(default_factory=free_port)
    mails: list[Mail] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    to_recipient: deque[str] = field(default_factory=deque)
    to_content: deque[str] = field(default_factory=deque)
    to_quit: str = "221 Bye"

    def __enter__(self) -> Self:
        self._controller = Controller(
            self,
            hostname=LOOPBACK,
            port=self.port,
            tls_context=self.certificate.shown() if self.certificate else None,
            require_starttls=self.certificate is not None,
            auth_required=self.login is not None,
            authenticator=self._admit if self.login else None,
        )
        self._controller.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._controller.stop()

    def _admit(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        user, password = given.login.decode(), given.password.decode()
        return AuthResult(success=(user, password) == self.login, handled=False, auth_data=user)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls hooks by the name of the command
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.asked_for.append(address)
        reply = self.to_recipient.popleft() if self.to_recipient else "250 OK"
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        assert isinstance(envelope.content, bytes)
        reply = self.to_content.popleft() if self.to_content else "250 OK"
        if reply.startswith("2"):
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            user = session.auth_data if session.authenticated else None
            self.mails.append(Mail(tuple(envelope.rcpt_tos), message, session.ssl is not None, user))
        return reply

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - as above
        return self.to_quit

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == (address,)]


@dataclass
class SlowMailServer:
    """Speaks SMTP as its script says, each reply `seconds` late; after the script it says nothing more."""

    replies: tuple[str, ...] = ()
    seconds: float = 0.0
    visits: int = 0
    left: int = 0

    def __enter__(self) -> Self:
        self._over = Event()
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while not self._over.is_set():
                visitor, _ = self._listener.accept()
                self.visits += 1
                with visitor, suppress(OSError):
                    self._speak(visitor)
                self.left += 1

    def _speak(self, visitor: socket.socket) -> None:
        for reply in self.replies:
            self._over.wait(self.seconds)
            visitor.sendall(f"{reply}\r\n".encode())
            if not visitor.recv(10_000):
                return
        while visitor.recv(10_000):
            """Take what comes and say nothing."""


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: str


@dataclass
class App:
    """A web server that keeps what is posted to it; `statuses` are its next answers, 204 follows.

    With `talks_on` its answers never end; it answers nobody while `may_answer` is not set.
    """

    statuses: deque[int] = field(default_factory=deque)
    location: str | None = None
    talks_on: bool = False
    requests: list[Request] = field(default_factory=list)
    may_answer: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.may_answer.set()

    def __enter__(self) -> Self:
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                app._take(self)

            @override
            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"{LOOPBACK}:{self._server.server_port}"

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        self.requests.append(Request(handler.path, dict(handler.headers.items()), body))
        self.may_answer.wait()
        with suppress(OSError):
            self._answer(handler)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(self.statuses.popleft() if self.statuses else 204)
        if self.location:
            handler.send_header("Location", self.location)
        if not self.talks_on:
            handler.send_header("Content-Length", "0")
        handler.end_headers()
        while self.talks_on:
            handler.wfile.write(b"and so on ")
