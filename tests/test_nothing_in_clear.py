"""Runs last: no file that any suite wrote holds a fixture's name, number or text in clear."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import people

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
SHORTEST_BASE64 = 8


def _spellings(text: str) -> Iterator[bytes]:
    """The ways in which a text may stand in a file: encodings, JSON escapes, base64 at every alignment."""
    for encoding in ENCODINGS:
        yield text.encode(encoding)
    yield json.dumps(text)[1:-1].encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + text.encode()).rstrip(b"=")
        own = encoded[4 if shift else 0 : -1]
        if len(own) >= SHORTEST_BASE64:
            yield own


SPELLINGS = {text: frozenset(_spellings(text)) for text in people.EVERYTHING}


def _found_in(content: bytes) -> list[str]:
    return [text for text, spellings in SPELLINGS.items() if any(each in content for each in spellings)]


def test_the_search_finds_what_stands_in_clear() -> None:
    for text in people.EVERYTHING:
        assert text in _found_in(b"before" + text.encode() + b"after")
        assert text in _found_in(json.dumps({"name": text}).encode())
    for text in people.TEXTS:
        assert text in _found_in(base64.b64encode(b"x" + text.encode() + b"xyz"))


def test_no_file_of_any_suite_holds_personal_data_in_clear(tmp_path_factory: pytest.TempPathFactory) -> None:
    files = [path for path in tmp_path_factory.getbasetemp().rglob("*") if path.is_file()]
    found = {str(path): texts for path in files if (texts := _found_in(_read(path)))}
    assert found == {}


def _read(path: Path) -> bytes:
    """What a file holds, without the empty space that a broker keeps at the end of each index."""
    try:
        return path.read_bytes().rstrip(b"\0")
    except FileNotFoundError:
        return b""
