"""Whoever is slow to take a message holds up nobody but its own kind."""

from base64 import b64encode
from pathlib import Path

from tests.conftest import StartInstallation
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_receivers import App, MailServer
from tests.services.notifier_scenes import PROMPT, email_table, told, webhook_table, write_tenant
from tests.waiting import wait_until

COMPLAINTS = 6


def test_an_app_that_does_not_answer_delays_no_email(start: StartInstallation, tmp_path: Path) -> None:
    secret_file = tmp_path / "secret"
    secret_file.write_text("whsec_" + b64encode(b"a secret of 24 bytes ...").decode(), encoding="utf-8")
    person = {"name": NAMES[0], "email": EMAILS[0]}
    with App() as app, MailServer() as server:
        app.may_answer.clear()
        tables = (webhook_table(app.host, secret_file), email_table(server.port))
        installation = start(tenants_dir=write_tenant(tmp_path / "tenants", *tables), **PROMPT)
        complaints = [
            installation.api.as_app(f"u-{number}").submit(
                complainant=person, description=TEXTS[0], preferred_medium="email"
            )
            for number in range(COMPLAINTS)
        ]
        wait_until(lambda: len(server.mails) == COMPLAINTS, seconds=60, what="the letters")
        given_up_on = [complaint for complaint in complaints if told(installation, complaint)[0].outcome]
        assert len(given_up_on) < COMPLAINTS
        app.may_answer.set()
