"""What happened to a complaint when it was decided, safeguarded, linked, ended or begun again."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from shared.contracts.complaint_events import FILES, INTERNAL, TOLD, WORDS, ComplaintFact
from shared.contracts.complaint_values import EvidenceReference, Money, Remedy
from shared.contracts.message import Audience, Personal


class ComplaintResolved(ComplaintFact):
    """Decided: upheld, partly_upheld or not_upheld, with what is promised to make it good."""

    stored_name: ClassVar[str] = "complaint.resolved"
    personal: ClassVar[Mapping[str, Personal]] = {"explanation": TOLD, "points": TOLD, "reason_text": INTERNAL}

    decision: str
    remedies: tuple[Remedy, ...]
    reason: str


class ComplaintResolutionAccepted(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.resolution_accepted"
    personal: ClassVar[Mapping[str, Personal]] = {"text": WORDS}


class ComplaintResolutionRejected(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.resolution_rejected"
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": WORDS}

    reason: str


class ComplaintRated(ComplaintFact):
    """Rated from 1 (bad) to 5 (good)."""

    stored_name: ClassVar[str] = "complaint.rated"
    personal: ClassVar[Mapping[str, Personal]] = {"comment": WORDS}

    score: int


class ComplaintReopened(ComplaintFact):
    """Begun again; `reason_text` is the complainant's, `internal_text` a supervisor's."""

    stored_name: ClassVar[str] = "complaint.reopened"
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": WORDS, "internal_text": INTERNAL}

    reason: str


class ComplaintWithdrawn(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.withdrawn"
    personal: ClassVar[Mapping[str, Personal]] = {"evidence_files": FILES, "reason_text": WORDS}

    reason: str
    evidence: tuple[EvidenceReference, ...]


class ComplaintDeclined(ComplaintFact):
    """Not taken on: a letter that says why is due."""

    stored_name: ClassVar[str] = "complaint.declined"
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": TOLD}

    reason: str


class ComplaintClosed(ComplaintFact):
    """Closed: accepted, no_answer, rejected_twice, or as duplicate of `primary_id`."""

    stored_name: ClassVar[str] = "complaint.closed"

    reason: str
    primary_id: UUID | None


class ComplaintRemedyFulfilled(ComplaintFact):
    """What was promised arrived; `amount` is what the payments ledger says it paid."""

    stored_name: ClassVar[str] = "complaint.remedy_fulfilled"
    personal: ClassVar[Mapping[str, Personal]] = {"reference": Personal("the payments ledger's reference")}

    remedy_id: UUID
    amount: Money | None = None


class ComplaintRemedyFailed(ComplaintFact):
    """What was promised did not arrive; it is mended, or another promise replaces it."""

    stored_name: ClassVar[str] = "complaint.remedy_failed"
    personal: ClassVar[Mapping[str, Personal]] = {
        "reference": Personal("the payments ledger's reference"),
        "reason_text": INTERNAL,
    }

    remedy_id: UUID
    reason: str


class ComplaintRemedyReplaced(ComplaintFact):
    """Other remedies are promised for one that failed; they are owed as it was."""

    stored_name: ClassVar[str] = "complaint.remedy_replaced"
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": INTERNAL}

    remedy_id: UUID
    remedies: tuple[Remedy, ...]
    reason: str


class ComplaintExternalReferralDecided(ComplaintFact):
    """An external body decided; the remedies of a binding decision are owed without reopening."""

    stored_name: ClassVar[str] = "complaint.external_referral_decided"
    personal: ClassVar[Mapping[str, Personal]] = {"text": TOLD}

    referral_id: UUID
    outcome: str
    binding: bool
    remedies: tuple[Remedy, ...]


class ComplaintFreezeRequested(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.freeze_requested"
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": INTERNAL}

    freeze_id: UUID
    reason: str


class ComplaintFreezeConfirmed(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.freeze_confirmed"
    personal: ClassVar[Mapping[str, Personal]] = {
        "reference": Personal("the reference of the system that froze", audience=Audience.HANDLER)
    }

    freeze_id: UUID


class ComplaintFreezeRefused(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.freeze_refused"
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": INTERNAL}

    freeze_id: UUID
    reason: str


class ComplaintIdentityVerified(ComplaintFact):
    """A party proved, or failed to prove, who it is; `result` is passed or failed."""

    stored_name: ClassVar[str] = "complaint.identity_verified"
    audience: ClassVar[Audience] = Audience.HANDLER

    party_id: UUID
    method: str
    result: str


class ComplaintLegalHoldPlaced(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.legal_hold_placed"
    audience: ClassVar[Audience] = Audience.RESTRICTED
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": INTERNAL}

    hold_id: UUID
    reason: str


class ComplaintLegalHoldLifted(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.legal_hold_lifted"
    audience: ClassVar[Audience] = Audience.RESTRICTED
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": INTERNAL}

    hold_id: UUID
    reason: str


class ComplaintPersonalDataErased(ComplaintFact):
    """The keys of these parties were destroyed; what was theirs reads as nothing from now on, at every instant."""

    stored_name: ClassVar[str] = "complaint.personal_data_erased"

    party_ids: tuple[UUID, ...]
    reason: str


class _LinkFact(ComplaintFact):
    link: str
    direction: str
    other_id: UUID

    @classmethod
    def audience_of(cls, fields: Mapping[str, Any]) -> Audience:
        return Audience.HANDLER if fields["link"] == "related" else Audience.COMPLAINANT


class ComplaintLinked(_LinkFact):
    """Two complaints belong together; of a duplicate the outgoing side closes in favour of the incoming one."""

    stored_name: ClassVar[str] = "complaint.linked"


class ComplaintUnlinked(_LinkFact):
    stored_name: ClassVar[str] = "complaint.unlinked"

    reason: str


class ComplaintLinkProposed(ComplaintFact):
    """An earlier complaint may belong to this one; `because` are same-transaction, same-amount-and-day, same-text."""

    stored_name: ClassVar[str] = "complaint.link_proposed"
    audience: ClassVar[Audience] = Audience.HANDLER

    link: str
    other_id: UUID
    because: tuple[str, ...]


class ComplaintLinkProposalDismissed(ComplaintFact):
    """A handler looked: the two do not belong together."""

    stored_name: ClassVar[str] = "complaint.link_proposal_dismissed"
    audience: ClassVar[Audience] = Audience.HANDLER
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": INTERNAL}

    other_id: UUID
    reason: str


OUTCOMES: tuple[type[ComplaintFact], ...] = (
    ComplaintResolved,
    ComplaintResolutionAccepted,
    ComplaintResolutionRejected,
    ComplaintRated,
    ComplaintReopened,
    ComplaintWithdrawn,
    ComplaintDeclined,
    ComplaintClosed,
    ComplaintRemedyFulfilled,
    ComplaintRemedyFailed,
    ComplaintRemedyReplaced,
    ComplaintExternalReferralDecided,
    ComplaintFreezeRequested,
    ComplaintFreezeConfirmed,
    ComplaintFreezeRefused,
    ComplaintIdentityVerified,
    ComplaintLegalHoldPlaced,
    ComplaintLegalHoldLifted,
    ComplaintPersonalDataErased,
    ComplaintLinked,
    ComplaintUnlinked,
    ComplaintLinkProposed,
    ComplaintLinkProposalDismissed,
)
