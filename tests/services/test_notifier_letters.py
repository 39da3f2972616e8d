"""Letters: kept before they are sent, sent again as they were kept, and every attempt told to the complaint."""

from pathlib import Path
from typing import Any

import pytest

from services.notifier.entities import text_of
from shared.contracts.notification_events import NotificationAbandoned, NotificationFailed, NotificationSent
from tests.conftest import Running, StartInstallation
from tests.people import EMAILS, NAMES, PHONES, TEXTS
from tests.services.notifier_receivers import Certificate, MailServer
from tests.services.notifier_scenes import (
    PROMPT,
    Complaint,
    became,
    email_table,
    promised_in,
    reached,
    the,
    told,
    write_tenant,
)
from tests.stories.stage import state_of

BY_HAND = ("front_line", "staff-tell-by-hand")
ANSWER = {"text": TEXTS[3], "medium": "email"}


@pytest.fixture
def installation(start: StartInstallation, tmp_path: Path, server: MailServer) -> Running:
    return start(tenants_dir=write_tenant(tmp_path / "tenants", email_table(server.port)), **PROMPT)


def submitted(installation: Running, *, user: str = "u-1", **changes: Any) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0], "phone": PHONES[0], **changes.pop("person", {})}
    body = {"complainant": person, "preferred_medium": "email", "description": TEXTS[0], **changes}
    complaint = installation.api.as_app(user).submit(body)
    installation.settle()
    return complaint


def deliveries(installation: Running, complaint: Complaint) -> list[dict[str, Any]]:
    """What the complaint itself recorded of its letters."""
    history = installation.api.as_handler().history(complaint)
    return [entry["fields"] for entry in history if entry["type"].endswith("delivery-recorded.v1")]


def attempts(installation: Running, complaint: Complaint) -> list[tuple[int, str]]:
    return [(each["attempt"], each["outcome"]) for each in deliveries(installation, complaint)]


def kept(installation: Running, delivery: dict[str, Any]) -> str:
    """The copy of a letter that a delivery names."""
    (evidence,) = delivery["evidence"]
    content = installation.api.as_handler().get(f"/v1/evidence/{evidence['evidence_id']}/content")
    assert (content.status_code, content.headers["Content-Type"]) == (200, "message/rfc822")
    return text_of(content.content)[1]


def open_tasks(installation: Running) -> list[str]:
    tasks: list[dict[str, Any]] = installation.api.as_handler().get("/v1/tasks").json()["data"]
    return [task["kind"] for task in tasks]


def test_an_acknowledgement_promises_in_the_words_of_the_story(installation: Running, server: MailServer) -> None:
    complaint = submitted(installation)
    (mail,) = server.to(EMAILS[0])
    promised = promised_in("zh-CN", installation.api.as_handler(), complaint)
    assert [words in mail.text for words in promised] == [True, True]


def test_an_acknowledgement_tells_its_number_to_a_person(installation: Running, server: MailServer) -> None:
    complaint = submitted(installation)
    (mail,) = server.to(EMAILS[0])
    assert complaint["number"] in mail.subject
    assert mail.text.startswith(f"{NAMES[0]}您好")


def test_a_letter_comes_back_to_its_complaint_with_the_copy_that_was_sent(
    installation: Running, server: MailServer
) -> None:
    complaint = submitted(installation)
    (delivery,) = deliveries(installation, complaint)
    assert (delivery["attempt"], delivery["outcome"], delivery["medium"]) == (1, "sent", "email")
    acknowledged = installation.api.as_handler().history(complaint)[2]
    assert delivery["letter_id"] == acknowledged["event_id"]
    assert kept(installation, delivery) == server.mails[0].text


def test_a_letter_is_kept_even_where_no_server_has_taken_it(installation: Running, server: MailServer) -> None:
    server.to_recipient.append("450 later")
    complaint = submitted(installation)
    (delivery,) = deliveries(installation, complaint)
    assert (delivery["outcome"], server.mails) == ("failed", [])
    assert complaint["number"] in kept(installation, delivery)


def test_a_retry_sends_the_bytes_that_were_kept_first(installation: Running, server: MailServer) -> None:
    server.to_content.append("451 later")
    complaint = submitted(installation)
    app = installation.api.as_app("u-1")
    app.command(complaint, "change-contact", {"contact": {"name": NAMES[1]}, "language": "en"})
    installation.clock.advance(seconds=6)
    installation.settle()
    (mail,) = server.mails
    assert mail.text.startswith(f"{NAMES[0]}您好")
    copies = {kept(installation, delivery) for delivery in deliveries(installation, complaint)}
    assert copies == {mail.text}


