"""Intake asked over HTTP answers as it does in one process, to other services of the installation only."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from services.processes import compose_part
from shared.access.principals import CallerType, Principal, Scope
from shared.contracts.contact_book import Contact
from shared.runtime.backends import Backend, development_settings
from shared.runtime.settings import Settings
from shared.web.intake_client import VERSIONS, IntakeClient
from tests import people
from tests.builders import NOW
from tests.client import Client, answered, refused
from tests.clock import StandingClock
from tests.conftest import TOKEN_LIFE
from tests.network import answers, free_port
from tests.waiting import wait_until

INTERNAL = Principal("default", CallerType.SERVICE, "escalation", frozenset({Scope.INTERNAL}))
LETTER = "亲爱的用户".encode()
"""The bytes of a letter, which name nobody."""


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[tuple[Client, IntakeClient]]:
    url, token = f"http://127.0.0.1:{(port := free_port())}", tmp_path / "token"
    backend = Backend(development_settings(Settings(data_dir=tmp_path, port=port)), StandingClock(NOW))
    token.write_text(backend.signer.sign(INTERNAL, TOKEN_LIFE), encoding="utf-8")
    process = compose_part(backend, "intake", "api")
    process.start()
    wait_until(lambda: answers(url), what="the API to answer")
    yield Client(url, lambda principal: backend.signer.sign(principal, TOKEN_LIFE)), IntakeClient(url, token)
    process.stop()


def submitted(api: Client) -> UUID:
    complainant = {"name": people.NAMES[0], "email": people.EMAILS[0]}
    body = {"category": "other", "description": people.TEXTS[0], "complainant": complainant}
    return UUID(api.as_app("user-1").post("/v1/complaints", body).json()["id"])


def test_versions_are_told_with_the_time_of_intake(intake: tuple[Client, IntakeClient]) -> None:
    api, asked = intake
    complaint_id, unknown = submitted(api), uuid4()
    first, second = asked.current([complaint_id, unknown]), asked.current([complaint_id])
    assert first.versions == {complaint_id: 2, unknown: 0}
    assert first.now < second.now


def test_a_contact_is_told_until_it_is_erased(intake: tuple[Client, IntakeClient]) -> None:
    api, asked = intake
    complaint_id = submitted(api)
    path = f"/v1/complaints/{complaint_id}"
    party = UUID(api.as_handler().get(path).json()["parties"][0]["party_id"])
    assert asked.contact(complaint_id, party) == Contact(
        name=people.NAMES[0], phone=None, email=people.EMAILS[0], safe_contact=None
    )
    erased = api.as_staff("administrator", "ada").post(f"{path}/erase-personal-data", {"reason": "person-request"})
    assert answered(erased)["erased_parties"]
    assert asked.contact(complaint_id, party) is None


def test_the_words_of_an_answer_are_told(intake: tuple[Client, IntakeClient]) -> None:
    api, asked = intake
    complaint_id = submitted(api)
    handler = api.as_handler()
    handler.post(f"/v1/complaints/{complaint_id}/answer", {"text": people.TEXTS[3], "medium": "email"})
    event_id = UUID(handler.get(f"/v1/complaints/{complaint_id}/history").json()["data"][-1]["event_id"])
    parts = asked.letter_parts(complaint_id, event_id)
    assert parts is not None
    assert (parts.text, parts.points) == (people.TEXTS[3], ())
    with pytest.raises(KeyError):
        asked.letter_parts(complaint_id, uuid4())


def test_a_letter_is_kept_once(intake: tuple[Client, IntakeClient]) -> None:
    api, asked = intake
    complaint_id, letter_id = submitted(api), uuid4()
    kept = asked.store_letter(complaint_id, letter_id, LETTER, "text/plain")
    assert kept is not None
    assert kept.content == LETTER
    assert asked.store_letter(complaint_id, letter_id, b"another text", "text/plain") == kept


def test_it_is_for_services_of_the_installation_only(intake: tuple[Client, IntakeClient]) -> None:
    api, _ = intake
    for caller in (api.as_app("user-1"), api.as_handler(), api.as_staff("service", "payments-ledger")):
        refused(caller.post(VERSIONS, {"complaint_ids": []}), 403, "scope-missing")
    assert httpx.post(f"{api.url}{VERSIONS}", json={"complaint_ids": []}).status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_who_is_refused_asks_again_later(intake: tuple[Client, IntakeClient], tmp_path: Path, token: str) -> None:
    api, _ = intake
    file = tmp_path / "refused"
    file.write_text(token, encoding="utf-8")
    with pytest.raises(ConnectionError, match="401"):
        IntakeClient(api.url, file).current([])


def test_an_intake_that_is_away_is_asked_again_later(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x", encoding="utf-8")
    with pytest.raises(ConnectionError):
        IntakeClient(f"http://127.0.0.1:{free_port()}", tmp_path / "token").current([])
