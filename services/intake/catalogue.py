"""The data files of intake: categories, reasons, guidance, labels, wording that flags."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain.submission import Complexity
from services.intake.request_errors import (
    CategoryUnknownError,
    ExternalBodyUnknownError,
    ReasonUnknownError,
    RootCauseUnknownError,
)
from shared.contracts import telling
from shared.contracts.bodies import Body, load_bodies

HERE = Path(__file__).parent
Labels = Mapping[str, str]


class Category(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    code: str
    zh: str = Field(alias="zh-CN")
    en: str
    urgent: bool = False
    complexity: Complexity = Complexity.SIMPLE

    @property
    def labels(self) -> Labels:
        return {"zh-CN": self.zh, "en": self.en}


@dataclass(frozen=True)
class GuidanceItem:
    """`field` or `evidence` says what in a complaint provides it."""

    code: str
    labels: Labels
    field: str | None
    evidence: str | None


@dataclass(frozen=True)
class Guidance:
    bring: tuple[GuidanceItem, ...]
    try_first: Labels


class Catalogue:
    """Reads the files once; a file that does not parse stops the start."""

    def __init__(self, directory: Path = HERE, bodies: Mapping[str, Body] | None = None) -> None:
        self._directory = directory
        self.bodies = load_bodies() if bodies is None else bodies
        categories = self._read("taxonomy/categories.toml")["category"]
        self.categories = {entry["code"]: Category.model_validate(entry) for entry in categories}
        self.reasons: Mapping[str, Mapping[str, Labels]] = self._read("taxonomy/reasons.toml")
        self.labels: Mapping[str, Mapping[str, Labels]] = {**telling.labels(), **self._read("taxonomy/labels.toml")}
        self._guidance = self._read("guidance/categories.toml")

    def category(self, code: str) -> Category:
        if code not in self.categories:
            raise CategoryUnknownError(f"there is no category {code!r}; GET /v1/categories lists them")
        return self.categories[code]

    def require_reason(self, command: str, code: str) -> str:
        if code not in self.reasons[command]:
            known = ", ".join(self.reasons[command])
            raise ReasonUnknownError(f"{code!r} is no reason to {command}; known are {known}")
        return code

    def require_root_cause(self, code: str | None) -> str | None:
        if code is not None and code not in self.labels["root_cause"]:
            raise RootCauseUnknownError(f"there is no root cause {code!r}")
        return code

    def body(self, code: str) -> Body:
        if code not in self.bodies:
            raise ExternalBodyUnknownError(f"there is no external body {code!r}; GET /v1/bodies lists them")
        return self.bodies[code]

    def label(self, kind: str, code: str, language: str) -> str:
        return self.labels[kind][code][language]

    def guidance(self, category: str) -> Guidance:
        entry = self._guidance.get(category, self._guidance["default"])
        bring = tuple(self.items[code] for code in entry["bring"])
        return Guidance(bring, {language: entry[language] for language in ("zh-CN", "en")})

    @cached_property
    def items(self) -> Mapping[str, GuidanceItem]:
        entries = self._read("guidance/items.toml")["item"]
        return {
            entry["code"]: GuidanceItem(
                code=entry["code"],
                labels=_at_the_beginning(telling.labels()["item"][entry["code"]]),
                field=entry["given_by"].get("field"),
                evidence=entry["given_by"].get("evidence"),
            )
            for entry in entries
        }

    @cached_property
    def _hostile(self) -> tuple[str, ...]:
        lines = (self._directory / "guidance/hostile.txt").read_text(encoding="utf-8").splitlines()
        return tuple(line.lower() for line in lines if line and not line.startswith("#"))

    def flags(self, *texts: str | None) -> tuple[str, ...]:
        """Flag hostile wording for the handler; a flag never refuses anything."""
        words = " ".join(text for text in texts if text).lower()
        return ("hostile-wording",) if any(phrase in words for phrase in self._hostile) else ()

    def _read(self, name: str) -> dict[str, Any]:
        return tomllib.loads((self._directory / name).read_text(encoding="utf-8"))


def _at_the_beginning(labels: Labels) -> Labels:
    """Words that stand in the middle of a sentence elsewhere."""
    return {language: label[:1].upper() + label[1:] for language, label in labels.items()}
