"""The records of a file, one per case: rows of CSV, or lines of JSON; both with the same columns."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from services.intake.importing.faults import Fault, ImportFileError
from services.intake.importing.lines import LONGEST_LINE_BYTES, Encoding, Line, lines

DELIMITERS = ",;\t|"
CUT_OFF = "if it is whole, end the last line with a line break; else export the file again"


class Form(StrEnum):
    CSV = "csv"
    JSON_LINES = "jsonl"

    @classmethod
    def of(cls, file: Path) -> "Form":
        return cls.CSV if file.suffix.lower() in {".csv", ".tsv", ".txt"} else cls.JSON_LINES


@dataclass(frozen=True)
class Record:
    """What one case says of itself, or why it cannot be read; `last_line` is where it ends."""

    line: int
    last_line: int
    fields: dict[str, Any] = field(default_factory=dict)
    fault: Fault | None = None


def records(file: Path, form: Form, encoding: Encoding, known: Sequence[str]) -> Iterator[Record]:
    """Yield every record; raises ImportFileError for a header that is none."""
    read = lines(file, encoding)
    return _rows(read, known) if form == Form.CSV else _objects(read)


def _objects(read: Iterator[Line]) -> Iterator[Record]:
    for line in read:
        if line.fault or line.text.strip():
            yield _object(line)


def _object(line: Line) -> Record:
    if line.fault:
        return Record(line.number, line.number, fault=line.fault)
    try:
        value = json.loads(line.text)
    except ValueError as error:
        problem = f"this is no JSON ({error})" if line.is_ended else "the file ends in the middle of a line"
        todo = "write one object per line" if line.is_ended else "export the file again"
        return _at_fault(line.number, line.number, problem, todo)
    if not isinstance(value, dict):
        return _at_fault(line.number, line.number, "this is no JSON object", "write one object per line")
    return Record(line.number, line.number, {name: each for name, each in value.items() if each is not None})


def _at_fault(line: int, last_line: int, problem: str, todo: str) -> Record:
    return Record(line, last_line, fault=Fault(line=line, problem=problem, todo=todo))


class _Fed:
    """Hands lines to the CSV reader, which knows neither their faults nor how the last one ends."""

    def __init__(self, read: Iterator[Line]) -> None:
        self._read = read
        self.faults: list[Fault] = []
        self.last: Line | None = None

    def __iter__(self) -> Iterator[str]:
        for line in self._read:
            self.last = line
            if line.fault:
                self.faults.append(line.fault)
            yield line.text

    def take_fault(self) -> Fault | None:
        found = self.faults[0] if self.faults else None
        self.faults.clear()
        return found


def _rows(read: Iterator[Line], known: Sequence[str]) -> Iterator[Record]:
    head = next(read, None)
    if head is None:
        raise ImportFileError("the file is empty; its first line names the columns")
    if head.fault:
        raise ImportFileError(str(head.fault))
    delimiter = max(DELIMITERS, key=head.text.count)
    columns = _columns(head.text, delimiter, known)
    csv.field_size_limit(LONGEST_LINE_BYTES)
    fed = _Fed(read)
    reader = csv.reader(fed, delimiter=delimiter, strict=True)
    while True:
        first = reader.line_num + 2
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = fed.take_fault()
            todo = "close every quote, and double the quotes inside a quoted field"
            said = fault.problem if fault else f"the quotes do not match ({error})"
            yield _at_fault(fault.line if fault else first, reader.line_num + 1, said, fault.todo if fault else todo)
            continue
        if row:
            yield _row(row, columns, first, reader.line_num + 1, fed)


def _row(row: list[str], columns: list[str], first: int, last: int, fed: _Fed) -> Record:
    if fault := fed.take_fault():
        return Record(first, last, fault=fault)
    if len(row) != len(columns):
        problem = f"there are {len(row)} fields, and {len(columns)} columns"
        return _at_fault(first, last, problem, "quote fields that hold a delimiter; was the line cut off?")
    if fed.last and not fed.last.is_ended:
        return _at_fault(first, last, "the file may end in the middle of this line", CUT_OFF)
    return Record(first, last, {name: cell for name, cell in zip(columns, row, strict=True) if cell.strip()})


def _columns(text: str, delimiter: str, known: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in next(csv.reader([text], delimiter=delimiter))]
    for name in names:
        if name not in known:
            meant = get_close_matches(name, known, n=1)
            hint = f"is {meant[0]} meant?" if meant else "docs/howto/import.md lists them"
            raise ImportFileError(f"line 1: there is no column {name!r}; {hint}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ImportFileError(f"line 1: {', '.join(twice)} stands there twice")
    return names
