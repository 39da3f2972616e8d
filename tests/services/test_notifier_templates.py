"""The files of templates and labels: complete in both languages, and in step with the codes they speak of."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from services.intake.catalogue import Catalogue
from services.intake.domain.outcome import Decision
from services.intake.domain.parties import Medium
from services.intake.domain.remedies import RemedyKind
from services.notifier.composing import LABELS_FILE
from services.notifier.domain.routing import ROUTES, SIGNAL_TEMPLATE, To
from services.notifier.planning import BY_HAND_TEMPLATE
from services.notifier.rendering import DIRECTORY, KINDS, TemplateError, Templates
from shared.contracts import telling

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "zh-CN")
OWN: dict[str, dict[str, dict[str, str]]] = tomllib.loads(LABELS_FILE.read_text(encoding="utf-8"))
LABELS = {**telling.labels(), **OWN}
FILES = sorted(DIRECTORY.glob("*/*.txt"))

LETTERS = {Templates().for_letters(kind, "en").name for kind in KINDS}
REASONS_IN_TEMPLATES = ("escalate", "reject-resolution", "reopen", "fail-remedy")


SAME = ("version: ", "kinds: ", "elements: ", "attaches: ")


def read(path: str) -> Any:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


def clock_names() -> set[str]:
    policies = (ROOT / "services/escalation/policies").glob("*.toml")
    return {clock["name"] for policy in policies for clock in tomllib.loads(policy.read_text("utf-8"))["clock"]}


CODES: dict[str, set[str]] = {
    "clock": clock_names(),
    "decision": set(Decision),
    "remedy": set(RemedyKind),
    "news": {route.template for lines in ROUTES.values() for route in lines if route.to == To.COMPLAINANT} | LETTERS,
    "medium": set(Medium),
    **{command: set(Catalogue().reasons[command]) for command in REASONS_IN_TEMPLATES},
}


def test_every_template_is_there_in_both_languages() -> None:
    names = {language: {name for each, name in Templates().names() if each == language} for language in LANGUAGES}
    assert names["en"] == names["zh-CN"]


def test_every_template_is_routed_and_every_route_has_its_template() -> None:
    routed = {route.template for lines in ROUTES.values() for route in lines} | {BY_HAND_TEMPLATE, SIGNAL_TEMPLATE}
    assert routed | LETTERS == {file.name.partition(".")[0] for file in FILES}


@pytest.mark.parametrize("name", sorted({file.stem for file in FILES}))
def test_both_languages_use_the_same_values(name: str) -> None:
    used = [_values(DIRECTORY / language / f"{name}.txt") for language in LANGUAGES]
    assert used[0] == used[1]


def _values(file: Path) -> set[str]:
    """The names between the braces of a template."""
    spoken = re.findall(r"{[{%].*?[%}]}", file.read_text(encoding="utf-8"))
    words = {word for each in spoken for word in re.findall(r"[a-z_]+", re.sub(r"\"[^\"]*\"", "", each))}
    return words - {"or"}


@pytest.mark.parametrize("name", sorted({file.stem for file in FILES}))
def test_both_languages_of_a_template_have_the_same_version(name: str) -> None:
    heads = [(DIRECTORY / language / f"{name}.txt").read_text(encoding="utf-8") for language in LANGUAGES]
    said = [[line for line in head.splitlines()[:5] if line.startswith(SAME)] for head in heads]
    assert said[0] == said[1]


@pytest.mark.parametrize("kind", sorted(CODES))
def test_every_code_that_a_template_may_meet_has_its_label(kind: str) -> None:
    assert {str(code) for code in CODES[kind]} <= LABELS[kind].keys()


@pytest.mark.parametrize("kind", sorted(LABELS))
def test_every_label_is_there_in_both_languages(kind: str) -> None:
    incomplete = [code for code, labels in LABELS[kind].items() if set(labels) != set(LANGUAGES)]
    assert incomplete == []


def test_every_kind_of_label_that_a_template_asks_for_is_there() -> None:
    asked = {kind for file in FILES for kind in re.findall(r"label\(\"([^\"]+)\"", file.read_text(encoding="utf-8"))}
    assert asked == CODES.keys()
    assert OWN.keys() - asked | OWN.keys() & telling.labels().keys() == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_template_speaks_its_own_language(file: Path) -> None:
    words = re.sub(r"{[{%].*?[%}]}", "", file.read_text(encoding="utf-8").partition("\n---\n")[2])
    chinese = re.search("[\u4e00-\u9fff]", words) is not None
    assert chinese == (file.parent.name == "zh-CN")


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_template_for_staff_needs_nothing_personal(file: Path) -> None:
    personal = {"name", "text", "explanation", "points"}
    assert not file.stem.startswith("staff-") or not _values(file) & personal


@pytest.mark.parametrize(
    "text",
    ["version: 1\n---\nno subject", "subject: no version\n---\ntext", "version: 1\nsubject: no line\ntext"],
)
def test_a_template_without_version_subject_or_line_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "broken.txt").write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError, match=r"broken\.txt"):
        Templates(tmp_path)
