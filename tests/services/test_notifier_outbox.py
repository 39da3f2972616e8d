"""The console outbox: what would have been sent, rendered anew for whoever may read it, and kept nowhere in clear."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notifier.operations import outbox
from tests.client import answered, refused
from tests.conftest import Running, StartInstallation
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_scenes import PROMPT, Complaint, installed, the, write_tenant

NOBODY = str(uuid4())


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installed(tmp_path_factory.mktemp("outbox")) as running:
        yield running


def submitted(installation: Running, user: str = "u-1", **changes: Any) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0]}
    body = {"complainant": person, "preferred_medium": "email", "description": TEXTS[0], **changes}
    complaint = installation.api.as_app(user).submit(body)
    installation.settle()
    return complaint


def notices(installation: Running, complaint: Complaint, **query: Any) -> list[dict[str, Any]]:
    asked = {"complaint_id": complaint["id"], **query}
    found: list[dict[str, Any]] = answered(installation.api.as_handler().get("/v1/outbox", params=asked))["data"]
    return found


def test_a_handler_reads_what_would_have_been_sent(installation: Running) -> None:
    complaint = submitted(installation)
    (notice,) = notices(installation, complaint)
    assert (notice["complaint_id"], notice["template"], notice["language"]) == (
        complaint["id"],
        "acknowledgement",
        "zh-CN",
    )
    assert notice["recipient"].startswith("complainant ")
    assert notice["text"].startswith(f"{NAMES[0]}您好")
    assert complaint["number"] in notice["subject"]


def test_a_notice_is_rendered_anew_whenever_it_is_read(installation: Running) -> None:
    complaint = submitted(installation)
    installation.api.as_app("u-1").command(complaint, "change-contact", {"contact": {"name": NAMES[1]}})
    (notice,) = notices(installation, complaint)
    assert notice["text"].startswith(f"{NAMES[1]}您好")


def test_nothing_of_a_notice_stands_in_clear_on_disk(installation: Running) -> None:
    complaint = submitted(installation)
    installation.api.as_handler().command(complaint, "answer", {"text": TEXTS[3], "medium": "email"})
    installation.settle()
    assert TEXTS[3] in notices(installation, complaint)[0]["text"]
    rendered = [notices(installation, complaint)[0]["text"], TEXTS[3], NAMES[0], EMAILS[0]]
    spellings = {encoded for text in rendered for encoded in (text.encode(), json.dumps(text)[1:-1].encode())}
    files = [path for path in installation.backend.settings.data_dir.rglob("*") if path.is_file()]
    assert len(files) > 4
    assert [path for path in files if any(spelling in path.read_bytes() for spelling in spellings)] == []


def test_what_an_erased_person_was_told_reads_as_null(installation: Running) -> None:
    complaint = submitted(installation)
    administrator = installation.api.as_staff("administrator", "li")
    administrator.command(complaint, "erase-personal-data", {"reason": "person-request"})
    (notice,) = notices(installation, complaint)
    assert (notice["template"], notice["subject"], notice["text"]) == ("acknowledgement", None, None)


def test_what_staff_were_told_of_an_erased_person_stays(installation: Running) -> None:
    complaint = submitted(installation)
    installation.api.as_handler().command(complaint, "assign", {"handler_id": "anna"})
    administrator = installation.api.as_staff("administrator", "li")
    administrator.command(complaint, "erase-personal-data", {"reason": "person-request"})
    installation.settle()
    (notice, _) = notices(installation, complaint)
    assert (notice["recipient"], complaint["number"] in notice["text"]) == ("handler anna", True)


def test_the_newest_notice_comes_first(installation: Running) -> None:
    complaint = submitted(installation)
    for items in (["bank-record"], ["screenshot"]):
        installation.api.as_handler().command(complaint, "request-information", {"items": items})
        installation.settle()
    shown = notices(installation, complaint)
    assert [notice["template"] for notice in shown] == ["information-requested"] * 2 + ["acknowledgement"]
    assert [notice["sent_at"] for notice in shown] == sorted((notice["sent_at"] for notice in shown), reverse=True)
    assert len(notices(installation, complaint, limit=2)) == 2


def test_the_outbox_can_be_read_for_one_complaint(installation: Running) -> None:
    first, second = submitted(installation), submitted(installation, "u-2")
    for complaint in (first, second):
        shown = notices(installation, complaint)
        assert [notice["complaint_id"] for notice in shown] == [complaint["id"]]
    assert notices(installation, {"id": NOBODY}) == []


def test_the_outbox_is_for_handlers(installation: Running) -> None:
    refused(installation.api.as_app("u-1").get("/v1/outbox"), 403, "scope-missing")
    assert installation.api.as_supervisor().get("/v1/outbox").status_code == 200


def test_a_tenant_reads_its_own_outbox_only(start: StartInstallation, tmp_path: Path) -> None:
    tenants = write_tenant(tmp_path / "tenants")
    write_tenant(tenants, tenant="other")
    installation = start(tenants_dir=tenants, **PROMPT)
    complaint = submitted(installation)
    assert len(notices(installation, complaint)) == 1
    elsewhere = installation.api.as_staff("handler", "ola", tenant="other")
    assert answered(elsewhere.get("/v1/outbox"))["data"] == []


def test_an_operator_reads_the_outbox_as_handlers_do(installation: Running) -> None:
    complaint = submitted(installation)
    (notice,) = outbox(installation.embedded.notifier, "default", UUID(complaint["id"]), 10)
    assert notice.model_dump(mode="json") == notices(installation, complaint)[0]
    assert the(installation, complaint, "acknowledgement").id == notice.notification_id
