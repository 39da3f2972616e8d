"""A letter is looked at before it is ordered: what it says, in which form, and what it would lack."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services.__main__ import app
from tests.client import Client, answered, refused
from tests.conftest import Running
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_scenes import Complaint, installed, promised_in, write_tenant
from tests.services.test_notifier_held import LONDON

FINAL = {"kind": "final", "language": "en", "text": TEXTS[3]}
DECISION = {
    "decision": "partly_upheld",
    "explanation": "The bank was late.",
    "points": [{"point": TEXTS[0], "answer": "It has arrived."}],
    "remedies": [{"kind": "refund", "due_on": "2025-10-10", "amount": {"amount": "500.00", "currency": "CNY"}}],
}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("preview")
    with installed(directory, write_tenant(directory / "tenants", changes=LONDON)) as running:
        yield running


@pytest.fixture(scope="module")
def complaint(installation: Running) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0]}
    return installation.api.as_app("u-1").submit({"complainant": person, "description": TEXTS[0], "language": "en"})


@pytest.fixture
def handler(installation: Running) -> Client:
    return installation.api.as_handler()


def preview(client: Client, complaint: Complaint, body: dict[str, Any], accept: str = "") -> httpx.Response:
    headers = {"Accept": accept} if accept else {}
    return client.post(f"/v1/complaints/{complaint['id']}/letters/preview", body, headers=headers)


def elements(shown: dict[str, Any], name: str) -> list[str]:
    return [each["element"] for each in shown[name]]


def test_a_preview_says_what_the_letter_would_lack(handler: Client, complaint: Complaint) -> None:
    shown = answered(preview(handler, complaint, FINAL))
    assert elements(shown, "missing") == ["outcome", "points", "reasons", "remedies"]
    assert elements(shown, "pending") == ["refer-by"]
    assert shown["missing"][0]["meaning"] == "the decision"
    assert (shown["template"], shown["template_version"], shown["media"]) == ("final", "1", ["email", "letter"])


def test_a_draft_of_the_decision_is_shown_as_if_it_were_made(handler: Client, complaint: Complaint) -> None:
    shown = answered(preview(handler, complaint, {**FINAL, "decision": DECISION}))
    assert shown["missing"] == []
    for words in ("We uphold part of your complaint.", "The bank was late.", "It has arrived.", "CNY 500.00", TEXTS[3]):
        assert words in shown["text"]
    assert installation_is_untouched(handler, complaint)


def installation_is_untouched(handler: Client, complaint: Complaint) -> bool:
    return handler.read(complaint)["resolution"] is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"remedies": [{"kind": "refund"}]}, ["remedies"]),
        ({"explanation": ""}, ["reasons"]),
        ({"points": [{"point": "a"}]}, ["points"]),
    ],
)
def test_a_draft_that_says_too_little_says_so(
    handler: Client, complaint: Complaint, changes: dict[str, Any], expected: list[str]
) -> None:
    shown = answered(preview(handler, complaint, {**FINAL, "decision": {**DECISION, **changes}}))
    assert elements(shown, "missing") == expected


@pytest.mark.parametrize(
    ("accept", "media_type", "begins"),
    [
        ("application/pdf", "application/pdf", b"%PDF-"),
        ("text/html,application/xhtml+xml;q=0.9", "text/html; charset=utf-8", b"<!DOCTYPE html>"),
        ("text/plain", "text/plain; charset=utf-8", b"Dear "),
        ("*/*", "application/json", b"{"),
        ("", "application/json", b"{"),
    ],
)
def test_the_caller_names_the_form(
    handler: Client, complaint: Complaint, accept: str, media_type: str, begins: bytes
) -> None:
    shown = preview(handler, complaint, FINAL, accept)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, media_type)
    assert shown.headers["Recourse-Missing"] == "outcome, points, reasons, remedies"
    assert shown.content.startswith(begins)


def test_a_preview_in_another_language_speaks_it(handler: Client, complaint: Complaint) -> None:
    shown = answered(preview(handler, complaint, {**FINAL, "language": "zh-CN", "decision": DECISION}))
    assert (shown["language"], shown["text"].startswith(f"{NAMES[0]}您好")) == ("zh-CN", True)


def test_an_acknowledgement_is_shown_with_the_dates_that_run(handler: Client, complaint: Complaint) -> None:
    shown = answered(preview(handler, complaint, {"kind": "acknowledgement"}))
    assert all(words in shown["text"] for words in promised_in("en", handler, complaint))
    assert shown["missing"] == []


def test_an_older_version_of_a_template_can_be_looked_at(handler: Client, complaint: Complaint) -> None:
    body = {"kind": "interim", "text": TEXTS[3], "template": "answer", "template_version": "1"}
    assert answered(preview(handler, complaint, body))["template_version"] == "1"


def test_a_template_that_is_not_there_is_refused(handler: Client, complaint: Complaint) -> None:
    refused(preview(handler, complaint, {**FINAL, "template": "poem"}), 422, "template-unknown")


def test_a_character_that_no_font_has_is_named(handler: Client, complaint: Complaint) -> None:
    problem = refused(
        preview(handler, complaint, {**FINAL, "text": "\U00020bb7"}, "application/pdf"), 422, "glyph-missing"
    )
    assert "\U00020bb7" in problem["detail"]


def test_only_handlers_of_the_tenant_look(installation: Running, complaint: Complaint) -> None:
    refused(preview(installation.api.as_app("u-1"), complaint, FINAL), 403, "scope-missing")
    stranger = installation.api.as_staff("handler", "eve", tenant="other")
    refused(preview(stranger, complaint, FINAL), 403, "tenant-unknown")


def test_a_complaint_that_is_not_there_is_not_shown(handler: Client, complaint: Complaint) -> None:
    nobody = {"id": "01a2050d-3191-73e2-a2b2-ec10b786e05a"}
    refused(preview(handler, nobody, FINAL), 404, "complaint-not-found")


@pytest.mark.parametrize("body", [{"kind": "poem"}, {**FINAL, "poem": 1}, {**FINAL, "language": "!"}])
def test_what_cannot_be_is_refused(handler: Client, complaint: Complaint, body: dict[str, Any]) -> None:
    refused(preview(handler, complaint, body), 422, "invalid-request")


def test_an_erased_complainant_is_written_to_by_nobody(installation: Running, handler: Client) -> None:
    person = {"name": NAMES[1], "email": EMAILS[1]}
    complaint = installation.api.as_app("u-2").submit({"complainant": person, "description": TEXTS[1]})
    administrator = installation.api.as_staff("administrator", "li")
    administrator.command(complaint, "erase-personal-data", {"reason": "person-request"})
    refused(preview(handler, complaint, FINAL), 409, "complainant-erased")


def test_the_command_writes_a_file_and_says_what_is_missing(
    installation: Running, complaint: Complaint, tmp_path: Path
) -> None:
    settings = installation.backend.settings
    environment = {"RECOURSE_DATA_DIR": str(settings.data_dir), "RECOURSE_TENANTS_DIR": str(settings.tenants_dir)}
    runner = CliRunner(env=environment)
    asked = ["letters", "preview", complaint["number"], "--text", TEXTS[3], "--language", "en"]
    shown = runner.invoke(app, asked)
    assert (shown.exit_code, "missing: outcome (the decision)" in shown.output) == (2, True), shown.output
    assert TEXTS[3] in shown.output
    for ending, begins in (("pdf", b"%PDF-"), ("html", b"<!DOCTYPE"), ("txt", b"Dear ")):
        runner.invoke(app, [*asked, "--out", str(tmp_path / f"letter.{ending}")])
        assert (tmp_path / f"letter.{ending}").read_bytes().startswith(begins)
        (tmp_path / f"letter.{ending}").unlink()
    assert runner.invoke(app, [*asked, "--kind", "poem"]).exit_code == 2
