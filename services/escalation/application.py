"""The menu of escalation: follow a complaint, let a clock fire, tell what would be promised."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from eventsourcing.domain import DomainEvent

from services.escalation.domain.case import Case
from services.escalation.domain.clocks import applicable
from services.escalation.domain.commands import COMMANDS, Cause
from services.escalation.domain.policy import Policy, PolicyBook, Starts
from services.escalation.domain.situation import Matter, Situation
from services.escalation.domain.starting import Start, starts
from services.escalation.domain.timeline import Moment, PassedOver, passed_over, timeline
from services.escalation.happenings import happening
from services.escalation.known_facts import KnownFacts
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.deadline_events import case_id
from shared.contracts.envelope import Envelope
from shared.eventstore.application import EventSourced
from shared.eventstore.command import Command, Decision, Receipt, Step
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

    def __init__(self, store: Store, book: PolicyBook, **writing: Any) -> None:
        super().__init__(store, EVENTS, **writing)
        self.book = book
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
            return Decision.of(case, *asked, steps=(*steps, self.facts.remember(fact, envelope)))

        return self.execute(Command(decide=decide, streams=(case_id(complaint_id),)))

    def fire(self, complaint_id: UUID, clock_id: UUID, *, now: datetime) -> "Future[Receipt]":
        """Warn of a clock, or declare it missed; decided again from what is known at the append."""

        def decide() -> Decision:
            known = self.facts.of(complaint_id)
            if known is None:
                raise LookupError(f"no fact is known of complaint {complaint_id}")
            cause = Cause(
                tenant=known.tenant,
                complaint_id=complaint_id,
                at=now,
                event_id=None,
                correlation_id=known.correlation_id,
            )
            case = self.case(complaint_id, now)
            return Decision.of(case, *case.fire(clock_id, known.situation, self.book, cause))

        return self.execute(Command(decide=decide, streams=(case_id(complaint_id),)))

    def case(self, complaint_id: UUID, at: datetime) -> Case:
        """The case of a complaint; an empty one where no clock was ever started."""
        return self._folded(Case.open(case_id(complaint_id), at), None)

    def case_at(self, stream_id: UUID, version: int) -> Case | None:
        """A case as it was at a version; None for what is no case."""
        first = next(iter(self.store.stream(stream_id, up_to=1)))
        return self._folded(Case.open(stream_id, first.recorded_at), version) if _is_case(first) else None

    def _folded(self, case: Case, version: int | None) -> Case:
        for event in self.events.get(case.id, lte=version):
            event.mutate(case)  # type: ignore[attr-defined]  # the library's own protocol has no mutate
        return case


def preview(policies: Sequence[Policy], matter: Matter, *, now: datetime) -> Preview:
    """What these policies would promise for such a complaint."""
    begin = partial(starts, trigger=Starts.RECEIVED, occurrence=UUID(int=0), started_at=matter.received_at, now=now)
    promised = tuple(Promised(policy, tuple(begin(matter, [policy]))) for policy in applicable(matter, policies))
    started = [start for each in promised for start in each.starts]
    return Preview(promised, tuple(passed_over(matter, policies)), tuple(timeline(matter, started)))
