"""The table of the lifecycle: every event against every status."""

from collections.abc import Callable, Mapping
from uuid import uuid4

import pytest

from services.intake.domain import links
from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import DeliveryOutcome
from services.intake.domain.errors import IntakeError
from services.intake.domain.handling import ExtensionTerms
from services.intake.domain.lifecycle import ENDED, OPEN, RULES, Status
from services.intake.domain.links import LinkType
from services.intake.domain.outcome import Closing, Decision
from services.intake.domain.parties import Medium, Person
from services.intake.domain.provenance import Voice
from services.intake.domain.referrals import OpenedBy, ReferralKind
from tests import builders as a
from tests.domain import happened

RESOLVED = {Status.RESOLVED}
EVERY = set(Status)
UNTOUCHED = {Status.SUBMITTED, Status.ACKNOWLEDGED}
WAITING = {Status.WAITING_ON_COMPLAINANT, Status.WAITING_ON_THIRD_PARTY}

TERMS = ExtensionTerms(unit="business_days", cap=3, times=1, approver=Voice.SUPERVISOR)

REACH: Mapping[Status, tuple[Callable[[Complaint], None], ...]] = {
    Status.SUBMITTED: (),
    Status.ACKNOWLEDGED: (happened.acknowledged,),
    Status.IN_PROGRESS: (happened.acknowledged, happened.assigned),
    Status.WAITING_ON_COMPLAINANT: (happened.information_requested,),
    Status.WAITING_ON_THIRD_PARTY: (happened.third_party_awaited,),
    Status.RESOLVED: (happened.resolved,),
    Status.CLOSED: (happened.resolved, happened.accepted),
    Status.WITHDRAWN: (happened.withdrawn,),
    Status.DECLINED: (happened.declined,),
}


def furnished(status: Status) -> Complaint:
    """A complaint in a status, with a remedy, a referral, a hold, a freeze and a link that events can be about."""
    complaint = a.complaint(urgent=True)
    other = a.complaint(complaint_id=uuid4())
    happened.referred(complaint)
    happened.bound(complaint)
    happened.held(complaint)
    links.join(complaint, other, LinkType.RELATED, by=a.handler())
    for step in REACH[status]:
        step(complaint)
    assert complaint.status == status
    complaint.collect_events()
    return complaint


def _linked(c: Complaint) -> None:
    links.link(c, a.complaint(complaint_id=uuid4()), LinkType.RELATED, by=a.handler())


def _unlinked(c: Complaint) -> None:
    (other_id,) = c.links
    other = a.complaint(complaint_id=other_id)
    other.record_link(LinkType.RELATED, links.Direction.INCOMING, c.id, by=a.handler())
    links.unlink(c, other, reason="mistake", by=a.handler())


def _dismissed(c: Complaint) -> None:
    c.propose_link(a.likeness(), by=a.system())
    c.collect_events()
    c.dismiss_link_proposal(a.LIKE, reason="another-matter", by=a.handler())


def _erased(c: Complaint) -> None:
    c.lift_legal_hold(a.HOLD, reason="ended", by=a.supervisor())
    c.collect_events()
    c.erase_personal_data(reason="person-request", by=a.supervisor())


def _delivered(c: Complaint) -> None:
    happened.answered(c)
    (letter_id, *_) = c.letters
    c.collect_events()
    c.record_delivery(letter_id, medium=Medium.EMAIL, attempt=1, outcome=DeliveryOutcome.SENT, by=a.service())


def _replaced(c: Complaint) -> None:
    c.fail_remedy(a.BINDING_REMEDY, reason="limit", by=a.service())
    c.collect_events()
    c.replace_remedy(a.BINDING_REMEDY, remedies=(a.remedy(uuid4()),), reason="another-way", by=a.handler())


def _released(c: Complaint) -> None:
    happened.assigned(c)
    c.collect_events()
    happened.released(c)


