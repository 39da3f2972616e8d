"""Clocks about to start: which rule, from when, due when; the case records them, a preview only shows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.escalation.domain.business_time import Span
from services.escalation.domain.case_events import (
    Pinned,
    StatedExtension,
    StatedLetter,
    StatedTarget,
    Terms,
)
from services.escalation.domain.clocks import (
    Clock,
    Place,
    Timing,
    applicable,
    clock_id,
    dated_timing,
    rules_for,
    timing,
)
from services.escalation.domain.commands import ToldPromise
from services.escalation.domain.policy import ClockRule, Policy, Starts
from services.escalation.domain.situation import Matter, Owed
from services.escalation.domain.targets import Amount, Target

NO_EARLIER_RUN: Mapping[Place, Clock] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Start:
    """One clock that starts; `occurrence` names what set it going, `later_target` the limit of a stage begun before.

    `paused` and `extensions` are those of an earlier run; `timing` counts the first and not yet the second.
    """

    policy: Policy
    rule: ClockRule
    occurrence: UUID
    started_at: datetime
    timing: Timing
    subject: UUID | None = None
    paused: tuple[Span, ...] = ()
    extensions: tuple[Amount, ...] = ()
    later_target: Target | None = None

    @property
    def place(self) -> Place:
        return self.policy.name, self.policy.version, self.rule.name

    def clock_id(self, complaint_id: UUID) -> UUID:
        return clock_id(complaint_id, self.policy, self.rule, self.occurrence)

    def fields(self, set_size: int) -> dict[str, Any]:
        """What ClockStarted says."""
        due, policy, calendar = self.timing.due, self.policy, self.policy.calendar
        target = self.later_target or self.rule.target
        return {
            "clock": self.rule.name,
            "rule": self.rule.id,
            "owner": self.rule.owner,
            "source": policy.source,
            "subject": self.subject,
            "target": StatedTarget.of(target) if target else None,
            "paused": self.paused,
            "policy": Pinned(policy.name, policy.version, policy.digest),
            "calendar": Pinned(calendar.name, calendar.version, calendar.digest),
            "started_at": self.started_at,
            "due_at": due.at,
            "due_on": due.on,
            "time_zone": calendar.time_zone,
            "warn_at": self.timing.warn_at,
            "verified": policy.verified,
            "beyond_calendar": due.beyond_calendar,
            "terms": terms(policy, self.rule),
            "set_size": set_size,
            "refers_to": self.rule.refers_to,
            "in_second_stage": self.later_target is not None,
        }

    def told(self, complaint_id: UUID) -> ToldPromise:
        """The clock as the complainant is told of it."""
        due, policy = self.timing.due, self.policy
        return ToldPromise(
            clock_id=self.clock_id(complaint_id),
            clock=self.rule.name,
            owner=self.rule.owner,
            source=policy.source,
            due_at=due.at,
            due_on=due.on,
            time_zone=policy.calendar.time_zone,
            policy=policy.name,
            policy_version=policy.version,
            verified=policy.verified,
            beyond_calendar=due.beyond_calendar,
        )


def terms(policy: Policy, rule: ClockRule) -> Terms:
    extension = rule.extension
    return Terms(
        extension=StatedExtension(
            unit=extension.cap.unit, cap=extension.cap.amount, times=extension.times, approver=extension.approver
        )
        if extension
        else None,
        letters=tuple(
            StatedLetter(kind=letter.kind, media=letter.media, elements=letter.elements) for letter in policy.letters
        ),
        reopening_days=policy.reopening_days,
    )


def starts(
    matter: Matter,
    policies: Iterable[Policy],
    trigger: Starts,
    *,
    occurrence: UUID,
    started_at: datetime,
    now: datetime,
    earlier: Mapping[Place, Clock] = NO_EARLIER_RUN,
) -> list[Start]:
    """Every clock with a target that a trigger sets going, under each policy that applies.

    What an earlier run of one was given stays given.
    """
    found = []
    for policy in applicable(matter, policies):
        for rule in rules_for(matter, policy, trigger):
            before = earlier.get((policy.name, policy.version, rule.name))
            paused, extensions = (tuple(before.paused), tuple(before.extensions)) if before else ((), ())
            if rule.target is not None:
                later = before.later_target(rule) if before else None
                when = timing(rule, later or rule.target, started_at, policy, now=now, paused=paused)
                found.append(
                    Start(
                        policy=policy,
                        rule=rule,
                        occurrence=occurrence,
                        started_at=started_at,
                        timing=when,
                        paused=paused,
                        extensions=extensions,
                        later_target=later,
                    )
                )
    return found


def dated_starts(matter: Matter, policies: Iterable[Policy], owed: Owed, now: datetime) -> list[Start]:
    """Every clock that ends with a date which a fact brought."""
    return [
        Start(
            policy=policy,
            rule=rule,
            occurrence=owed.id,
            started_at=now,
            timing=dated_timing(rule, owed.due_on, policy, start=now, now=now),
            subject=owed.id,
        )
        for policy in applicable(matter, policies)
        for rule in rules_for(matter, policy, owed.starts)
        if rule.target is None
    ]
