"""A policy: which clocks run for which complaints, how long, what meets them, what follows when they are missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from services.escalation.domain.business_time import Calendar
from services.escalation.domain.targets import Amount, Target


class Source(StrEnum):
    HOUSE = "house"
    LAW = "law"


class Owner(StrEnum):
    """Who keeps the promise; only clocks that the wallet owns raise the level."""

    WALLET = "wallet"
    COMPLAINANT = "complainant"


class Starts(StrEnum):
    """What sets a clock going."""

    RECEIVED = "received"
    FOLLOW_UP = "follow_up"
    RESOLUTION_DELIVERED = "resolution_delivered"
    REMEDY_OWED = "remedy_owed"
    REFERRAL_OPENED = "referral_opened"
    REGULATOR_ASKED = "regulator_asked"
    FINAL_LETTER_SENT = "final_letter_sent"
    REFERABLE = "referable"


class Meets(StrEnum):
    """What keeps the promise of a clock."""

    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    HOLDING_LETTER = "holding_letter"
    FINAL_LETTER = "final_letter"
    SUMMARY_LETTER = "summary_letter"
    FREEZE_ANSWERED = "freeze_answered"
    VERDICT = "verdict"
    REMEDY_FULFILLED = "remedy_fulfilled"
    REFERRAL_ANSWERED = "referral_answered"
    WORK_STARTED = "work_started"
    REFERRED = "referred"


class OnMissed(StrEnum):
    """What is asked of the complaint when a clock is missed."""

    RAISE_LEVEL = "raise_level"
    CLOSE_UNANSWERED = "close_unanswered"
    NOTHING = "nothing"


class OnReopening(StrEnum):
    """What a clock counts after reopening: the remaining time, the full target, or to the original date."""

    CONTINUE = "continue"
    FRESH = "fresh"
    STATUTORY = "statutory"


@dataclass(frozen=True, kw_only=True)
class AmountRange:
    """A disputed amount in one currency, from `at_least` up to, but not, `below`."""

    currency: str
    at_least: Decimal | None = None
    below: Decimal | None = None

    def holds(self, amount: Decimal | None, currency: str) -> bool:
        if amount is None or currency != self.currency:
            return False
        return (self.at_least is None or amount >= self.at_least) and (self.below is None or amount < self.below)


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Conditions on a complaint; None or nothing asks nothing."""

    jurisdictions: frozenset[str] = frozenset()
    regulated_services: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    complexity: str | None = None
    urgent: bool | None = None
    amount: AmountRange | None = None


@dataclass(frozen=True, kw_only=True)
class SecondStage:
    """What, done in time, makes the limit a longer one: a holding reply by day 15, and it is day 35.

    The longer limit counts from the same start, and is the last.
    """

    opened_by: Meets
    target: Target


@dataclass(frozen=True, kw_only=True)
class ExtensionTerms:
    """At most `cap` of the unit at a time, `times` times, granted by `approver`."""

    cap: Amount
    times: int
    approver: str


@dataclass(frozen=True, kw_only=True)
class ClockRule:
    """`target` is None where the date comes with the fact: a remedy's, a referral's, a regulator's.

    Rules that exclude each other share a `name`, which people see; `id` is unique within the policy.
    Once the clock has passed its due time the complainant may turn to the bodies of `refers_to`.
    """

    id: str
    name: str
    owner: Owner
    starts: Starts
    meets: frozenset[Meets]
    target: Target | None
    when: Matching
    pauses: bool
    warn_at: tuple[float, ...]
    on_missed: OnMissed
    extension: ExtensionTerms | None
    second_stage: SecondStage | None = None
    refers_to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LetterRule:
    kind: str
    media: tuple[str, ...]
    elements: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One version of one policy file, with the calendar that it counts by.

    `unverified` names single figures that no source confirmed, in a policy that is otherwise verified. Without an
    `effective_from` nobody has confirmed since when it is in force, and it applies whenever something was received.
    """

    name: str
    version: str
    digest: str
    family: str
    source: Source
    citation: str
    verified: bool
    effective_from: date | None
    effective_to: date | None
    applies: Matching
    calendar: Calendar
    acknowledges: bool
    on_reopening: OnReopening
    reopening_days: int | None
    follow_ups_to_escalate: int | None
    letters: tuple[LetterRule, ...]
    clocks: tuple[ClockRule, ...]
    keep_years: int | None = None
    unverified: tuple[str, ...] = ()

    def is_in_force(self, at: datetime) -> bool:
        """Tell whether it may apply to what is received at an instant."""
        day = self.calendar.local_date(at)
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day <= self.effective_to)

    def rule(self, rule_id: str) -> ClockRule:
        return next(rule for rule in self.clocks if rule.id == rule_id)


class PolicyBook:
    """Every policy of an installation, and which of them each tenant chose, in order.

    `policies` are what new clocks start by, with the newest calendars. `pinned` are what running clocks
    were started by and no file says any more; `calendars` are all versions that either may count by.
    """

    def __init__(
        self,
        policies: Sequence[Policy],
        chosen: Mapping[str, Sequence[str]],
        *,
        pinned: Sequence[Policy] = (),
        calendars: Sequence[Calendar] = (),
    ) -> None:
        self._policies = {(policy.name, policy.version): policy for policy in policies}
        self._known = {(policy.name, policy.version): policy for policy in (*pinned, *policies)}
        counted = (*calendars, *(policy.calendar for policy in (*pinned, *policies)))
        self._calendars = {(calendar.name, calendar.version): calendar for calendar in counted}
        self._chosen = chosen

    def pinned(self, name: str, version: str, calendar: tuple[str, str]) -> Policy:
        """The policy as a clock was started by it: that version, counting by that version of the calendar."""
        policy, counted = self._known[name, version], self._calendars[calendar]
        return policy if policy.calendar is counted else replace(policy, calendar=counted)

    def chosen_by(self, tenant: str) -> list[Policy]:
        """The policies of a tenant, in its order; several versions of one may be among them."""
        return [policy for name in self._chosen[tenant] for policy in self._policies.values() if policy.name == name]

    def all(self) -> list[Policy]:
        return list(self._policies.values())

    def newest(self, tenant: str, name: str, at: datetime) -> Policy | None:
        """The version of a policy by which the tenant would promise what is received at an instant."""
        return next((each for each in self.chosen_by(tenant) if each.name == name and each.is_in_force(at)), None)

    def newest_calendar(self, name: str) -> Calendar | None:
        """The calendar of that name which new clocks count by."""
        return next((policy.calendar for policy in self._policies.values() if policy.calendar.name == name), None)
