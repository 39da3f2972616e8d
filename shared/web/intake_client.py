"""Asks intake over HTTP, where the services are processes of their own: the same two questions as in one process."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import requests
from pydantic import TypeAdapter
from typing_extensions import override

from shared.contracts.complaint_versions import ComplaintVersions, VersionsAt
from shared.contracts.contact_book import Contact, ContactBook, LetterMatter, LetterParts, StoredLetter

ROOT = "/internal/v1"
VERSIONS = f"{ROOT}/complaint-versions"
CONTACT = ROOT + "/complaints/{complaint_id}/contacts/{party_id}"
LETTER_PARTS = ROOT + "/complaints/{complaint_id}/letter-parts/{event_id}"
LETTER = ROOT + "/complaints/{complaint_id}/letters/{letter_id}"
LETTER_MATTER = ROOT + "/complaints/{complaint_id}/letter-matter"
EVIDENCE_ID = "Recourse-Evidence-Id"
MOST_COMPLAINTS = 1000
TIMEOUT_SECONDS = 5.0
PROBE_SECONDS = 1.5
MATTER: TypeAdapter[LetterMatter | None] = TypeAdapter(LetterMatter | None)


class IntakeClient(ComplaintVersions, ContactBook):
    """`token_file` holds a bearer token with the scope internal; it is read at each call, so that it can be renewed."""

    def __init__(self, url: str, token_file: Path) -> None:
        self._url = url.rstrip("/")
        self._token_file = token_file
        self._session = requests.Session()

    @override
    def current(self, complaint_ids: Sequence[UUID]) -> VersionsAt:
        answer = self._ask("POST", VERSIONS, json={"complaint_ids": [str(each) for each in complaint_ids]}).json()
        versions = {UUID(complaint_id): version for complaint_id, version in answer["versions"].items()}
        return VersionsAt(datetime.fromisoformat(answer["now"]), versions)

    @override
    def contact(self, complaint_id: UUID, party_id: UUID) -> Contact | None:
        found = self._ask("GET", CONTACT.format(complaint_id=complaint_id, party_id=party_id)).json()
        return Contact(**found) if found else None

    @override
    def letter_parts(self, complaint_id: UUID, event_id: UUID) -> LetterParts | None:
        found = self._ask("GET", LETTER_PARTS.format(complaint_id=complaint_id, event_id=event_id)).json()
        return LetterParts(**{**found, "points": tuple(found["points"])}) if found else None

    @override
    def letter_matter(self, complaint_id: UUID) -> LetterMatter | None:
        return MATTER.validate_json(self._ask("GET", LETTER_MATTER.format(complaint_id=complaint_id)).content)

    @override
    def store_letter(self, complaint_id: UUID, letter_id: UUID, content: bytes, media_type: str) -> StoredLetter | None:
        path = LETTER.format(complaint_id=complaint_id, letter_id=letter_id)
        answer = self._ask("PUT", path, data=content, headers={"Content-Type": media_type})
        if not answer.content:
            return None
        return StoredLetter(UUID(answer.headers[EVIDENCE_ID]), answer.content, answer.headers["Content-Type"])

    def answers(self) -> bool:
        """Tell whether intake is there at all."""
        try:
            return requests.get(f"{self._url}/livez", timeout=PROBE_SECONDS).ok
        except requests.RequestException:
            return False

    def _ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> requests.Response:
        bearer = {"Authorization": f"Bearer {self._token_file.read_text(encoding='utf-8').strip()}"}
        try:
            answer = self._session.request(
                method, f"{self._url}{path}", headers={**bearer, **(headers or {})}, timeout=TIMEOUT_SECONDS, **body
            )
        except requests.RequestException as error:
            raise ConnectionError(f"intake cannot be reached: {error}") from error
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise KeyError(path)
        if not answer.ok:
            raise ConnectionError(f"intake answered {method} {path} with {answer.status_code}")
        return answer
