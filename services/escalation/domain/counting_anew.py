"""When running clocks count by something else than they were started by: a command, or data that arrived."""

from dataclasses import replace
from uuid import uuid5

from services.escalation.domain.case_events import Pinned
from services.escalation.domain.clocks import Clock, applicable, dated_timing, rules_for, timing_anew
from services.escalation.domain.commands import Cause
from services.escalation.domain.policy import ClockRule, Policy, PolicyBook, Starts
from services.escalation.domain.running import RunningClocks
from services.escalation.domain.situation import Matter, Situation, Stage
from services.escalation.domain.starting import Start, starts

CALENDAR_DATA = "calendar-data"


class CountingAnew(RunningClocks):
    """The chapter of migration; what a clock was given, pauses and extensions, stays given."""

    def migrate(self, situation: Situation, book: PolicyBook, cause: Cause, *, why: str) -> None:
        """Promise what a complaint received then would be promised today, by the newest versions of its policies.

        What a policy promises no more is cancelled; what is promised for the first time starts at the receipt,
        unless it was kept already. A policy that the tenant has given up, or that was not in force then, keeps its
        clocks.
        """
        matter = situation.matter
        if matter is None:
            return
        applying = {policy.name: policy for policy in applicable(matter, book.chosen_by(cause.tenant))}
        for clock in self.active():
            newest = book.newest(cause.tenant, clock.policy, matter.received_at)
            if newest is not None:
                self._follow(newest, clock, matter, book, cause, why=why, applies=newest.name in applying)
        is_classified = bool(matter.jurisdiction)
        if is_classified and situation.stage != Stage.ENDED:
            new = [start for policy in applying.values() for start in self._new(policy, situation, matter, cause)]
            self.begin(new, book, cause)
            self.pause_or_resume(situation, book, cause)

    def _follow(
        self, newest: Policy, clock: Clock, matter: Matter, book: PolicyBook, cause: Cause, *, why: str, applies: bool
    ) -> None:
        """Let one clock follow its policy to its newest version."""
        starts_with = clock.pinned(book)[1].starts
        rules = {rule.name: rule for rule in rules_for(matter, newest, starts_with)}
        stands_behind = not applies and starts_with == Starts.RECEIVED
        if stands_behind or (clock.name not in rules and not _same(clock, newest)):
            by = Pinned(newest.name, newest.version, newest.digest)
            self.record(self.ClockCancelled, cause, clock.clock_id, clock=clock.name, why=why, policy=by)
        elif not _same(clock, newest):
            self._count_by(newest, rules[clock.name], clock, why, cause)

    def _new(self, policy: Policy, situation: Situation, matter: Matter, cause: Cause) -> list[Start]:
        """What the receipt of this complaint would have set going, and never did."""
        ran = {
            (clock.policy, clock.name)
            for clock in self.clocks.values()
            if not (clock.was_reclassified or clock.was_given_up)
        }
        begun = starts(
            matter,
            [policy],
            Starts.RECEIVED,
            occurrence=uuid5(cause.complaint_id, f"migrated:{policy.name}:{policy.version}"),
            started_at=matter.received_at,
            now=cause.at,
        )
        return [
            start
            for start in begun
            if (policy.name, start.rule.name) not in ran
            and not situation.has_kept(start.rule.meets, None, since=matter.received_at)
        ]

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
