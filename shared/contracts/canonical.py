"""Canonical JSON (RFC 8785): the bytes that digests are made of, the same wherever they are computed."""

from typing import Any

import orjson
import rfc8785

MOST_EXACT = 2**53 - 1
NAMES = frozenset({str})


def canonical(value: object) -> bytes:
    """Write a value of JSON types; raises rfc8785.CanonicalizationError.

    A general encoder is many times as fast, and writes the same where there is no fraction, no large number, and no
    character beyond ASCII by which keys could be ordered differently.
    """
    if _is_plain(value):
        try:
            text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:  # it is no text, or nested too deep; the reference says which
            return _as_the_reference(value)
        if text.isascii():
            return text
    return _as_the_reference(value)


def _as_the_reference(value: object) -> bytes:
    return rfc8785.dumps(value)  # type: ignore[arg-type]  # it refuses what is no JSON


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is dict:
        return NAMES.issuperset(map(type, value)) and all(map(_is_plain, value.values()))
    if kind is list:
        return all(map(_is_plain, value))
    return kind is int and -MOST_EXACT <= value <= MOST_EXACT
