"""Who may give which command; the answer to everybody else is the same in every status."""

from collections.abc import Callable, Mapping
from uuid import uuid4

import pytest

from services.intake.domain import errors, links
from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import DeliveryOutcome, LetterKind
from services.intake.domain.handling import ExtensionTerms
from services.intake.domain.lifecycle import RULES
from services.intake.domain.links import LinkType
from services.intake.domain.outcome import CLOSES_FOR, Closing, Decision
from services.intake.domain.parties import Medium, Person
from services.intake.domain.provenance import Provenance, Voice
from services.intake.domain.referrals import OpenedBy, ReferralKind
from services.intake.domain.safeguards import IdentityResult
from tests import builders as a
from tests.people import TEXTS

WORDS = TEXTS[0]
TERMS = ExtensionTerms(unit="business_days", cap=3, times=1, approver=Voice.HANDLER)

SESSION, RECORDED, HANDLER, SUPERVISOR, SERVICE, SYSTEM = Voice
PARTY, STAFF = {SESSION, RECORDED}, {HANDLER, SUPERVISOR}

SPEAKERS: Mapping[Voice, Provenance] = {
    SESSION: a.session(),
    RECORDED: a.recorded(),
    HANDLER: a.handler(),
    SUPERVISOR: a.supervisor(),
    SERVICE: a.service(),
    SYSTEM: a.system(),
}

Give = Callable[[Complaint, Provenance], None]


def _extend(c: Complaint, by: Provenance) -> None:
    c.extend(a.CLOCK, amount=1, terms=TERMS, reason="beyond-control", by=by)


def _resolve(c: Complaint, by: Provenance) -> None:
    c.resolve(decision=Decision.UPHELD, reason="error-confirmed", explanation=WORDS, by=by)


def _open_referral(c: Complaint, by: Provenance) -> None:
    c.open_referral(a.REFERRAL, kind=ReferralKind.COURT, body="court", opened_by=OpenedBy.COMPLAINANT, by=by)


def _verify_identity(c: Complaint, by: Provenance) -> None:
    c.verify_identity(a.COMPLAINANT, method="video-call", result=IdentityResult.PASSED, by=by)


def _record_delivery(c: Complaint, by: Provenance) -> None:
    c.record_delivery(uuid4(), medium=Medium.EMAIL, attempt=1, outcome=DeliveryOutcome.SENT, by=by)


def _link(c: Complaint, by: Provenance) -> None:
    links.link(c, a.complaint(complaint_id=uuid4()), LinkType.RELATED, by=by)


def _unlink(c: Complaint, by: Provenance) -> None:
    links.unlink(c, a.complaint(complaint_id=uuid4()), reason="mistake", by=by)


