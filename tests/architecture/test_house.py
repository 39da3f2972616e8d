"""What the house forbids is seen when it happens: each contract is broken once, on purpose, in a copy."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"
PURE = ("services/intake/domain", "services/escalation/domain", "services/notifier/domain")
LONGEST_FILE = 300
DATA = (
    "services/intake/taxonomy",
    "services/intake/guidance",
    "services/escalation/policies",
    "services/escalation/calendars",
    "services/notifier/templates",
    "shared/contracts/tenants",
    "shared/contracts/words",
)

BREAKS = {
    "Services know nothing of each other": ("services/notifier/domain/routing.py", "import services.intake.domain"),
    "What is shared knows no service": ("shared/messaging/relay.py", "import services.intake.domain"),
    "Shared packages stand on each other in one order": (
        "shared/contracts/topics.py",
        "import shared.eventstore.store",
    ),
    "Intake: rooms stand on each other in one order": ("services/intake/catalogue.py", "import services.intake.views"),
    "Escalation: rooms stand on each other in one order": (
        "services/escalation/happenings.py",
        "import services.escalation.application",
    ),
    "Notifier: rooms stand on each other in one order": (
        "services/notifier/rendering.py",
        "import services.notifier.sending",
    ),
    "The domain knows the event sourcing library and nothing else": (
        "services/intake/domain/money.py",
        "import pydantic",
    ),
    "Concrete stores and logs are chosen in one place": (
        "services/intake/changing.py",
        "import shared.eventstore.sqlite",
    ),
    "Kafka's library is known in one package": ("shared/messaging/relay.py", "import kafka"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("services", "shared"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _lint_imports(directory: Path) -> "subprocess.CompletedProcess[str]":
    command = (str(LINT_IMPORTS), "--no-cache")
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def test_every_import_contract_is_broken_by_what_it_forbids(copy: Path) -> None:
    for file, line in BREAKS.values():
        path = copy / file
        path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    assert set(re.findall(r"^(.*) BROKEN", _lint_imports(copy).stdout, re.MULTILINE)) == set(BREAKS)


def test_a_stray_file_breaks_the_order_of_the_rooms(copy: Path) -> None:
    (copy / "services/intake/helpers.py").write_text('"""Stray."""\n', encoding="utf-8")
    done = _lint_imports(copy)
    assert done.returncode != 0
    assert "helpers" in done.stdout


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _is_pure(module: str, package: str) -> bool:
    return (
        module.startswith((package, "eventsourcing.domain"))
        or module.split(".", maxsplit=1)[0] in sys.stdlib_module_names
    )


def test_the_domain_imports_the_library_and_the_standard_library_only() -> None:
    for folder in PURE:
        package = folder.replace("/", ".")
        for file in (ROOT / folder).glob("*.py"):
            assert [module for module in _imports(file) if not _is_pure(module, package)] == [], file


def test_no_file_is_longer_than_a_reader_likes() -> None:
    files = [file for folder in ("services", "shared", "tests") for file in (ROOT / folder).rglob("*.py")]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert {file: length for file, length in lengths.items() if length > LONGEST_FILE} == {}


def test_data_directories_hold_no_code() -> None:
    assert [str(file) for folder in DATA for file in (ROOT / folder).rglob("*.py")] == []


def test_a_row_is_inserted_by_the_names_of_its_columns() -> None:
    """A later release may have added one, and an earlier one still has to work."""
    files = [file for folder in ("services", "shared") for file in (ROOT / folder).rglob("*.py")]
    nameless = re.compile(r"INSERT INTO \S+\"?\s+\"? ?VALUES ?\(:")
    assert [str(file) for file in files if nameless.search(file.read_text(encoding="utf-8"))] == []


def test_decisions_are_numbered_in_one_row() -> None:
    pages = sorted((ROOT / "docs/adr").glob("*.md"))
    numbers = [int(page.read_text(encoding="utf-8").removeprefix("# ").partition(".")[0]) for page in pages]
    assert numbers == [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
