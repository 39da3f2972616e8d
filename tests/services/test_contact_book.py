"""What intake tells notifier of a complaint: nothing internal, nothing erased, everything else."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.contact_book import Contact, LetterParts
from tests.client import Client
from tests.conftest import Running
from tests.people import EMAILS, NAMES, PHONES, TEXTS
from tests.services.notifier_matters import RESOLUTION
from tests.services.notifier_scenes import Complaint, installed

INTERNAL = TEXTS[5]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installed(tmp_path_factory.mktemp("contact-book")) as running:
        yield running


@pytest.fixture
def handler(installation: Running) -> Client:
    return installation.api.as_handler()


def submitted(installation: Running, **changes: Any) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0]}
    complaint = installation.api.as_app("u-1").submit(complainant=person, description=TEXTS[0], **changes)
    installation.settle()
    return complaint


def erase(installation: Running, complaint: Complaint) -> None:
    administrator = installation.api.as_staff("administrator", "li")
    administrator.command(complaint, "erase-personal-data", {"reason": "person-request"})


def parts_of_last(installation: Running, complaint: Complaint, kind: str) -> LetterParts | None:
    history = installation.api.as_staff("auditor", "au").history(complaint)
    event = [entry for entry in history if entry["type"].split(".")[2] == kind][-1]
    return installation.embedded.intake.contact_book.letter_parts(UUID(complaint["id"]), UUID(event["event_id"]))


def contact(installation: Running, complaint: Complaint) -> Contact | None:
    (party,) = [each for each in complaint["parties"] if each["role"] == "complainant"]
    return installation.embedded.intake.contact_book.contact(UUID(complaint["id"]), UUID(party["party_id"]))


def test_what_handlers_write_for_each_other_is_handed_to_nobody(installation: Running, handler: Client) -> None:
    complaint = submitted(installation, category="account.takeover")
    handler.command(complaint, "refuse-freeze", {"reason": "not-owner", "reason_text": INTERNAL})
    handler.command(complaint, "escalate", {"reason": "handler-request", "reason_text": INTERNAL})
    handler.command(complaint, "add-note", {"text": INTERNAL})
    handler.decide(complaint, "resolve", {**RESOLUTION, "explanation": TEXTS[3], "reason_text": INTERNAL})
    for kind in ("freeze-refused", "escalated", "note-added"):
        assert parts_of_last(installation, complaint, kind) == LetterParts()
    assert parts_of_last(installation, complaint, "resolved") == LetterParts(explanation=TEXTS[3])


def test_the_reason_that_is_told_is_handed_over(installation: Running) -> None:
    complaint = submitted(installation)
    reason = {"reason": "out_of_time", "reason_text": TEXTS[4]}
    installation.api.as_supervisor().decide(complaint, "decline", reason)
    assert parts_of_last(installation, complaint, "declined") == LetterParts(text=TEXTS[4])


def test_words_are_gone_with_an_erasure_and_those_after_it_are_there(installation: Running, handler: Client) -> None:
    complaint = submitted(installation)
    handler.command(complaint, "answer", {"text": TEXTS[3], "medium": "email"})
    installation.settle()
    erase(installation, complaint)
    assert parts_of_last(installation, complaint, "answered") is None
    handler.command(complaint, "request-information", {"items": ["bank-record"], "text": TEXTS[4]})
    assert parts_of_last(installation, complaint, "information-requested") == LetterParts(text=TEXTS[4])
    assert parts_of_last(installation, complaint, "answered") is None
    assert parts_of_last(installation, complaint, "acknowledged") == LetterParts()


def test_an_erased_party_is_reached_by_what_it_said_since(installation: Running, handler: Client) -> None:
    complaint = handler.read(submitted(installation))
    erase(installation, complaint)
    (party,) = [each["party_id"] for each in complaint["parties"] if each["role"] == "complainant"]
    handler.command(complaint, "change-contact", {"party_id": party, "language": "en"})
    assert contact(installation, complaint) is None
    handler.command(complaint, "change-contact", {"party_id": party, "contact": {"phone": PHONES[1]}})
    assert contact(installation, complaint) == Contact(name=None, phone=PHONES[1], email=None, safe_contact=None)


def test_a_contact_is_what_was_said_last_of_each_item(installation: Running, handler: Client) -> None:
    complaint = handler.read(submitted(installation))
    installation.api.as_app("u-1").command(complaint, "change-contact", {"contact": {"phone": PHONES[1]}})
    assert contact(installation, complaint) == Contact(
        name=NAMES[0], phone=PHONES[1], email=EMAILS[0], safe_contact=None
    )
