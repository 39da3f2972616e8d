"""One run over a file: look at every case, or take them in; and what came of each."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.intake.domain.errors import IntakeError
from services.intake.importing.cases import COLUMNS, Case, faults_of
from services.intake.importing.faults import Fault
from services.intake.importing.importer import (
    NOTHING_NEW,
    HappenedInFutureError,
    ImportDiffersError,
    Importer,
    Outcome,
)
from services.intake.importing.lines import Encoding, look_through
from services.intake.importing.records import Form, Record, records
from shared.eventstore.command import Receipt

MOST_UNDER_WAY = 512
REFUSED = (IntakeError, ImportDiffersError, HappenedInFutureError)

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Taken:
    """What came, or would come, of one case."""

    line: int
    reference: str
    complaint_id: UUID
    outcome: Outcome

    def row(self) -> Mapping[str, Any]:
        return vars(self)


@dataclass
class Report:
    """`differing` are cases that were taken in before and whose line says something else now."""

    taken: list[Taken] = field(default_factory=list)
    differing: list[Fault] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.differing and not self.faults

    def in_order(self) -> "Report":
        self.faults.sort(key=lambda fault: fault.line)
        return self

    def counts(self) -> dict[str, int]:
        found = Counter(each.outcome for each in self.taken)
        outcomes = {outcome.value: found[outcome] for outcome in Outcome}
        return {**outcomes, "differing": len(self.differing), "faults": len(self.faults)}


@dataclass(frozen=True)
class ImportFile:
    """A file, how it is to be read, and the zone of times that name no offset."""

    path: Path
    form: Form
    encoding: Encoding
    lines: int
    zone: ZoneInfo | None = None

    @classmethod
    def open(cls, path: Path, *, encoding: Encoding | None = None, zone: ZoneInfo | None = None) -> "ImportFile":
        """Look through a file; raises ImportFileError."""
        reading = look_through(path)
        return cls(path, Form.of(path), encoding or reading.encoding, reading.lines, zone)

    def records(self) -> Iterator[Record]:
        return records(self.path, self.form, self.encoding, tuple(COLUMNS))


class Run:
    """Goes through a file once; a case at fault is told of, and the others are none the worse for it."""

    def __init__(self, importer: Importer, file: ImportFile, progress: Progress) -> None:
        self._importer = importer
        self._file = file
        self._progress = progress
        self._seen: dict[UUID, int] = {}
        self._under_way: deque[tuple[int, Case, Future[Receipt]]] = deque()
        self.report = Report()

    def check(self) -> Report:
        """Say what taking it in would do, and change nothing."""
        for line, case in self._cases():
            try:
                self._took(line, case, self._importer.look(case))
            except REFUSED as error:
                self._refused(line, error)
        return self.report.in_order()

    def apply(self) -> Report:
        """Take every case in that is not at fault, one append each."""
        for line, case in self._cases():
            self._under_way.append((line, case, self._importer.bring(case)))
            if len(self._under_way) >= MOST_UNDER_WAY:
                self._settle()
        while self._under_way:
            self._settle()
        return self.report.in_order()

    def _settle(self) -> None:
        line, case, begun = self._under_way.popleft()
        try:
            receipt = begun.result()
        except REFUSED as error:
            self._refused(line, error)
        else:
            self._took(line, case, Outcome.SAME if receipt.version == NOTHING_NEW else Outcome.NEW)

    def _took(self, line: int, case: Case, outcome: Outcome) -> None:
        self.report.taken.append(Taken(line, case.reference, self._importer.complaint_id(case), outcome))

    def _refused(self, line: int, error: Exception) -> None:
        words, column = str(error) or type(error).__doc__ or "", getattr(error, "field", None)
        problem, _, todo = words.partition("; ")
        fault = Fault(line=line, column=column, problem=problem, todo=todo or "mend the line")
        (self.report.differing if isinstance(error, ImportDiffersError) else self.report.faults).append(fault)

    def _cases(self) -> Iterator[tuple[int, Case]]:
        for record in self._file.records():
            self._progress(record.last_line)
            case = self._case(record)
            if case and self._is_first(record.line, case):
                yield record.line, case

    def _case(self, record: Record) -> Case | None:
        if record.fault:
            self.report.faults.append(record.fault)
            return None
        try:
            return Case.model_validate(record.fields, context={"zone": self._file.zone})
        except ValidationError as error:
            self.report.faults.extend(faults_of(error, record.line))
            return None

    def _is_first(self, line: int, case: Case) -> bool:
        earlier = self._seen.setdefault(self._importer.complaint_id(case), line)
        if earlier != line:
            problem = f"line {earlier} has the same reference"
            todo = "give each case a reference of its own, once"
            self.report.faults.append(Fault(line=line, column="reference", problem=problem, todo=todo))
        return earlier == line
