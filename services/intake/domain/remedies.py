"""What was promised to make it good, and whether it arrived."""

from dataclasses import dataclass
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

    def __init__(self) -> None:
        super().__init__()
        self.remedies: dict[UUID, RemedyState] = {}
        self.remedies_to_accept: set[UUID] = set()

    @property
    def has_remedies(self) -> bool:
        return bool(self.remedies)

    def promise(self, remedies: tuple[Remedy, ...], *, if_accepted: bool) -> None:
        """Fold newly promised remedies; called by the events that promise them."""
        self.remedies.update({remedy.remedy_id: RemedyState.PROMISED for remedy in remedies})
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

    def fulfil_remedy(self, remedy_id: UUID, *, reference: str | None = None, by: Provenance) -> None:
        """Record that a remedy arrived; `reference` is that of the payments ledger."""
        self.permit("fulfil-remedy", by)
        self._require_remedy(remedy_id)
        if self.remedies[remedy_id] != RemedyState.FULFILLED:
            self._record(self.RemedyFulfilled, by, remedy_id=remedy_id, reference=reference)

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
        self._require_remedy(remedy_id)
        if self.remedies[remedy_id] == RemedyState.FULFILLED:
            raise errors.RemedyFulfilledError
        self._record(
            self.RemedyFailed, by, remedy_id=remedy_id, reason=reason, reference=reference, reason_text=reason_text
        )

    def _require_remedy(self, remedy_id: UUID) -> None:
        if remedy_id not in self.remedies:
            raise errors.RemedyUnknownError
