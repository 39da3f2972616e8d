"""Cursors of lists: sealed, and bound to the question whose next page they lead to."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from services.intake.api.problems import CursorError

MAC_BYTES = 16


class Cursors:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, place: list[str], question: Mapping[str, Any]) -> str:
        body = json.dumps(place).encode()
        return base64.urlsafe_b64encode(self._mac(body, question) + body).decode().rstrip("=")

    def read(self, cursor: str, question: Mapping[str, Any]) -> list[str]:
        """Return the place; raises CursorError for a cursor of another question."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError) as error:
            raise CursorError from error
        mac, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body, question)):
            raise CursorError
        place: list[str] = json.loads(body)
        return place

    def _mac(self, body: bytes, question: Mapping[str, Any]) -> bytes:
        asked = json.dumps(question, sort_keys=True, default=str).encode()
        return hmac.digest(self._key, len(asked).to_bytes(4, "big") + asked + body, hashlib.sha256)[:MAC_BYTES]
