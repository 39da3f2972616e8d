"""The house's SQL with `:named` parameters: lists in it, and as psycopg wants it."""

import re
from collections.abc import Iterable
from functools import lru_cache

TOKEN = re.compile(r"'[^']*'|::|%|:(?P<name>[a-z_][a-z0-9_]*)")

ANSWERS = re.compile(r"\s*(SELECT|WITH)\b|.*\bRETURNING\b", re.IGNORECASE | re.DOTALL)


def one_of(name: str, values: Iterable[object]) -> tuple[str, dict[str, object]]:
    """Return `(:name_0, :name_1, ...)` for IN with its parameters.

    The last value is repeated up to a power of two, so that lists of many lengths are few statements to prepare.
    """
    wanted = list(values) or [None]
    wanted += [wanted[-1]] * ((1 << (len(wanted) - 1).bit_length()) - len(wanted))
    parameters = {f"{name}_{number}": value for number, value in enumerate(wanted)}
    return f"({', '.join(f':{each}' for each in parameters)})", parameters


@lru_cache(maxsize=1024)
def answers(sql: str) -> bool:
    """Tell whether a statement returns rows."""
    return ANSWERS.match(sql) is not None


@lru_cache(maxsize=1024)
def for_psycopg(sql: str) -> bytes:
    """Translate one statement; text in quotes, casts and percent signs keep their meaning."""
    return TOKEN.sub(_token, sql).encode()


def _token(token: re.Match[str]) -> str:
    name = token["name"]
    return f"%({name})s" if name else token[0].replace("%", "%%")
