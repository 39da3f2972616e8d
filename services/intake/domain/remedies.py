"""What was promised to make it good, and whether it arrived."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.intake.domain import errors
from services.intake.domain.money import Money
from services.intake.domain.provenance import Provenance
from services.intake.domain.stream import ComplaintStream


class RemedyKind(StrEnum):
    REFUND = "refund"
    UNLOCK = "unlock"
    CORRECTION = "correction"
    COUPON = "coupon"
    DISCOUNT = "discount"
    PAYMENT = "payment"
    APOLOGY = "apology"


class RemedyState(StrEnum):
    PROMISED = "promised"
    FULFILLED = "fulfilled"
    FAILED = "failed"
    LAPSED = "lapsed"
    REPLACED = "replaced"


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """One promise; its clock runs from acceptance, or at once if `unconditional`, to the end of `due_on`."""

    remedy_id: UUID
    kind: RemedyKind
    due_on: date
    amount: Money | None = None
    unconditional: bool = False


class Remedies(ComplaintStream):
    """The chapter of promised remedies."""

    class RemedyFulfilled(ComplaintStream.Event):
        TOPIC = "complaint.remedy_fulfilled"
        remedy_id: UUID
        reference: str | None
        amount: Money | None = None

        def apply(self, complaint: "Remedies") -> None:
            complaint.remedies[self.remedy_id] = RemedyState.FULFILLED

    class RemedyFailed(ComplaintStream.Event):
        TOPIC = "complaint.remedy_failed"
        remedy_id: UUID
        reason: str
        reference: str | None
        reason_text: str | None

        def apply(self, complaint: "Remedies") -> None:
            complaint.remedies[self.remedy_id] = RemedyState.FAILED

    class RemedyReplaced(ComplaintStream.Event):
        TOPIC = "complaint.remedy_replaced"
        remedy_id: UUID
        remedies: tuple[Remedy, ...]
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Remedies") -> None:
            complaint.remedies[self.remedy_id] = RemedyState.REPLACED
            complaint.remedies_to_accept.discard(self.remedy_id)
            complaint.promise(self.remedies, if_accepted=True)

    def __init__(self) -> None:
        super().__init__()
        self.promised_amounts: dict[UUID, Money | None] = {}
        self.remedies: dict[UUID, RemedyState] = {}
        self.remedies_to_accept: set[UUID] = set()

    @property
    def has_remedies(self) -> bool:
        return bool(self.remedies)

    def promise(self, remedies: tuple[Remedy, ...], *, if_accepted: bool) -> None:
        """Fold newly promised remedies; called by the events that promise them."""
        self.remedies.update({remedy.remedy_id: RemedyState.PROMISED for remedy in remedies})
        self.promised_amounts.update({remedy.remedy_id: remedy.amount for remedy in remedies})
        if if_accepted:
            self.remedies_to_accept.update(each.remedy_id for each in remedies if not each.unconditional)

    def keep_promises(self) -> None:
        """Fold an acceptance: what hung on it is owed now."""
        self.remedies_to_accept.clear()

    def let_promises_lapse(self) -> None:
        """Fold an end or a new beginning without acceptance: what hung on it is owed no more."""
        for remedy_id in self.remedies_to_accept:
            if self.remedies[remedy_id] == RemedyState.PROMISED:
                self.remedies[remedy_id] = RemedyState.LAPSED
        self.remedies_to_accept.clear()

    def fulfil_remedy(
        self,
        remedy_id: UUID,
        *,
        reference: str | None = None,
        amount: Money | None = None,
        same_payment: bool = True,
        by: Provenance,
    ) -> None:
        """Record that a remedy arrived, whole; `reference` and `amount` are those of the payments ledger.

        `same_payment` tells whether a remedy that was fulfilled already was so under this reference: the
        reference is personal, and no rule reads what is personal.
        """
        self.permit("fulfil-remedy", by)
        self._require_standing(remedy_id)
        promised = self.promised_amounts[remedy_id]
        if amount is not None and promised is not None and amount != promised:
            raise errors.RemedyAmountError(f"{promised.amount} {promised.currency} was promised, whole and at once")
        if self.remedies[remedy_id] != RemedyState.FULFILLED:
            self._record(self.RemedyFulfilled, by, remedy_id=remedy_id, reference=reference, amount=amount)
        elif not same_payment:
            raise errors.RemedyFulfilledError

    def fail_remedy(
        self,
        remedy_id: UUID,
        *,
        reason: str,
        reference: str | None = None,
        reason_text: str | None = None,
        by: Provenance,
    ) -> None:
        """Record that a remedy did not arrive; it can still be fulfilled later."""
        self.permit("fail-remedy", by)
        self._require_standing(remedy_id)
        if self.remedies[remedy_id] == RemedyState.FULFILLED:
            raise errors.RemedyFulfilledError
        self._record(
            self.RemedyFailed, by, remedy_id=remedy_id, reason=reason, reference=reference, reason_text=reason_text
        )

    def replace_remedy(
        self,
        remedy_id: UUID,
        *,
        remedies: tuple[Remedy, ...],
        reason: str,
        reason_text: str | None = None,
        by: Provenance,
    ) -> None:
        """Promise something else for what failed; it hangs on an acceptance if that still did."""
        self.permit("replace-remedy", by)
        self._require_standing(remedy_id)
        if self.remedies[remedy_id] != RemedyState.FAILED:
            raise errors.RemedyNotFailedError
        is_owed = remedy_id not in self.remedies_to_accept
        promised = tuple(replace(remedy, unconditional=is_owed) for remedy in remedies)
        self._record(
            self.RemedyReplaced, by, remedy_id=remedy_id, remedies=promised, reason=reason, reason_text=reason_text
        )

    def _require_standing(self, remedy_id: UUID) -> None:
        """Refuse what was never promised, and what another promise stands for by now."""
        if remedy_id not in self.remedies:
            raise errors.RemedyUnknownError
        if self.remedies[remedy_id] == RemedyState.REPLACED:
            raise errors.RemedyReplacedError
