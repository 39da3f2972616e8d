"""Reads policies and calendars from TOML, and hands frozen dataclasses to the domain."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from services.escalation.domain.business_time import Calendar
from services.escalation.domain.policy import Policy, PolicyBook
from services.escalation.policy_forms import CalendarForm, PolicyForm
from services.escalation.toml_lines import line_of
from shared.contracts.bodies import SUFFIX as BODIES
from shared.contracts.bodies import Body, BodyFileError, load_bodies, read_bodies
from shared.contracts.tenant import Tenant

HERE = Path(__file__).parent
SHIPPED_POLICIES = HERE / "policies"
SHIPPED_CALENDARS = HERE / "calendars"
CALENDAR_SUFFIX = ".calendar.toml"

F = TypeVar("F", bound=BaseModel)


class PolicyFileError(ValueError):
    """A policy or calendar file cannot be read, or says something that cannot be."""


@dataclass(frozen=True)
class SourceFile:
    """The bytes of one policy or calendar, from a directory or as they were pinned at first use."""

    name: str
    content: bytes

    @property
    def is_calendar(self) -> bool:
        return self.name.endswith(CALENDAR_SUFFIX)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Read(Generic[F]):
    """A file and what it says."""

    file: SourceFile
    form: F


@dataclass(frozen=True)
class Shelf:
    """Every file that was read: those of the operator before the shipped ones, what is pinned apart."""

    policies: Sequence[Read[PolicyForm]]
    calendars: Sequence[Read[CalendarForm]]

    def policy_digests(self) -> dict[tuple[str, str], str]:
        """By name and version: the first file counts, as everywhere."""
        return {(read.form.name, read.form.version): read.file.digest for read in reversed(self.policies)}

    def calendar_digests(self) -> dict[tuple[str, str], str]:
        return {(read.form.name, read.form.version): read.file.digest for read in reversed(self.calendars)}

    def content(self, digest: str) -> SourceFile | None:
        """The file with these bytes."""
        files = [*(read.file for read in self.policies), *(read.file for read in self.calendars)]
        return next((file for file in files if file.digest == digest), None)


def load_book(
    tenants: Iterable[Tenant], policies_dir: Path | None = None, pinned: Sequence[SourceFile] = ()
) -> PolicyBook:
    """Read the shipped files and those of the operator, whose come first; raises PolicyFileError."""
    return book_of(shelf(policies_dir), tenants, shelf_of(pinned))


def shelf(policies_dir: Path | None = None) -> Shelf:
    """Read every file; raises PolicyFileError."""
    operators = [policies_dir] if policies_dir else []
    directories = (*operators, SHIPPED_POLICIES, SHIPPED_CALENDARS)
    paths = [path for directory in directories for path in sorted(directory.glob("*.toml"))]
    read = shelf_of([SourceFile(path.name, path.read_bytes()) for path in paths if not path.name.endswith(BODIES)])
    _require_known_bodies(read.policies, _bodies(policies_dir))
    return read


def shelf_of(files: Iterable[SourceFile]) -> Shelf:
    policies, calendars = [], []
    for file in files:
        if file.is_calendar:
            calendars.append(Read(file, read_form(file, CalendarForm)))
        else:
            policies.append(Read(file, read_form(file, PolicyForm)))
    return Shelf(policies, calendars)


def book_of(files: Shelf, tenants: Iterable[Tenant], pinned: Shelf | None = None) -> PolicyBook:
    """Choose what new clocks start by, and keep what running ones were started by."""
    pinned = pinned or Shelf((), ())
    newest = newest_calendars(files.calendars)
    policies = _policies(files.policies, newest)
    _require_what_was_chosen(policies, tenants := list(tenants))
    chosen = {tenant.tenant: (tenant.house_policy, *tenant.statutory_policies) for tenant in tenants}
    used = [read.form.calendar(read.file.digest) for read in (*files.calendars, *pinned.calendars)]
    anywhere = {**{calendar.name: calendar for calendar in used}, **newest}
    return PolicyBook(policies, chosen, pinned=_policies(pinned.policies, anywhere), calendars=used)


def check_file(path: Path) -> tuple[str, list[str]]:
    """What a file says in one line, or everything that is wrong with it; calendars beside it count."""
    file = SourceFile(path.name, path.read_bytes())
    try:
        if path.name.endswith(BODIES):
            return f"{file.name}: {len(_bodies_of(path))} outside bodies", []
        if file.is_calendar:
            read = read_form(file, CalendarForm).calendar(file.digest)
            return f"{file.name}: calendar {read.name} {read.version}, covers until {read.covers_until}", []
        beside = [SourceFile(each.name, each.read_bytes()) for each in sorted(path.parent.glob(f"*{CALENDAR_SUFFIX}"))]
        known = newest_calendars([*shelf_of(beside).calendars, *shelf().calendars])
        policies = [Read(file, read_form(file, PolicyForm))]
        _require_known_bodies(policies, _bodies(path.parent))
        (policy,) = _policies(policies, known)
    except PolicyFileError as error:
        return "", str(error).splitlines()
    clocks = ", ".join(dict.fromkeys(rule.name for rule in policy.clocks))
    return f"{file.name}: policy {policy.name} {policy.version} ({policy.source}): {clocks}; sha256 {policy.digest}", []


def newest_calendars(read: Iterable[Read[CalendarForm]]) -> dict[str, Calendar]:
    """By name: the first file counts, so that the operator's comes before the shipped one."""
    found: dict[str, Calendar] = {}
    for each in read:
        found.setdefault(each.form.name, each.form.calendar(each.file.digest))
    return found


