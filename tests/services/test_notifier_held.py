"""A letter that lacks what its policies ask for is not sent, says what it lacks, and is sent once it does not."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.notifier.operations import replay_queue
from shared.contracts.local_forms import day
from shared.contracts.notification_events import NotificationAbandoned, NotificationHeld
from tests.client import answered
from tests.conftest import Running, StartInstallation
from tests.people import EMAILS, NAMES, PHONES, TEXTS
from tests.services.notifier_matters import RESOLUTION
from tests.services.notifier_receivers import App, MailServer
from tests.services.notifier_scenes import (
    PROMPT,
    Complaint,
    Told,
    became,
    email_table,
    promised_in,
    reached,
    sms_table,
    the,
    told,
    write_tenant,
)
from tests.waiting import wait_until

LONDON = {
    'jurisdiction = "CN"': 'jurisdiction = "GB"\nstatutory_policies = ["uk-disp-psp"]',
    'languages = ["zh-CN", "en"]': 'languages = ["en", "zh-CN"]',
}
FINAL = {"text": TEXTS[3], "kind": "final", "medium": "email"}
WITHOUT_DECISION = ("outcome", "points", "reasons", "remedies")


@pytest.fixture
def gateway() -> Iterator[App]:
    with App() as app:
        yield app


@pytest.fixture
def installation(start: StartInstallation, tmp_path: Path, server: MailServer, gateway: App) -> Running:
    tables = (email_table(server.port), sms_table(gateway.host))
    return start(tenants_dir=write_tenant(tmp_path / "tenants", *tables, changes=LONDON), **PROMPT)


def submitted(installation: Running, **changes: Any) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0], "phone": PHONES[0], **changes.pop("person", {})}
    body = {"complainant": person, "preferred_medium": "email", "description": TEXTS[0], "language": "en", **changes}
    complaint = installation.api.as_app("u-1").submit(body)
    installation.settle()
    return complaint


def lacks_a_decision(installation: Running, complaint: Complaint) -> bool:
    """Whether its letter lacks that alone; time passes, in which what is on its way comes."""
    installation.clock.advance(seconds=11)
    return letters_held(installation, complaint) == [WITHOUT_DECISION]


def held_back(installation: Running) -> Complaint:
    """A complaint with a final letter that nobody has decided."""
    complaint = submitted(installation)
    installation.api.as_handler().command(complaint, "answer", FINAL)
    wait_until(lambda: lacks_a_decision(installation, complaint), what="the letter to be held")
    installation.settle()
    return complaint


def letters_held(installation: Running, complaint: Complaint) -> list[tuple[str, ...]]:
    held = installation.api.as_handler().read(complaint)["handling"]["letters_held"]
    return [tuple(each["missing"]) for each in held]


def open_tasks(installation: Running) -> list[str]:
    return [task["kind"] for task in answered(installation.api.as_handler().get("/v1/tasks"))["data"]]


def look_again(installation: Running) -> None:
    installation.clock.advance(seconds=61)


def test_an_acknowledgement_names_the_body_to_turn_to_and_what_was_promised(
    installation: Running, server: MailServer
) -> None:
    complaint = submitted(installation)
    (mail,) = server.to(EMAILS[0])
    assert complaint["number"] in mail.text
    assert "We received your complaint on 26 September 2025" in mail.text
    assert "Financial Ombudsman Service, United Kingdom, Exchange Tower, London E14 9SR" in mail.text
    assert all(words in mail.text for words in promised_in("en", installation.api.as_handler(), complaint))


def test_a_letter_without_what_its_policies_ask_for_is_not_sent_and_says_what_it_lacks(
    installation: Running, server: MailServer
) -> None:
    complaint = held_back(installation)
    assert letters_held(installation, complaint) == [WITHOUT_DECISION]
    held = the(installation, complaint, "final").became[-1]
    assert isinstance(held, NotificationHeld)
    assert held.missing == WITHOUT_DECISION
    assert [mail.subject for mail in server.mails if "decision" in mail.subject] == []
    assert open_tasks(installation) == ["mend-letter"]


def test_what_a_letter_lacks_is_not_for_its_complainant(installation: Running, server: MailServer) -> None:
    complaint = held_back(installation)
    app = installation.api.as_app("u-1")
    assert app.read(complaint)["handling"] is None
    delivery = [each["fields"] for each in app.history(complaint) if "delivery" in each["type"]][-1]
    assert (delivery["outcome"], {"missing", "reason"} & delivery.keys()) == ("failed", set())


def test_a_letter_is_sent_once_it_lacks_nothing(installation: Running, server: MailServer) -> None:
    complaint = held_back(installation)
    installation.api.as_handler().decide(complaint, "resolve", RESOLUTION)
    installation.settle()
    look_again(installation)
    wait_until(lambda: bool([mail for mail in server.mails if "Our decision" in mail.subject]), what="the letter")
    installation.settle()
    mail = next(mail for mail in server.mails if "Our decision" in mail.subject)
    assert "This letter is our final response." in mail.text
    assert "we do not consent to waive them" in mail.text
    wait_until(lambda: letters_held(installation, complaint) == [], what="the letter to be known as sent")
    assert open_tasks(installation) == []


def test_a_letter_without_a_decision_that_went_out_before_it_is_not_the_one_that_it_waits_for(
    installation: Running,
) -> None:
    complaint, handler = held_back(installation), installation.api.as_handler()
    letter = handler.read(complaint)["letters"][-1]["letter_id"]
    by_hand = {"letter_id": letter, "medium": "letter", "attempt": 9}
    handler.command(complaint, "record-delivery", {**by_hand, "outcome": "sent"})
    handler.decide(complaint, "resolve", RESOLUTION)
    handler.command(complaint, "record-delivery", {**by_hand, "outcome": "delivered"})
    assert "write-final-letter" in open_tasks(installation)


def test_the_promise_that_a_held_letter_had_met_is_owed_until_it_is_sent(
    installation: Running, server: MailServer
) -> None:
    def state() -> str:
        promises = installation.api.as_handler().read(complaint)["promises"]
        return next(str(each["state"]) for each in promises if each["clock"] == "statutory_final")

    complaint = held_back(installation)
    assert state() == "running"
    installation.api.as_handler().decide(complaint, "resolve", RESOLUTION)
    installation.settle()
    look_again(installation)
    wait_until(lambda: state() == "met", what="the letter to count")


def test_a_letter_written_anew_takes_the_place_of_one_that_lacks_something(
    installation: Running, server: MailServer
) -> None:
    complaint = held_back(installation)
    handler = installation.api.as_handler()
    handler.decide(complaint, "resolve", RESOLUTION)
    handler.command(complaint, "answer", {**FINAL, "text": TEXTS[4]})
    installation.settle()
    look_again(installation)
    installation.settle()
    assert len([mail for mail in server.mails if "Our decision" in mail.subject]) == 1
    assert (letters_held(installation, complaint), open_tasks(installation)) == ([], [])
    gone = [each for each in the_all(installation, complaint, "final") if each.outcome[-1] == "abandoned"]
    assert [became(each, NotificationAbandoned).reason for each in gone] == ["superseded"]


def the_all(installation: Running, complaint: Complaint, template: str) -> list[Told]:
    return [each for each in told(installation, complaint) if each.plan.template == template]


def test_a_letter_that_lacks_something_holds_up_no_other(installation: Running, server: MailServer) -> None:
    complaint = held_back(installation)
    interim = {"text": TEXTS[4], "kind": "interim", "medium": "email"}
    installation.api.as_handler().command(complaint, "answer", interim)
    installation.settle()
    assert any(TEXTS[4] in mail.text for mail in server.mails)


def test_a_holding_letter_waits_for_the_date_that_it_moves(installation: Running, server: MailServer) -> None:
    complaint = submitted(installation)
    holding = {"text": TEXTS[3], "kind": "holding", "medium": "email"}
    installation.api.as_handler().command(complaint, "answer", holding)
    installation.settle()
    mail = next(mail for mail in server.mails if "needs more time" in mail.subject)
    promises = installation.api.as_handler().read(complaint)["promises"]
    due_on = next(each["due_on"] for each in promises if each["clock"] == "statutory_final")
    assert f"You will have our answer by {day(date.fromisoformat(due_on), 'en')}." in mail.text


def test_an_acknowledgement_goes_by_a_medium_that_its_policies_allow(
    installation: Running, server: MailServer, gateway: App
) -> None:
    submitted(installation, preferred_medium="sms")
    assert [mail.to for mail in server.mails] == [(EMAILS[0],)]
    assert gateway.requests == []


def test_a_letter_that_no_allowed_medium_reaches_is_a_task(installation: Running, gateway: App) -> None:
    complaint = submitted(installation, preferred_medium="sms", person={"email": None})
    assert gateway.requests == []
    abandoned = became(the(installation, complaint, "acknowledgement"), NotificationAbandoned)
    assert abandoned.reason == "medium-not-allowed"
    assert reached(installation, complaint)[-1] == ("front_line", "staff-tell-by-hand")
    assert open_tasks(installation) == ["deliver-letter"]


def test_a_final_letter_by_a_medium_that_is_not_durable_is_refused(installation: Running) -> None:
    complaint = submitted(installation)
    for medium in ("sms", "phone", "in_app"):
        path = f"/v1/complaints/{complaint['id']}/answer"
        refused = installation.api.as_handler().post(path, {**FINAL, "medium": medium})
        assert (refused.status_code, refused.json()["code"]) == (409, "medium-refused")


def test_a_template_that_is_not_there_fails_visibly(installation: Running) -> None:
    complaint = submitted(installation)
    named = {"text": TEXTS[3], "medium": "email", "template": "poem", "template_version": "7"}
    installation.api.as_handler().command(complaint, "answer", named)
    installation.settle()
    assert became(the(installation, complaint, "poem"), NotificationAbandoned).reason == "template-unknown"
    assert open_tasks(installation) == ["deliver-letter"]


def test_a_template_for_another_kind_of_letter_is_not_taken(installation: Running) -> None:
    complaint = submitted(installation)
    installation.api.as_handler().command(
        complaint, "answer", {"text": TEXTS[3], "medium": "email", "template": "summary"}
    )
    installation.settle()
    assert became(the(installation, complaint, "summary"), NotificationAbandoned).reason == "template-unknown"


def test_an_older_version_that_is_asked_for_is_the_one_that_is_sent(installation: Running, server: MailServer) -> None:
    complaint = submitted(installation)
    named = {"text": TEXTS[3], "medium": "email", "template": "answer", "template_version": "2"}
    installation.api.as_handler().command(complaint, "answer", named)
    installation.settle()
    assert the(installation, complaint, "answer").plan.template_version == "2"
    assert TEXTS[3] in server.mails[-1].text


def test_the_queue_anew_is_the_queue_that_is(installation: Running) -> None:
    complaint = held_back(installation)
    queue = installation.embedded.notifier.queue
    held = queue.held()
    replay_queue(installation.embedded.notifier, lambda _: None)
    assert queue.held() == held == queue.held(complaint_id=UUID(complaint["id"]))
