"""The channel of webhooks against a real web server: signatures, and what each answer of the app means."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from services.notifier.channels.channel import ChannelError, Outgoing
from services.notifier.channels.webhook import WebhookChannel
from shared.contracts.tenant import Webhook
from shared.runtime.clock import system_clock
from tests.network import free_port
from tests.services.notifier_receivers import LOOPBACK, App

SECRET = "whsec_" + b64encode(b"a secret of 24 bytes ...").decode()
MESSAGE = Outgoing(key="e-1", address="default", subject="", text='{"type":"t","data":{}}')


@pytest.fixture
def app() -> Iterator[App]:
    with App() as app:
        yield app


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "webhook.secret"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    return file


def channel_to(address: str, secret_file: Path, **more: float) -> WebhookChannel:
    settings = Webhook.model_validate({"url": f"http://{address}/hook", "secret_file": secret_file, **more})
    return WebhookChannel(settings, system_clock)


def refusal(channel: WebhookChannel) -> tuple[str, bool]:
    with pytest.raises(ChannelError) as refused:
        channel.send(MESSAGE)
    return refused.value.code, refused.value.may_retry


def test_a_webhook_bears_a_signature_that_its_reader_can_check(app: App, secret_file: Path) -> None:
    channel_to(app.host, secret_file).send(MESSAGE)
    (request,) = app.requests
    assert Verifier(SECRET).verify(request.body, dict(request.headers)) == {"type": "t", "data": {}}
    assert (request.path, request.headers["webhook-id"]) == ("/hook", "e-1")
    assert request.headers["Content-Type"] == "application/json"


def test_a_webhook_that_was_changed_on_its_way_does_not_verify(app: App, secret_file: Path) -> None:
    channel_to(app.host, secret_file).send(MESSAGE)
    (request,) = app.requests
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(request.body.replace("t", "u"), dict(request.headers))


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_success_of_the_app_is_a_success(app: App, secret_file: Path, status: int) -> None:
    app.statuses.append(status)
    channel_to(app.host, secret_file).send(MESSAGE)
    assert len(app.requests) == 1


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 429, 500, 503])
def test_whatever_else_the_app_answers_is_tried_again(app: App, secret_file: Path, status: int) -> None:
    app.statuses.append(status)
    assert refusal(channel_to(app.host, secret_file)) == (f"app-answered-{status}", True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(app: App, secret_file: Path, status: int) -> None:
    app.statuses.append(status)
    app.location = f"http://{app.host}/elsewhere"
    assert refusal(channel_to(app.host, secret_file)) == (f"app-answered-{status}", True)
    assert [request.path for request in app.requests] == ["/hook"]


def test_what_the_app_says_beyond_its_status_is_not_waited_for(app: App, secret_file: Path) -> None:
    app.statuses.append(200)
    app.talks_on = True
    channel_to(app.host, secret_file).send(MESSAGE)
    assert len(app.requests) == 1


def test_an_app_that_falls_silent_is_tried_again(app: App, secret_file: Path) -> None:
    app.may_answer.clear()
    assert refusal(channel_to(app.host, secret_file, timeout_seconds=0.4)) == ("app-unreachable", True)
    assert len(app.requests) == 1


def test_an_app_that_is_gone_is_given_up(app: App, secret_file: Path) -> None:
    app.statuses.append(410)
    assert refusal(channel_to(app.host, secret_file)) == ("app-gone", False)


def test_an_app_that_does_not_answer_is_tried_again(secret_file: Path) -> None:
    assert refusal(channel_to(f"{LOOPBACK}:{free_port()}", secret_file)) == ("app-unreachable", True)
