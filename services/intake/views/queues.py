"""The queues of a complaints team: what stands in each, and which rows count it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.intake.domain.lifecycle import Status
from services.intake.request_errors import FilterConflictError, TeamMissingError
from services.intake.views.queue_counts import Count, Kind, QueueCounts
from services.intake.views.work_filter import NOBODY, Standing, WorkFilter


class Queue(StrEnum):
    MINE = "mine"
    TEAM = "team"
    UNASSIGNED = "unassigned"
    LATE = "late"
    DUE_TODAY = "due-today"
    WAITING_ON_COMPLAINANT = "waiting-on-complainant"
    WAITING_ON_THIRD_PARTY = "waiting-on-third-party"
    OPEN = "open"


@dataclass(frozen=True)
class Whose:
    """Whose queues `mine` and `team` are."""

    handler: str
    team: str | None


@dataclass(frozen=True)
class QueueRule:
    """`narrows` is what a complaint in the queue has; `standing` limits it to what is late, or due today."""

    kind: Kind
    narrows: Callable[[Whose], Mapping[str, Any]] = lambda _: {}
    standing: Standing | None = None

    def name(self, whose: Whose) -> str:
        """Whose counts these are: the one value that narrows the queue."""
        (name,) = self.narrows(whose).values() or (NOBODY,)
        return name[0] if isinstance(name, tuple) else str(name)


def _team(whose: Whose) -> Mapping[str, Any]:
    if whose.team is None:
        raise TeamMissingError
    return {"team": whose.team}


def _waiting(status: Status) -> QueueRule:
    return QueueRule(Kind.STATUS, lambda _: {"status": (status.value,)})


QUEUES: Mapping[Queue, QueueRule] = {
    Queue.MINE: QueueRule(Kind.HANDLER, lambda whose: {"assigned_to": whose.handler}),
    Queue.TEAM: QueueRule(Kind.TEAM, _team),
    Queue.UNASSIGNED: QueueRule(Kind.HANDLER, lambda _: {"assigned_to": NOBODY}),
    Queue.LATE: QueueRule(Kind.ALL, standing=Standing.LATE),
    Queue.DUE_TODAY: QueueRule(Kind.ALL, standing=Standing.DUE_TODAY),
    Queue.WAITING_ON_COMPLAINANT: _waiting(Status.WAITING_ON_COMPLAINANT),
    Queue.WAITING_ON_THIRD_PARTY: _waiting(Status.WAITING_ON_THIRD_PARTY),
    Queue.OPEN: QueueRule(Kind.ALL),
}


def in_queue(queue: Queue, whose: Whose, wanted: WorkFilter) -> WorkFilter:
    """Narrow a filter to a queue; raises FilterConflictError where it asks for something else."""
    rule = QUEUES[queue]
    narrows = {"on_desk": True, **rule.narrows(whose)} | ({"standing": rule.standing} if rule.standing else {})
    for name, value in narrows.items():
        if getattr(wanted, name) not in {None, (), value}:
            raise FilterConflictError(f"the queue {queue} says itself what {name} is; leave it out")
    return replace(wanted, **narrows)


def counted(
    counts: QueueCounts, tenant: str, queue: Queue, whose: Whose, *, now: datetime, tonight: datetime
) -> list[Count]:
    """Return how many stand in a queue, by level."""
    rule = QUEUES[queue]
    found = counts.of(tenant, rule.kind, rule.name(whose), now=now, tonight=tonight)
    return [each for count in found if (each := _standing(count, rule.standing)).complaints]


def _standing(count: Count, standing: Standing | None) -> Count:
    if standing == Standing.LATE:
        return replace(count, complaints=count.late, due_today=0)
    if standing == Standing.DUE_TODAY:
        return replace(count, complaints=count.due_today, late=0)
    return count
