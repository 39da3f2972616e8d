"""Templates with versions, in each language; a text exists only while it is rendered."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from jinja2 import TemplateError as JinjaError

from services.notifier.blocks import plain
from shared.contracts.letters import Element, ElementUnknownError, element_of

DIRECTORY = Path(__file__).parent / "templates"
SEPARATOR = "\n---\n"
HEAD = frozenset({"version", "subject", "kinds", "elements", "attaches"})
KINDS = ("acknowledgement", "interim", "holding", "final", "summary")
FORMATS = ("html", "pdf")


class TemplateError(ValueError):
    """A template file cannot be read, lacks its version or subject, or says something that cannot be."""


class TemplateUnknownError(LookupError):
    """A letter names a template, or a version of it, that is not there."""


@dataclass(frozen=True)
class Rendered:
    """`source` is the text with the marks of its blocks; what is no letter has none."""

    subject: str
    text: str
    source: str = ""


@dataclass(frozen=True)
class LoadedTemplate:
    """What a file says; a template of letters names the kinds it is for and the elements that it renders."""

    file: Path
    name: str
    version: str
    subject: Template
    text: Template
    kinds: tuple[str, ...] = ()
    elements: frozenset[Element] = frozenset()
    attaches: tuple[str, ...] = ()

    def render(self, values: Mapping[str, Any]) -> Rendered:
        subject = " ".join(self.subject.render(values).split())
        text = self.text.render(values).strip() + "\n"
        return Rendered(subject, plain(text), text) if self.kinds else Rendered(subject, text)


class Templates:
    """A file begins with `version:` and `subject:`, then a line `---`, then the text.

    It is named after its template; an older version stands beside it as `name.version.txt`. A tenant's own come before
    the shipped ones, under versions of their own: what was sent stays what it was.
    """

    def __init__(self, directory: Path = DIRECTORY, own: Mapping[str, Path] | None = None) -> None:
        shipped = _read(directory)
        self._shipped = _by_name(shipped)
        self._own = {tenant: _by_name(_read(path)) for tenant, path in (own or {}).items()}
        for written in self._own.values():
            _require_versions_of_their_own(written, self._shipped)

    def find(
        self, name: str, language: str, *, tenant: str | None = None, version: str | None = None
    ) -> LoadedTemplate:
        """Return a version, or the newest; raises TemplateUnknownError."""
        found = self._versions(name, language, tenant)
        chosen = [each for each in found if version in {None, each.version}]
        if not chosen:
            raise TemplateUnknownError(f"there is no template {name} {version or ''} in {language}")
        return chosen[0]

    def for_letters(self, kind: str, language: str, tenant: str | None = None) -> LoadedTemplate:
        """Return the newest template of a kind of letter; raises TemplateUnknownError."""
        for names in (self._own.get(tenant or "", {}), self._shipped):
            for (spoken, _), versions in sorted(names.items()):
                if spoken == language and kind in versions[0].kinds:
                    return versions[0]
        raise TemplateUnknownError(f"there is no template for letters of kind {kind} in {language}")

    def version(self, name: str, language: str, tenant: str | None = None) -> str:
        return self.find(name, language, tenant=tenant).version

    def names(self) -> set[tuple[str, str]]:
        return set(self._shipped)

    def _versions(self, name: str, language: str, tenant: str | None) -> list[LoadedTemplate]:
        own = self._own.get(tenant or "", {})
        return [*own.get((language, name), ()), *self._shipped.get((language, name), ())]


Named = dict[tuple[str, str], list[LoadedTemplate]]


def _read(directory: Path) -> list[LoadedTemplate]:
    return [_load(file) for file in sorted(directory.glob("*/*.txt"))]


@cache
def _compiled(source: str) -> Template:
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - plain text
    environment.filters["cell"] = _cell
    return environment.from_string(source)


def _cell(value: object) -> str:
    """Words in a cell of a table stay in their cell."""
    return " ".join(str(value).replace("|", "/").split())


def _by_name(loaded: Sequence[LoadedTemplate]) -> Named:
    """By language and name, the newest version first: 10 is newer than 9, and house-2 than house-1."""
    found: Named = {}
    for each in sorted(loaded, key=lambda each: _age(each.version), reverse=True):
        versions = found.setdefault((each.file.parent.name, each.name), [])
        if any(each.version == known.version for known in versions):
            raise TemplateError(f"{each.file}: version {each.version} of {each.name} is there twice")
        versions.append(each)
    return found


def _age(version: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", version)]


def _require_versions_of_their_own(own: Named, shipped: Named) -> None:
    for key, versions in own.items():
        taken = {each.version for each in shipped.get(key, ())}
        for each in versions:
            if each.version in taken:
                raise TemplateError(
                    f"{each.file}: version {each.version} of {each.name} is a shipped one; give yours another,"
                    f" such as house-{each.version}, so that letters sent with the shipped one stay readable"
                )


def _load(file: Path) -> LoadedTemplate:
    head, separator, text = file.read_text(encoding="utf-8").partition(SEPARATOR)
    fields = dict(line.partition(": ")[::2] for line in head.splitlines())
    if not separator or not {"version", "subject"} <= fields.keys():
        raise TemplateError(f"{file} needs version, subject, and a line --- before its text")
    if unknown := fields.keys() - HEAD:
        raise TemplateError(f"{file}: what is {', '.join(sorted(unknown))}? Known are {', '.join(sorted(HEAD))}")
    kinds = _listed(file, fields, "kinds", KINDS)
    try:
        return LoadedTemplate(
            file=file,
            name=file.name.partition(".")[0],
            version=fields["version"],
            subject=_compiled(fields["subject"]),
            text=_compiled(text),
            kinds=kinds,
            elements=frozenset(element_of(code, "") for code in _codes(fields, "elements")),
            attaches=_listed(file, fields, "attaches", FORMATS),
        )
    except (JinjaError, ElementUnknownError) as error:
        raise TemplateError(f"{file}: {error}") from error


def _codes(fields: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(code.strip() for code in fields.get(name, "").split(",") if code.strip())


def _listed(file: Path, fields: Mapping[str, str], name: str, known: Sequence[str]) -> tuple[str, ...]:
    codes = _codes(fields, name)
    if wrong := [code for code in codes if code not in known]:
        raise TemplateError(f"{file}: {name} are {', '.join(known)}, not {', '.join(wrong)}")
    return codes
