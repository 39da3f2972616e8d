"""Files from another system, as tests write them; whoever writes one takes it away again: it is in clear."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.intake.importing.importer import Importer, Origin
from services.intake.importing.lines import Encoding
from services.intake.importing.running import ImportFile, Report, Run
from shared.eventstore.purpose_keys import PurposeKey
from tests import people
from tests.conftest import Running

Row = dict[str, Any]


def row(number: int = 1, **changes: Any) -> Row:
    """A complaint received on Friday morning in Shanghai; the clock of a test stands two hours later at most."""
    return {
        "reference": f"ZD-{number}",
        "received_at": "2025-09-26T09:00:00+08:00",
        "category": "topup.not_credited",
        "description": people.TEXTS[0],
        "name": people.NAMES[0],
        "email": people.EMAILS[0],
        "preferred_medium": "email",
        "wallet_user_id": f"user-{number}",
        **changes,
    }


def csv_of(*rows: Row, delimiter: str = ",") -> str:
    """The rows as CSV with every column that one of them has; a list stands there as JSON."""
    columns = list(dict.fromkeys(name for each in rows for name in each))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=delimiter)
    writer.writeheader()
    for each in rows:
        lists = {name: json.dumps(value) for name, value in each.items() if isinstance(value, list)}
        writer.writerow({**each, **lists})
    return text.getvalue()


def json_lines_of(*rows: Row, ascii_only: bool = False) -> str:
    return "".join(json.dumps(each, ensure_ascii=ascii_only) + "\n" for each in rows)


@contextmanager
def file_of(directory: Path, content: str | bytes, name: str = "open.csv") -> Iterator[Path]:
    file = directory / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        yield file
    finally:
        file.unlink()


def run(running: Running, file: Path, *, encoding: Encoding | None = None, zone: ZoneInfo | None = None) -> Run:
    """A run over a file, into an installation that serves meanwhile."""
    intake, backend = running.embedded.intake.application, running.backend
    origin = Origin(tenant=backend.tenants["default"], system="old-desk", brought_by="mei")
    key = PurposeKey.of(intake.store, backend.master_key, "import")
    importer = Importer(intake, origin, key=key, now=backend.clock)
    return Run(importer, ImportFile.open(file, encoding=encoding, zone=zone), lambda _: None)


def taken_in(running: Running, directory: Path, *rows: Row) -> Report:
    with file_of(directory, json_lines_of(*rows), "open.jsonl") as file:
        report = run(running, file).apply()
    assert report.is_clean, report.faults or report.differing
    running.settle()
    return report
