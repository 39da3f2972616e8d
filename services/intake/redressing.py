"""The menu of intake, fourth page: what was promised to make it good, whether it came, what is promised instead."""

from collections.abc import Mapping
from uuid import UUID

from services.intake.changing import Call
from services.intake.conversing import Answer
from services.intake.domain.complaint import Complaint
from services.intake.domain.money import Money
from services.intake.domain.remedies import Remedy
from services.intake.evidence_desk import Brought
from services.intake.protecting import Protecting
from services.intake.submitting import money_of
from services.intake.terms import KnownPayments
from shared.contracts.tenant import Tenant


class Redressing(Protecting):
    tenants: Mapping[str, Tenant]
    payments: KnownPayments

    def fulfil_remedy(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        remedy_id: UUID,
        reference: str | None = None,
        amount: Money | None = None,
    ) -> Answer:
        """Record that a remedy arrived; again under the same reference is no event."""

        def act(complaint: Complaint, _: Brought) -> None:
            paid = money_of(self.tenants[call.tenant], amount.amount, amount.currency) if amount else None
            same = reference is None or self.payments.is_same(complaint_id, remedy_id, reference)
            complaint.fulfil_remedy(remedy_id, reference=reference, amount=paid, same_payment=same, by=call.by)

        return self.change(complaint_id, call, act)

    def fail_remedy(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        remedy_id: UUID,
        reason: str,
        reference: str | None = None,
        reason_text: str | None = None,
    ) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("fail-remedy", reason)
            complaint.fail_remedy(remedy_id, reason=reason, reference=reference, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)

    def replace_remedy(
        self,
        complaint_id: UUID,
        call: Call,
        *,
        remedy_id: UUID,
        remedies: tuple[Remedy, ...],
        reason: str,
        reason_text: str | None = None,
    ) -> Answer:

        def act(complaint: Complaint, _: Brought) -> None:
            self.catalogue.require_reason("replace-remedy", reason)
            complaint.replace_remedy(remedy_id, remedies=remedies, reason=reason, reason_text=reason_text, by=call.by)

        return self.change(complaint_id, call, act)