def test_a_retry_goes_to_where_the_complainant_is_reached_now(installation: Running, server: MailServer) -> None:
    server.to_recipient.append("450 mailbox full")
    complaint = submitted(installation)
    installation.api.as_app("u-1").command(complaint, "change-contact", {"contact": {"email": EMAILS[1]}})
    installation.clock.advance(seconds=6)
    installation.settle()
    assert [mail.to for mail in server.mails] == [(EMAILS[1],)]


def test_every_attempt_comes_back_to_the_complaint(installation: Running, server: MailServer) -> None:
    server.to_recipient.extend(["450 later", "421 later"])
    complaint = submitted(installation)
    for seconds in (6, 61):
        installation.clock.advance(seconds=seconds)
        installation.settle()
    assert attempts(installation, complaint) == [(1, "failed"), (2, "failed"), (3, "sent")]


def test_an_attempt_is_made_when_it_is_due_and_not_before(installation: Running, server: MailServer) -> None:
    server.to_recipient.append("450 later")
    complaint = submitted(installation)
    failed = became(the(installation, complaint, "acknowledgement"), NotificationFailed)
    assert (failed.attempt, failed.reason) == (1, "recipient-refused")
    assert (failed.retry_at - failed.occurred_at).total_seconds() == 5
    installation.clock.advance(seconds=4)
    installation.settle()
    assert server.mails == []
    installation.clock.advance(seconds=2)
    installation.settle()
    assert len(server.mails) == 1


def test_a_refused_recipient_is_given_up_visibly(installation: Running, server: MailServer) -> None:
    server.to_recipient.append("550 no such mailbox")
    complaint = submitted(installation)
    abandoned = became(the(installation, complaint, "acknowledgement"), NotificationAbandoned)
    assert (abandoned.attempt, abandoned.reason) == (1, "recipient-refused")
    assert attempts(installation, complaint) == [(1, "failed")]
    assert reached(installation, complaint) == [("complainant", "acknowledgement"), BY_HAND]
    installation.clock.advance(hours=12)
    installation.settle()
    assert server.mails == []


def test_a_complainant_without_an_address_is_given_up_visibly(installation: Running, server: MailServer) -> None:
    complaint = submitted(installation, person={"email": None})
    abandoned = became(the(installation, complaint, "acknowledgement"), NotificationAbandoned)
    assert (abandoned.reason, server.asked_for) == ("no-address", [])
    assert attempts(installation, complaint) == [(1, "failed")]


def test_an_answer_tells_the_words_of_the_handler_in_the_language_asked_for(
    installation: Running, server: MailServer
) -> None:
    complaint = submitted(installation)
    answered = {**ANSWER, "language": "en-GB", "kind": "interim"}
    installation.api.as_handler().command(complaint, "answer", answered)
    installation.settle()
    mail = server.mails[-1]
    assert TEXTS[3] in mail.text
    assert mail.text.startswith(f"Dear {NAMES[0]},")
    assert attempts(installation, complaint) == [(1, "sent"), (1, "sent")]


def test_a_call_that_was_held_sends_nothing(installation: Running, server: MailServer) -> None:
    complaint = submitted(installation)
    installation.api.as_handler().command(complaint, "answer", {**ANSWER, "medium": "phone"})
    installation.settle()
    assert [each.plan.template for each in told(installation, complaint)] == ["acknowledgement"]
    assert len(server.mails) == 1


@pytest.mark.parametrize("medium", ["phone", "letter"])
def test_a_letter_by_phone_or_post_is_a_task_and_other_news_a_notice_to_the_handler(
    installation: Running, server: MailServer, medium: str
) -> None:
    complaint = submitted(installation, preferred_medium=medium)
    installation.api.as_handler().command(complaint, "answer", {**ANSWER, "medium": "letter"})
    installation.api.as_handler().command(complaint, "request-information", {"items": ["bank-record"]})
    installation.settle()
    assert reached(installation, complaint) == [BY_HAND]
    assert server.asked_for == []
    assert open_tasks(installation) == ["deliver-letter", "deliver-letter"]


def test_a_notice_that_is_no_letter_does_not_come_back(installation: Running, server: MailServer) -> None:
    complaint = submitted(installation)
    installation.api.as_handler().command(complaint, "request-information", {"items": ["bank-record"]})
    installation.settle()
    sent = became(the(installation, complaint, "information-requested"), NotificationSent)
    assert (sent.attempt, sent.evidence_id) == (1, None)
    assert len(server.mails) == 2
    assert len(deliveries(installation, complaint)) == 1


