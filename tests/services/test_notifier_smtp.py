"""The channel of e-mails against a real mail server: what it sends, what it refuses to send, what it gives up."""

import smtplib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.notifier.channels.channel import ChannelError, Outgoing
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.sending import LEAVING_SECONDS
from shared.contracts.tenant import LONGEST_SEND_SECONDS, Email
from shared.runtime.settings import Settings
from tests.network import free_port
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_receivers import LOOPBACK, Certificate, MailServer, SlowMailServer

USER, PASSWORD = "recourse", "correct horse"
SENDER = "示例钱包 <complaints@wallet.example>"
MESSAGE = Outgoing(key="n-1", address=EMAILS[0], subject="关于您的投诉", text=f"{NAMES[0]}您好：\n\n{TEXTS[0]}\n")


def settings(server: MailServer | SlowMailServer, **changes: Any) -> Email:
    values = {"host": LOOPBACK, "port": server.port, "sender": SENDER, "starttls": False, "timeout_seconds": 5.0}
    return Email(**{**values, **changes})


def refusal(channel: SmtpChannel, message: Outgoing = MESSAGE) -> tuple[str, bool]:
    with pytest.raises(ChannelError) as refused:
        channel.send(message)
    return refused.value.code, refused.value.may_retry


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate.make(tmp_path / "server")


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return file


def test_a_message_arrives_as_it_was_written(server: MailServer) -> None:
    SmtpChannel(settings(server)).send(MESSAGE)
    (mail,) = server.mails
    assert (mail.to, mail.subject, mail.text) == ((EMAILS[0],), MESSAGE.subject, MESSAGE.text)
    assert mail.message["From"] == SENDER
    assert mail.message["To"] == EMAILS[0]


def test_a_message_says_that_no_person_wrote_it(server: MailServer) -> None:
    SmtpChannel(settings(server)).send(MESSAGE)
    assert server.mails[0].message["Auto-Submitted"] == "auto-generated"


def test_a_repeat_has_the_same_message_id(server: MailServer) -> None:
    channel = SmtpChannel(settings(server))
    channel.send(MESSAGE)
    channel.send(MESSAGE)
    assert [mail.message["Message-ID"] for mail in server.mails] == ["<n-1@wallet.example>"] * 2


def test_a_sender_without_a_domain_still_makes_a_message_id(server: MailServer) -> None:
    SmtpChannel(settings(server, sender="complaints")).send(MESSAGE)
    assert server.mails[0].message["Message-ID"].startswith("<n-1@")


def test_a_message_goes_encrypted_under_the_login_of_the_tenant(certificate: Certificate, password_file: Path) -> None:
    with MailServer(certificate, login=(USER, PASSWORD)) as server:
        secured = settings(server, starttls=True, username=USER, password_file=password_file)
        SmtpChannel(secured, certificate.believed()).send(MESSAGE)
    (mail,) = server.mails
    assert (mail.encrypted, mail.user) == (True, USER)


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Certificate, tmp_path: Path) -> None:
    other = Certificate.make(tmp_path / "other")
    with MailServer(certificate) as server:
        channel = SmtpChannel(settings(server, starttls=True), other.believed())
        assert refusal(channel) == ("server-unreachable", True)
    assert server.mails == []


def test_a_certificate_of_another_server_is_refused(tmp_path: Path) -> None:
    elsewhere = Certificate.make(tmp_path / "elsewhere", address="192.0.2.1")
    with MailServer(elsewhere) as server:
        channel = SmtpChannel(settings(server, starttls=True), elsewhere.believed())
        assert refusal(channel) == ("server-unreachable", True)
    assert server.mails == []


def test_nothing_is_sent_in_clear_where_the_server_cannot_encrypt(server: MailServer) -> None:
    channel = SmtpChannel(settings(server, starttls=True))
    assert refusal(channel) == ("server-unreachable", True)
    assert server.asked_for == []


def test_a_refused_login_is_tried_again_because_the_message_is_not_at_fault(
    certificate: Certificate, password_file: Path
) -> None:
    with MailServer(certificate, login=(USER, "another password")) as server:
        secured = settings(server, starttls=True, username=USER, password_file=password_file)
        assert refusal(SmtpChannel(secured, certificate.believed())) == ("server-unreachable", True)


