"""The menu of intake, third page: identities, freezes, legal holds, erasure."""

from uuid import UUID, uuid4

from services.intake.changing import Besides, Call
from services.intake.conversing import Answer, Ids
from services.intake.deciding import Deciding
from services.intake.domain.complaint import Complaint
from services.intake.domain.safeguards import IdentityResult
from services.intake.evidence_desk import Brought
from services.intake.party_book import PartyBook
from shared.eventstore.command import Step
from shared.eventstore.keys import KeyRing
from shared.eventstore.store import Transaction


class Protecting(Deciding):
    keys: KeyRing
    parties: PartyBook

    def verify_identity(
        self, complaint_id: UUID, call: Call, *, party_id: UUID, method: str, result: IdentityResult
    ) -> Answer:
        def act(complaint: Complaint, _: Brought) -> None:
            complaint.verify_identity(party_id, method=method, result=result, by=call.by)

        return self.change(complaint_id, call, act)

    def request_freeze(self, complaint_id: UUID, call: Call, *, reason: str, reason_text: str | None = None) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("freeze", reason)
            complaint.request_freeze(uuid4(), reason=reason, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def confirm_freeze(self, complaint_id: UUID, call: Call, *, reference: str | None = None) -> Answer:
        return self.change(complaint_id, call, lambda c, _: c.confirm_freeze(reference=reference, by=call.by))

    def refuse_freeze(self, complaint_id: UUID, call: Call, *, reason: str, reason_text: str | None = None) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("freeze", reason)
            complaint.refuse_freeze(reason=reason, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def place_legal_hold(
        self, complaint_id: UUID, call: Call, *, reason: str, reason_text: str | None = None
    ) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("legal-hold", reason)
            complaint.place_legal_hold(uuid4(), reason=reason, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def lift_legal_hold(
        self, complaint_id: UUID, call: Call, *, hold_id: UUID, reason: str, reason_text: str | None = None
    ) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("legal-hold", reason)
            complaint.lift_legal_hold(hold_id, reason=reason, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def erase_personal_data(self, complaint_id: UUID, call: Call, *, reason: str, party_ids: Ids = ()) -> Answer:
        """Destroy the keys of these parties, or of all, in the append that records it."""

        def act(complaint: Complaint, _: Brought) -> Besides:
            self.catalogue.require_reason("erase-personal-data", reason)
            complaint.erase_personal_data(party_ids, reason=reason, by=call.by)
            return Besides(steps=(self._destroy(complaint_id, complaint.still_erased),))

        return self.change(complaint_id, call, act)

    def repeat_erasure(self, complaint_id: UUID, call: Call, *, reason: str, party_ids: Ids) -> Answer:
        """Destroy keys that came back with an older backup, and record that again."""

        def act(complaint: Complaint, _: Brought) -> Besides:
            complaint.repeat_erasure(party_ids, reason=reason, by=call.by)
            return Besides(steps=(self._destroy(complaint_id, set(party_ids)),))

        return self.change(complaint_id, call, act)

    def _destroy(self, complaint_id: UUID, party_ids: set[UUID]) -> Step:
        def step(transaction: Transaction) -> None:
            self.keys.destroy(transaction, complaint_id, party_ids)
            for party_id in party_ids:
                if not self.keys.knows(transaction, party_id):
                    self.parties.forget(transaction, party_id)

        return step
