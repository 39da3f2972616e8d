"""Headers that are no envelope are refused as such, whatever is wrong with them."""

import json

import pytest

from shared.contracts.envelope import Envelope, MalformedEnvelopeError
from shared.messaging.facts import publish
from tests.contracts.freezing import CORPUS, stored

ENTRY = json.loads(min(CORPUS.glob("*.json")).read_text(encoding="utf-8"))
HEADERS = dict(publish(stored(ENTRY), ENTRY["service"]).headers)


@pytest.mark.parametrize(
    "changed", [{"ce_id": b"1"}, {"ce_id": b"\xff"}, {"ce_time": b"yesterday"}, {"ce_sequence": b"first"}]
)
def test_a_header_that_says_something_else_is_refused(changed: dict[str, bytes]) -> None:
    with pytest.raises(MalformedEnvelopeError):
        Envelope.from_headers({**HEADERS, **changed}.items())


def test_a_header_that_is_missing_is_named() -> None:
    with pytest.raises(MalformedEnvelopeError, match="ce_eventdigest"):
        Envelope.from_headers((name, value) for name, value in HEADERS.items() if name != "ce_eventdigest")
