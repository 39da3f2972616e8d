"""Exactly what was sent of a letter is kept, message and PDF, and whoever may read the complaint can take it home."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.client import Client, answered
from tests.conftest import Running, StartInstallation
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_matters import RESOLUTION
from tests.services.notifier_receivers import Mail, MailServer
from tests.services.notifier_scenes import PROMPT, Complaint, email_table, write_tenant
from tests.waiting import wait_until

FINAL = {"text": TEXTS[4], "kind": "final", "medium": "email"}


@pytest.fixture
def installation(start: StartInstallation, tmp_path: Path, server: MailServer) -> Running:
    return start(tenants_dir=write_tenant(tmp_path / "tenants", email_table(server.port)), **PROMPT)


def submitted(installation: Running, **person: Any) -> Complaint:
    body = {"complainant": {"name": NAMES[0], "email": EMAILS[0], **person}, "preferred_medium": "email"}
    complaint = installation.api.as_app("u-1").submit({**body, "description": TEXTS[0]})
    installation.settle()
    return complaint


def decided(installation: Running, **person: Any) -> Complaint:
    complaint = submitted(installation, **person)
    handler = installation.api.as_handler()
    handler.decide(complaint, "resolve", RESOLUTION)
    handler.command(complaint, "answer", FINAL)
    installation.settle()
    return complaint


def evidence(client: Client, complaint: Complaint) -> list[dict[str, Any]]:
    """What the last delivery names."""
    entries = [each for each in client.history(complaint) if each["type"].endswith("delivery-recorded.v1")]
    return [answered(client.get(f"/v1/evidence/{each['evidence_id']}")) for each in entries[-1]["fields"]["evidence"]]


def content(client: Client, file: dict[str, Any]) -> bytes:
    return client.get(f"/v1/evidence/{file['evidence_id']}/content").content


def words(pdf: bytes) -> str:
    return "".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())


def the_final_one(server: MailServer) -> Mail:
    return next(mail for mail in server.mails if mail.attached)


def test_a_final_letter_goes_as_text_html_and_pdf(installation: Running, server: MailServer) -> None:
    complaint = decided(installation)
    mail = the_final_one(server)
    (name,) = mail.attached
    assert name == f"{complaint['number']}.pdf"
    for said in (mail.text, mail.html, words(mail.attached[name])):
        assert "".join(TEXTS[4].split()) in "".join(said.split())
        assert complaint["number"] in said
        assert "2025年10月10日" in said
        assert NAMES[0] in said


def test_an_acknowledgement_has_no_pages(installation: Running, server: MailServer) -> None:
    submitted(installation)
    assert (server.mails[0].attached, server.mails[0].html.startswith("<!DOCTYPE html>")) == ({}, True)


@pytest.mark.parametrize("whose", ["handler", "complainant"])
def test_what_was_sent_can_be_taken_home_with_its_digest(installation: Running, server: MailServer, whose: str) -> None:
    complaint = decided(installation)
    client = installation.api.as_handler() if whose == "handler" else installation.api.as_app("u-1")
    files = {file["media_type"]: file for file in evidence(client, complaint)}
    assert files.keys() == {"message/rfc822", "application/pdf"}
    pdf, message = (content(client, files[kind]) for kind in ("application/pdf", "message/rfc822"))
    assert files["application/pdf"]["sha256"] == hashlib.sha256(pdf).hexdigest()
    mail = the_final_one(server)
    assert list(mail.attached.values()) == [pdf]
    assert message.split(b"\r\n\r\n", 1)[1] == mail.message.as_bytes().replace(b"\n", b"\r\n").split(b"\r\n\r\n", 1)[1]


def test_somebody_else_takes_nothing_home(installation: Running) -> None:
    complaint = decided(installation)
    for file in evidence(installation.api.as_handler(), complaint):
        stranger = installation.api.as_app("u-2").get(f"/v1/evidence/{file['evidence_id']}/content")
        assert stranger.status_code == 404


def test_a_retry_sends_the_same_pages(installation: Running, server: MailServer) -> None:
    complaint = submitted(installation)
    handler = installation.api.as_handler()
    handler.decide(complaint, "resolve", RESOLUTION)
    installation.settle()
    server.to_content.append("451 later")
    handler.command(complaint, "answer", FINAL)
    installation.settle()
    first = [content(handler, file) for file in evidence(handler, complaint)]
    installation.api.as_app("u-1").command(complaint, "change-contact", {"contact": {"name": NAMES[1]}})
    installation.clock.advance(seconds=6)
    installation.settle()
    assert [content(handler, file) for file in evidence(handler, complaint)] == first
    assert list(the_final_one(server).attached.values()) == [first[1]]


def test_a_letter_with_a_character_that_no_font_has_is_held_and_the_character_is_not_told(
    installation: Running, server: MailServer
) -> None:
    complaint = decided(installation, name="王\U00020bb7")
    held = installation.api.as_handler().read(complaint)["handling"]["letters_held"]
    assert [each["missing"] for each in held] == [["glyphs"]]
    assert [mail for mail in server.mails if mail.attached] == []


def test_an_installation_without_a_mail_server_keeps_the_pages_too(start: StartInstallation, tmp_path: Path) -> None:
    installation = start(tenants_dir=write_tenant(tmp_path / "tenants"), **PROMPT)
    complaint = decided(installation)
    handler = installation.api.as_handler()
    kinds = [file["media_type"] for file in evidence(handler, complaint)]
    assert kinds == ["text/plain; charset=utf-8", "application/pdf"]


def test_erasing_the_person_takes_the_copies_too(installation: Running, server: MailServer) -> None:
    complaint = decided(installation)
    handler = installation.api.as_handler()
    files = evidence(handler, complaint)
    installation.api.as_staff("administrator", "li").command(
        complaint, "erase-personal-data", {"reason": "person-request"}
    )
    wait_until(
        lambda: (
            [handler.get(f"/v1/evidence/{file['evidence_id']}/content").status_code for file in files] == [404, 404]
        ),
        what="the copies to be unreadable",
    )
