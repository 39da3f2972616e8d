"""E-mail over SMTP: STARTTLS and authentication as the tenant's file says."""

import re
import smtplib
import ssl
import time
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from typing_extensions import Buffer, override

from services.notifier.channels.channel import Channel, ChannelError, Outgoing
from services.notifier.domain.notification import UNCLEAR
from services.notifier.entities import message_of
from shared.contracts.tenant import Email

PERMANENT = 500
END_OF_MESSAGE = b"\r\n.\r\n"
SHORTEST_WAIT_SECONDS = 0.1
NO_PART_OF_AN_ADDRESS = r"""\s@,;:<>()\[\]"\\"""
ONE_ADDRESS = re.compile(f"[^{NO_PART_OF_AN_ADDRESS}]+@[^{NO_PART_OF_AN_ADDRESS}]+")


class HurriedServer(smtplib.SMTP):
    """The library gives every step the whole timeout; here all steps of a message share it."""

    def __init__(self, host: str, port: int, *, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self.has_sent = False
        super().__init__(host, port, timeout=seconds)

    @override
    def send(self, s: Buffer | str) -> None:
        """Once the message has gone out whole, the server may have taken it though it does not say so."""
        super().send(s)
        self.has_sent = self.has_sent or (isinstance(s, bytes) and s.endswith(END_OF_MESSAGE))

    @override
    def getreply(self) -> tuple[int, bytes]:
        if self.sock:
            self.sock.settimeout(max(self._deadline - time.monotonic(), SHORTEST_WAIT_SECONDS))
        return super().getreply()


class SmtpChannel(Channel):
    """`context` decides which certificates are believed; the system's by default."""

    def __init__(self, settings: Email, context: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._context = context or ssl.create_default_context()

    @override
    def send(self, message: Outgoing) -> None:
        if not ONE_ADDRESS.fullmatch(message.address):
            raise ChannelError("address-not-understood", may_retry=False)
        server = self._connected()
        try:
            server.send_message(self._email(message), to_addrs=[message.address])
        except smtplib.SMTPRecipientsRefused as error:
            code = max(reply[0] for reply in error.recipients.values())
            raise ChannelError("recipient-refused", may_retry=code < PERMANENT) from error
        except smtplib.SMTPResponseException as error:
            raise ChannelError("refused-by-server", may_retry=error.smtp_code < PERMANENT) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelError(UNCLEAR if server.has_sent else "server-unreachable") from error
        finally:
            _leave(server)

    def _connected(self) -> HurriedServer:
        """What a server refuses before it has seen the message is not the message's fault."""
        try:
            server = HurriedServer(self._settings.host, self._settings.port, seconds=self._settings.timeout_seconds)
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelError("server-unreachable") from error
        try:
            self._secure(server)
        except (OSError, smtplib.SMTPException) as error:
            _leave(server)
            raise ChannelError("server-unreachable") from error
        return server

    def _secure(self, server: smtplib.SMTP) -> None:
        if self._settings.starttls:
            server.starttls(context=self._context)
        if self._settings.username and self._settings.password_file:
            password = self._settings.password_file.read_text(encoding="utf-8").strip()
            server.login(self._settings.username, password)

    def _email(self, message: Outgoing) -> EmailMessage:
        email = message_of(message.entity) if message.entity else _note(message)
        email["From"] = self._settings.sender
        email["To"] = message.address
        email["Date"] = formatdate(usegmt=True)
        email["Message-ID"] = f"<{message.key}@{_domain(self._settings.sender)}>"
        email["Auto-Submitted"] = "auto-generated"
        return email


def _note(message: Outgoing) -> EmailMessage:
    email = EmailMessage()
    email["Subject"] = message.subject
    email.set_content(message.text)
    return email


def _leave(server: smtplib.SMTP) -> None:
    """Whatever the server says to the farewell, a message that it took is taken."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or make_msgid().rpartition("@")[2].rstrip(">")
