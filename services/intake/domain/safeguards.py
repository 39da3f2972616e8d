"""What protects people and records: freezes, proof of identity, legal holds, erasure."""

from enum import StrEnum
from uuid import UUID

from services.intake.domain import errors
from services.intake.domain.parties import PartyRole
from services.intake.domain.provenance import Provenance
from services.intake.domain.submission import Beginning


class IdentityResult(StrEnum):
    PASSED = "passed"
    FAILED = "failed"


class FreezeState(StrEnum):
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class Safeguards(Beginning):
    """The chapter of freezes, identities, legal holds and erasure."""

    class FreezeRequested(Beginning.Event):
        TOPIC = "complaint.freeze_requested"
        freeze_id: UUID
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Safeguards") -> None:
            complaint.freeze_id, complaint.freeze = self.freeze_id, FreezeState.REQUESTED

    class FreezeConfirmed(Beginning.Event):
        TOPIC = "complaint.freeze_confirmed"
        freeze_id: UUID
        reference: str | None

        def apply(self, complaint: "Safeguards") -> None:
            complaint.freeze = FreezeState.CONFIRMED

    class FreezeRefused(Beginning.Event):
        TOPIC = "complaint.freeze_refused"
        freeze_id: UUID
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Safeguards") -> None:
            complaint.freeze = FreezeState.REFUSED

    class IdentityVerified(Beginning.Event):
        TOPIC = "complaint.identity_verified"
        party_id: UUID
        method: str
        result: IdentityResult

        def apply(self, complaint: "Safeguards") -> None:
            if self.result == IdentityResult.PASSED:
                complaint.verified.add(self.party_id)
            else:
                complaint.verified.discard(self.party_id)

    class LegalHoldPlaced(Beginning.Event):
        TOPIC = "complaint.legal_hold_placed"
        hold_id: UUID
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Safeguards") -> None:
            complaint.legal_holds.add(self.hold_id)

    class LegalHoldLifted(Beginning.Event):
        TOPIC = "complaint.legal_hold_lifted"
        hold_id: UUID
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Safeguards") -> None:
            complaint.legal_holds.discard(self.hold_id)

    class PersonalDataErased(Beginning.Event):
        TOPIC = "complaint.personal_data_erased"
        party_ids: tuple[UUID, ...]
        reason: str

        def apply(self, complaint: "Safeguards") -> None:
            if self.originator_version != complaint.erased_at_version + 1:
                complaint.erased = set()
            complaint.erased.update(self.party_ids)
            complaint.erased_at_version = self.originator_version

    def __init__(self) -> None:
        super().__init__()
        self.freeze_id: UUID | None = None
        self.freeze: FreezeState | None = None
        self.verified: set[UUID] = set()
        self.legal_holds: set[UUID] = set()
        self.erased: set[UUID] = set()
        self.erased_at_version = 0

    @property
    def has_freeze(self) -> bool:
        return self.freeze is not None

    @property
    def has_legal_hold(self) -> bool:
        return bool(self.legal_holds)

    @property
    def identity_settled(self) -> bool:
        return self.authenticated or self.complainant in self.verified

    def is_proven(self, by: Provenance) -> bool:
        """Tell whether who speaks may decide: a representative only with proof of authority."""
        represents = by.party is not None and self.parties.get(by.party) == PartyRole.REPRESENTATIVE
        return not represents or by.party in self.verified

    @property
    def still_erased(self) -> set[UUID]:
        """Of whom nothing is left to erase: anything that happens later may tell of them again."""
        return self.erased if self.erased_at_version == self.version else set()

    def request_freeze(self, freeze_id: UUID, *, reason: str, reason_text: str | None = None, by: Provenance) -> None:
        self.permit("request-freeze", by)
        if self.freeze in {FreezeState.REQUESTED, FreezeState.CONFIRMED}:
            return
        self._record(self.FreezeRequested, by, freeze_id=freeze_id, reason=reason, reason_text=reason_text)

    def confirm_freeze(self, *, reference: str | None = None, by: Provenance) -> None:
        """Record that the account is frozen; `reference` is that of the system which froze it."""
        self.permit("confirm-freeze", by)
        if self.freeze == FreezeState.CONFIRMED:
            return
        self._require_open_freeze()
        self._record(self.FreezeConfirmed, by, freeze_id=self.freeze_id, reference=reference)

    def refuse_freeze(self, *, reason: str, reason_text: str | None = None, by: Provenance) -> None:
        self.permit("refuse-freeze", by)
        if self.freeze == FreezeState.REFUSED:
            return
        self._require_open_freeze()
        self._record(self.FreezeRefused, by, freeze_id=self.freeze_id, reason=reason, reason_text=reason_text)

    def _require_open_freeze(self) -> None:
        if self.freeze != FreezeState.REQUESTED:
            raise errors.FreezeSettledError

    def verify_identity(self, party_id: UUID, *, method: str, result: IdentityResult, by: Provenance) -> None:
        """Record how a party proved to be who it says, or to act for whom it says, and with what result."""
        self.permit("verify-identity", by)
        if party_id not in self.parties:
            raise errors.PartyUnknownError
        self._record(self.IdentityVerified, by, party_id=party_id, method=method, result=result)

    def place_legal_hold(self, hold_id: UUID, *, reason: str, reason_text: str | None = None, by: Provenance) -> None:
        self.permit("place-legal-hold", by)
        self._record(self.LegalHoldPlaced, by, hold_id=hold_id, reason=reason, reason_text=reason_text)

    def lift_legal_hold(self, hold_id: UUID, *, reason: str, reason_text: str | None = None, by: Provenance) -> None:
        self.permit("lift-legal-hold", by)
        if hold_id not in self.legal_holds:
            raise errors.LegalHoldUnknownError
        self._record(self.LegalHoldLifted, by, hold_id=hold_id, reason=reason, reason_text=reason_text)

    def erase_personal_data(self, party_ids: tuple[UUID, ...] = (), *, reason: str, by: Provenance) -> None:
        """Record the erasure of these parties, or of all; the caller destroys their keys in the same append."""
        self.permit("erase-personal-data", by)
        if any(party_id not in self.parties for party_id in party_ids):
            raise errors.PartyUnknownError
        to_erase = tuple(sorted(set(party_ids or self.parties) - self.still_erased))
        if to_erase:
            self._record(self.PersonalDataErased, by, party_ids=to_erase, reason=reason)

    def repeat_erasure(self, party_ids: tuple[UUID, ...], *, reason: str, by: Provenance) -> None:
        """Record again an erasure that an older backup had undone; it is not decided anew, whatever stood then."""
        to_erase = tuple(sorted(set(party_ids) & self.parties.keys()))
        if to_erase:
            self._record(self.PersonalDataErased, by, party_ids=to_erase, reason=reason)
