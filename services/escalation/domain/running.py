"""What can happen to running clocks: they are missed, met, paused, resumed, extended, cancelled."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from services.escalation.domain import commands
from services.escalation.domain.case_events import CaseStream, Pinned, StatedTarget
from services.escalation.domain.clocks import (
    REPLACED,
    SECOND_STAGE,
    UNDELIVERED,
    Clock,
    ClockState,
    Timing,
    timing_anew,
)
from services.escalation.domain.commands import Cause, ComplaintCommand
from services.escalation.domain.policy import Meets, OnMissed, PolicyBook, Starts
from services.escalation.domain.situation import Happening, Situation, Stage
from services.escalation.domain.starting import Start, starts
from services.escalation.domain.targets import Amount, Due, Target

OUTLIVES_THE_COMPLAINT = frozenset(
    {Starts.REMEDY_OWED, Starts.REFERRAL_OPENED, Starts.FINAL_LETTER_SENT, Starts.REFERABLE}
)

MOMENT = timedelta(microseconds=1)

Commands = list[ComplaintCommand]


class RunningClocks(CaseStream):
    """The chapter of clocks that run already."""

    def active(self) -> list[Clock]:
        return [clock for clock in self.clocks.values() if clock.is_active]

    def miss_overdue(self, situation: Situation, book: PolicyBook, cause: Cause) -> Commands:
        """What was due before this happened was missed, whatever happens now; the oldest first."""
        overdue = [each for each in self.active() if each.state == ClockState.RUNNING and each.due_at <= cause.at]
        asked: Commands = []
        for clock in sorted(overdue, key=lambda each: (each.due_at, each.clock_id)):
            asked += self.miss(clock, situation, book, cause)
        return asked

    def miss(self, clock: Clock, situation: Situation, book: PolicyBook, cause: Cause) -> Commands:
        policy, rule = clock.pinned(book)
        missed = self.record(
            self.ClockMissed,
            cause,
            clock.clock_id,
            clock=clock.name,
            owner=clock.owner,
            due_at=clock.due_at,
            late_by_seconds=int((cause.at - clock.due_at).total_seconds()),
        )
        because = replace(cause, event_id=missed)
        if rule.refers_to and situation.matter is not None:
            opens_at = policy.calendar.midnight(clock.due_on)
            windows = starts(
                situation.matter,
                [policy],
                Starts.REFERABLE,
                occurrence=clock.clock_id,
                started_at=opens_at,
                now=cause.at,
            )
            self.begin(windows, book, because)
        if rule.on_missed == OnMissed.RAISE_LEVEL and situation.stage == Stage.OPEN:
            return [commands.escalate("clock-missed", because, missed)]
        if rule.on_missed == OnMissed.CLOSE_UNANSWERED and situation.stage == Stage.RESOLVED:
            return [commands.close("no_answer", because, missed, resolution_id=situation.resolution_id)]
        return []

    def begin(self, new: Iterable[Start], book: PolicyBook, cause: Cause) -> None:
        """Record clocks that do not run yet."""
        fresh = [start for start in new if start.clock_id(cause.complaint_id) not in self.clocks]
        for start in fresh:
            clock_id = start.clock_id(cause.complaint_id)
            self.record(self.ClockStarted, cause, clock_id, **start.fields(len(fresh)))
            for granted in start.extensions:
                self.lengthen(self.clocks[clock_id], granted, book, cause)

    def begin_in_hindsight(self, new: Sequence[Start], situation: Situation, book: PolicyBook, cause: Cause) -> None:
        """Record clocks that count from the past; what was done for them in time is theirs."""
        self.begin(new, book, cause)
        for start in new:
            clock = self.clocks[start.clock_id(cause.complaint_id)]
            stage = start.rule.second_stage
            opened = situation.first_kept(frozenset({stage.opened_by}), since=clock.started_at) if stage else None
            if stage and opened and opened.at < clock.due_at and not clock.in_second_stage:
                again = self._timing(clock, book, cause, target=stage.target)
                self._recalculate(clock, start.rule.id, stage.target, again, SECOND_STAGE, cause)
            kept = situation.first_kept(start.rule.meets, since=clock.started_at)
            if kept and kept.at < clock.due_at:
                met = {"clock": clock.name, "met_at": kept.at, "by_event_id": kept.event_id}
                self.record(self.ClockMet, cause, clock.clock_id, **met)

    def meet(self, happening: Happening, situation: Situation, book: PolicyBook, cause: Cause) -> None:
        """What this keeps; a letter that had not arrived keeps, once it does, what it was written to keep."""
        kept = situation.kept_by(happening)
        for clock in self.active():
            _, rule = clock.pinned(book)
            is_kept = bool(rule.meets & kept) and happening.subject in {None, clock.subject}
            arrived = happening.delivered if clock.owed_for and clock.owed_for == happening.delivered else None
            if is_kept or arrived:
                met = {"clock": clock.name, "met_at": happening.at, "by_event_id": arrived or happening.event_id}
                self.record(self.ClockMet, cause, clock.clock_id, **met)

    def cancel_what_was_replaced(self, happening: Happening, cause: Cause) -> None:
        """A promise that another one stands for is owed no more; one that was missed stays missed."""
        for clock in self.active():
            if happening.owed_no_more is not None and clock.subject == happening.owed_no_more:
                self.record(self.ClockCancelled, cause, clock.clock_id, clock=clock.name, why=REPLACED)

    def open_second_stage(self, happening: Happening, situation: Situation, book: PolicyBook, cause: Cause) -> None:
        """What was done in time for it makes a limit the longer one."""
        kept = situation.kept_by(happening)
        for clock in self.active():
            _, rule = clock.pinned(book)
            stage = rule.second_stage
            if stage is None or clock.in_second_stage or stage.opened_by not in kept:
                continue
            again = self._timing(clock, book, cause, target=stage.target)
            self._recalculate(clock, rule.id, stage.target, again, SECOND_STAGE, cause)

    def owe_again(self, happening: Happening, situation: Situation, book: PolicyBook, cause: Cause) -> None:
        """What a letter had met is owed again, at its old due time, once its last attempt has failed."""
        if happening.undelivered is None or situation.stage == Stage.ENDED:
            return
        for clock in self.clocks.values():
            _, rule = clock.pinned(book)
            if clock.met_by != happening.undelivered or clock.stopped_at is None:
                continue
            if not situation.has_kept(rule.meets, clock.subject, since=clock.stopped_at + MOMENT):
                unchanged = Timing(Due(clock.due_at, clock.due_on, clock.beyond_calendar), clock.warn_at)
                self._recalculate(clock, clock.rule_id, clock.target, unchanged, UNDELIVERED, cause)

    def await_delivery(self, happening: Happening, situation: Situation, book: PolicyBook, cause: Cause) -> None:
        """The time to answer a decision does not run while its letter has come back and no other has arrived."""
        if happening.undelivered is None or situation.resolution_delivered:
            return
        for clock in self.active():
            _, rule = clock.pinned(book)
            if rule.starts == Starts.RESOLUTION_DELIVERED:
                self.record(self.ClockCancelled, cause, clock.clock_id, clock=clock.name, why=UNDELIVERED)

    def _recalculate(
        self, clock: Clock, rule_id: str, target: Target | None, again: Timing, why: str, cause: Cause, **pinned: Pinned
    ) -> None:
        self.record(
            self.ClockRecalculated,
            cause,
            clock.clock_id,
            why=why,
            rule=rule_id,
            target=StatedTarget.of(target) if target else None,
            old_due_at=clock.due_at,
            **stated(again),
            **pinned,
        )

    def cancel_what_ended(self, why: str, book: PolicyBook, cause: Cause) -> None:
        """A freeze is answered whatever becomes of the complaint: a thief with the session may withdraw it."""
        for clock in self.active():
            _, rule = clock.pinned(book)
            if rule.starts not in OUTLIVES_THE_COMPLAINT and Meets.FREEZE_ANSWERED not in rule.meets:
                self.record(self.ClockCancelled, cause, clock.clock_id, clock=clock.name, why=why)

    def pause_or_resume(self, situation: Situation, book: PolicyBook, cause: Cause) -> None:
        """House clocks stand still while the complaint waits for anybody else."""
        for clock in self.active():
            _, rule = clock.pinned(book)
            stands_still = bool(situation.waits) and rule.pauses and clock.target is not None
            if stands_still and clock.state == ClockState.RUNNING:
                self.record(self.ClockPaused, cause, clock.clock_id, paused_at=cause.at)
            elif not stands_still and clock.state == ClockState.PAUSED:
                again = self._timing(clock, book, cause)
                self.record(self.ClockResumed, cause, clock.clock_id, resumed_at=cause.at, **stated(again))

    def extend(self, happening: Happening, book: PolicyBook, cause: Cause) -> None:
        extension = happening.extension
        clock = self.clocks.get(extension.clock_id) if extension else None
        if extension is None or clock is None or not clock.is_active:
            return
        self.lengthen(clock, extension.amount, book, cause)

    def lengthen(self, clock: Clock, by: Amount, book: PolicyBook, cause: Cause) -> None:
        again = self._timing(clock, book, cause, by)
        self.record(self.ClockExtended, cause, clock.clock_id, amount=by.amount, unit=by.unit, **stated(again))

    def _timing(
        self, clock: Clock, book: PolicyBook, cause: Cause, *more: Amount, target: Target | None = None
    ) -> Timing:
        policy, rule = clock.pinned(book)
        if clock.target is None:
            raise ValueError(f"{clock.name} has a date and no target: it can neither pause nor be extended")
        return timing_anew(clock, rule, target or clock.target, policy, now=cause.at, more=more)


def stated(again: Timing) -> dict[str, object]:
    """The fields of every event that moves a due time."""
    due = again.due
    return {"due_at": due.at, "due_on": due.on, "warn_at": again.warn_at, "beyond_calendar": due.beyond_calendar}
