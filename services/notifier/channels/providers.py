"""Any provider that `apprise` knows a URL for: SMS gateways, chats, push."""

from urllib.parse import quote

import apprise
from typing_extensions import override

from services.notifier.channels.channel import Channel, ChannelError, Outgoing


class AppriseChannel(Channel):
    """`url` is an apprise URL; `{address}` in it stands for where the recipient is reached."""

    def __init__(self, url: str) -> None:
        self._url = url

    @override
    def send(self, message: Outgoing) -> None:
        provider = apprise.Apprise()
        if not provider.add(self._url.replace("{address}", quote(message.address, safe=""))):
            raise ChannelError("provider-url-not-understood", may_retry=False)
        if not provider.notify(title=message.subject, body=message.text):
            raise ChannelError("refused-by-provider")
