"""Outside bodies by code: what kind each is, where it sits, how to reach it, by when to turn to it.

Policies name bodies, complaints are referred to them, and complainants are told of them: all by these codes.
"""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

SHIPPED = Path(__file__).parent / "outside_bodies"
SUFFIX = ".bodies.toml"


class BodyFileError(ValueError):
    """A file of outside bodies cannot be read, or says something that cannot be."""


class BodyKind(StrEnum):
    CONSUMER_ASSOCIATION = "consumer_association"
    MEDIATION = "mediation"
    REGULATOR = "regulator"
    COURT = "court"
    OMBUDSMAN = "ombudsman"
    ARBITRATION = "arbitration"
    OTHER = "other"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Length(_Section):
    """One of the units of policies."""

    business_days: Annotated[int, Field(ge=1)] | None = None
    calendar_days: Annotated[int, Field(ge=1)] | None = None
    weeks: Annotated[int, Field(ge=1)] | None = None
    months: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _in_one_unit(self) -> Self:
        if len(self.said) != 1:
            raise ValueError("a limit has one unit: business_days, calendar_days, weeks or months")
        return self

    @property
    def said(self) -> tuple[tuple[str, int], ...]:
        return tuple((unit, amount) for unit, amount in self.model_dump().items() if amount is not None)


class Limit(_Section):
    """By when a complainant must have turned to a body."""

    within: Length
    counts_from: Literal["final_answer", "receipt"] = Field(alias="from")
    source: str
    verified: bool


class Body(_Section):
    """No jurisdiction, no service: any. `verified` speaks of address, phone and web."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    zh: str = Field(alias="zh-CN", min_length=1)
    en: str = Field(min_length=1)
    kind: BodyKind
    jurisdictions: tuple[str, ...] = ()
    regulated_services: tuple[str, ...] = ()
    address: str | None = None
    phone: str | None = None
    web: str | None = Field(default=None, pattern=r"^https?://")
    limits: tuple[Limit, ...] = Field(default=(), alias="limit")
    source: str
    verified: bool

    @property
    def labels(self) -> Mapping[str, str]:
        return {"zh-CN": self.zh, "en": self.en}

    def serves(self, jurisdiction: str | None, regulated_service: str | None) -> bool:
        """Tell whether it may be turned to there, and about this; None asks nothing. GB-SCT lies in GB."""
        places = {jurisdiction, (jurisdiction or "").partition("-")[0]}
        at_home = jurisdiction is None or not self.jurisdictions or bool(places & set(self.jurisdictions))
        about = regulated_service is None or not self.regulated_services
        return at_home and (about or regulated_service in self.regulated_services)


class _File(_Section):
    body: tuple[Body, ...]


def read_bodies(file: Path) -> tuple[Body, ...]:
    """Read one file; raises BodyFileError."""
    try:
        return _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).body
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise BodyFileError(f"{file.name}: {error}") from error


def load_bodies(operators: Path | None = None) -> dict[str, Body]:
    """Every body by its code: what a file of the operator's says counts before what is shipped."""
    found: dict[str, Body] = {}
    for directory in (*((operators,) if operators else ()), SHIPPED):
        for file in sorted(directory.glob(f"*{SUFFIX}")):
            for body in read_bodies(file):
                found.setdefault(body.code, body)
    return found
