"""The menu of intake, last page: incidents, and the answer that each of their complaints is given."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID, uuid5

from eventsourcing.application import AggregateNotFoundError

from services.intake.changing import Call
from services.intake.conversing import Answer
from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import LetterKind
from services.intake.domain.errors import ComplaintClosedError
from services.intake.domain.incident import BulkAnswer, GroupedBy, Incident
from services.intake.domain.lifecycle import Stage
from services.intake.domain.parties import Medium
from services.intake.domain.provenance import Provenance
from services.intake.evidence_desk import Brought
from services.intake.referring import Referring
from services.intake.request_errors import IncidentNotFoundError, PromisesComputingError
from shared.eventstore.command import Command, Decision


class StillComputingError(Exception):
    """The promised dates of this complaint are not known yet; its answer waits for them."""


class Incidents(Referring):
    def incident(self, incident_id: UUID, tenant: str) -> Incident:
        """Load an incident of a tenant; raises IncidentNotFoundError."""
        try:
            incident: object = self.repository.get(incident_id)
        except AggregateNotFoundError as error:
            raise IncidentNotFoundError from error
        if not isinstance(incident, Incident) or incident.tenant != tenant:
            raise IncidentNotFoundError
        return incident

    def incident_at(self, incident_id: UUID, version: int) -> Incident:
        incident: Incident = self.repository.get(incident_id, version=version)
        return incident

    def open_incident(
        self,
        incident_id: UUID,
        call: Call,
        *,
        name: str,
        signal_id: UUID | None,
        grouped_by: GroupedBy | None,
        find: Callable[[], Sequence[UUID]],
    ) -> Answer:
        """Begin an incident under an id that the caller made, and let join what a signal has counted."""

        def decide() -> Decision:
            opened = Incident.open(incident_id, tenant=call.tenant, name=name, signal_id=signal_id, by=call.by)
            if grouped_by is not None:
                opened.group(tuple(find()), grouped_by=grouped_by, by=call.by)
            return Decision.of(opened)

        return self.execute(Command(decide=decide, streams=(incident_id,), key=call.key))

    def group(
        self, incident_id: UUID, call: Call, *, find: Callable[[], Sequence[UUID]], grouped_by: GroupedBy
    ) -> Answer:
        """Let join what `find` finds."""
        return self._change_incident(
            incident_id, call, lambda it: it.group(tuple(find()), grouped_by=grouped_by, by=call.by)
        )

    def answer_incident(self, incident_id: UUID, call: Call, *, answer: BulkAnswer, only_new: bool) -> Answer:
        """Order one answer for all; `carry_out` gives it to each."""

        def act(incident: Incident) -> None:
            if answer.reason is not None:
                self.catalogue.require_reason("resolve", answer.reason)
            incident.answer(answer, only_new=only_new, by=call.by)

        return self._change_incident(incident_id, call, act)

    def close_incident(self, incident_id: UUID, call: Call, *, is_answering: Callable[[], bool]) -> Answer:
        return self._change_incident(incident_id, call, lambda it: it.close(is_answering=is_answering(), by=call.by))

    def _change_incident(self, incident_id: UUID, call: Call, act: Callable[[Incident], None]) -> Answer:
        def decide() -> Decision:
            incident = self.incident(incident_id, call.tenant)
            act(incident)
            return Decision.of(incident)

        return self.execute(Command(decide=decide, streams=(incident_id,), key=call.key))

    def carry_out(self, complaint_id: UUID, call: Call, answer: Incident.Answered) -> Answer:
        """Give one complaint the answer of its incident; what has ended meanwhile refuses.

        Raises StillComputingError through the future while a final letter cannot be judged yet.
        """

        def act(complaint: Complaint, _: Brought) -> None:
            if complaint.stage == Stage.ENDED:
                raise ComplaintClosedError
            if answer.decision:
                _resolve(complaint, answer, call.by)
            else:
                self._write(complaint, answer, call.by)

        return self.change(complaint_id, call, act)

    def _write(self, complaint: Complaint, answer: Incident.Answered, by: Provenance) -> None:
        kind = answer.kind or LetterKind.INTERIM
        try:
            allowed = self._allowed_media(complaint.id, kind)
        except PromisesComputingError as error:
            raise StillComputingError from error
        complaint.answer(
            answer.text or "",
            kind=kind,
            medium=answer.medium or complaint.preferred_medium or Medium.IN_APP,
            allowed_media=allowed,
            by=by,
        )


def _resolve(complaint: Complaint, answer: Incident.Answered, by: Provenance) -> None:
    """Each complaint is promised remedies of its own, the same whenever it is decided again."""
    if answer.decision is None or answer.reason is None:
        raise ValueError("a resolution has a decision and a reason")
    owed = (replace(each, remedy_id=uuid5(each.remedy_id, str(complaint.id))) for each in answer.remedies)
    complaint.resolve(
        decision=answer.decision, remedies=tuple(owed), reason=answer.reason, explanation=answer.text or "", by=by
    )
