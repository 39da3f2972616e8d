"""Any provider that `apprise` knows a URL for: SMS gateways, chats, push."""

import logging
import re
from urllib.parse import quote

import apprise
from typing_extensions import override

from services.notifier.channels.channel import ANSWER_SECONDS, CONNECT_SECONDS, Channel, ChannelError, Outgoing

BETWEEN_DIGITS = re.compile(r"[ ()-]")
PHONE = re.compile(r"\+?[0-9]{3,}")


class AppriseChannel(Channel):
    """The address is an `apprise` URL; apprise would log whom it reached, so its log is switched off.

    A URL may ask for shorter times to connect and to read, not for longer ones than a stop can wait for, and for no
    repeats: those are the queue's.
    """

    def __init__(self) -> None:
        logging.getLogger(apprise.__name__).disabled = True

    @override
    def send(self, message: Outgoing) -> None:
        service = apprise.Apprise.instantiate(message.address)
        if service is None:
            raise ChannelError("provider-url-not-understood", may_retry=False)
        service.socket_connect_timeout = min(service.socket_connect_timeout, CONNECT_SECONDS)
        service.socket_read_timeout = min(service.socket_read_timeout, ANSWER_SECONDS)
        service.retry = 0
        provider = apprise.Apprise()
        provider.add(service)
        if not provider.notify(title=message.subject, body=message.text):
            raise ChannelError("refused-by-provider")


def is_phone(text: str) -> bool:
    return PHONE.fullmatch(BETWEEN_DIGITS.sub("", text)) is not None


def sms_url(gateway: str, phone: str) -> str:
    """The URL of one phone behind a gateway, which would take a number with spaces for several."""
    return gateway.replace("{address}", quote(BETWEEN_DIGITS.sub("", phone), safe=""))
