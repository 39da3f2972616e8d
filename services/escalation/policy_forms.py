"""What policy and calendar files may say: pydantic forms, each handing its part to the domain."""

from datetime import date, time
from decimal import Decimal
from itertools import chain
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from services.escalation.domain.business_time import Calendar
from services.escalation.domain.policy import (
    AmountRange,
    ClockRule,
    ExtensionTerms,
    LetterRule,
    Matching,
    Meets,
    OnMissed,
    OnReopening,
    Owner,
    Policy,
    SecondStage,
    Source,
    Starts,
)
from services.escalation.domain.targets import DURATIONS, Amount, ReceiptRule, Target, Unit
from shared.contracts.letters import known_element

BRINGS_ITS_DATE = frozenset({Starts.REMEDY_OWED, Starts.REFERRAL_OPENED, Starts.REGULATOR_ASKED})
Times = tuple[tuple[time, time], ...]


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


class SecondStageForm(TargetForm):
    opened_by: Meets

    def stage(self) -> SecondStage:
        return SecondStage(opened_by=self.opened_by, target=self.target())


class ExtensionForm(_Form):
    """`in_all` is the law's cap on target and extensions together: what could exceed it is refused here."""

    cap: Annotated[AmountForm, BeforeValidator(_amount)]
    in_all: Annotated[AmountForm, BeforeValidator(_amount)] | None = None
    times: Annotated[int, Field(ge=1)]
    approver: Literal["handler", "supervisor"]

    def terms(self) -> ExtensionTerms:
        return ExtensionTerms(cap=self.cap.amount_of(), times=self.times, approver=self.approver)


class AmountRangeForm(_Form):
    """`{ currency = "EUR", at_least = "1000", below = "5000" }`; amounts are strings, as everywhere."""

    currency: str
    at_least: Annotated[Decimal, Field(ge=0)] | None = None
    below: Annotated[Decimal, Field(gt=0)] | None = None

    def range(self) -> AmountRange:
        return AmountRange(currency=self.currency, at_least=self.at_least, below=self.below)


class MatchingForm(_Form):
    jurisdictions: frozenset[str] = frozenset()
    regulated_services: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    complexity: Literal["simple", "complex"] | None = None
    urgent: bool | None = None
    amount: AmountRangeForm | None = None

    def matching(self) -> Matching:
        asked = {name: getattr(self, name) for name in type(self).model_fields if name != "amount"}
        return Matching(**asked, amount=self.amount.range() if self.amount else None)


class LetterForm(_Form):
    kind: Literal["acknowledgement", "interim", "holding", "final", "summary"]
    media: tuple[Literal["in_app", "sms", "email", "phone", "letter"], ...]
    elements: tuple[Annotated[str, AfterValidator(known_element)], ...] = ()

    def rule(self) -> LetterRule:
        return LetterRule(kind=self.kind, media=self.media, elements=self.elements)


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
    second_stage: Annotated[SecondStageForm, BeforeValidator(_amount)] | None = None
    refers_to: tuple[str, ...] = ()

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
        self._stays_below_the_cap(self.extension, self.target)
        return self

    def _stays_below_the_cap(self, extension: ExtensionForm, target: TargetForm) -> None:
        if extension.in_all is None:
            return
        if not extension.in_all.unit == extension.cap.unit == target.unit:
            raise ValueError(f"{self.id}: in_all, cap and target must have one unit")
        most = target.amount + extension.cap.amount * extension.times
        if most > extension.in_all.amount:
            raise ValueError(f"{self.id}: extensions could make {most}, more than {extension.in_all.amount} in all")

    @model_validator(mode="after")
    def _second_stage_is_longer(self) -> Self:
        if self.second_stage is None:
            return self
        if self.target is None or (self.target.unit in DURATIONS) != (self.second_stage.unit in DURATIONS):
            raise ValueError(f"{self.id}: a second stage needs a target that counts as it does")
        if self.target.unit == self.second_stage.unit and self.second_stage.amount <= self.target.amount:
            raise ValueError(f"{self.id}: the second stage must be longer than the first")
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
            second_stage=self.second_stage.stage() if self.second_stage else None,
            refers_to=self.refers_to,
        )


class PolicyForm(_Form):
    name: str
    version: str
    family: str
    source: Source
    citation: str
    verified: bool
    effective_from: date | None = None
    effective_to: date | None = None
    keep_years: Annotated[int, Field(ge=1)] | None = None
    unverified: tuple[str, ...] = ()
    applies: MatchingForm = MatchingForm()
    calendar: str
    acknowledges: bool = False
    on_reopening: OnReopening
    reopening_days: Annotated[int, Field(ge=0)] | None = None
    follow_ups_to_escalate: Annotated[int, Field(ge=1)] | None = None
    letters: tuple[LetterForm, ...] = Field(default=(), alias="letter")
    clocks: tuple[ClockForm, ...] = Field(alias="clock")

    @model_validator(mode="after")
    def _can_be_relied_on(self) -> "PolicyForm":
        if self.verified and self.effective_from is None:
            raise ValueError("a verified policy says since when it is in force: effective_from")
        paused = [clock.id for clock in self.clocks if clock.pauses]
        if self.source == Source.LAW and paused:
            raise ValueError(f"statutory clocks never pause: {', '.join(paused)}")
        if len({clock.id for clock in self.clocks}) < len(self.clocks):
            raise ValueError("two clocks have the same id")
        return self

    def policy(self, digest: str, calendar: Calendar) -> Policy:
        return Policy(
            name=self.name,
            version=self.version,
            digest=digest,
            family=self.family,
            source=self.source,
            citation=self.citation,
            verified=self.verified,
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            applies=self.applies.matching(),
            calendar=calendar,
            acknowledges=self.acknowledges,
            on_reopening=self.on_reopening,
            reopening_days=self.reopening_days,
            follow_ups_to_escalate=self.follow_ups_to_escalate,
            letters=tuple(letter.rule() for letter in self.letters),
            clocks=tuple(clock.rule() for clock in self.clocks),
            keep_years=self.keep_years,
            unverified=(*self.unverified, *(() if self.effective_from else ("effective_from",))),
        )


class ExceptionForm(_Form):
    """A day that the operator works, or does not, other than the public holidays say."""

    day: date
    worked: bool
    reason: str


class CalendarForm(_Form):
    name: str
    version: str
    made_from: str
    time_zone: str
    hours: Annotated[Times, Field(min_length=1)]
    covers_until: date
    closed: frozenset[date]
    worked: frozenset[date]
    exceptions: tuple[ExceptionForm, ...] = Field(default=(), alias="exception")

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

    def calendar(self, digest: str) -> Calendar:
        """The calendar with the operator's exceptions in it."""
        works = {exception.day for exception in self.exceptions if exception.worked}
        closes = {exception.day for exception in self.exceptions if not exception.worked}
        return Calendar(
            name=self.name,
            version=self.version,
            digest=digest,
            time_zone=self.time_zone,
            hours=self.hours,
            closed=(self.closed | closes) - works,
            worked=(self.worked | works) - closes,
            covers_until=self.covers_until,
        )
