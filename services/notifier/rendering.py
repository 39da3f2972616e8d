"""Templates with versions, in each language; a text exists only while it is rendered."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

DIRECTORY = Path(__file__).parent / "templates"
SEPARATOR = "\n---\n"


class TemplateError(ValueError):
    """A template file lacks its version or subject, or does not render."""


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str


@dataclass(frozen=True)
class LoadedTemplate:
    version: str
    subject: Template
    text: Template

    def render(self, values: Mapping[str, Any]) -> Rendered:
        return Rendered(self.subject.render(values).strip(), self.text.render(values).strip() + "\n")


class Templates:
    """A file begins with `version:` and `subject:`, then a line `---`, then the text."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - plain text
        self._loaded = {
            (file.parent.name, file.stem): _load(file, environment) for file in sorted(directory.glob("*/*.txt"))
        }

    def version(self, name: str, language: str) -> str:
        return self._loaded[language, name].version

    def render(self, name: str, language: str, values: Mapping[str, Any]) -> Rendered:
        return self._loaded[language, name].render(values)

    def names(self) -> set[tuple[str, str]]:
        return set(self._loaded)


def _load(file: Path, environment: Environment) -> LoadedTemplate:
    head, separator, text = file.read_text(encoding="utf-8").partition(SEPARATOR)
    fields = dict(line.partition(": ")[::2] for line in head.splitlines())
    if not separator or not {"version", "subject"} <= fields.keys():
        raise TemplateError(f"{file.name} needs version, subject, and a line --- before its text")
    return LoadedTemplate(fields["version"], environment.from_string(fields["subject"]), environment.from_string(text))