def test_a_password_is_read_anew_at_every_login(certificate: Certificate, password_file: Path) -> None:
    with MailServer(certificate, login=(USER, "the new one")) as server:
        secured = settings(server, starttls=True, username=USER, password_file=password_file)
        channel = SmtpChannel(secured, certificate.believed())
        refusal(channel)
        password_file.write_text("the new one", encoding="utf-8")
        channel.send(MESSAGE)
    assert len(server.mails) == 1


def test_a_server_that_is_away_is_tried_again() -> None:
    away = Email(host=LOOPBACK, port=free_port(), sender=SENDER, starttls=False)
    assert refusal(SmtpChannel(away)) == ("server-unreachable", True)


TALK = ("220 Hello", "250 Hello", "250 OK", "250 OK", "354 Go on", "250 OK", "221 Bye")


@pytest.mark.parametrize("steps", range(6))
def test_a_server_that_falls_silent_is_tried_again(steps: int) -> None:
    """After the last step it has the whole message, and may have taken it."""
    with SlowMailServer(TALK[:steps]) as silent:
        channel = SmtpChannel(settings(silent, timeout_seconds=0.2))
        assert refusal(channel) == ("unclear" if steps == 5 else "server-unreachable", True)


def test_all_steps_of_a_message_share_its_time() -> None:
    with SlowMailServer(TALK, seconds=0.6) as slow:
        channel = SmtpChannel(settings(slow, timeout_seconds=1.0))
        assert refusal(channel) == ("server-unreachable", True)


def test_a_send_ends_within_the_time_in_which_a_process_drains() -> None:
    with pytest.raises(ValidationError, match="timeout_seconds"):
        Email(host=LOOPBACK, sender=SENDER, timeout_seconds=LONGEST_SEND_SECONDS + 0.1)
    assert Settings().drain_seconds > LONGEST_SEND_SECONDS + LEAVING_SECONDS


@pytest.mark.parametrize(
    ("reply", "may_retry"), [("550 no such mailbox", False), ("450 busy", True), ("421 going", True)]
)
def test_a_refused_recipient_is_given_up_unless_the_server_says_later(
    server: MailServer, reply: str, may_retry: bool
) -> None:
    server.to_recipient.append(reply)
    assert refusal(SmtpChannel(settings(server))) == ("recipient-refused", may_retry)


@pytest.mark.parametrize(("reply", "may_retry"), [("554 not this", False), ("451 try later", True)])
def test_a_refused_message_is_given_up_unless_the_server_says_later(
    server: MailServer, reply: str, may_retry: bool
) -> None:
    server.to_content.append(reply)
    assert refusal(SmtpChannel(settings(server))) == ("refused-by-server", may_retry)


@pytest.mark.parametrize("farewell", ["421 gone already", "500 what?"])
def test_a_message_that_was_taken_is_sent_whatever_the_server_says_afterwards(
    server: MailServer, farewell: str
) -> None:
    server.to_quit = farewell
    SmtpChannel(settings(server)).send(MESSAGE)
    assert len(server.mails) == 1


def test_the_farewell_does_not_hide_why_a_recipient_was_refused(server: MailServer) -> None:
    server.to_recipient.append("550 no such mailbox")
    server.to_quit = "421 gone already"
    assert refusal(SmtpChannel(settings(server))) == ("recipient-refused", False)


@pytest.mark.parametrize(
    "address",
    [
        f"{EMAILS[0]}\nBcc: {EMAILS[1]}",
        f"{EMAILS[0]}, {EMAILS[1]}",
        "@wechat",
        "wechat @me",
        "@",
        "",
        '"@',
        f"<{EMAILS[0]}>",
    ],
)
def test_what_is_not_one_address_is_given_up_and_never_given_to_the_server(server: MailServer, address: str) -> None:
    assert refusal(SmtpChannel(settings(server)), replace(MESSAGE, address=address)) == (
        "address-not-understood",
        False,
    )
    assert server.asked_for == []


def test_an_address_in_chinese_is_an_address(server: MailServer) -> None:
    SmtpChannel(settings(server)).send(replace(MESSAGE, address="用户@例子.example"))
    assert server.mails[0].to == ("用户@例子.example",)


def test_a_refusal_keeps_its_cause(server: MailServer) -> None:
    server.to_recipient.append("550 no such mailbox")
    with pytest.raises(ChannelError) as refused:
        SmtpChannel(settings(server)).send(MESSAGE)
    assert isinstance(refused.value.__cause__, smtplib.SMTPRecipientsRefused)
