"""Canonical JSON is that of RFC 8785, whichever of two encoders writes it."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as some

from shared.contracts.canonical import canonical

ASCII = some.text(alphabet=some.characters(max_codepoint=127))
TEXTS = some.one_of(ASCII, some.text())
NUMBERS = some.one_of(some.integers(-(2**53) + 1, 2**53 - 1), some.floats(allow_nan=False, allow_infinity=False))
VALUES = some.recursive(
    some.one_of(some.none(), some.booleans(), NUMBERS, TEXTS),
    lambda inner: some.one_of(some.lists(inner), some.dictionaries(TEXTS, inner)),
)


@given(VALUES)
def test_it_is_written_as_the_reference_writes_it(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(some.dictionaries(ASCII, some.one_of(ASCII, some.integers(-1000, 1000), some.lists(ASCII))))
def test_it_reads_back_as_it_was(value: object) -> None:
    assert json.loads(canonical(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, '\u001f\n"\\/']}, r'{"a":[true,null,"\u001f\n\"\\/"],"b":1}'),
        ({"\ufb33": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\ufb33":1}'),
        ([1.0, 1e21, 0.5], "[1,1e+21,0.5]"),
    ],
    ids=["plain", "keys by their UTF-16", "numbers as ECMAScript writes them"],
)
def test_what_it_looks_like(value: object, text: str) -> None:
    assert canonical(value).decode() == text


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), {1: "a"}, object(), "\ud800"])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises((rfc8785.CanonicalizationError, UnicodeEncodeError)):
        canonical(value)
