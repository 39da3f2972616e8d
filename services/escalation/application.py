"""The menu of escalation: follow a complaint, let a clock fire, tell what would be promised."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from eventsourcing.domain import DomainEvent

from services.escalation.domain.case import Case
from services.escalation.domain.clocks import Clock, applicable
from services.escalation.domain.commands import COMMANDS, Actor, ActorType, Cause
from services.escalation.domain.policy import Policy, PolicyBook, Starts
from services.escalation.domain.running import Commands
from services.escalation.domain.situation import Matter, Situation
from services.escalation.domain.starting import Start, starts
from services.escalation.domain.timeline import Moment, PassedOver, passed_over, timeline
from services.escalation.happenings import happening
from services.escalation.known_facts import Known, KnownFacts
from services.escalation.pinned_files import PinnedFiles
from services.escalation.views.due_board import DueBoard, Watched
from services.escalation.views.due_clocks import DueClock
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.deadline_events import case_id
from shared.contracts.envelope import Envelope
from shared.eventstore.application import EventSourced
from shared.eventstore.command import Change, Command, Decision, Receipt, Step
from shared.eventstore.store import RecordedEvent, Store
from shared.messaging.dead_letters import DeadLetterNoticed

EVENTS: tuple[type[DomainEvent], ...] = (
    *(value for value in vars(Case).values() if isinstance(value, type) and hasattr(value, "TOPIC")),
    *COMMANDS,
    DeadLetterNoticed,
)


def _is_case(stored: RecordedEvent) -> bool:
    return stored.topic.startswith(f"{Case.TOPIC}.")


@dataclass(frozen=True)
class Migration:
    """What migrating a complaint would change: its clocks as they are, and the events that it would record."""

    complaint_id: UUID
    before: Mapping[UUID, Clock]
    events: tuple[Any, ...]


@dataclass(frozen=True)
class Promised:
    """What one policy that applies would promise."""

    policy: Policy
    starts: tuple[Start, ...]


@dataclass(frozen=True)
class Preview:
    """Every date that a complaint would have, by policy and in order, and why other policies do not apply."""

    promised: tuple[Promised, ...]
    passed_over: tuple[PassedOver, ...]
    timeline: tuple[Moment, ...]


class Escalation(EventSourced):
    """Owns deadlines: keeps one case per complaint, and decides when a complaint climbs."""

    name = "escalation"

    def __init__(self, store: Store, book: PolicyBook, pins: PinnedFiles, board: DueBoard, **writing: Any) -> None:
        super().__init__(store, EVENTS, **writing)
        self.book = book
        self.pins = pins
        self.board = board
        self.facts = KnownFacts(store)

    def follow(self, fact: ComplaintFact, envelope: Envelope, steps: tuple[Step, ...]) -> "Future[Receipt]":
        """Do to the clocks of a complaint what a fact means to them."""
        complaint_id = UUID(envelope.subject)
        this = happening(fact, envelope.id, envelope.recorded_at)
        cause = Cause(
            tenant=envelope.tenant,
            complaint_id=complaint_id,
            at=this.at,
            event_id=envelope.id,
            correlation_id=envelope.correlation_id,
        )

        def decide() -> Decision:
            known = self.facts.of(complaint_id)
            situation = (known.situation if known else Situation()).after(this)
            case = self.case(complaint_id, this.at)
            asked = case.follow(this, situation, self.book, cause)
            return self._decision(case, situation, cause, asked, (*steps, self.facts.remember(fact, envelope)))

        return self.execute(Command(decide=decide, streams=(case_id(complaint_id),)))

    def fire(self, due: Sequence[DueClock], *, now: datetime, steps: tuple[Step, ...] = ()) -> "Future[Receipt]":
        """Warn of clocks, or declare them missed, in this order and in one append; all of them or none.

        Each complaint is read and folded once, however many of its clocks are due; what is known of them, and
        what they have come to, must still be so at the append.
        """
        complaints = tuple(dict.fromkeys(each.complaint_id for each in due))

        def decide() -> Decision:
            known, cases = self._known_of(complaints), self.cases(complaints, now)
            causes = {each: _cause(known[each], each, now) for each in complaints}
            changes: list[Change] = []
            for clock in due:
                about = clock.complaint_id
                asked = cases[about].fire(clock.clock_id, known[about].situation, self.book, causes[about])
                changes += [Change.of(cases[about]), *map(Change.of, asked)]
            shown = [Watched(each, known[each].tenant, cases[each], known[each].situation) for each in complaints]
            all_steps = (self.facts.unchanged(known), self.board.show(self.book, *shown), *steps)
            first = cases[complaints[0]]
            return self._pinning(Decision(first.id, first.version, tuple(changes), all_steps))

        return self.execute(Command(decide=decide, streams=tuple(map(case_id, complaints))))

    def migrate(self, complaint_id: UUID, *, why: str, by: str, now: datetime) -> "Future[Receipt]":
        """Promise a complaint what the newest versions of its policies promise, because somebody says so."""
        return self._change(complaint_id, now, partial(self._migrated, why=why, by=by))

    def would_migrate(self, complaint_id: UUID, *, now: datetime) -> Migration:
        """What migrating would change, without recording anything."""
        known = self._known(complaint_id)
        case = self.case(complaint_id, now)
        before = deepcopy(case.clocks)
        self._migrated(case, known, _cause(known, complaint_id, now), why="", by="")
        return Migration(complaint_id, before, tuple(case.collect_events()))

    def recount(self, *, now: datetime) -> int:
        """Count what lay beyond its calendar by data that have arrived; return how many complaints moved."""
        moved = 0
        for complaint_id in self.board.beyond_calendar():
            case = self.case(complaint_id, now)
            case.use_calendar_data(self.book, _cause(self._known(complaint_id), complaint_id, now))
            if case.collect_events():
                self._use_calendar_data(complaint_id, now=now).result()
                moved += 1
        return moved

    def _use_calendar_data(self, complaint_id: UUID, *, now: datetime) -> "Future[Receipt]":
        def act(case: Case, _known: Known, cause: Cause) -> Commands:
            case.use_calendar_data(self.book, cause)
            return []

        return self._change(complaint_id, now, act)

    def _migrated(self, case: Case, known: Known, cause: Cause, *, why: str, by: str) -> Commands:
        case.migrate(known.situation, self.book, replace(cause, actor=Actor(ActorType.SUPERVISOR, by)), why=why)
        return []

    def _change(
        self, complaint_id: UUID, now: datetime, act: Callable[[Case, Known, Cause], Commands]
    ) -> "Future[Receipt]":
        """Do something to a case for which no fact is the reason."""

        def decide() -> Decision:
            known = self._known(complaint_id)
            case, cause = self.case(complaint_id, now), _cause(known, complaint_id, now)
            return self._decision(case, known.situation, cause, act(case, known, cause), ())

        return self.execute(Command(decide=decide, streams=(case_id(complaint_id),)))

    def _decision(
        self, case: Case, situation: Situation, cause: Cause, asked: Commands, steps: tuple[Step, ...]
    ) -> Decision:
        shown = self.board.show(self.book, Watched(cause.complaint_id, cause.tenant, case, situation))
        return self._pinning(Decision.of(case, *asked, steps=(*steps, shown)))

    def _pinning(self, decision: Decision) -> Decision:
        return replace(decision, steps=(*decision.steps, *self.pins.keep(decision.events)))

    def _known(self, complaint_id: UUID) -> Known:
        return self._known_of([complaint_id])[complaint_id]

    def _known_of(self, complaint_ids: Collection[UUID]) -> Mapping[UUID, Known]:
        known = self.facts.of_all(complaint_ids)
        for complaint_id in complaint_ids:
            if complaint_id not in known:
                raise LookupError(f"no fact is known of complaint {complaint_id}")
        return known

    def case(self, complaint_id: UUID, at: datetime) -> Case:
        """The case of a complaint; an empty one where no clock was ever started."""
        return self.cases([complaint_id], at)[complaint_id]

    def cases(self, complaint_ids: Iterable[UUID], at: datetime) -> dict[UUID, Case]:
        """The cases of many complaints, read in one query."""
        streams = {complaint_id: case_id(complaint_id) for complaint_id in complaint_ids}
        histories = self.histories(streams.values())
        return {each: _folded(Case.open(stream, at), histories[stream]) for each, stream in streams.items()}

    def case_at(self, stream_id: UUID, version: int) -> Case | None:
        """A case as it was at a version; None for what is no case."""
        first = next(iter(self.store.stream(stream_id, up_to=1)))
        if not _is_case(first):
            return None
        return _folded(Case.open(stream_id, first.recorded_at), self.events.get(stream_id, lte=version))


def _folded(case: Case, events: Iterable[Any]) -> Case:
    for event in events:
        event.mutate(case)
    return case


def _cause(known: Known, complaint_id: UUID, now: datetime) -> Cause:
    return Cause(
        tenant=known.tenant, complaint_id=complaint_id, at=now, event_id=None, correlation_id=known.correlation_id
    )


def preview(policies: Sequence[Policy], matter: Matter, *, now: datetime) -> Preview:
    """What these policies would promise for such a complaint."""
    begin = partial(starts, trigger=Starts.RECEIVED, occurrence=UUID(int=0), started_at=matter.received_at, now=now)
    promised = tuple(Promised(policy, tuple(begin(matter, [policy]))) for policy in applicable(matter, policies))
    started = [start for each in promised for start in each.starts]
    return Preview(promised, tuple(passed_over(matter, policies)), tuple(timeline(matter, started)))
