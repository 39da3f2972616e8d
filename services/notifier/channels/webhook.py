"""The tenant's app, told by a signed webhook as the Standard Webhooks specification says."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import requests
from standardwebhooks.webhooks import Webhook as Signer
from typing_extensions import override

from services.notifier.channels.channel import CONNECT_SECONDS, Channel, ChannelError, Outgoing
from shared.contracts.tenant import Webhook


class WebhookChannel(Channel):
    """The id of the webhook is that of the event, so a repeat can be told from something new."""

    def __init__(self, settings: Webhook, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._signer = Signer(settings.secret_file.read_text(encoding="utf-8").strip())
        self._now = now

    @override
    def send(self, message: Outgoing) -> None:
        at = self._now()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.key,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(message.key, at, message.text),
        }
        status = self._post(message.text.encode(), headers)
        if status == HTTPStatus.GONE:
            raise ChannelError("app-gone", may_retry=False)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise ChannelError(f"app-answered-{status}")

    def _post(self, content: bytes, headers: dict[str, str]) -> int:
        """Only the status is read: an answer may be long, or never end."""
        seconds = self._settings.timeout_seconds
        to_connect = min(CONNECT_SECONDS, seconds / 2)
        try:
            with requests.post(
                str(self._settings.url),
                data=content,
                headers=headers,
                timeout=(to_connect, seconds - to_connect),
                allow_redirects=False,
                stream=True,
            ) as answer:
                return answer.status_code
        except requests.RequestException as error:
            raise ChannelError("app-unreachable") from error
