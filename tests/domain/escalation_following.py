"""A case that hears facts in order, as the application lets it: folded anew from its events before each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from services.escalation.domain.case import Case
from services.escalation.domain.case_events import CaseStream
from services.escalation.domain.clocks import Clock
from services.escalation.domain.commands import Cause, ComplaintCommand
from services.escalation.domain.policy import Policy
from services.escalation.domain.situation import Situation
from services.escalation.happenings import happening
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.deadline_events import case_id
from shared.contracts.envelope import event_id
from tests.builders import COMPLAINT_ID
from tests.domain.escalation_facts import CORRELATION, classified, submitted
from tests.escalation_builders import MONDAY, book

E = TypeVar("E", bound=CaseStream.Event)


@dataclass(frozen=True)
class Heard:
    """What one fact, or one firing, led to; `fact_id` is the event id of the fact."""

    case: Case
    events: Sequence[Any]
    commands: Sequence[ComplaintCommand]
    fact_id: UUID | None

    @property
    def happened(self) -> list[str]:
        """Such as `ClockMet final`, in order."""
        return [f"{type(event).__name__} {self.case.clocks[event.clock_id].name}" for event in self.events]

    @property
    def asked(self) -> list[str]:
        """Such as `EscalateComplaint clock-missed`, in order."""
        return [f"{type(each).__name__} {getattr(each, 'reason', '')}".strip() for each in self.commands]

    def only(self, kind: type[E]) -> E:
        """The one event of a kind."""
        (event,) = (event for event in self.events if isinstance(event, kind))
        return event


class Watched:
    """One complaint under some policies."""

    def __init__(self, *policies: Policy) -> None:
        self.book = book(*policies)
        self._events: list[Any] = []
        self._version = 0
        self.situation = Situation()

    @property
    def case(self) -> Case:
        case = Case.open(case_id(COMPLAINT_ID), MONDAY)
        for event in self._events:
            event.mutate(case)
        return case

    def hears(self, fact: ComplaintFact, recorded_at: datetime) -> Heard:
        self._version += 1
        fact_id = event_id(COMPLAINT_ID, "complaint", self._version)
        this = happening(fact, fact_id, recorded_at)
        self.situation = self.situation.after(this)
        case = self.case
        commands = case.follow(this, self.situation, self.book, self.cause(this.at, fact_id))
        return self._heard(case, commands, fact_id)

    def fires(self, name: str, now: datetime) -> Heard:
        """Let the ticker come for the newest clock of a name."""
        case = self.case
        commands = case.fire(self.clock(name).clock_id, self.situation, self.book, self.cause(now))
        return self._heard(case, commands, None)

    def clock(self, name: str) -> Clock:
        """The newest clock of a name."""
        return [clock for clock in self.case.clocks.values() if clock.name == name][-1]

    def cause(self, now: datetime, fact_id: UUID | None = None) -> Cause:
        return Cause(tenant="default", complaint_id=COMPLAINT_ID, at=now, event_id=fact_id, correlation_id=CORRELATION)

    def goes_on(self, case: Case) -> Sequence[Any]:
        """Keep what a case decided without a fact."""
        events = list(case.collect_events())
        self._events += events
        return events

    def _heard(self, case: Case, commands: Sequence[ComplaintCommand], fact_id: UUID | None) -> Heard:
        events = self.goes_on(case)
        return Heard(case, events, commands, fact_id)


def begun(*policies: Policy, received_at: datetime = MONDAY, **classification: Any) -> Watched:
    """A complaint that was submitted and classified when it was received."""
    watched = Watched(*policies)
    watched.hears(submitted(received_at), received_at)
    watched.hears(classified(**classification), received_at)
    return watched
