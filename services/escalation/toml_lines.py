"""Where in a TOML file a value stands: pydantic names the key that is wrong, people look for the line."""

import re
from collections import Counter
from collections.abc import Sequence

Path = tuple[str | int, ...]

HEADER = re.compile(r"^\s*(\[{1,2})\s*([A-Za-z0-9_.\"-]+)\s*\]")
KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line of the key at a path, or of the closest one around it that is written out; the first line is 1."""
    lines = _lines(text)
    return next((lines[place] for size in range(len(path), 0, -1) if (place := tuple(path[:size])) in lines), 1)


def _lines(text: str) -> dict[Path, int]:
    lines: dict[Path, int] = {}
    tables: Counter[str] = Counter()
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            name = header[2]
            table = (name, tables[name]) if header[1] == "[[" else (name,)
            tables[name] += 1
            lines[table] = number
        elif key := KEY.match(line):
            lines.setdefault((*table, key[1]), number)
    return lines
