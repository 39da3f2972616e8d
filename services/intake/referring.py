"""The menu of intake, fifth page: the outside bodies that have the matter too, and what they decide."""

from datetime import date
from uuid import UUID, uuid4

from services.intake.changing import Call
from services.intake.conversing import Answer
from services.intake.domain.complaint import Complaint
from services.intake.domain.referrals import OpenedBy, ReferralKind
from services.intake.domain.remedies import Remedy
from services.intake.evidence_desk import Brought
from services.intake.redressing import Redressing
from services.intake.request_errors import ReferralKindError


class Referring(Redressing):
    def open_referral(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        body: str,
        opened_by: OpenedBy,
        kind: ReferralKind | None = None,
        reply_due_on: date | None = None,
        reference: str | None = None,
    ) -> Answer:
        """Record that a body has the matter; of what kind it is, its entry says."""

        def act(complaint: Complaint, _: Brought) -> None:
            complaint.open_referral(
                uuid4(),
                kind=self._kind_of(body, kind),
                body=body,
                opened_by=opened_by,
                reply_due_on=reply_due_on,
                reference=reference,
                by=call.by,
            )

        return self.change(complaint_id, call, act)

    def decide_referral(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        referral_id: UUID,
        outcome: str,
        binding: bool,
        remedies: tuple[Remedy, ...] = (),
        text: str | None = None,
    ) -> Answer:
        def act(complaint: Complaint, _: Brought) -> None:
            complaint.decide_referral(
                referral_id, outcome=outcome, binding=binding, remedies=remedies, text=text, by=call.by
            )

        return self.change(complaint_id, call, act)

    def close_referral(
        self, complaint_id: UUID, call: Call, *, referral_id: UUID, reason: str, reason_text: str | None = None
    ) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("close-referral", reason)
            complaint.close_referral(referral_id, reason=reason, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def _kind_of(self, body: str, said: ReferralKind | None) -> ReferralKind:
        known = ReferralKind(self.catalogue.body(body).kind)
        if said is None or known == ReferralKind.OTHER:
            return said or known
        if said != known:
            raise ReferralKindError(f"{body} is a body of kind {known}, not {said}; leave kind out")
        return known
