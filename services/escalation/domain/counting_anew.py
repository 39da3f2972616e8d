"""When running clocks count by something else than they were started by: a command, or data that arrived."""

from dataclasses import replace

from services.escalation.domain.case_events import Pinned
from services.escalation.domain.clocks import Clock, dated_timing, rules_for, timing_anew
from services.escalation.domain.commands import Cause
from services.escalation.domain.policy import ClockRule, Policy, PolicyBook
from services.escalation.domain.running import RunningClocks
from services.escalation.domain.situation import Matter

CALENDAR_DATA = "calendar-data"


class CountingAnew(RunningClocks):
    """The chapter of migration; what a clock was given, pauses and extensions, stays given."""

    def migrate(self, matter: Matter, book: PolicyBook, cause: Cause, *, why: str) -> None:
        """Count every running clock by the version of its policy and calendar that new complaints get."""
        for clock in self.active():
            _, rule = clock.pinned(book)
            newest = book.newest(cause.tenant, clock.policy, matter.received_at)
            if newest is None or _same(clock, newest):
                continue
            rules = {each.name: each for each in rules_for(matter, newest, rule.starts)}
            if clock.name in rules:
                self._count_by(newest, rules[clock.name], clock, why, cause)

    def use_calendar_data(self, book: PolicyBook, cause: Cause) -> None:
        """Count dates that lay beyond the data of their calendar by data that reach further."""
        for clock in self.active():
            policy, rule = clock.pinned(book)
            newest = book.newest_calendar(clock.calendar)
            if clock.beyond_calendar and newest and newest.covers_until > policy.calendar.covers_until:
                self._count_by(replace(policy, calendar=newest), rule, clock, CALENDAR_DATA, cause)

    def _count_by(self, policy: Policy, rule: ClockRule, clock: Clock, why: str, cause: Cause) -> None:
        target = clock.target_by(rule)
        again = (
            timing_anew(clock, rule, target, policy, now=cause.at)
            if target
            else dated_timing(rule, clock.due_on, policy, start=clock.started_at, now=cause.at)
        )
        self._recalculate(
            clock,
            rule.id,
            target,
            again,
            why,
            cause,
            policy=Pinned(policy.name, policy.version, policy.digest),
            calendar=Pinned(policy.calendar.name, policy.calendar.version, policy.calendar.digest),
        )


def _same(clock: Clock, newest: Policy) -> bool:
    counted = newest.calendar
    pinned = (clock.policy_version, clock.calendar, clock.calendar_version)
    return pinned == (newest.version, counted.name, counted.version)
