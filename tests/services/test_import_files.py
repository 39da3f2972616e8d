"""Files as other systems write them: encodings, dialects, lines that are broken or cut off; never half a case."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.intake.importing.faults import ImportFileError
from services.intake.importing.lines import LONGEST_LINE_BYTES, Encoding, look_through
from services.intake.importing.running import Report
from tests import people
from tests.conftest import Running
from tests.importing import csv_of, file_of, json_lines_of, row, run

ENCODED = ["utf-8", "utf-8-sig", "gb18030"]


def checked(house: Running, directory: Path, content: str | bytes, name: str = "open.csv", **how: Any) -> Report:
    with file_of(directory, content, name) as file:
        return run(house, file, **how).check()


def only_fault(report: Report) -> str:
    (fault,) = report.faults
    return str(fault)


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("name", ["open.csv", "open.jsonl"])
def test_every_encoding_reads_as_the_same_words(house: Running, tmp_path: Path, encoding: str, name: str) -> None:
    text = csv_of(row(description=people.TEXTS[1])) if name == "open.csv" else json_lines_of(row(name=people.NAMES[2]))
    with file_of(tmp_path, text.encode(encoding), name) as file:
        (record,) = run(house, file)._file.records()
    assert (record.fault, record.fields.get("category")) == (None, "topup.not_credited")
    assert people.TEXTS[1] in record.fields.values() or people.NAMES[2] in record.fields.values()


@pytest.mark.parametrize(("most", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_a_line_in_another_encoding_is_a_fault_and_never_other_words(
    house: Running, tmp_path: Path, most: str, other: str
) -> None:
    lines = csv_of(row(1), row(2), row(3)).splitlines(keepends=True)
    content = b"".join(line.encode(other if at == 2 else most) for at, line in enumerate(lines))
    report = checked(house, tmp_path, content)
    said = only_fault(report)
    assert said.startswith("line 3: the line")
    assert other in said
    assert "save the whole file in one encoding" in said
    assert [taken.line for taken in report.taken] == [2, 4]


def test_bytes_of_no_encoding_are_a_fault(house: Running, tmp_path: Path) -> None:
    content = csv_of(row(1), row(2)).encode().replace(b"ZD-2", b"ZD-\xff\xff")
    assert only_fault(checked(house, tmp_path, content)).startswith("line 3: the line is not utf-8")


def test_the_operator_may_say_which_encoding_it_is(house: Running, tmp_path: Path) -> None:
    content = csv_of(row(1)).encode("gb18030")
    assert len(checked(house, tmp_path, content, encoding=Encoding.UTF_8).faults) == 1
    assert checked(house, tmp_path, content, encoding=Encoding.GB18030).is_clean


def test_utf_16_is_refused_as_a_whole(tmp_path: Path) -> None:
    with file_of(tmp_path, csv_of(row()).encode("utf-16")) as file, pytest.raises(ImportFileError, match="UTF-16"):
        look_through(file)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter_is_found(house: Running, tmp_path: Path, delimiter: str) -> None:
    report = checked(house, tmp_path, csv_of(row(description='said "no"; twice, | and left'), delimiter=delimiter))
    assert (report.is_clean, len(report.taken)) == (True, 1)


def test_a_quoted_field_may_hold_line_breaks_and_lines_are_counted_as_an_editor_does(
    house: Running, tmp_path: Path
) -> None:
    text = csv_of(row(1, description="one\ntwo\nthree"), row(2, category="lost"))
    report = checked(house, tmp_path, text)
    assert [taken.line for taken in report.taken] == [2]
    assert only_fault(report).startswith("line 5, column category: there is no category 'lost'")


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_file_that_ends_in_the_middle_of_a_line_is_told_of(house: Running, tmp_path: Path, cut: int) -> None:
    for text, name in ((csv_of(row(1), row(2)), "open.csv"), (json_lines_of(row(1), row(2)), "open.jsonl")):
        if (name, cut) == ("open.jsonl", 1):
            continue  # an object that is closed is whole
        report = checked(house, tmp_path, text.replace("\r\n", "\n")[:-cut], name)
        assert [taken.reference for taken in report.taken] == ["ZD-1"]
        assert "line" in only_fault(report)


def test_a_quote_that_is_never_closed_is_told_of_by_its_line(house: Running, tmp_path: Path) -> None:
    text = csv_of(row(1), row(2)).replace("ZD-2", '"ZD-2')
    assert only_fault(checked(house, tmp_path, text)).startswith("line 3: the quotes do not match")


def test_a_huge_line_is_passed_over_and_the_next_one_read(house: Running, tmp_path: Path) -> None:
    text = csv_of(row(1), row(2, description="x" * 2 * LONGEST_LINE_BYTES), row(3))
    report = checked(house, tmp_path, text)
    assert [taken.reference for taken in report.taken] == ["ZD-1", "ZD-3"]
    assert only_fault(report).startswith("line 3: the line is too long")


def test_a_line_of_json_that_is_none_is_told_of(house: Running, tmp_path: Path) -> None:
    report = checked(house, tmp_path, "\n[1]\n{]\n" + json_lines_of(row()), "open.jsonl")
    assert [fault.line for fault in report.faults] == [2, 3]
    assert {fault.todo for fault in report.faults} == {"write one object per line"}
    assert [taken.line for taken in report.taken] == [4]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "the file is empty"),
        ("reference,recieved_at\n", "there is no column 'recieved_at'; is received_at meant?"),
        ("reference,zzz\n", "docs/howto/import.md lists them"),
        ("reference,category,reference\n", "reference stands there twice"),
        ("reference,\xff\n", "the line is not utf-8"),
    ],
)
def test_a_header_that_is_none_is_refused_as_a_whole(house: Running, tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(ImportFileError, match=said.replace("?", r"\?")):
        checked(house, tmp_path, header.encode("latin-1"))


WRONG = [
    ({"received_at": "20.11.2025 09:00"}, "received_at", "Invalid isoformat"),
    ({"received_at": "2025-09-26 09:00"}, "received_at", "names no offset"),
    ({"received_at": 1764000000}, "received_at", "a time is text such as"),
    ({"received_at": "2025-09-27T09:00:00+08:00"}, None, "lies in the future"),
    ({"email": "nobody"}, "email", "email is of the complainant, such as name@example.com"),
    ({"disputed_amount": "12,50"}, "disputed_amount", "decimal string"),
    ({"disputed_amount": "12.505", "disputed_currency": "CNY"}, "amount", "2 digits after the point"),
    ({"disputed_amount": "12.50"}, None, "needs a disputed_currency"),
    ({"disputed_currency": "CNY"}, "disputed_currency", "no disputed_amount beside it"),
    ({"root_cause": "weather"}, "root_cause", "no root cause 'weather'"),
    ({"color": "red"}, "color", "there is no such column"),
    ({"description": "\ud800"}, "description", "valid string"),
    ({"description": "a\0b"}, "description", "NUL"),
    ({"events": "soon"}, "events", "this is no JSON"),
    ({"events": [{"event": "resolved", "at": "2025-09-26T09:05:00+08:00"}]}, "events.0", "does not match any"),
    ({"acknowledged_at": "2025-09-26T08:59:00+08:00"}, None, "lies before received_at"),
    (
        {"events": [{"event": "information_provided", "at": "2025-09-26T09:05:00+08:00"}]},
        None,
        "No request for information is open",
    ),
]


@pytest.mark.parametrize(("change", "column", "said"), WRONG)
def test_what_a_case_says_wrongly_is_told_by_line_and_column_with_what_to_do(
    house: Running, tmp_path: Path, change: dict[str, Any], column: str | None, said: str
) -> None:
    (fault,) = checked(house, tmp_path, json_lines_of(row(1), row(2, **change), ascii_only=True), "open.jsonl").faults
    assert (fault.line, fault.column) == (2, column)
    assert said in str(fault)
    assert fault.todo


def test_a_time_without_an_offset_is_read_in_the_zone_that_the_operator_names(house: Running, tmp_path: Path) -> None:
    report = checked(house, tmp_path, csv_of(row(received_at="2025-09-26 09:00")), zone=ZoneInfo("Asia/Shanghai"))
    assert report.is_clean


def test_two_lines_with_one_reference_are_a_fault_of_the_second(house: Running, tmp_path: Path) -> None:
    report = checked(house, tmp_path, csv_of(row(1), row(1, category="other")))
    assert only_fault(report).startswith("line 3, column reference: line 2 has the same reference")