TRIGGERS: Mapping[str, Callable[[Complaint], object]] = {
    "FollowedUp": happened.followed_up,
    "EvidenceAdded": lambda c: c.add_evidence((a.evidence(),), by=a.session()),
    "NoteAdded": lambda c: c.add_note("内部备注", by=a.handler()),
    "ContactChanged": lambda c: c.change_contact(Person(phone="+86 139 0000 0000"), by=a.session()),
    "Answered": happened.answered,
    "DeliveryRecorded": _delivered,
    "IdentityVerified": happened.identity_verified,
    "FreezeConfirmed": lambda c: c.confirm_freeze(by=a.service()),
    "FreezeRefused": lambda c: c.refuse_freeze(reason="not-owner", by=a.handler()),
    "RemedyFulfilled": lambda c: c.fulfil_remedy(a.BINDING_REMEDY, by=a.service()),
    "RemedyFailed": lambda c: c.fail_remedy(a.BINDING_REMEDY, reason="limit", by=a.service()),
    "RemedyReplaced": _replaced,
    "ExternalReferralOpened": lambda c: c.open_referral(
        uuid4(), kind=ReferralKind.COURT, body="court", opened_by=OpenedBy.WALLET, by=a.handler()
    ),
    "ExternalReferralDecided": lambda c: c.decide_referral(
        a.REFERRAL, outcome="for-wallet", binding=False, by=a.handler()
    ),
    "ExternalReferralClosed": lambda c: c.close_referral(a.REFERRAL, reason="decided", by=a.handler()),
    "LegalHoldPlaced": lambda c: c.place_legal_hold(uuid4(), reason="litigation", by=a.supervisor()),
    "LegalHoldLifted": lambda c: c.lift_legal_hold(a.HOLD, reason="ended", by=a.supervisor()),
    "Linked": _linked,
    "Unlinked": _unlinked,
    "LinkProposed": lambda c: c.propose_link(a.likeness(), by=a.system()),
    "LinkProposalDismissed": _dismissed,
    "PersonalDataErased": _erased,
    "Acknowledged": happened.acknowledged,
    "Classified": lambda c: c.classify(a.classification(category="other"), reason="handler-review", by=a.handler()),
    "Assigned": lambda c: c.assign("bert", reason="by-hand", by=a.handler()),
    "Released": _released,
    "InformationRequested": lambda c: happened.information_requested(c, uuid4()),
    "InformationProvided": happened.information_provided,
    "ThirdPartyAwaited": lambda c: c.await_third_party(uuid4(), third_party="bank", by=a.handler()),
    "ThirdPartyAnswered": lambda c: c.record_third_party_answer(wait_id=a.WAIT, by=a.handler()),
    "Escalated": happened.escalated,
    "ExtensionGranted": lambda c: c.extend(a.CLOCK, amount=3, terms=TERMS, reason="beyond-control", by=a.supervisor()),
    "FreezeRequested": lambda c: c.request_freeze(uuid4(), reason="theft", by=a.handler()),
    "Resolved": lambda c: c.resolve(
        decision=Decision.NOT_UPHELD, reason="no-error-found", explanation="未发现差错", by=a.handler()
    ),
    "ResolutionAccepted": happened.accepted,
    "ResolutionRejected": happened.rejected,
    "Rated": lambda c: c.rate(4, by=a.session()),
    "Reopened": lambda c: c.reopen(reason="review", by=a.supervisor()),
    "Withdrawn": happened.withdrawn,
    "Declined": happened.declined,
    "Closed": lambda c: c.close(Closing.NO_ANSWER, by=a.system()),
}

ALLOWED: Mapping[str, set[Status]] = {
    **dict.fromkeys(
        (
            "FollowedUp",
            "EvidenceAdded",
            "NoteAdded",
            "ContactChanged",
            "Answered",
            "DeliveryRecorded",
            "IdentityVerified",
            "FreezeConfirmed",
            "FreezeRefused",
            "RemedyFulfilled",
            "RemedyFailed",
            "RemedyReplaced",
            "ExternalReferralOpened",
            "ExternalReferralDecided",
            "ExternalReferralClosed",
            "LegalHoldPlaced",
            "LegalHoldLifted",
            "Linked",
            "Unlinked",
            "LinkProposed",
            "LinkProposalDismissed",
            "PersonalDataErased",
        ),
        EVERY,
    ),
    "Acknowledged": set(OPEN),
    "Classified": set(OPEN) | RESOLVED,
    "Assigned": set(OPEN) | RESOLVED,
    "Released": set(OPEN) | RESOLVED,
    "InformationRequested": set(OPEN),
    "InformationProvided": {Status.WAITING_ON_COMPLAINANT},
    "ThirdPartyAwaited": set(OPEN),
    "ThirdPartyAnswered": {Status.WAITING_ON_THIRD_PARTY},
    "Escalated": set(OPEN),
    "ExtensionGranted": set(OPEN),
    "FreezeRequested": set(OPEN),
    "Resolved": set(OPEN),
    "ResolutionAccepted": RESOLVED,
    "ResolutionRejected": RESOLVED,
    "Rated": {Status.RESOLVED, Status.CLOSED},
    "Reopened": set(ENDED),
    "Withdrawn": set(OPEN),
    "Declined": UNTOUCHED,
    "Closed": RESOLVED,
}

ALREADY_SO = {("Acknowledged", Status.ACKNOWLEDGED), ("Acknowledged", Status.IN_PROGRESS)} | {
    ("FreezeRequested", status) for status in OPEN
}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("event", list(TRIGGERS))
def test_an_event_happens_exactly_where_the_table_allows_it(event: str, status: Status) -> None:
    complaint = furnished(status)
    try:
        TRIGGERS[event](complaint)
    except IntakeError:
        assert status not in ALLOWED[event]
        assert complaint.collect_events() == []
        return
    happened_now = [type(each).__name__ for each in complaint.collect_events()]
    assert status in ALLOWED[event]
    assert happened_now == [] if (event, status) in ALREADY_SO else event in happened_now


def test_the_table_names_every_event_of_a_complaint() -> None:
    events = {name for name, value in vars(Complaint).items() if isinstance(value, type) and hasattr(value, "TOPIC")}
    assert set(TRIGGERS) == events - {"Submitted"} == set(ALLOWED)


@pytest.mark.parametrize("status", list(Status))
def test_what_every_status_allows_leaves_the_status_of_an_ended_complaint(status: Status) -> None:
    for event, statuses in ALLOWED.items():
        if statuses == EVERY and status in ENDED:
            complaint = furnished(status)
            TRIGGERS[event](complaint)
            assert complaint.status == status


@pytest.mark.parametrize("command", list(RULES))
def test_no_voice_beyond_the_table_gives_a_command(command: str) -> None:
    speakers = {
        Voice.SESSION: a.session(),
        Voice.RECORDED: a.recorded(),
        Voice.HANDLER: a.handler(),
        Voice.SUPERVISOR: a.supervisor(),
        Voice.SERVICE: a.service(),
        Voice.SYSTEM: a.system(),
    }
    complaint = furnished(Status.IN_PROGRESS)
    for voice in set(Voice) - RULES[command].voices:
        assert not complaint.allows(command, speakers[voice])
