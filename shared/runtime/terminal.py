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

Rows = Sequence[Mapping[str, Any]]


def show(title: str, rows: Rows, *, as_json: bool) -> None:
    """Print rows as a table, or as one JSON array."""
    if as_json:
        print_json(rows)
        return
    console, table = Console(), Table(title=title, title_justify="left", header_style="bold")
    for name in rows[0] if rows else ():
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    console.print(table if rows else f"{title}: nothing")


def print_json(value: Any) -> None:
    json.dump(to_jsonable_python(value), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_line(value: Any) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(to_jsonable_python(value), ensure_ascii=False, separators=(",", ":")) + "\n")


@contextmanager
def progress_bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how far something came, on the terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.update(task, completed=done)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(to_jsonable_python(value), ensure_ascii=False)