def _bodies(operators: Path | None) -> Mapping[str, Body]:
    try:
        return load_bodies(operators)
    except BodyFileError as error:
        raise PolicyFileError(str(error)) from error


def _bodies_of(path: Path) -> Sequence[Body]:
    try:
        return read_bodies(path)
    except BodyFileError as error:
        raise PolicyFileError(str(error)) from error


def _require_known_bodies(read: Iterable[Read[PolicyForm]], bodies: Mapping[str, Body]) -> None:
    """What is pinned may name a body that is gone; a file that is read must not."""
    for each in read:
        for number, clock in enumerate(each.form.clocks):
            if unknown := set(clock.refers_to) - set(bodies):
                path = ("clock", number, "refers_to")
                raise PolicyFileError(_at(each.file, path, f"there is no outside body {_listed(unknown)}"))


def _policies(read: Iterable[Read[PolicyForm]], calendars: Mapping[str, Calendar]) -> list[Policy]:
    found: dict[tuple[str, str], Policy] = {}
    for each in read:
        form = each.form
        if form.calendar not in calendars:
            raise PolicyFileError(_at(each.file, ("calendar",), f"there is no calendar {form.calendar!r}"))
        found.setdefault((form.name, form.version), form.policy(each.file.digest, calendars[form.calendar]))
    return list(found.values())


def _require_what_was_chosen(policies: Sequence[Policy], tenants: Iterable[Tenant]) -> None:
    known = {policy.name for policy in policies}
    unverified = {policy.name for policy in policies if not policy.verified}
    for tenant in tenants:
        names = {tenant.house_policy, *tenant.statutory_policies}
        if missing := names - known:
            raise PolicyFileError(f"tenant {tenant.tenant} chose {_listed(missing)}, which no file defines")
        if (refused := names & unverified) and not tenant.accept_unverified:
            raise PolicyFileError(
                f"tenant {tenant.tenant} chose {_listed(refused)}, whose figures no source confirmed;"
                " say accept_unverified = true in the tenant file to promise by them all the same"
            )


def read_form(file: SourceFile, form: type[F]) -> F:
    """Read one file; raises PolicyFileError with a line for everything that is wrong."""
    try:
        text = file.content.decode()
    except UnicodeDecodeError as error:
        raise PolicyFileError(f"{file.name}:1: this is no text: {error}") from error
    try:
        return form.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise PolicyFileError(f"{file.name}:{line[1] if line else len(text.splitlines())}: {error}") from error
    except ValidationError as error:
        raise PolicyFileError(_wrong(file, error)) from error


def _wrong(file: SourceFile, error: ValidationError) -> str:
    failures = error.errors(include_url=False, include_input=False)
    lines = sorted((line_of(file.content.decode(), each["loc"]), _said(each["loc"], each["msg"])) for each in failures)
    return "\n".join(f"{file.name}:{line}: {text}" for line, text in lines)


def _said(loc: tuple[str | int, ...], message: str) -> str:
    where = ".".join(str(part) for part in loc)
    text = message.removeprefix("Value error, ")
    return f"{where}: {text}" if where else text


def _at(file: SourceFile, path: Sequence[str | int], message: str) -> str:
    return f"{file.name}:{line_of(file.content.decode(), path)}: {message}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
