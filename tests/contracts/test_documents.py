"""What is generated from the code stands in the repository as the code says today."""

import re
from pathlib import Path

import pytest

from services.problems_page import PROBLEMS_PAGE, problems_page
from shared.contracts.documents import SCHEMAS, documents, write_documents

ROOT = Path(__file__).parent.parent.parent
WRITTEN = re.compile(r"^    code\b[a-z, ]* = \"([a-z-]+)\"|problem\(\d+, \"([a-z-]+)\"", re.MULTILINE)
LISTED = re.compile(r"^\| \d+ \| `([a-z-]+)` \|", re.MULTILINE)

GENERATED = {**documents(), PROBLEMS_PAGE: problems_page()}


@pytest.mark.parametrize("path", list(GENERATED), ids=str)
def test_a_generated_file_is_up_to_date(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == GENERATED[path], "run make schemas"


def test_no_schema_is_left_of_a_message_that_is_gone() -> None:
    kept = {file.relative_to(ROOT) for file in (ROOT / SCHEMAS).glob("*")}
    assert kept == {path for path in GENERATED if path.parent == SCHEMAS}


def test_every_code_that_the_code_can_answer_is_on_the_page() -> None:
    sources = [file for folder in ("services", "shared") for file in (ROOT / folder).rglob("*.py")]
    written = {
        code
        for file in sources
        for codes in WRITTEN.findall(file.read_text(encoding="utf-8"))
        for code in codes
        if code
    }
    assert "complaint-closed" in written
    assert written - set(LISTED.findall(problems_page())) == set()


def test_what_is_written_is_what_is_generated(tmp_path: Path) -> None:
    write_documents(tmp_path)
    assert {path: (tmp_path / path).read_text(encoding="utf-8") for path in documents()} == documents()
