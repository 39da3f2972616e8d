"""The menu of intake, second page: who works on a complaint, what is decided, how it ends or begins again."""

from collections.abc import Mapping
from uuid import UUID

from services.intake.catalogue import Catalogue
from services.intake.changing import Besides, Call
from services.intake.conversing import Answer, Conversing, Ids
from services.intake.domain import links
from services.intake.domain.complaint import Complaint
from services.intake.domain.handling import Promise
from services.intake.domain.outcome import AnsweredPoint, Closing
from services.intake.domain.outcome import Decision as Verdict
from services.intake.domain.remedies import Remedy
from services.intake.domain.submission import Classification
from services.intake.evidence_desk import Brought


class Deciding(Conversing):
    catalogue: Catalogue

    def acknowledge(self, complaint_id: UUID, call: Call, *, promises: tuple[Promise, ...] | None = None) -> Answer:
        """Tell the complainant the promised dates: those of the command, or those that intake knows."""

        def act(complaint: Complaint, _: Brought) -> None:
            told = self.terms.promises(complaint_id) if promises is None else promises
            complaint.acknowledge(told, by=call.by)

        return self.change(complaint_id, call, act)

    def classify(
        self, complaint_id: UUID, call: Call, *, changes: Mapping[str, object], reason: str, reason_text: str | None
    ) -> Answer:
        """Change what `changes` names of the classification, and leave the rest."""

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("classify", reason)
            changed = Classification(**{**vars(complaint.classification), **changes})
            self.catalogue.category(changed.category)
            self.catalogue.require_root_cause(changed.root_cause)
            complaint.classify(changed, reason=reason, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def assign(
        self, complaint_id: UUID, call: Call, *, handler_id: str, team: str | None = None, reason: str = "by-hand"
    ) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("assign", reason)
            complaint.assign(handler_id, team=team, reason=reason, by=call.by)

        return self.change(complaint_id, call, act)

    def take(self, complaint_id: UUID, call: Call, *, team: str | None) -> Answer:
        return self.change(complaint_id, call, lambda c, _: c.take(team=team, by=call.by))

    def release(self, complaint_id: UUID, call: Call, *, reason: str) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("release", reason)
            complaint.release(reason=reason, by=call.by)

        return self.change(complaint_id, call, act)

    def escalate(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        reason: str,
        cause_id: UUID | None = None,
        reason_text: str | None = None,
    ) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("escalate", reason)
            complaint.escalate(reason=reason, cause_id=cause_id, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def extend(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        clock_id: UUID,
        amount: int,
        reason: str,
        reason_text: str | None = None,
    ) -> Answer:
        """Give a clock more time, as far as its pinned policy allows."""

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("extend", reason)
            terms = self.terms.extension(complaint_id, clock_id, call.by.at)
            complaint.extend(clock_id, amount=amount, terms=terms, reason=reason, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def resolve(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        decision: Verdict,
        remedies: tuple[Remedy, ...] = (),
        reason: str,
        explanation: str,
        points: tuple[AnsweredPoint, ...] = (),
        reason_text: str | None = None,
    ) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("resolve", reason)
            complaint.resolve(
                decision=decision,
                remedies=remedies,
                reason=reason,
                explanation=explanation,
                points=points,
                reason_text=reason_text,
                by=call.by,
            )

        return self.change(complaint_id, call, act)

    def accept_resolution(self, complaint_id: UUID, call: Call, *, text: str | None = None) -> Answer:
        return self.change(complaint_id, call, lambda c, _: c.accept_resolution(text=text, by=call.by))

    def reject_resolution(
        self, complaint_id: UUID, call: Call, *, reason: str, reason_text: str | None = None
    ) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("reject-resolution", reason)
            complaint.reject_resolution(reason=reason, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def rate(self, complaint_id: UUID, call: Call, *, score: int, comment: str | None = None) -> Answer:
        return self.change(complaint_id, call, lambda c, _: c.rate(score, comment=comment, by=call.by))

    def reopen(self, complaint_id: UUID, call: Call, *, reason: str, reason_text: str | None = None) -> Answer:
        """Begin again, by the complainant within the window of the pinned policy."""

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("reopen", reason)
            ended_at = complaint.ended_at
            window = self.terms.reopening_ends_at(complaint_id, ended_at) if ended_at else None
            complaint.reopen(reason=reason, window_ends_at=window, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def withdraw(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        reason: str,
        reason_text: str | None = None,
        evidence_ids: Ids = (),
    ) -> Answer:
        """End it at the complainant's wish; what closed as its duplicate begins again."""

        def act(complaint: Complaint, brought: Brought) -> Besides:
            self.catalogue.require_reason("withdraw", reason)
            complaint.withdraw(reason=reason, reason_text=reason_text, evidence=brought.items, by=call.by)
            return self._reopened_duplicates(complaint, call)

        return self.change(complaint_id, call, act, evidence_ids=evidence_ids)

    def decline(self, complaint_id: UUID, call: Call, *, reason: str, reason_text: str | None = None) -> Answer:
        """Do not take it on; what closed as its duplicate begins again."""

        def act(complaint: Complaint, _: Brought) -> Besides:
            self.catalogue.require_reason("decline", reason)
            complaint.decline(reason=reason, reason_text=reason_text, by=call.by)
            return self._reopened_duplicates(complaint, call)

        return self.change(complaint_id, call, act)

    def _reopened_duplicates(self, primary: Complaint, call: Call) -> Besides:
        duplicates: tuple[Complaint, ...] = tuple(self.repository.get(each) for each in primary.duplicates)
        links.reopen_duplicates(primary, duplicates, by=call.by)
        return Besides(complaints=duplicates)

    def close_complaint(
        self, complaint_id: UUID, call: Call, *, reason: Closing, resolution_id: UUID | None = None
    ) -> Answer:
        """Close a resolved complaint; named so because `close` closes the application."""
        return self.change(complaint_id, call, lambda c, _: c.close(reason, resolution_id=resolution_id, by=call.by))
