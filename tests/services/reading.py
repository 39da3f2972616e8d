"""A service that does nothing but consume: it writes down what it was told, in the order in which it was told."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from uuid import UUID

from services.escalation.application import EVENTS as ESCALATION_EVENTS
from services.escalation.domain import commands
from services.escalation.domain.commands import Cause
from shared.contracts.complaint_commands import COMMANDS
from shared.contracts.complaint_events import EVENTS
from shared.contracts.complaint_outcomes import OUTCOMES
from shared.contracts.message import Message
from shared.contracts.registry import REGISTRY
from shared.eventstore.application import EventSourced
from shared.eventstore.command import Command, Decision, Receipt, Step
from shared.eventstore.mapper import EventMapper, NoKeys
from shared.eventstore.sqlite import SQLiteStore
from shared.eventstore.store import RecordedEvent, Schema, Transaction
from shared.messaging.consumer import Consumer
from shared.messaging.dead_letters import DeadLetterNoticed
from shared.messaging.dispatch import Delivery, Dispatcher, Reaction
from shared.messaging.facts import publish
from shared.messaging.log import Outgoing, TopicLog
from shared.messaging.parking import ParkedMessage
from shared.messaging.relay import Relay
from shared.runtime.roles import SCHEMAS
from tests import builders as a
from tests.clock import StandingClock
from tests.services.archive import lease_of

TOLD = Schema(
    "told",
    (
        """CREATE TABLE IF NOT EXISTS {app}_told (
            number INTEGER PRIMARY KEY, key TEXT, version BIGINT, id TEXT, ballast BYTEA)""",
    ),
)
POLL_SECONDS = 0.01
MOST_ROUNDS = 500


class Listener(EventSourced):
    name = "escalation"


class Reading:
    """One consumer group with its store; `failing` names the messages whose reaction raises."""

    def __init__(
        self, directory: Path, clock: StandingClock, log: TopicLog, *, group: str = "escalation", topics: Sequence[str]
    ) -> None:
        self.log = log
        self.store = SQLiteStore(directory / f"{group}.db", group, clock)
        self.store.prepare(*SCHEMAS, TOLD)
        self.application = Listener(self.store, (DeadLetterNoticed,))
        self.dispatcher = Dispatcher(self.application, self._reactions(), group=group, now=clock)
        self.consumer = Consumer(
            self.application, log, self.dispatcher, group=group, topics=topics, poll_seconds=POLL_SECONDS
        )
        self.relay = Relay(
            self.store,
            log,
            lambda page: [[publish(event, group)] for event in page],
            lease_of(self.store),
            poll_seconds=POLL_SECONDS,
        )
        self.failing: set[UUID] = set()
        self.attempts: Counter[UUID] = Counter()
        self.ballast_bytes = 0
        self._writer = threading.Thread(target=self.application.writer.run, name="writer")
        self._writer.start()

    def close(self) -> None:
        self.consumer.close()
        self.application.writer.stop()
        self._writer.join()
        self.application.close()

    def _reactions(self) -> Mapping[type[Message], Reaction]:
        return dict.fromkeys((*EVENTS, *OUTCOMES, *COMMANDS), self._react)

    def _react(self, delivery: Delivery[Message]) -> "Future[Receipt]":
        self.attempts[delivery.envelope.id] += 1
        if delivery.envelope.id in self.failing:
            raise LookupError("nobody knows what this means")
        decision = Decision(delivery.envelope.stream_id, 0, steps=(*delivery.steps, self._tell(delivery)))
        return self.application.execute(Command(decide=lambda: decision, key=delivery.key))

    def _tell(self, delivery: Delivery[Message]) -> Step:
        envelope = delivery.envelope

        def step(transaction: Transaction) -> None:
            transaction.execute(
                f"INSERT INTO {self.store.application}_told (key, version, id, ballast)"
                " VALUES (:key, :version, :id, zeroblob(:bytes))",
                {
                    "key": envelope.subject,
                    "version": envelope.version,
                    "id": str(envelope.id),
                    "bytes": self.ballast_bytes,
                },
            )

        return step

    def told(self) -> list[tuple[str, int]]:
        """Complaint and version of each message whose effect was recorded, in that order."""
        with self.store.read() as reader:
            rows = reader.execute(f"SELECT key, version FROM {self.store.application}_told ORDER BY number")
        return [(row["key"], row["version"]) for row in rows]

    def told_ids(self) -> list[UUID]:
        with self.store.read() as reader:
            rows = reader.execute(f"SELECT id FROM {self.store.application}_told ORDER BY number")
        return [UUID(row["id"]) for row in rows]

    def drain(self) -> None:
        """Go round until nothing is left to do; a consumer that never comes to rest is an error."""
        for _ in range(MOST_ROUNDS):
            if not self.consumer.round():
                return
        raise AssertionError("the consumer goes round for ever")

    def parked(self) -> list[ParkedMessage]:
        with self.store.read() as reader:
            return self.dispatcher.parking.all(reader)

    def redrive(self, key: str | None = None) -> int:
        with self.store.write() as transaction:
            return self.dispatcher.parking.request_redrive(transaction, key)


def escalations(complaint_id: UUID, count: int) -> list[Outgoing]:
    """Commands to one complaint, each with a cause of its own."""
    mapper = EventMapper(ESCALATION_EVENTS, REGISTRY, NoKeys())
    sent = []
    for number in range(1, count + 1):
        cause = Cause(tenant="default", complaint_id=complaint_id, at=a.NOW, event_id=None, correlation_id=complaint_id)
        event = commands.escalate("clock-missed", cause, UUID(int=number))
        stored = mapper.seal(event, NoKeys().of_stream(event.originator_id))
        sent.append(publish(RecordedEvent(**vars(stored), recorded_at=a.NOW, position=number), "escalation"))
    return sent
