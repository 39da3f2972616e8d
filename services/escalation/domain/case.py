"""The case that escalation keeps for one complaint: its clocks, and what follows from what happens."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID, uuid5

from services.escalation.domain import commands
from services.escalation.domain.clocks import (
    RECLASSIFIED,
    UNDELIVERED,
    Clock,
    ClockState,
    applicable,
    dated_timing,
    timing,
    timing_anew,
)
from services.escalation.domain.commands import Cause
from services.escalation.domain.counting_anew import CountingAnew
from services.escalation.domain.policy import ClockRule, Meets, OnReopening, Owner, Policy, PolicyBook, Starts
from services.escalation.domain.running import Commands
from services.escalation.domain.situation import DECIDED, Happening, Matter, Situation, Stage
from services.escalation.domain.starting import Start, dated_starts, starts

RESTORED_AS_THEY_WERE = frozenset({"unlinked", "primary-ended"})
LETTERS_THAT_END = frozenset({Meets.FINAL_LETTER, Meets.SUMMARY_LETTER})


class Case(CountingAnew):
    """Decides from a happening, the situation after it, and the policies; never looks at the time itself."""

    TOPIC = "case"

    @classmethod
    def open(cls, case_id: UUID, at: datetime) -> "Case":
        """A case without any clock yet."""
        case = cls.__new__(cls)
        case.__base_init__(case_id, 0, at)
        case.__init__()  # type: ignore[misc]  # as the library makes its aggregates
        return case

    def follow(self, happening: Happening, situation: Situation, book: PolicyBook, cause: Cause) -> Commands:
        """Do to the clocks what a fact means to them; return what is to be asked of the complaint."""
        asked = self.miss_overdue(situation, book, cause)
        self.meet(happening, situation, book, cause)
        self.cancel_what_was_replaced(happening, cause)
        self.open_second_stage(happening, situation, book, cause)
        self.owe_again(happening, situation, book, cause)
        self.await_delivery(happening, situation, book, cause)
        if happening.stage == Stage.ENDED:
            self.cancel_what_ended(happening.ended_as, book, cause)
        if happening.reopened_because is not None:
            self._restart(happening, book, cause)
        self.extend(happening, book, cause)
        if situation.matter is not None:
            asked += self._start(happening, situation, situation.matter, book, cause)
        self.pause_or_resume(situation, book, cause)
        return asked + self._count_follow_ups(happening, situation, book, cause)

    def fire(self, clock_id: UUID, situation: Situation, book: PolicyBook, cause: Cause) -> Commands:
        """Warn of a clock, or declare it missed, if that is still so at `cause.at`."""
        clock = self.clocks.get(clock_id)
        if clock is None or clock.state != ClockState.RUNNING:
            return []
        if clock.due_at <= cause.at:
            return self.miss(clock, situation, book, cause)
        if clock.next_at <= cause.at:
            self.record(self.ClockWarned, cause, clock_id, clock=clock.name, owner=clock.owner, due_at=clock.due_at)
        return []

    def _start(
        self, happening: Happening, situation: Situation, matter: Matter, book: PolicyBook, cause: Cause
    ) -> Commands:
        """Start what this sets going; the first classification starts the promises and has them told."""
        policies, asked = book.chosen_by(cause.tenant), Commands()
        new = [start for owed in happening.owed for start in dated_starts(matter, policies, owed, cause.at)]
        if happening.accepted:
            new += [s for owed in situation.owed_if_accepted for s in dated_starts(matter, policies, owed, cause.at)]
        if happening.classified and not self.clocks:
            promised = starts(
                matter,
                policies,
                Starts.RECEIVED,
                occurrence=cause.complaint_id,
                started_at=matter.received_at,
                now=cause.at,
            )
            new += [*promised, *(s for each in situation.asked for s in dated_starts(matter, policies, each, cause.at))]
            asked += self._acknowledge(promised, matter, policies, happening, cause)
        elif happening.classified and situation.stage != Stage.ENDED:
            promised = self._reclassify(happening, matter, policies, book, cause)
            self.begin_in_hindsight(promised, situation, book, cause)
        new += self._answers(happening, situation, matter, book, cause)
        self.begin(new, book, cause)
        if situation.stage == Stage.OPEN:
            asked += self._ask_for_attention(happening, situation, cause)
        return asked

    def _ask_for_attention(self, happening: Happening, situation: Situation, cause: Cause) -> Commands:
        """A complaint that no policy promises anything to would wait for ever, and nobody would know."""
        if happening.classified and not self.clocks:
            return [commands.escalate("nothing-promised", cause, happening.event_id)]
        if situation.urgent_since == happening.event_id:
            return [commands.escalate("urgent", cause, happening.event_id)]
        return []

    def _acknowledge(
        self, promised: list[Start], matter: Matter, policies: Iterable[Policy], happening: Happening, cause: Cause
    ) -> Commands:
        if not any(policy.acknowledges for policy in applicable(matter, policies)):
            return []
        told = tuple(start.told(cause.complaint_id) for start in promised)
        return [commands.acknowledge(told, cause, happening.event_id)]

    def _answers(
        self, happening: Happening, situation: Situation, matter: Matter, book: PolicyBook, cause: Cause
    ) -> list[Start]:
        """The answer owed after a follow-up, and the verdict awaited after a delivered resolution."""
        policies, new = book.chosen_by(cause.tenant), []
        if happening.followed_up and situation.stage == Stage.OPEN and not self._promises(Meets.ANSWERED, book):
            new += starts(
                matter, policies, Starts.FOLLOW_UP, occurrence=happening.event_id, started_at=happening.at, now=cause.at
            )
        if situation.resolution_delivered and situation.resolution_id is not None:
            new += starts(
                matter,
                policies,
                Starts.RESOLUTION_DELIVERED,
                occurrence=self._awaited_verdict(situation.resolution_id),
                started_at=happening.at,
                now=cause.at,
            )
        if situation.kept_by(happening) & LETTERS_THAT_END:
            new += starts(
                matter,
                policies,
                Starts.FINAL_LETTER_SENT,
                occurrence=happening.event_id,
                started_at=happening.at,
                now=cause.at,
            )
        return new

    def _awaited_verdict(self, resolution_id: UUID) -> UUID:
        """Name the run of the time to answer: another one where the letter that began an earlier one came back."""
        came_back = sum(1 for clock in self.clocks.values() if clock.cancelled_because == UNDELIVERED)
        return uuid5(resolution_id, f"delivery:{came_back}") if came_back else resolution_id

    def _promises(self, wanted: Meets, book: PolicyBook) -> bool:
        return any(wanted in clock.pinned(book)[1].meets for clock in self.active())

    def _reclassify(
        self, happening: Happening, matter: Matter, policies: Iterable[Policy], book: PolicyBook, cause: Cause
    ) -> list[Start]:
        """Recalculate from `received_at` under the pinned policies; cancel or start as it now applies."""
        clocks = [clock for clock in self.clocks.values() if clock.pinned(book)[1].starts == Starts.RECEIVED]
        known = {clock.place: clock for clock in clocks}
        promised = starts(
            matter,
            _pinned_first(policies, [clock.pinned(book)[0] for clock in known.values()]),
            Starts.RECEIVED,
            occurrence=happening.event_id,
            started_at=matter.received_at,
            now=cause.at,
            earlier=known,
        )
        wanted = {start.place: start for start in promised}
        for clock in known.values():
            if clock.is_active and clock.place in wanted:
                self._classify_anew(clock, wanted[clock.place].rule, book, cause)
            elif clock.is_active:
                self.record(self.ClockCancelled, cause, clock.clock_id, clock=clock.name, why=RECLASSIFIED)
        return [start for place, start in wanted.items() if place not in known or known[place].was_reclassified]

    def _classify_anew(self, clock: Clock, rule: ClockRule, book: PolicyBook, cause: Cause) -> None:
        policy = clock.pinned(book)[0]
        target = clock.target_by(rule)
        if rule.id != clock.rule_id and target is not None:
            again = timing_anew(clock, rule, target, policy, now=cause.at)
            self._recalculate(clock, rule.id, target, again, RECLASSIFIED, cause)

    def _restart(self, happening: Happening, book: PolicyBook, cause: Cause) -> None:
        """Set going again what the end or the resolution had stopped, as the pinned policy says."""
        newest = {(clock.policy, clock.name): clock for clock in self.clocks.values()}
        stopped = [clock for clock in newest.values() if self._begins_again(clock, happening, book)]
        self.begin([self._again(clock, happening, book, cause) for clock in stopped], book, cause)

    def _begins_again(self, clock: Clock, happening: Happening, book: PolicyBook) -> bool:
        """What the end cancelled, and what only a decision can meet; of what was missed only a full target."""
        policy, rule = clock.pinned(book)
        if happening.reopened_because in RESTORED_AS_THEY_WERE or rule.starts == Starts.REGULATOR_ASKED:
            return clock.has_ended_with_the_complaint
        if rule.starts != Starts.RECEIVED:
            return False
        again = {ClockState.MET, ClockState.MISSED} if policy.on_reopening == OnReopening.FRESH else {ClockState.MET}
        return clock.has_ended_with_the_complaint or (clock.state in again and rule.meets <= DECIDED)

    def _again(self, clock: Clock, happening: Happening, book: PolicyBook, cause: Cause) -> Start:
        policy, rule = clock.pinned(book)
        restored = happening.reopened_because in RESTORED_AS_THEY_WERE
        how = OnReopening.STATUTORY if restored else policy.on_reopening
        begin = partial(Start, policy=policy, rule=rule, occurrence=happening.event_id)
        if rule.target is None:
            dated = dated_timing(rule, clock.due_on, policy, start=clock.started_at, now=cause.at)
            return begin(started_at=clock.started_at, timing=dated, subject=clock.subject)
        if how == OnReopening.FRESH:
            fresh = timing(rule, rule.target, happening.at, policy, now=cause.at)
            return begin(started_at=happening.at, timing=fresh)
        paused = clock.stood_still(happening.at) if how == OnReopening.CONTINUE else tuple(clock.paused)
        later = clock.later_target(rule)
        return begin(
            started_at=clock.started_at,
            later_target=later,
            timing=timing(rule, later or rule.target, clock.started_at, policy, now=cause.at, paused=paused),
            paused=paused,
            extensions=tuple(clock.extensions),
        )

    def _count_follow_ups(self, happening: Happening, situation: Situation, book: PolicyBook, cause: Cause) -> Commands:
        """Asking again and again while an answer is overdue raises the level, each time the policy's number is full."""
        overdue = self._overdue(situation, book)
        if not happening.followed_up or situation.stage != Stage.OPEN or overdue is None:
            return []
        number = overdue.pinned(book)[0].follow_ups_to_escalate
        since = sum(1 for at in situation.follow_ups if at >= overdue.due_at)
        if number is None or not since or since % number:
            return []
        return [commands.escalate("follow-ups", cause, happening.event_id)]

    def owed(self, situation: Situation, book: PolicyBook) -> list[Clock]:
        """What runs, stands still, or was missed and not made up for since."""
        return [*self.active(), *(self._missed_and_owed(situation, book) if situation.stage != Stage.ENDED else ())]

    def _missed_and_owed(self, situation: Situation, book: PolicyBook) -> list[Clock]:
        missed = [c for c in self.clocks.values() if c.state == ClockState.MISSED and c.owner == Owner.WALLET]
        return [c for c in missed if not situation.has_kept(c.pinned(book)[1].meets, c.subject, since=c.due_at)]

    def _overdue(self, situation: Situation, book: PolicyBook) -> Clock | None:
        """The oldest promise of the wallet that was missed and is still owed."""
        return min(self._missed_and_owed(situation, book), key=lambda clock: clock.due_at, default=None)


def _pinned_first(policies: Iterable[Policy], pinned: Iterable[Policy]) -> list[Policy]:
    """The order of the tenant; of the versions of one policy those that clocks run by come first."""
    chosen = list(policies)
    names = [policy.name for policy in chosen]
    return sorted([*pinned, *chosen], key=lambda policy: names.index(policy.name) if policy.name in names else -1)
