"""Providers that apprise knows: the complainant's phone behind a gateway, and what a team has chosen."""

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.notifier.channels.channel import ChannelError, Outgoing
from services.notifier.channels.providers import AppriseChannel, sms_url
from tests.conftest import Running, StartInstallation
from tests.network import free_port
from tests.people import EMAILS, NAMES, PHONES, TEXTS
from tests.services.notifier_receivers import LOOPBACK, App
from tests.services.notifier_scenes import PROMPT, Complaint, reported, sms_table, the, write_tenant

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

DIGITS = "+8613800138000"


@pytest.fixture
def app() -> Iterator[App]:
    with App() as app:
        yield app


def message_to(address: str) -> Outgoing:
    return Outgoing(key="n-1", address=address, subject="关于您的投诉", text=f"{NAMES[0]}您好\n")


def refusal(address: str) -> tuple[str, bool]:
    with pytest.raises(ChannelError) as refused:
        AppriseChannel().send(message_to(address))
    return refused.value.code, refused.value.may_retry


def test_a_message_reaches_the_provider_that_its_url_names(app: App) -> None:
    AppriseChannel().send(message_to(f"json://{app.host}/chat"))
    (request,) = app.requests
    body = json.loads(request.body)
    assert (request.path, body["title"], body["message"]) == ("/chat", "关于您的投诉", f"{NAMES[0]}您好")


def test_a_provider_that_refuses_is_tried_again(app: App) -> None:
    app.statuses.append(500)
    assert refusal(f"json://{app.host}/chat") == ("refused-by-provider", True)


def test_a_provider_that_is_away_is_tried_again() -> None:
    assert refusal(f"json://{LOOPBACK}:{free_port()}/chat") == ("refused-by-provider", True)


def test_a_provider_that_falls_silent_is_not_waited_for_as_long_as_its_url_asks(app: App) -> None:
    app.may_answer.clear()
    begun = time.monotonic()
    assert refusal(f"json://{app.host}/chat?rto=60&retry=5") == ("refused-by-provider", True)
    assert (time.monotonic() - begun < 30, len(app.requests)) == (True, 1)


def test_a_url_that_names_no_provider_is_given_up() -> None:
    assert refusal("nonsense://somewhere") == ("provider-url-not-understood", False)


@pytest.mark.parametrize("written", [PHONES[0], "+86-138-0013-8000", "+86 (138) 00138000", DIGITS])
def test_a_gateway_is_given_a_phone_in_one_piece(written: str) -> None:
    assert sms_url("json://gateway/{address}?x=1", written) == "json://gateway/%2B8613800138000?x=1"


def test_apprise_writes_to_no_log_whom_it_reached(app: App, caplog: pytest.LogCaptureFixture) -> None:
    app.statuses.append(500)
    with caplog.at_level(logging.DEBUG, logger="apprise"):
        refusal(f"json://{app.host}/%2B8613800138000")
        refusal("twilio://nobody@nowhere/%2B8613800138000")
    assert [record for record in caplog.records if record.name.startswith("apprise")] == []


@pytest.fixture
def installation(start: StartInstallation, tmp_path: Path, app: App) -> Running:
    team = {"[teams.front_line]": f'[teams.front_line]\nprovider = "json://{app.host}/front-line"'}
    return start(tenants_dir=write_tenant(tmp_path / "tenants", sms_table(app.host), changes=team), **PROMPT)


def submitted(installation: Running, **person: Any) -> Complaint:
    complaint = installation.api.as_app("u-1").submit(
        complainant={"name": NAMES[0], **person}, preferred_medium="sms", description=TEXTS[0]
    )
    installation.settle()
    return complaint


def paths(app: App) -> list[str]:
    return [request.path for request in app.requests]


def test_a_letter_by_sms_goes_to_the_phone_of_the_complainant(installation: Running, app: App) -> None:
    complaint = submitted(installation, phone=PHONES[0])
    (request,) = app.requests
    assert request.path == f"/sms/{DIGITS}"
    assert complaint["number"] in json.loads(request.body)["message"]
    assert [(each.medium, each.outcome) for each in reported(installation, complaint)] == [("sms", "sent")]


def test_a_sms_that_the_gateway_refuses_is_sent_later(installation: Running, app: App) -> None:
    app.statuses.append(503)
    complaint = submitted(installation, phone=PHONES[0])
    installation.clock.advance(seconds=6)
    installation.settle()
    assert the(installation, complaint, "acknowledgement").outcome == ["failed", "sent"]
    assert app.requests[0].body == app.requests[1].body


def test_a_sms_goes_to_the_safe_contact_first(installation: Running, app: App) -> None:
    submitted(installation, phone=PHONES[0], safe_contact=PHONES[1])
    assert paths(app) == ["/sms/+8613911112222"]


def test_without_a_phone_the_sms_is_given_up_visibly(installation: Running, app: App) -> None:
    complaint = submitted(installation, email=EMAILS[0])
    notification = the(installation, complaint, "acknowledgement")
    assert (notification.outcome, paths(app)) == (["abandoned"], ["/front-line"])
    assert [each.outcome for each in reported(installation, complaint)] == ["failed"]


def test_a_team_is_told_through_the_provider_it_has_chosen(installation: Running, app: App) -> None:
    complaint = submitted(installation, phone=PHONES[0])
    installation.api.as_app("u-1").command(complaint, "follow-up", {"text": TEXTS[1]})
    installation.settle()
    assert paths(app)[1:] == ["/front-line"]
    assert complaint["number"] in json.loads(app.requests[1].body)["message"]
    assert the(installation, complaint, "staff-arrived").outcome == ["sent"]


def test_a_team_is_told_through_its_provider_where_complainants_get_no_sms(
    start: StartInstallation, tmp_path: Path, app: App
) -> None:
    team = {"[teams.front_line]": f'[teams.front_line]\nprovider = "json://{app.host}/front-line"'}
    installation = start(tenants_dir=write_tenant(tmp_path / "tenants", changes=team), **PROMPT)
    complaint = submitted(installation, phone=PHONES[0])
    installation.api.as_app("u-1").command(complaint, "follow-up", {"text": TEXTS[1]})
    installation.settle()
    assert paths(app) == ["/front-line"]
