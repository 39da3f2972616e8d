"""What a command prints: tables and colours for people, JSON for machines."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

Rows = Sequence[Mapping[str, Any]]
Entry = tuple[str, Mapping[str, Any]]
NEW_LINE, INDENTED_LINE = "\n", "\n        "

CONTROL = (*range(32), *range(127, 160))
ESCAPED = {code: f"\\x{code:02x}" for code in CONTROL if chr(code) != NEW_LINE}
"""What a complainant writes must not steer the terminal of whoever reads it."""


def show(title: str, rows: Rows, *, as_json: bool) -> None:
    """Print rows as a table on a terminal, as lines with tabs elsewhere, or as one JSON array."""
    if as_json:
        print_json(rows)
    elif not rows:
        sys.stdout.write(f"{title}: nothing\n")
    elif sys.stdout.isatty():
        _print_table(title, rows)
    else:
        lines = [rows[0].keys(), *([_cell(value) for value in row.values()] for row in rows)]
        sys.stdout.writelines("\t".join(line) + "\n" for line in lines)


def _print_table(title: str, rows: Rows) -> None:
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    Console().print(table)


def show_entries(title: str, entries: Sequence[Entry]) -> None:
    """Print each entry as a line with its fields below; nothing is cut, however narrow the terminal."""
    for head, fields in entries:
        sys.stdout.write(f"{head.translate(ESCAPED)}\n")
        for name, value in fields.items():
            sys.stdout.write(f"    {name}: {_cell(value).rstrip().replace(NEW_LINE, INDENTED_LINE)}\n")
    if not entries:
        sys.stdout.write(f"{title}: nothing\n")


def print_json(value: Any) -> None:
    json.dump(to_jsonable_python(value), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_line(value: Any) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(to_jsonable_python(value), ensure_ascii=False, separators=(",", ":")) + "\n")


@contextmanager
def progress_bar(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how far something came, on the terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.update(task, completed=done)


def _cell(value: Any) -> str:
    plain = "-" if value is None else to_jsonable_python(value)
    return (plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)).translate(ESCAPED)
