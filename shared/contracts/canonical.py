"""Canonical JSON (RFC 8785): the bytes that digests are made of, the same wherever they are computed."""

import json
from typing import Any

import rfc8785

MOST_EXACT = 2**53 - 1
FAST = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False)


def canonical(value: object) -> bytes:
    """Write a value of JSON types; raises rfc8785.CanonicalizationError.

    The encoder of the standard library is ten times as fast, and writes the same where there is no fraction, no
    large number, and no character beyond ASCII by which keys could be ordered differently.
    """
    if _is_plain(value) and (text := FAST.encode(value)).isascii():
        return text.encode()
    return rfc8785.dumps(value)  # type: ignore[arg-type]  # it refuses what is no JSON


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is dict:
        return all(map(_is_plain, value.values())) and all(type(key) is str for key in value)
    if kind is list:
        return all(map(_is_plain, value))
    return kind is int and -MOST_EXACT <= value <= MOST_EXACT
