"""The lines of a file whose encoding nobody wrote down: UTF-8 or GB18030, decided once for all of them.

A line that reads differently from the rest is a fault, never text: GB18030 takes almost any bytes, and
what it makes of UTF-8 looks like Chinese to everybody who cannot read it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

from services.intake.importing.faults import Fault, ImportFileError

LONGEST_LINE_BYTES = 1 << 20
BOM = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Encoding(StrEnum):
    UTF_8 = "utf-8"
    GB18030 = "gb18030"


@dataclass(frozen=True)
class Line:
    """`text` of a line at fault keeps its ASCII, so that quotes and delimiters still count."""

    number: int
    text: str
    fault: Fault | None = None

    @property
    def is_ended(self) -> bool:
        return self.text.endswith("\n")


@dataclass(frozen=True)
class Reading:
    """How a file is to be read, and how many lines it has."""

    encoding: Encoding
    lines: int


def look_through(file: Path) -> Reading:
    """Decide the encoding by most of the lines that tell; raises ImportFileError."""
    told = dict.fromkeys(Encoding, 0)
    count = 0
    for count, (raw, _) in enumerate(_raw_lines(file), start=1):
        if count == 1 and raw.startswith(UTF_16):
            raise ImportFileError(f"{file.name} is UTF-16; save it as UTF-8")
        reads_as = [] if raw.isascii() else [each for each in Encoding if _reads_as(raw, each)]
        if reads_as:  # GB18030 takes most of what is UTF-8, UTF-8 next to nothing of what is GB18030
            told[reads_as[0]] += 1
    most = Encoding.GB18030 if told[Encoding.GB18030] > told[Encoding.UTF_8] else Encoding.UTF_8
    return Reading(most, count)


def lines(file: Path, encoding: Encoding) -> Iterator[Line]:
    """Yield every line with its end; `encoding` is that of the file."""
    for number, (raw, is_whole) in enumerate(_raw_lines(file), start=1):
        fault = _fault(raw, number, encoding, is_whole=is_whole)
        text = raw.decode("ascii", "replace") if fault else raw.decode(encoding)
        yield Line(number, text, fault)


def _fault(raw: bytes, number: int, encoding: Encoding, *, is_whole: bool) -> Fault | None:
    if not is_whole:
        todo = f"shorten it to {LONGEST_LINE_BYTES} bytes, or look for a quote that is never closed"
        return Fault(line=number, problem="the line is too long", todo=todo)
    if not _reads_as(raw, encoding):
        other = next((each for each in Encoding if each != encoding and _reads_as(raw, each)), None)
        problem = f"the line is {other}, the file is {encoding}" if other else f"the line is not {encoding}"
        return Fault(line=number, problem=problem, todo="save the whole file in one encoding, best UTF-8")
    if encoding == Encoding.GB18030 and not raw.isascii() and _reads_as(raw, Encoding.UTF_8):
        problem = "the line reads as utf-8, the rest of the file as gb18030"
        return Fault(line=number, problem=problem, todo="save the whole file in one encoding, best UTF-8")
    return None


def _raw_lines(file: Path) -> Iterator[tuple[bytes, bool]]:
    """Yield each line without a byte order mark, and whether it is all there: a huge one is passed over."""
    with file.open("rb") as opened:
        if opened.read(len(BOM)) != BOM:
            opened.seek(0)
        while raw := opened.readline(LONGEST_LINE_BYTES):
            is_whole = raw.endswith(b"\n") or len(raw) < LONGEST_LINE_BYTES
            if not is_whole:
                _pass_over(opened)
                raw = raw[:1] + b"\n"
            yield raw, is_whole


def _pass_over(opened: IO[bytes]) -> None:
    while (rest := opened.readline(LONGEST_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass


def _reads_as(raw: bytes, encoding: Encoding) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
