"""Where else the matter lies: consumer associations, mediation, regulators, courts."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from services.intake.domain import errors
from services.intake.domain.provenance import Provenance
from services.intake.domain.remedies import Remedies, Remedy


class ReferralKind(StrEnum):
    CONSUMER_ASSOCIATION = "consumer_association"
    MEDIATION = "mediation"
    REGULATOR = "regulator"
    COURT = "court"
    OMBUDSMAN = "ombudsman"
    ARBITRATION = "arbitration"
    OTHER = "other"


class OpenedBy(StrEnum):
    COMPLAINANT = "complainant"
    WALLET = "wallet"
    BODY = "body"


class Referrals(Remedies):
    """The chapter of external bodies; several referrals may be open, in every status."""

    class ExternalReferralOpened(Remedies.Event):
        TOPIC = "complaint.external_referral_opened"
        referral_id: UUID
        kind: ReferralKind
        body: str
        opened_by: OpenedBy
        reply_due_on: date | None
        reference: str | None

        def apply(self, complaint: "Referrals") -> None:
            complaint.open_referrals.add(self.referral_id)

    class ExternalReferralDecided(Remedies.Event):
        TOPIC = "complaint.external_referral_decided"
        referral_id: UUID
        outcome: str
        binding: bool
        remedies: tuple[Remedy, ...]
        text: str | None

        def apply(self, complaint: "Referrals") -> None:
            if self.binding:
                complaint.promise(self.remedies, if_accepted=False)

    class ExternalReferralClosed(Remedies.Event):
        TOPIC = "complaint.external_referral_closed"
        referral_id: UUID
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Referrals") -> None:
            complaint.open_referrals.discard(self.referral_id)

    def __init__(self) -> None:
        super().__init__()
        self.open_referrals: set[UUID] = set()

    @property
    def has_open_referral(self) -> bool:
        return bool(self.open_referrals)

    def open_referral(
        self,
        referral_id: UUID,
        *,
        kind: ReferralKind,
        body: str,
        opened_by: OpenedBy,
        reply_due_on: date | None = None,
        reference: str | None = None,
        by: Provenance,
    ) -> None:
        """Record that the matter went to an external body, which wants a reply by the end of `reply_due_on`."""
        self.permit("open-referral", by)
        self._record(
            self.ExternalReferralOpened,
            by,
            referral_id=referral_id,
            kind=kind,
            body=body,
            opened_by=opened_by,
            reply_due_on=reply_due_on,
            reference=reference,
        )

    def decide_referral(
        self,
        referral_id: UUID,
        *,
        outcome: str,
        binding: bool,
        remedies: tuple[Remedy, ...] = (),
        text: str | None = None,
        by: Provenance,
    ) -> None:
        """Record the body's decision; a binding one promises its remedies without reopening the complaint."""
        self.permit("decide-referral", by)
        self._require_open(referral_id)
        self._record(
            self.ExternalReferralDecided,
            by,
            referral_id=referral_id,
            outcome=outcome,
            binding=binding,
            remedies=remedies,
            text=text,
        )

    def close_referral(self, referral_id: UUID, *, reason: str, reason_text: str | None = None, by: Provenance) -> None:
        self.permit("close-referral", by)
        self._require_open(referral_id)
        self._record(self.ExternalReferralClosed, by, referral_id=referral_id, reason=reason, reason_text=reason_text)

    def _require_open(self, referral_id: UUID) -> None:
        if referral_id not in self.open_referrals:
            raise errors.ReferralUnknownError
