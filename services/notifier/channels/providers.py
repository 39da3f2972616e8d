"""Any provider that `apprise` knows a URL for: SMS gateways, chats, push."""

import logging
import re
from urllib.parse import quote

import apprise
from typing_extensions import override

from services.notifier.channels.channel import Channel, ChannelError, Outgoing

BETWEEN_DIGITS = re.compile(r"[ ()-]")


class AppriseChannel(Channel):
    """The address is an `apprise` URL; apprise would log whom it reached, so its log is switched off."""

    def __init__(self) -> None:
        logging.getLogger(apprise.__name__).disabled = True

    @override
    def send(self, message: Outgoing) -> None:
        provider = apprise.Apprise()
        if not provider.add(message.address):
            raise ChannelError("provider-url-not-understood", may_retry=False)
        if not provider.notify(title=message.subject, body=message.text):
            raise ChannelError("refused-by-provider")


def sms_url(gateway: str, phone: str) -> str:
    """The URL of one phone behind a gateway, which would take a number with spaces for several."""
    return gateway.replace("{address}", quote(BETWEEN_DIGITS.sub("", phone), safe=""))