COMMANDS: Mapping[str, tuple[set[Voice], Give]] = {
    "acknowledge": (STAFF | {SERVICE, SYSTEM}, lambda c, by: c.acknowledge((), by=by)),
    "classify": (STAFF | {SYSTEM}, lambda c, by: c.classify(a.classification(), reason="review", by=by)),
    "assign": (STAFF | {SYSTEM}, lambda c, by: c.assign("anna", reason="by-hand", by=by)),
    "take": (STAFF, lambda c, by: c.take(by=by)),
    "release": (STAFF | {SYSTEM}, lambda c, by: c.release(reason="handed-back", by=by)),
    "follow-up": (PARTY, lambda c, by: c.follow_up(WORDS, by=by)),
    "add-evidence": (PARTY | STAFF | {SERVICE}, lambda c, by: c.add_evidence((a.evidence(),), by=by)),
    "add-note": (STAFF | {SERVICE}, lambda c, by: c.add_note(WORDS, by=by)),
    "change-contact": (PARTY | STAFF, lambda c, by: c.change_contact(Person(), by=by)),
    "answer": (STAFF, lambda c, by: c.answer(WORDS, kind=LetterKind.FINAL, medium=Medium.EMAIL, by=by)),
    "record-delivery": (STAFF | {SERVICE, SYSTEM}, _record_delivery),
    "verify-identity": (STAFF | {SERVICE}, _verify_identity),
    "request-freeze": (STAFF | {SYSTEM}, lambda c, by: c.request_freeze(a.FREEZE, reason="theft", by=by)),
    "confirm-freeze": (STAFF | {SERVICE}, lambda c, by: c.confirm_freeze(by=by)),
    "refuse-freeze": (STAFF | {SERVICE}, lambda c, by: c.refuse_freeze(reason="not-owner", by=by)),
    "request-information": (STAFF, lambda c, by: c.request_information(a.REQUEST, items=("bank-record",), by=by)),
    "provide-information": (PARTY, lambda c, by: c.provide_information(text=WORDS, by=by)),
    "await-third-party": (STAFF, lambda c, by: c.await_third_party(a.WAIT, third_party="bank", by=by)),
    "record-third-party-answer": (STAFF | {SERVICE}, lambda c, by: c.record_third_party_answer(by=by)),
    "escalate": (PARTY | STAFF | {SERVICE, SYSTEM}, lambda c, by: c.escalate(reason="wish", by=by)),
    "extend": (STAFF, _extend),
    "resolve": (STAFF, _resolve),
    "accept-resolution": (PARTY, lambda c, by: c.accept_resolution(by=by)),
    "reject-resolution": (PARTY, lambda c, by: c.reject_resolution(reason="not-enough", by=by)),
    "rate": (PARTY, lambda c, by: c.rate(3, by=by)),
    "reopen": ({SESSION, SUPERVISOR}, lambda c, by: c.reopen(reason="not-solved", by=by)),
    "withdraw": (PARTY, lambda c, by: c.withdraw(reason="solved", evidence=(a.evidence(),), by=by)),
    "decline": ({SUPERVISOR}, lambda c, by: c.decline(reason="forwarded", by=by)),
    "close": ({SUPERVISOR, SYSTEM}, lambda c, by: c.close(CLOSES_FOR.get(by.voice, Closing.NO_ANSWER), by=by)),
    "fulfil-remedy": (STAFF | {SERVICE}, lambda c, by: c.fulfil_remedy(a.REMEDY, by=by)),
    "fail-remedy": (STAFF | {SERVICE}, lambda c, by: c.fail_remedy(a.REMEDY, reason="limit", by=by)),
    "replace-remedy": (STAFF, lambda c, by: c.replace_remedy(a.REMEDY, remedies=(a.remedy(),), reason="r", by=by)),
    "open-referral": (PARTY | STAFF, _open_referral),
    "decide-referral": (
        STAFF | {SERVICE},
        lambda c, by: c.decide_referral(a.REFERRAL, outcome="won", binding=True, by=by),
    ),
    "close-referral": (STAFF | {SERVICE}, lambda c, by: c.close_referral(a.REFERRAL, reason="decided", by=by)),
    "place-legal-hold": ({SUPERVISOR}, lambda c, by: c.place_legal_hold(a.HOLD, reason="litigation", by=by)),
    "lift-legal-hold": ({SUPERVISOR}, lambda c, by: c.lift_legal_hold(a.HOLD, reason="ended", by=by)),
    "link": (STAFF, _link),
    "unlink": (STAFF, _unlink),
    "dismiss-link-proposal": (STAFF, lambda c, by: c.dismiss_link_proposal(a.LIKE, reason="another-matter", by=by)),
    "erase-personal-data": ({SUPERVISOR}, lambda c, by: c.erase_personal_data(reason="person-request", by=by)),
}


def refusal(give: Give, by: Provenance) -> type[errors.IntakeError] | None:
    """What the command is refused with, if it is; a refused one leaves no event."""
    complaint = a.complaint()
    try:
        give(complaint, by)
    except errors.IntakeError as error:
        assert complaint.collect_events() == []
        return type(error)
    return None


def test_every_command_of_the_table_is_asked_for_here() -> None:
    assert set(COMMANDS) == set(RULES)


@pytest.mark.parametrize("voice", Voice)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_for_its_voices_and_for_no_other(command: str, voice: Voice) -> None:
    voices, give = COMMANDS[command]
    permitted = refusal(give, SPEAKERS[voice]) is not errors.NotPermittedError
    assert permitted == (voice in voices)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_complaint_offers_a_command_to_its_voices_alone(command: str) -> None:
    voices, _ = COMMANDS[command]
    assert {voice for voice, speaker in SPEAKERS.items() if a.complaint().allows(command, speaker)} <= voices


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_is_taken_in_the_name_of_a_stranger(command: str) -> None:
    _, give = COMMANDS[command]
    assert refusal(give, a.session(a.WITNESS)) is errors.PartyUnknownError


def test_a_refusal_names_the_command_and_whose_it_is() -> None:
    with pytest.raises(errors.NotPermittedError) as refused:
        a.complaint().decline(reason="forwarded", by=a.handler())
    assert str(refused.value) == "decline is not for handler; it is for supervisor"
