"""What operators and auditors ask of intake on its own machine: history, state, export, views anew."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python

from services.intake.api.answers import ComplaintOut, HistoryEntry
from services.intake.api.calls import Caller
from services.intake.api.reading import Reading, Sight
from services.intake.application import Intake
from services.intake.changing import Call, folded
from services.intake.domain.complaint import Complaint
from services.intake.domain.incident import Incident
from services.intake.domain.number import read_number
from services.intake.domain.provenance import Actor, ActorType, Channel, Provenance
from services.intake.erasure_list import Erasure, missing_erasures, recorded_erasures
from services.intake.request_errors import ComplaintNotFoundError
from services.intake.wiring import IntakeService
from shared.access.principals import CallerType, Principal, Scope
from shared.contracts.deadline_events import DEADLINES, DeadlineFact
from shared.contracts.topics import DEADLINE_EVENTS
from shared.eventstore.command import Projection
from shared.eventstore.mapper import StoredParts
from shared.eventstore.rebuild import all_events, rebuild
from shared.messaging.facts import digest_of, stored_id
from shared.messaging.log import TopicLog
from shared.messaging.replay import facts_of

Progress = Callable[[int], None]


class Desk:
    """Answers as to an auditor: everything that is still there, whoever's it is."""

    def __init__(self, service: IntakeService) -> None:
        self._service = service
        self._intake = service.application
        self._reading = Reading(self._intake, service.dates, self._intake.catalogue, service.belonging)

    def find(self, id_or_number: str) -> UUID:
        """Find a complaint by its id or by the number people read out; raises ComplaintNotFoundError."""
        number = read_number(id_or_number)
        if number is not None:
            sql = f"SELECT complaint_id FROM {self._intake.store.application}_numbers WHERE number = :number"
            with self._intake.store.read() as reader:
                rows = reader.execute(sql, {"number": number})
            if rows:
                return UUID(rows[0]["complaint_id"])
        try:
            return UUID(id_or_number)
        except ValueError as error:
            raise ComplaintNotFoundError(f"{id_or_number!r} is no id and no number of a complaint") from error

    def history(self, complaint_id: UUID, as_of: datetime | None) -> list[HistoryEntry]:
        auditor = self._auditor(complaint_id)
        return self._reading.entries(self._sight(complaint_id, as_of, auditor), auditor)

    def state(self, complaint_id: UUID, as_of: datetime | None, language: str) -> ComplaintOut:
        auditor = self._auditor(complaint_id)
        sight = self._sight(complaint_id, as_of, auditor)
        return self._reading.render(sight, auditor, language, at=sight.seen_at)

    def _sight(self, complaint_id: UUID, as_of: datetime | None, auditor: Caller) -> Sight:
        if as_of is None:
            return self._reading.now(complaint_id, auditor)
        return self._reading.as_of(complaint_id, as_of, auditor)

    def _auditor(self, complaint_id: UUID) -> Caller:
        events: list[Any] = [recorded.event for recorded in self._intake.recorded(complaint_id, up_to=1)]
        if not events:
            raise ComplaintNotFoundError
        principal = Principal(events[0].tenant, CallerType.SUPERVISOR, "operator", frozenset({Scope.AUDIT}))
        return Caller(principal, None, None)

    def export(self, *, personal: bool) -> Iterator[Mapping[str, Any]]:
        """Yield every event in the order of recording, with its digest; personal parts only if asked for."""
        for stored in all_events(self._intake.store):
            line = {
                "position": stored.position,
                "event_id": stored_id(stored),
                "stream_id": stored.originator_id,
                "version": stored.originator_version,
                "stored_name": stored.topic,
                "recorded_at": stored.recorded_at,
                "digest": digest_of(stored),
                "public": StoredParts.of(stored).public,
            }
            if personal:
                line["event"] = vars(self._intake.sealed.to_domain_event(stored))
            yield to_jsonable_python(line)


def views(service: IntakeService) -> Mapping[str, Projection]:
    """The views that can be shown anew from intake's own events."""
    return {
        "complaint_list": service.complaints,
        "tasks": service.tasks,
        "worklist": service.worklist,
        "search_terms": service.search_terms,
        "remedies": service.remedies,
        "turns": service.turns,
        "incident_letters": service.letters,
        "likenesses": service.likenesses,
        "signals": service.signals,
        "belonging": service.belonging,
    }


def replay_view(service: IntakeService, name: str, progress: Progress) -> None:
    """Show a view anew from the events that intake recorded."""

    def aggregate_at(stream_id: UUID, version: int) -> Complaint | Incident | None:
        history = service.application.recorded(stream_id, up_to=version)
        if history[0].stored.topic.startswith("incident."):
            return service.application.incident_at(stream_id, version)
        return folded(history) if history[0].stored.topic.startswith("complaint.") else None

    rebuild(service.application, views(service)[name], aggregate_at, progress)


def replay_promised_dates(service: IntakeService, log: TopicLog, progress: Progress) -> None:
    """Show the promised dates anew from the deadline facts on their topic."""
    dates = service.dates
    with service.application.store.write() as transaction:
        dates.clear(transaction)
        for done, received in enumerate(facts_of(log, (DEADLINE_EVENTS,), DEADLINES), 1):
            fact = received.message
            if isinstance(fact, DeadlineFact) and dates.has_applied(transaction, received.envelope):
                dates.show(fact, received.envelope)(transaction)
            progress(done)


def erasures(service: IntakeService) -> Iterator[Erasure]:
    """Every erasure that intake has recorded."""
    return recorded_erasures(service.application.store)


def repeat_erasures(service: IntakeService, wanted: Sequence[Erasure]) -> Sequence[Erasure]:
    """Destroy again the keys that came back, and record it; return what that was needed for."""
    missing = missing_erasures(service.application.store, wanted)
    with service.application.writing():
        for erasure in missing:
            _repeat(service.application, erasure)
    return missing


def _repeat(intake: Intake, erasure: Erasure) -> None:
    complaint: Complaint = intake.repository.get(erasure.complaint_id)
    by = Provenance(
        actor=Actor(ActorType.SYSTEM, "restore"),
        at=datetime.now(UTC),
        channel=Channel.INTERNAL,
        correlation_id=erasure.erasure_id,
        causation_id=erasure.erasure_id,
    )
    call = Call(tenant=complaint.tenant, by=by, owner="restore")
    intake.repeat_erasure(erasure.complaint_id, call, reason=erasure.reason, party_ids=erasure.party_ids).result()
