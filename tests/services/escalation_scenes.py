"""What tests of running escalation need: its case of a complaint, its roles one by one, tickers of their own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from services.escalation.deadlines import Ticker
from services.escalation.domain.case import Case
from services.escalation.domain.clocks import Clock
from services.escalation.heartbeat import Heartbeat
from services.escalation.reactions import reactions
from shared.contracts.complaint_versions import ComplaintVersions
from shared.contracts.deadline_events import case_id
from shared.contracts.topics import COMPLAINT_EVENTS
from shared.messaging.log import Outgoing
from shared.runtime.roles import consumer_role
from tests.clock import StandingClock
from tests.conftest import Running
from tests.waiting import wait_until

AN_HOUR_MS = 3_600_000
CONSUMER = "escalation-reactions"


def case_of(running: Running, complaint: dict[str, Any]) -> Case:
    complaint_id = UUID(complaint["id"])
    return running.embedded.escalation.application.case(complaint_id, running.clock())


def clock_of(running: Running, complaint: dict[str, Any], name: str) -> Clock:
    """The newest clock of a name."""
    return [clock for clock in case_of(running, complaint).clocks.values() if clock.name == name][-1]


def events_of(running: Running, complaint: dict[str, Any], *kinds: type[Case.Event]) -> list[Any]:
    """Everything that was recorded in the case of a complaint, or only events of some kinds."""
    stream = case_id(UUID(complaint["id"]))
    recorded = [each.event for each in running.embedded.escalation.application.recorded(stream)]
    return [event for event in recorded if not kinds or isinstance(event, kinds)]


def happened(running: Running, complaint: dict[str, Any]) -> list[str]:
    """Such as `ClockMissed final`, in order, without the clocks that started."""
    clocks = case_of(running, complaint).clocks
    events = events_of(running, complaint)
    return [
        f"{type(event).__name__} {clocks[event.clock_id].name}"
        for event in events
        if not isinstance(event, Case.ClockStarted)
    ]


def a_ticker(
    running: Running,
    *,
    now: StandingClock | None = None,
    versions: ComplaintVersions | None = None,
    poll_seconds: float = 0.05,
    fires_per_second: int = 10_000,
) -> Ticker:
    """A ticker beside the one of the installation, on the same stores."""
    escalation, clock = running.embedded.escalation, now or running.clock
    return Ticker(
        escalation.application,
        escalation.due_clocks,
        versions or running.embedded.intake.application,
        Heartbeat(escalation.application.store, clock, clock.steady),
        holder=str(uuid4()),
        poll_seconds=poll_seconds,
        fires_per_second=fires_per_second,
        steady=clock.steady,
    )


def tick_through(running: Running) -> int:
    """Tick until there is nothing to do; return how many clocks fired."""
    fired = 0
    while ticked := running.embedded.escalation.ticker.tick():
        fired += ticked
    return fired


def stop_following(running: Running) -> None:
    """Let escalation hear nothing more, as if its consumer had lost the broker."""
    role = next(role for role in running.embedded.escalation.roles if role.name == CONSUMER)
    role.stopping.set()
    wait_until(lambda: CONSUMER not in {thread.name for thread in threading.enumerate()}, what="the consumer to stop")


@contextmanager
def following_again(running: Running) -> Iterator[None]:
    """Let a new consumer of the same group hear what was missed."""
    escalation = running.embedded.escalation.application
    role = consumer_role(escalation, running.backend, reactions(escalation), name="again", topics=(COMPLAINT_EVENTS,))
    with running_aside(role.run):
        running.settle()
        yield


@contextmanager
def running_aside(
    run: Callable[[threading.Event], None], stop_it: Callable[[], None] = lambda: None
) -> Iterator[threading.Thread]:
    """Run a loop in a thread of its own until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop,))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        stop_it()
        thread.join(timeout=30)


def poison(running: Running, complaint: dict[str, Any]) -> None:
    """Put a message that nobody can read on the topic, among those of a complaint."""
    running.backend.log.append([Outgoing(COMPLAINT_EVENTS, complaint["id"], (("ce_id", b"none"),), b"{")])
    running.settle()


def missed_in_order(running: Running) -> list[tuple[datetime, UUID]]:
    """When each missed clock was due, and of which complaint, in the order in which that was recorded."""
    escalation = running.embedded.escalation.application
    stored = [each for each in escalation.store.follow(0, 10_000) if each.topic == Case.ClockMissed.TOPIC]
    events: list[Any] = [escalation.mapper.to_domain_event(each) for each in stored]
    return [(event.due_at, event.complaint_id) for event in events]
