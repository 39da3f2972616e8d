"""Kill -9 after a channel took a message and before that was recorded: it may come again, under the same key."""

import base64
import contextlib
import secrets
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from tests.client import answered
from tests.installation import HERE, Installation
from tests.network import free_port
from tests.waiting import wait_until

TENANT = (HERE / "stories/installation/tenants/default.toml").read_text(encoding="utf-8")


class Receiver:
    """The wallet's app: takes webhooks, and can kill the sender before it answers."""

    def __init__(self, secret: str) -> None:
        self.taken: list[str] = []
        self.kill: Installation | None = None
        receiver, signer = self, Webhook(secret)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signer.verify(body, dict(self.headers.items()))
                receiver.taken.append(self.headers["webhook-id"])
                if receiver.kill is not None:
                    victim, receiver.kill = receiver.kill, None
                    victim.signal(signal.SIGKILL)
                    return
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hooks"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def receiver(secret: str) -> Iterator[Receiver]:
    made = Receiver(secret)
    yield made
    made.close()


@pytest.fixture
def installation(tmp_path: Path, receiver: Receiver, secret: str) -> Iterator[Installation]:
    tenants = tmp_path / "tenants"
    tenants.mkdir()
    (tmp_path / "secret").write_text(secret, encoding="utf-8")
    webhook = f'\n[webhook]\nurl = "{receiver.url}"\nsecret_file = "{tmp_path / "secret"}"\n'
    (tenants / "default.toml").write_text(TENANT + webhook, encoding="utf-8")
    made = Installation(tmp_path / "data", free_port(), {"RECOURSE_TENANTS_DIR": str(tenants)})
    yield made
    made.kill()


def test_a_notification_cut_off_before_its_record_comes_again_under_the_same_key(
    installation: Installation, receiver: Receiver
) -> None:
    installation.start()
    receiver.kill = installation
    app = installation.api.as_app("u-1")
    body = {"category": "topup.not_credited", "description": "充值 500 元未到账"}
    with contextlib.suppress(httpx.TransportError):
        app.post("/v1/complaints", body, key="the-one")
    installation.wait()
    installation.start()
    complaint = answered(app.post("/v1/complaints", body, key="the-one"), 201)
    wait_until(lambda: "delivery-recorded" in app.events(complaint), what="the letter to be recorded as delivered")
    wait_until(lambda: len(set(receiver.taken)) >= 3, what="the webhooks of every event the user may see")
    assert receiver.taken[0] == receiver.taken[1]
    assert len(receiver.taken) == len(set(receiver.taken)) + 1
    visible = [entry["event_id"] for entry in app.history(complaint)]
    assert list(dict.fromkeys(receiver.taken)) == visible[: len(set(receiver.taken))]