def test_who_was_erased_in_the_meantime_is_not_written_to(installation: Running, server: MailServer) -> None:
    server.to_recipient.append("450 later")
    complaint = submitted(installation)
    administrator = installation.api.as_staff("administrator", "li")
    administrator.command(complaint, "erase-personal-data", {"reason": "person-request"})
    installation.clock.advance(seconds=6)
    installation.settle()
    abandoned = became(the(installation, complaint, "acknowledgement"), NotificationAbandoned)
    assert (abandoned.reason, server.mails) == ("recipient-erased", [])
    assert attempts(installation, complaint) == [(1, "failed"), (2, "failed")]
    assert reached(installation, complaint) == [("complainant", "acknowledgement")]


def test_a_tenant_with_a_login_sends_encrypted(
    start: StartInstallation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = Certificate.make(tmp_path / "server")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    (tmp_path / "password").write_text("correct horse", encoding="utf-8")
    login = ('username = "recourse"', f'password_file = "{tmp_path / "password"}"')
    with MailServer(certificate, login=("recourse", "correct horse")) as server:
        table = email_table(server.port, *login, starttls=True)
        submitted(start(tenants_dir=write_tenant(tmp_path / "tenants", table), **PROMPT))
    (mail,) = server.mails
    assert (mail.encrypted, mail.user) == (True, "recourse")


def test_an_address_that_no_server_could_take_stops_nobody_else(installation: Running, server: MailServer) -> None:
    hostile = {"safe_contact": f"{EMAILS[2]}\nBcc: {EMAILS[1]}"}
    complaint = submitted(installation, category="account.takeover", person=hostile)
    submitted(installation, user="u-2")
    assert the(installation, complaint, "acknowledgement").outcome == ["abandoned"]
    assert [mail.to for mail in server.mails] == [(EMAILS[0],)]


def test_a_letter_whose_words_are_gone_is_not_sent_empty(installation: Running, server: MailServer) -> None:
    complaint = submitted(installation)
    server.to_recipient.append("450 later")
    handler = installation.api.as_handler()
    handler.command(complaint, "answer", ANSWER)
    installation.settle()
    installation.api.as_staff("administrator", "li").command(
        complaint, "erase-personal-data", {"reason": "person-request"}
    )
    (party,) = [each["party_id"] for each in handler.read(complaint)["parties"]]
    handler.command(complaint, "change-contact", {"party_id": party, "contact": {"email": EMAILS[1]}})
    installation.clock.advance(seconds=6)
    installation.settle()
    assert became(the(installation, complaint, "answer"), NotificationAbandoned).reason == "words-erased"
    assert server.to(EMAILS[1]) == []


def test_a_letter_whose_copy_is_gone_is_not_written_anew(installation: Running, server: MailServer) -> None:
    server.to_recipient.append("450 later")
    complaint = submitted(installation)
    handler = installation.api.as_handler()
    installation.api.as_staff("administrator", "li").command(
        complaint, "erase-personal-data", {"reason": "person-request"}
    )
    (party,) = [each["party_id"] for each in handler.read(complaint)["parties"]]
    handler.command(complaint, "change-contact", {"party_id": party, "contact": {"email": EMAILS[1]}})
    installation.clock.advance(seconds=6)
    installation.settle()
    assert became(the(installation, complaint, "acknowledgement"), NotificationAbandoned).reason == "words-erased"
    assert server.mails == []


def test_an_answer_that_never_arrives_is_owed_again(installation: Running, server: MailServer) -> None:
    complaint = submitted(installation)
    handler = installation.api.as_handler()
    server.to_recipient.append("550 no such mailbox")
    handler.command(complaint, "answer", {"text": TEXTS[3], "medium": "email"})
    installation.settle()
    assert state_of(handler.read(complaint), "first_answer") == "running"
    deliveries = [letter["deliveries"] for letter in handler.read(complaint)["letters"]]
    assert [each["outcome"] for each in deliveries[-1]] == ["failed"]


def test_an_answer_by_post_that_comes_back_is_owed_again(installation: Running) -> None:
    complaint = submitted(installation)
    handler = installation.api.as_handler()
    answered_by_post = handler.command(complaint, "answer", {"text": TEXTS[3], "medium": "letter"})
    letter_id = answered_by_post["letters"][-1]["letter_id"]
    returned = {"letter_id": letter_id, "medium": "letter", "outcome": "failed", "is_last": True}
    handler.command(complaint, "record-delivery", returned)
    installation.settle()
    assert state_of(handler.read(complaint), "first_answer") == "running"
