"""What `make run` prints: where things are, two tokens, and lines to paste."""

from datetime import timedelta

from rich.console import Console

from shared.access.principals import CallerType, Principal, Scope
from shared.runtime.backends import Backend

TOKEN_LIFE = timedelta(hours=12)

APP = Principal("default", CallerType.SERVICE, "wallet-app", frozenset({Scope.SUBMIT, Scope.READ}))
HANDLER = Principal("default", CallerType.HANDLER, "anna", frozenset({Scope.HANDLE, Scope.READ}))

TEXT = """
Recourse is running. Ctrl-C stops it; the next `make run` goes on where this one stopped.

  API                  {url}/v1
  Documentation        {url}/docs
  Notifications outbox {url}/v1/outbox   (or: .venv/bin/recourse outbox)
  Data                 {data}

Two tokens, valid for 12 hours: a wallet app, a handler.

export APP={app}
export HANDLER={handler}

Submit a complaint for the wallet user u-1, list it, read the history, look into the outbox:

curl -s {url}/v1/complaints -H "Authorization: Bearer $APP" -H "Recourse-On-Behalf-Of: u-1" \\
  -H "Idempotency-Key: $(date +%s%N)" -H "Prefer: wait=2" -H "Content-Type: application/json" \\
  -d '{{"category": "topup.not_credited", "description": "充值后余额没有变化", "complainant": {{"name": "周明"}}}}'

curl -s {url}/v1/complaints -H "Authorization: Bearer $APP" -H "Recourse-On-Behalf-Of: u-1"

curl -s {url}/v1/complaints/ID/history -H "Authorization: Bearer $HANDLER"

curl -s {url}/v1/outbox -H "Authorization: Bearer $HANDLER"
"""


def show(backend: Backend) -> None:
    settings = backend.settings
    text = TEXT.format(
        url=f"http://{settings.host}:{settings.port}",
        data=settings.data_dir.resolve(),
        app=backend.signer.sign(APP, TOKEN_LIFE),
        handler=backend.signer.sign(HANDLER, TOKEN_LIFE),
    )
    Console(soft_wrap=True, highlight=False, markup=False).print(text)
