"""Every code on the page of problems is provoked by some test that names it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.problems_page import PROBLEMS_PAGE
from tests.client import refused
from tests.conftest import Running
from tests.services.api_scene import MATTER, Scene

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / PROBLEMS_PAGE).read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \| (.*?) \| (.+) \|$", PAGE, re.MULTILINE)
CODES = {code for _, code, _, _ in ROWS}


def texts(file: Path) -> Iterator[str]:
    """Every string of a module; a comment that names a code provokes nothing."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_code_is_named_in_a_test() -> None:
    files = [file for file in TESTS.rglob("test_*.py") if file != Path(__file__)]
    named = {text for file in files for text in texts(file)}
    assert sorted(CODES - named) == []


def test_the_page_lists_what_can_be_read_from_it() -> None:
    assert len(ROWS) == PAGE.count("\n| ") - 1 > 60


def test_a_code_has_one_status_and_one_meaning() -> None:
    assert len(ROWS) == len(CODES)
    assert all(meaning.endswith(".") for *_, meaning in ROWS)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_code_is_the_same_in_every_language(house: Running, language: str) -> None:
    answer = Scene(house).app.post(
        "/v1/complaints", {**MATTER, "category": "lost"}, headers={"Accept-Language": language}
    )
    problem = refused(answer, 422, "category-unknown")
    assert problem["type"] == "urn:recourse:problem:category-unknown"
    assert problem["field"] == "category"
