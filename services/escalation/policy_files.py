"""Reads policies and calendars from TOML, and hands frozen dataclasses to the domain."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, time
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from services.escalation.domain.business_time import Calendar
from services.escalation.domain.policy import (
    ClockRule,
    ExtensionTerms,
    LetterRule,
    Matching,
    Meets,
    OnMissed,
    OnReopening,
    Owner,
    Policy,
    PolicyBook,
    Source,
    Starts,
)
from services.escalation.domain.targets import DURATIONS, Amount, ReceiptRule, Target, Unit
from shared.contracts.tenant import Tenant

HERE = Path(__file__).parent
SHIPPED_POLICIES = HERE / "policies"
SHIPPED_CALENDARS = HERE / "calendars"

BRINGS_ITS_DATE = frozenset({Starts.REMEDY_OWED, Starts.REFERRAL_OPENED, Starts.REGULATOR_ASKED})
Times = tuple[tuple[time, time], ...]


class PolicyFileError(ValueError):
    """A policy or calendar file cannot be read, or says something that cannot be."""


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _amount(written: Any) -> Any:
    """Read `{ business_days = 3 }`."""
    if not isinstance(written, dict):
        return written
    units = [unit for unit in Unit if unit in written]
    if len(units) != 1:
        raise ValueError(f"name exactly one of {', '.join(Unit)}")
    rest = {name: value for name, value in written.items() if name != units[0]}
    return {"amount": written[units[0]], "unit": units[0], **rest}


class AmountForm(_Form):
    amount: Annotated[int, Field(ge=0)]
    unit: Unit

    def amount_of(self) -> Amount:
        return Amount(self.amount, self.unit)


class TargetForm(AmountForm):
    around_the_clock: bool = False
    receipt_rule: ReceiptRule = ReceiptRule.SAME_DAY

    def target(self) -> Target:
        return Target(length=self.amount_of(), around_the_clock=self.around_the_clock, receipt_rule=self.receipt_rule)


class ExtensionForm(_Form):
    cap: Annotated[AmountForm, BeforeValidator(_amount)]
    times: Annotated[int, Field(ge=1)]
    approver: Literal["handler", "supervisor"]

    def terms(self) -> ExtensionTerms:
        return ExtensionTerms(cap=self.cap.amount_of(), times=self.times, approver=self.approver)


class MatchingForm(_Form):
    jurisdictions: frozenset[str] = frozenset()
    regulated_services: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    complexity: Literal["simple", "complex"] | None = None
    urgent: bool | None = None

    def matching(self) -> Matching:
        return Matching(**{name: getattr(self, name) for name in type(self).model_fields})


class LetterForm(_Form):
    kind: Literal["acknowledgement", "interim", "holding", "final", "summary"]
    media: tuple[Literal["in_app", "sms", "email", "phone", "letter"], ...]
    elements: tuple[str, ...] = ()


class ClockForm(_Form):
    id: str
    name: str
    owner: Owner
    starts: Starts
    meets: frozenset[Meets]
    target: Annotated[TargetForm, BeforeValidator(_amount)] | None = None
    when: MatchingForm = MatchingForm()
    pauses: bool = False
    warn_at: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = ()
    on_missed: OnMissed = OnMissed.NOTHING
    extension: ExtensionForm | None = None

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if self.target is None and self.starts not in BRINGS_ITS_DATE:
            raise ValueError(f"{self.id}: a clock that starts on {self.starts} needs a target")
        if self.target is not None and self.starts in BRINGS_ITS_DATE:
            raise ValueError(f"{self.id}: {self.starts} brings its own date, a target cannot count")
        if self.owner != Owner.WALLET and self.on_missed == OnMissed.RAISE_LEVEL:
            raise ValueError(f"{self.id}: only clocks of the wallet raise the level")
        return self

    @model_validator(mode="after")
    def _can_be_extended(self) -> Self:
        if self.extension is None:
            return self
        if self.target is None:
            raise ValueError(f"{self.id}: what has no target cannot be extended")
        unit, by = self.target.unit, self.extension.cap.unit
        if (unit in DURATIONS) != (by in DURATIONS):
            raise ValueError(f"{self.id}: {unit} cannot be extended by {by}")
        return self

    def rule(self) -> ClockRule:
        return ClockRule(
            id=self.id,
            name=self.name,
            owner=self.owner,
            starts=self.starts,
            meets=self.meets,
            target=self.target.target() if self.target else None,
            when=self.when.matching(),
            pauses=self.pauses,
            warn_at=self.warn_at,
            on_missed=self.on_missed,
            extension=self.extension.terms() if self.extension else None,
        )


class PolicyForm(_Form):
    name: str
    version: str
    family: str
    source: Source
    citation: str
    verified: bool
    effective_from: date
    effective_to: date | None = None
    applies: MatchingForm = MatchingForm()
    calendar: str
    acknowledges: bool = False
    on_reopening: OnReopening
    reopening_days: Annotated[int, Field(ge=0)] | None = None
    follow_ups_to_escalate: Annotated[int, Field(ge=1)] | None = None
    letters: tuple[LetterForm, ...] = Field(default=(), alias="letter")
    clocks: tuple[ClockForm, ...] = Field(alias="clock")

    @model_validator(mode="after")
    def _law_never_pauses(self) -> "PolicyForm":
        paused = [clock.id for clock in self.clocks if clock.pauses]
        if self.source == Source.LAW and paused:
            raise ValueError(f"statutory clocks never pause: {', '.join(paused)}")
        if len({clock.id for clock in self.clocks}) < len(self.clocks):
            raise ValueError("two clocks have the same id")
        return self


class CalendarForm(_Form):
    name: str
    version: str
    made_from: str
    time_zone: str
    hours: Annotated[Times, Field(min_length=1)]
    covers_until: date
    closed: frozenset[date]
    worked: frozenset[date]

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {name!r}") from error
        return name

    @field_validator("hours")
    @classmethod
    def _ascend(cls, hours: Times) -> Times:
        """Refuse hours in which no time passes: a clock that counts them would never end."""
        edges = list(chain.from_iterable(hours))
        if edges != sorted(edges) or any(opens == closes for opens, closes in hours):
            raise ValueError("hours must be ascending, each interval closing after it opens")
        return hours


def load_book(tenants: Iterable[Tenant], policies_dir: Path | None = None) -> PolicyBook:
    """Read the shipped files and those of the operator, whose come first; raises PolicyFileError."""
    directories = [policies_dir] if policies_dir else []
    calendars = _calendars([*directories, SHIPPED_CALENDARS])
    policies = _policies([*directories, SHIPPED_POLICIES], calendars)
    known = {policy.name for policy in policies}
    chosen = {tenant.tenant: (tenant.house_policy, *tenant.statutory_policies) for tenant in tenants}
    for tenant, names in chosen.items():
        if missing := set(names) - known:
            raise PolicyFileError(f"tenant {tenant} chose {', '.join(sorted(missing))}, which no file defines")
    return PolicyBook(policies, chosen)


def _calendars(directories: Iterable[Path]) -> dict[str, Calendar]:
    found: dict[str, Calendar] = {}
    for file in _files(directories, "*.calendar.toml"):
        form, digest = _read(file, CalendarForm)
        found.setdefault(
            form.name,
            Calendar(
                name=form.name,
                version=form.version,
                digest=digest,
                time_zone=form.time_zone,
                hours=form.hours,
                closed=form.closed,
                worked=form.worked,
                covers_until=form.covers_until,
            ),
        )
    return found


def _policies(directories: Iterable[Path], calendars: Mapping[str, Calendar]) -> list[Policy]:
    found: dict[tuple[str, str], Policy] = {}
    for file in _files(directories, "*.toml"):
        if not file.name.endswith(".calendar.toml"):
            policy = read_policy(file, calendars)
            found.setdefault((policy.name, policy.version), policy)
    return list(found.values())


def read_policy(file: Path, calendars: Mapping[str, Calendar]) -> Policy:
    """Read one policy; raises PolicyFileError."""
    form, digest = _read(file, PolicyForm)
    if form.calendar not in calendars:
        raise PolicyFileError(f"{file.name}: there is no calendar {form.calendar!r}")
    return Policy(
        name=form.name,
        version=form.version,
        digest=digest,
        family=form.family,
        source=form.source,
        citation=form.citation,
        verified=form.verified,
        effective_from=form.effective_from,
        effective_to=form.effective_to,
        applies=form.applies.matching(),
        calendar=calendars[form.calendar],
        acknowledges=form.acknowledges,
        on_reopening=form.on_reopening,
        reopening_days=form.reopening_days,
        follow_ups_to_escalate=form.follow_ups_to_escalate,
        letters=tuple(
            LetterRule(kind=letter.kind, media=letter.media, elements=letter.elements) for letter in form.letters
        ),
        clocks=tuple(clock.rule() for clock in form.clocks),
    )


def _files(directories: Iterable[Path], pattern: str) -> list[Path]:
    return [file for directory in directories for file in sorted(directory.glob(pattern))]


def _read(file: Path, form: type[Any]) -> tuple[Any, str]:
    content = file.read_bytes()
    try:
        read = TypeAdapter(form).validate_python(tomllib.loads(content.decode()))
    except (tomllib.TOMLDecodeError, ValidationError, UnicodeDecodeError) as error:
        raise PolicyFileError(f"{file.name}: {error}") from error
    return read, hashlib.sha256(content).hexdigest()
