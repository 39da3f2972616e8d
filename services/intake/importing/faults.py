"""What is wrong with a file from another system: where it stands, and what to do about it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`line` is counted from 1 as an editor counts; `column` is None where the whole line is at fault."""

    line: int
    problem: str
    todo: str
    column: str | None = None

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"line {self.line}{column}: {self.problem}; {self.todo}"

    def row(self) -> dict[str, Any]:
        return vars(self)


class ImportFileError(Exception):
    """The file as a whole cannot be read: its encoding, its header, its kind."""
