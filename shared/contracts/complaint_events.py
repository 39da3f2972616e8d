"""What happened to a complaint while it was submitted, worked on and talked about."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.complaint_values import (
    Classification,
    DesiredOutcome,
    EvidenceReference,
    ImportedFrom,
    Money,
    Party,
    Promise,
    RegulatorReference,
)
from shared.contracts.message import EACH_PARTY, Audience, Message, Personal, SeenBy
from shared.contracts.topics import COMPLAINT_EVENTS

FILES = Personal("names, types, sizes, digests and salts of the files")
WORDS = Personal("the complainant's words")
TOLD = Personal("what the complainant is told")
INTERNAL = Personal("what handlers wrote for each other", audience=Audience.HANDLER)


class ComplaintFact(Message):
    """`complainant` is the party id of the complainant: random, and meaningless after erasure."""

    topic: ClassVar[str] = COMPLAINT_EVENTS
    audience: ClassVar[Audience] = Audience.COMPLAINANT

    complainant: UUID


class ComplaintSubmitted(ComplaintFact):
    """A complaint reached the wallet; `received_at` may lie before `occurred_at`, then `entry_reason` says why."""

    stored_name: ClassVar[str] = "complaint.submitted"
    personal: ClassVar[Mapping[str, Personal]] = {
        "evidence_files": FILES,
        "matter": Personal("description, transactions, references: what the complaint is about"),
        "persons": Personal("names and contacts of the parties", of=EACH_PARTY),
    }

    number: str
    parties: tuple[Party, ...]
    category: str
    received_at: AwareDatetime
    entry_reason: str | None
    authenticated: bool
    language: str
    preferred_medium: str | None
    desired_outcome: DesiredOutcome | None
    disputed_amount: Money | None
    regulator: RegulatorReference | None
    flags: Annotated[tuple[str, ...], SeenBy(Audience.HANDLER)]
    evidence: tuple[EvidenceReference, ...]
    imported_from: Annotated[ImportedFrom | None, SeenBy(Audience.HANDLER)] = None


class ComplaintClassified(ComplaintFact):
    """Category, complexity, urgency, jurisdiction, regulated service or root cause was set or changed."""

    stored_name: ClassVar[str] = "complaint.classified"
    audience: ClassVar[Audience] = Audience.HANDLER
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": INTERNAL}

    classification: Classification
    reason: str


class ComplaintAcknowledged(ComplaintFact):
    """The complainant is told that the complaint arrived, and the dates promised."""

    stored_name: ClassVar[str] = "complaint.acknowledged"

    promises: tuple[Promise, ...]


class ComplaintAssigned(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.assigned"
    audience: ClassVar[Audience] = Audience.HANDLER

    handler_id: str
    team: str | None
    reason: str


class ComplaintReleased(ComplaintFact):
    """Nobody works on it any more: `handler_id` gave it back, or the rule took it and found nobody who suits."""

    stored_name: ClassVar[str] = "complaint.released"
    audience: ClassVar[Audience] = Audience.HANDLER

    handler_id: str
    reason: str


class ComplaintFollowedUp(ComplaintFact):
    """The complainant asked again or added something."""

    stored_name: ClassVar[str] = "complaint.followed_up"
    personal: ClassVar[Mapping[str, Personal]] = {"evidence_files": FILES, "text": WORDS}

    evidence: tuple[EvidenceReference, ...]


class ComplaintEvidenceAdded(ComplaintFact):
    """Evidence arrived; what handlers and systems add is not shown to the complainant."""

    stored_name: ClassVar[str] = "complaint.evidence_added"
    personal: ClassVar[Mapping[str, Personal]] = {"evidence_files": FILES, "text": WORDS}

    evidence: tuple[EvidenceReference, ...]

    @classmethod
    def audience_of(cls, fields: Mapping[str, Any]) -> Audience:
        spoken = fields["on_behalf_of"] is not None or fields["actor"]["type"] in {"complainant", "representative"}
        return Audience.COMPLAINANT if spoken else Audience.HANDLER


class ComplaintNoteAdded(ComplaintFact):
    """A handler wrote a note; a restricted one is for compliance only."""

    stored_name: ClassVar[str] = "complaint.note_added"
    audience: ClassVar[Audience] = Audience.HANDLER
    personal: ClassVar[Mapping[str, Personal]] = {"text": INTERNAL}

    restricted: bool
    flag: str | None

    @classmethod
    def audience_of(cls, fields: Mapping[str, Any]) -> Audience:
        return Audience.RESTRICTED if fields["restricted"] else Audience.HANDLER


class ComplaintContactChanged(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.contact_changed"
    personal: ClassVar[Mapping[str, Personal]] = {"contact": Personal("name and contacts of the party", of="party_id")}

    party_id: UUID
    preferred_medium: str | None
    language: str | None


class ComplaintAnswered(ComplaintFact):
    """A letter of some kind was ordered, or a call was held (medium phone, no template)."""

    stored_name: ClassVar[str] = "complaint.answered"
    personal: ClassVar[Mapping[str, Personal]] = {"text": TOLD}

    kind: str
    medium: str
    template: str | None
    template_version: str | None
    language: str


class ComplaintDeliveryRecorded(ComplaintFact):
    """One attempt to deliver a letter; `letter_id` is the event id of Acknowledged or Answered.

    `is_last` says that no further attempt follows for now. `reason` says by code why an attempt failed; what lacks the
    elements that `missing` names was not sent, and is once it lacks nothing.
    """

    stored_name: ClassVar[str] = "complaint.delivery_recorded"
    personal: ClassVar[Mapping[str, Personal]] = {"evidence_files": FILES, "text": INTERNAL}

    letter_id: UUID
    medium: str
    attempt: int
    outcome: str
    evidence: tuple[EvidenceReference, ...]
    is_last: bool = False
    missing: Annotated[tuple[str, ...], SeenBy(Audience.HANDLER)] = ()
    reason: Annotated[str | None, SeenBy(Audience.HANDLER)] = None


class ComplaintInformationRequested(ComplaintFact):
    """The complainant is asked for something; `items` are codes of the guidance."""

    stored_name: ClassVar[str] = "complaint.information_requested"
    personal: ClassVar[Mapping[str, Personal]] = {"text": TOLD}

    request_id: UUID
    items: tuple[str, ...]


class ComplaintInformationProvided(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.information_provided"
    personal: ClassVar[Mapping[str, Personal]] = {"evidence_files": FILES, "text": WORDS}

    request_ids: tuple[UUID, ...]
    evidence: tuple[EvidenceReference, ...]


class ComplaintThirdPartyAwaited(ComplaintFact):
    """A third party (merchant, bank, card network, authority) has to answer first."""

    stored_name: ClassVar[str] = "complaint.third_party_awaited"
    personal: ClassVar[Mapping[str, Personal]] = {"text": INTERNAL}

    wait_id: UUID
    third_party: str


class ComplaintThirdPartyAnswered(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.third_party_answered"
    personal: ClassVar[Mapping[str, Personal]] = {"text": INTERNAL}

    wait_id: UUID


class ComplaintEscalated(ComplaintFact):
    """The level rose, or at the highest was confirmed; `cause_id` is the event that made it."""

    stored_name: ClassVar[str] = "complaint.escalated"
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": INTERNAL}

    from_level: int
    to_level: int
    reason: str
    cause_id: UUID | None


class ComplaintExtensionGranted(ComplaintFact):
    """A clock was given `amount` more of `unit`."""

    stored_name: ClassVar[str] = "complaint.extension_granted"
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": TOLD}

    clock_id: UUID
    amount: int
    unit: str
    reason: str


class ComplaintExternalReferralOpened(ComplaintFact):
    """The matter lies with an external body as well, which wants a reply by the end of `reply_due_on`."""

    stored_name: ClassVar[str] = "complaint.external_referral_opened"
    personal: ClassVar[Mapping[str, Personal]] = {"reference": Personal("the body's reference number")}

    referral_id: UUID
    kind: str
    body: str
    opened_by: str
    reply_due_on: date | None


class ComplaintExternalReferralClosed(ComplaintFact):
    stored_name: ClassVar[str] = "complaint.external_referral_closed"
    personal: ClassVar[Mapping[str, Personal]] = {"reason_text": TOLD}

    referral_id: UUID
    reason: str


EVENTS: tuple[type[ComplaintFact], ...] = (
    ComplaintSubmitted,
    ComplaintClassified,
    ComplaintAcknowledged,
    ComplaintAssigned,
    ComplaintReleased,
    ComplaintFollowedUp,
    ComplaintEvidenceAdded,
    ComplaintNoteAdded,
    ComplaintContactChanged,
    ComplaintAnswered,
    ComplaintDeliveryRecorded,
    ComplaintInformationRequested,
    ComplaintInformationProvided,
    ComplaintThirdPartyAwaited,
    ComplaintThirdPartyAnswered,
    ComplaintEscalated,
    ComplaintExtensionGranted,
    ComplaintExternalReferralOpened,
    ComplaintExternalReferralClosed,
)
