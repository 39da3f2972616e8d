"""Whoever is slow to take a message holds up nobody else: no other channel, and no other tenant."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.notifier.sending import LANES, SLOW_LANES
from tests.conftest import Running, StartInstallation
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_receivers import App, MailServer, SlowMailServer
from tests.services.notifier_scenes import PROMPT, Complaint, email_table, told, webhook_table, write_tenant
from tests.waiting import wait_until

COMPLAINTS = 6
HASTY = "timeout_seconds = 1.2"  # a little more than what counts as slow


def submitted(installation: Running, number: int, tenant: str = "default") -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0]}
    app = installation.api.as_app(f"u-{number}", tenant=tenant)
    return app.submit(complainant=person, description=TEXTS[0], preferred_medium="email")


def test_an_app_that_does_not_answer_delays_no_email(start: StartInstallation, tmp_path: Path) -> None:
    secret_file = tmp_path / "secret"
    secret_file.write_text("whsec_" + b64encode(b"a secret of 24 bytes ...").decode(), encoding="utf-8")
    with App() as app, MailServer() as server:
        app.may_answer.clear()
        tables = (webhook_table(app.host, secret_file), email_table(server.port))
        installation = start(tenants_dir=write_tenant(tmp_path / "tenants", *tables), **PROMPT)
        complaints = [submitted(installation, number) for number in range(COMPLAINTS)]
        wait_until(lambda: len(server.mails) == COMPLAINTS, seconds=60, what="the letters")
        given_up_on = [complaint for complaint in complaints if told(installation, complaint)[0].outcome]
        assert len(given_up_on) < COMPLAINTS
        app.may_answer.set()


def test_a_mail_server_that_hangs_delays_no_letter_of_another_tenant(start: StartInstallation, tmp_path: Path) -> None:
    with SlowMailServer() as hanging, MailServer() as server:
        tenants = write_tenant(tmp_path / "tenants", email_table(server.port))
        write_tenant(tenants, email_table(hanging.port), tenant="stuck")
        installation = start(tenants_dir=tenants, **PROMPT)
        for number in range(COMPLAINTS):
            submitted(installation, number, tenant="stuck")
        wait_until(lambda: hanging.visits, seconds=60, what="the first letter to hang")
        for number in range(COMPLAINTS):
            submitted(installation, number)
        wait_until(lambda: len(server.mails) == COMPLAINTS, seconds=60, what="the letters of the other tenant")
        assert hanging.visits < COMPLAINTS


@pytest.fixture
def hanging() -> Iterator[list[SlowMailServer]]:
    """More of them than are served at once."""
    with ExitStack() as servers:
        yield [servers.enter_context(SlowMailServer()) for _ in range(LANES + 1)]


def test_tenants_known_to_be_slow_leave_room_for_the_others(
    start: StartInstallation, tmp_path: Path, hanging: list[SlowMailServer]
) -> None:
    with MailServer() as server:
        tenants = write_tenant(tmp_path / "tenants", email_table(server.port))
        stuck = [f"stuck{number}" for number in range(len(hanging))]
        for tenant, slow in zip(stuck, hanging, strict=True):
            write_tenant(tenants, email_table(slow.port, HASTY), tenant=tenant)
        installation = start(tenants_dir=tenants, **PROMPT)
        for number in range(2):
            for tenant in stuck:
                submitted(installation, number, tenant)
        wait_until(lambda: all(slow.left for slow in hanging), seconds=60, what="every server to be found slow")
        at_once: list[int] = []

        def is_over() -> bool:
            at_once.append(sum(slow.visits > slow.left for slow in hanging))
            return all(slow.left > 1 for slow in hanging)

        wait_until(is_over, seconds=60, what="the second letter of each to hang")
        submitted(installation, 0)
        wait_until(lambda: server.mails, seconds=60, what="the letter of the other tenant")
        assert 0 < max(at_once[1:], default=0) <= SLOW_LANES
