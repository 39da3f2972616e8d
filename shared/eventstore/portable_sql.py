"""The house's SQL with `:named` parameters, as psycopg wants it."""

import re
from functools import lru_cache

TOKEN = re.compile(r"'[^']*'|::|%|:(?P<name>[a-z_][a-z0-9_]*)")


@lru_cache(maxsize=1024)
def for_psycopg(sql: str) -> bytes:
    """Translate one statement; text in quotes, casts and percent signs keep their meaning."""
    return TOKEN.sub(_token, sql).encode()


def _token(token: re.Match[str]) -> str:
    name = token["name"]
    return f"%({name})s" if name else token[0].replace("%", "%%")
