"""The tenant file: what one wallet brand chooses, read at start by every service."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import MAX_PREC, Context, Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, field_validator, model_validator

EXACT = Context(prec=MAX_PREC)  # the usual context rounds to 28 digits
LONGEST_SEND_SECONDS = 5.0
"""A send that began when the process was asked to stop must end, and be recorded, within its drain time of 8 s."""
DEFAULT_FILE = Path(__file__).parent / "tenants" / "default.toml"


class TenantFileError(ValueError):
    """A tenant file cannot be read or says something that cannot be."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Email(_Section):
    """An SMTP server; with `starttls` nothing is sent before the connection is encrypted.

    `timeout_seconds` is for the whole message, from connecting to the server's last word.
    """

    host: str
    port: int = 587
    sender: str
    starttls: bool = True
    username: str | None = None
    password_file: Path | None = None
    timeout_seconds: float = Field(default=LONGEST_SEND_SECONDS, gt=0, le=LONGEST_SEND_SECONDS)


class Provider(_Section):
    """An `apprise` URL in which `{address}` stands for where the recipient is reached."""

    url: str


class Webhook(_Section):
    """The tenant's app, told by Standard Webhooks; the secret file holds a `whsec_...` key."""

    url: HttpUrl
    secret_file: Path
    timeout_seconds: float = Field(default=LONGEST_SEND_SECONDS, gt=0, le=LONGEST_SEND_SECONDS)


class Callback(_Section):
    """A provider that says what became of messages; the secret file holds the `whsec_...` key that it signs with."""

    secret_file: Path


class StaffTeam(_Section):
    """How a team is told: without an e-mail address or provider its notices stay in the outbox."""

    email: str | None = None
    provider: str | None = None


class Absence(_Section):
    """Local days on which somebody is away, both included."""

    first_day: date
    last_day: date


class StaffHandler(_Section):
    """Who works on complaints: which ones the rule of assignment may give them; nothing named = all.

    A category covers those below it: `account` covers `account.takeover`. `capacity` is the most open
    complaints at a time.
    """

    team: str
    levels: tuple[Annotated[int, Field(ge=0, le=2)], ...] = (0,)
    languages: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    capacity: int | None = Field(default=None, ge=1)
    away: tuple[Absence, ...] = ()


class AssignmentRule(StrEnum):
    FEWEST_OPEN = "fewest-open"
    ROUND_ROBIN = "round-robin"


class SignalRule(_Section):
    """How many complaints of a category within `window_minutes` are too many.

    What the same window held in each of the last `weeks` says how many are usual; a count is too many where a
    Poisson variable of that mean reaches it with a probability below `surprise`, and never below `floor`.
    """

    window_minutes: int = Field(default=60, ge=1, le=1440)
    weeks: int = Field(default=4, ge=1, le=52)
    floor: int = Field(default=10, ge=2)
    surprise: float = Field(default=0.0001, ge=1e-6, le=0.1)


class Signals(SignalRule):
    """The rule of every category, and those of some of them."""

    categories: Mapping[str, SignalRule] = Field(default_factory=dict)

    def rule(self, category: str) -> SignalRule:
        return self.categories.get(category, self)


class Tenant(_Section):
    tenant: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    name: Mapping[str, str]
    languages: tuple[str, ...] = ("zh-CN", "en")
    time_zone: str
    jurisdiction: str
    regulated_service: str
    house_policy: str = "seed-default"
    statutory_policies: tuple[str, ...] = ()
    accept_unverified: bool = False
    assets: Mapping[str, int]
    contact: str
    email: Email | None = None
    sms: Provider | None = None
    webhook: Webhook | None = None
    callbacks: Mapping[str, Callback] = Field(default_factory=dict)
    address: Mapping[str, str] = Field(default_factory=dict)
    teams: Mapping[str, StaffTeam] = Field(default_factory=dict)
    handlers: Mapping[str, StaffHandler] = Field(default_factory=dict)
    assignment: AssignmentRule = AssignmentRule.FEWEST_OPEN
    signals: Signals = Signals()

    @field_validator("time_zone")
    @classmethod
    def _known_time_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {name!r}") from error
        return name

    @model_validator(mode="after")
    def _handlers_are_on_known_teams(self) -> "Tenant":
        for name, handler in self.handlers.items():
            if handler.team not in self.teams:
                raise ValueError(
                    f"handler {name!r} is on team {handler.team!r}, which is none of {', '.join(self.teams)}"
                )
        return self

    def team_of(self, handler_id: str) -> str | None:
        """The team of a handler, None for somebody who is on none."""
        handler = self.handlers.get(handler_id)
        return handler.team if handler else None

    def local_day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    def tonight(self, at: datetime) -> datetime:
        """The end of the local day."""
        tomorrow = self.local_day(at) + timedelta(days=1)
        return datetime.combine(tomorrow, time(), ZoneInfo(self.time_zone)).astimezone(UTC)

    def language(self, wanted: str | None) -> str:
        """Choose the tenant's language closest to a BCP 47 tag."""
        prefix = (wanted or "").partition("-")[0].lower()
        matching = [language for language in self.languages if language.lower().startswith(prefix) and prefix]
        return matching[0] if matching else self.languages[0]

    def has_too_many_digits(self, amount: Decimal, currency: str) -> bool:
        """Tell whether an amount is finer than the scale of its asset; raises KeyError for an unknown one."""
        exponent = amount.normalize(EXACT).as_tuple().exponent
        return isinstance(exponent, int) and -exponent > self.assets[currency]


def load_tenants(directory: Path | None) -> dict[str, Tenant]:
    """Read every `*.toml` of a directory, or the default tenant; raises TenantFileError."""
    files = sorted(directory.glob("*.toml")) if directory else [DEFAULT_FILE]
    tenants = [_load(file) for file in files]
    if not tenants:
        raise TenantFileError(f"no tenant file in {directory}")
    return {tenant.tenant: tenant for tenant in tenants}


def _load(file: Path) -> Tenant:
    try:
        return Tenant.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError, OSError) as error:
        raise TenantFileError(f"{file.name}: {error}") from error
