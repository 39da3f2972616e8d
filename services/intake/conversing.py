"""The menu of intake, first page: words, evidence, letters, and whom a complaint waits for."""

from concurrent.futures import Future
from uuid import UUID, uuid4

from services.intake.changing import Call, ComplaintChanges
from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import DeliveryOutcome, LetterKind
from services.intake.domain.parties import Medium, Person
from services.intake.evidence_desk import Brought
from services.intake.request_errors import PromisesComputingError
from services.intake.terms import PromisedTerms
from shared.eventstore.command import Receipt

Answer = Future[Receipt]
Ids = tuple[UUID, ...]


class Conversing(ComplaintChanges):
    terms: PromisedTerms

    def follow_up(self, complaint_id: UUID, call: Call, *, text: str, evidence_ids: Ids = ()) -> Answer:
        def act(complaint: Complaint, brought: Brought) -> None:
            complaint.follow_up(text, evidence=brought.items, by=call.by)

        return self.change(complaint_id, call, act, evidence_ids=evidence_ids)

    def add_evidence(self, complaint_id: UUID, call: Call, *, evidence_ids: Ids, text: str | None = None) -> Answer:
        def act(complaint: Complaint, brought: Brought) -> None:
            complaint.add_evidence(brought.items, text=text, by=call.by)

        return self.change(complaint_id, call, act, evidence_ids=evidence_ids)

    def add_note(
        self, complaint_id: UUID, call: Call, *, text: str, restricted: bool = False, flag: str | None = None
    ) -> Answer:
        def act(complaint: Complaint, _: Brought) -> None:
            complaint.add_note(text, restricted=restricted, flag=flag, by=call.by)

        return self.change(complaint_id, call, act)

    def change_contact(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        contact: Person,
        party_id: UUID | None = None,
        preferred_medium: Medium | None = None,
        language: str | None = None,
    ) -> Answer:
        def act(complaint: Complaint, _: Brought) -> None:
            complaint.change_contact(
                contact, party_id=party_id, preferred_medium=preferred_medium, language=language, by=call.by
            )

        return self.change(complaint_id, call, act)

    def answer(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        text: str,
        kind: LetterKind,
        medium: Medium,
        language: str | None = None,
        template: str | None = None,
        template_version: str | None = None,
    ) -> Answer:
        """Order a letter or record a call; a final letter waits until the policies are known."""

        def act(complaint: Complaint, _: Brought) -> None:
            complaint.answer(
                text,
                kind=kind,
                medium=medium,
                language=language,
                template=template,
                template_version=template_version,
                allowed_media=self._allowed_media(complaint_id, kind),
                by=call.by,
            )

        return self.change(complaint_id, call, act)

    def _allowed_media(self, complaint_id: UUID, kind: LetterKind) -> frozenset[Medium]:
        try:
            return self.terms.allowed_media(complaint_id, kind)
        except PromisesComputingError:
            if kind in {LetterKind.FINAL, LetterKind.SUMMARY}:
                raise
            return frozenset(Medium)

    def record_delivery(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        letter_id: UUID,
        medium: Medium,
        attempt: int,
        outcome: DeliveryOutcome,
        is_last: bool = False,
        evidence_ids: Ids = (),
        text: str | None = None,
        missing: tuple[str, ...] = (),
        reason: str | None = None,
    ) -> Answer:
        def act(complaint: Complaint, brought: Brought) -> None:
            complaint.record_delivery(
                letter_id,
                medium=medium,
                attempt=attempt,
                outcome=outcome,
                is_last=is_last,
                evidence=brought.items,
                text=text,
                missing=missing,
                reason=reason,
                by=call.by,
            )

        return self.change(complaint_id, call, act, evidence_ids=evidence_ids)

    def request_information(
        self, complaint_id: UUID, call: Call, *, items: tuple[str, ...], text: str | None = None
    ) -> Answer:
        def act(complaint: Complaint, _: Brought) -> None:
            complaint.request_information(uuid4(), items=items, text=text, by=call.by)

        return self.change(complaint_id, call, act)

    def provide_information(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        request_id: UUID | None = None,
        text: str | None = None,
        evidence_ids: Ids = (),
    ) -> Answer:
        def act(complaint: Complaint, brought: Brought) -> None:
            complaint.provide_information(request_id=request_id, text=text, evidence=brought.items, by=call.by)

        return self.change(complaint_id, call, act, evidence_ids=evidence_ids)

    def await_third_party(self, complaint_id: UUID, call: Call, *, third_party: str, text: str | None = None) -> Answer:
        def act(complaint: Complaint, _: Brought) -> None:
            complaint.await_third_party(uuid4(), third_party=third_party, text=text, by=call.by)

        return self.change(complaint_id, call, act)

    def record_third_party_answer(
        self, complaint_id: UUID, call: Call, *, wait_id: UUID | None = None, text: str | None = None
    ) -> Answer:
        def act(complaint: Complaint, _: Brought) -> None:
            complaint.record_third_party_answer(wait_id=wait_id, text=text, by=call.by)

        return self.change(complaint_id, call, act)
