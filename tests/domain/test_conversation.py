"""What is said about a complaint, and to the complainant."""

from collections.abc import Callable
from uuid import UUID

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import DeliveryOutcome, LetterKind
from services.intake.domain.evidence import files, references
from services.intake.domain.parties import Medium, Party, PartyRole, Person
from services.intake.domain.provenance import Provenance
from tests import builders as a
from tests.domain import happened
from tests.given import given

TWO_PARTIES = (Party(a.COMPLAINANT, PartyRole.COMPLAINANT), Party(a.REPRESENTATIVE, PartyRole.REPRESENTATIVE))
CONTACT = Person(phone="+86 139 1111 2222", safe_contact="safe.contact@example.net")


def letter_of(complaint: Complaint) -> UUID:
    (letter_id,) = complaint.letters
    return letter_id


def delivered(
    attempt: int, outcome: DeliveryOutcome, by: Provenance | None = None, letter_id: UUID | None = None
) -> Callable[[Complaint], None]:
    def step(c: Complaint) -> None:
        letter = letter_id or letter_of(c)
        c.record_delivery(letter, medium=Medium.EMAIL, attempt=attempt, outcome=outcome, by=by or a.service())

    return step


@pytest.mark.parametrize("by", [a.session(), a.own_token(), a.recorded()], ids=["app", "token", "recorded"])
def test_a_follow_up_keeps_the_words_and_the_evidence(by: Provenance) -> None:
    evidence = (a.evidence(), a.evidence("chat transcript"))
    outcome = given().when(lambda c: c.follow_up("提现三天了还在审核", evidence=evidence, by=by))
    fields = {"text": "提现三天了还在审核", "evidence": references(evidence), "evidence_files": files(evidence)}
    outcome.then((Complaint.FollowedUp, fields))


@pytest.mark.parametrize(
    "by", [a.session(), a.recorded(), a.handler(), a.service()], ids=["session", "recorded", "handler", "service"]
)
def test_evidence_can_be_added_later_by_everybody_who_works_on_it(by: Provenance) -> None:
    evidence = (a.evidence(),)
    outcome = given().when(lambda c: c.add_evidence(evidence, text="T20251122-0001", by=by))
    fields = {"text": "T20251122-0001", "evidence": references(evidence), "evidence_files": files(evidence)}
    outcome.then((Complaint.EvidenceAdded, fields))


def test_late_information_is_evidence_on_an_ended_complaint() -> None:
    given(happened.resolved, happened.accepted).when(lambda c: c.add_evidence((a.evidence(),), by=a.session())).then(
        Complaint.EvidenceAdded
    ).status("closed")


def test_a_note_is_for_handlers() -> None:
    outcome = given().when(lambda c: c.add_note("你们这帮骗子", by=a.handler()))
    outcome.then((Complaint.NoteAdded, {"text": "你们这帮骗子", "restricted": False, "flag": None}))


def test_a_restricted_note_is_marked_so() -> None:
    outcome = given().when(lambda c: c.add_note("我的账户被盗了", restricted=True, flag="fraud", by=a.handler()))
    outcome.then((Complaint.NoteAdded, {"restricted": True, "flag": "fraud"}))


def test_a_complainant_writes_no_notes() -> None:
    given().when(lambda c: c.add_note("你们这帮骗子", by=a.session())).then_refused(errors.NotPermittedError)


def test_a_party_changes_its_own_contact_unless_it_names_another() -> None:
    outcome = given(subject=a.complaint(parties=TWO_PARTIES)).when(
        lambda c: c.change_contact(CONTACT, preferred_medium=Medium.SMS, by=a.session(a.REPRESENTATIVE))
    )
    outcome.then((Complaint.ContactChanged, {"party_id": a.REPRESENTATIVE, "contact": CONTACT}))
    assert outcome.complaint.preferred_medium == Medium.EMAIL


@pytest.mark.parametrize("speaker", [a.session, a.recorded], ids=["session", "recorded"])
def test_a_party_does_not_change_anothers_contact(speaker: Callable[..., Provenance]) -> None:
    outcome = given(subject=a.complaint(parties=TWO_PARTIES)).when(
        lambda c: c.change_contact(CONTACT, party_id=a.COMPLAINANT, by=speaker(a.REPRESENTATIVE))
    )
    outcome.then_refused(errors.NotPermittedError)
    assert str(outcome.error) == "a party changes its own contact only"


def test_a_handler_changes_the_complainants_contact_unless_another_is_named() -> None:
    given(subject=a.complaint(parties=TWO_PARTIES)).when(lambda c: c.change_contact(CONTACT, by=a.handler())).then(
        (Complaint.ContactChanged, {"party_id": a.COMPLAINANT})
    )
    given(subject=a.complaint(parties=TWO_PARTIES)).when(
        lambda c: c.change_contact(CONTACT, party_id=a.REPRESENTATIVE, by=a.handler())
    ).then((Complaint.ContactChanged, {"party_id": a.REPRESENTATIVE}))


def test_the_contact_of_somebody_who_is_no_party_cannot_be_changed() -> None:
    given().when(lambda c: c.change_contact(CONTACT, party_id=a.WITNESS, by=a.handler())).then_refused(
        errors.PartyUnknownError
    )


def test_a_new_language_and_medium_hold_from_then_on() -> None:
    outcome = given().when(
        lambda c: c.change_contact(CONTACT, preferred_medium=Medium.LETTER, language="en", by=a.session())
    )
    outcome.then((Complaint.ContactChanged, {"preferred_medium": Medium.LETTER, "language": "en"}))
    assert (outcome.complaint.preferred_medium, outcome.complaint.language) == (Medium.LETTER, "en")


def test_a_contact_without_language_and_medium_leaves_both() -> None:
    complaint = given().when(lambda c: c.change_contact(CONTACT, by=a.session())).complaint
    assert (complaint.preferred_medium, complaint.language) == (Medium.EMAIL, "zh-CN")


def test_an_answer_orders_a_letter_in_the_complainants_language() -> None:
    outcome = given().when(
        lambda c: c.answer(
            "商家说已经退款",
            kind=LetterKind.HOLDING,
            medium=Medium.LETTER,
            template="holding",
            template_version="3",
            by=a.handler(),
        )
    )
    fields = {
        "text": "商家说已经退款",
        "kind": LetterKind.HOLDING,
        "medium": Medium.LETTER,
        "language": "zh-CN",
        "template": "holding",
        "template_version": "3",
    }
    outcome.then((Complaint.Answered, fields))
    assert outcome.complaint.letters == {outcome.events[0].event_id}


def test_an_answer_in_another_language_says_so() -> None:
    outcome = given().when(
        lambda c: c.answer(
            "商家说已经退款", kind=LetterKind.INTERIM, medium=Medium.PHONE, language="en", by=a.supervisor()
        )
    )
    outcome.then((Complaint.Answered, {"language": "en", "medium": Medium.PHONE, "template": None}))


def test_a_letter_by_a_medium_that_the_policy_forbids_is_refused() -> None:
    allowed = frozenset({Medium.EMAIL, Medium.LETTER})
    given().when(
        lambda c: c.answer(
            "商家说已经退款", kind=LetterKind.FINAL, medium=Medium.SMS, allowed_media=allowed, by=a.handler()
        )
    ).then_refused(errors.MediumRefusedError)


@pytest.mark.parametrize("kind", [kind for kind in LetterKind if kind != LetterKind.ACKNOWLEDGEMENT])
def test_somebody_outside_a_session_is_answered_after_proof_of_identity_only(kind: LetterKind) -> None:
    unknown = a.complaint(by=a.recorded())
    given(subject=unknown).when(lambda c: happened.answered(c, kind)).then_refused(errors.IdentityNotVerifiedError)
    given(happened.identity_verified, subject=unknown).when(lambda c: happened.answered(c, kind)).then(
        (Complaint.Answered, {"kind": kind})
    )


def test_what_was_answered_elsewhere_is_recorded_as_it_was() -> None:
    elsewhere = a.handler(imported=True)
    given(subject=a.complaint(by=a.recorded())).when(
        lambda c: c.answer("正在核查", kind=LetterKind.FINAL, medium=Medium.EMAIL, by=elsewhere)
    ).then((Complaint.Answered, {"imported": True}))


def test_an_acknowledgement_discloses_nothing_and_needs_no_proof_of_identity() -> None:
    given(subject=a.complaint(by=a.recorded())).when(lambda c: happened.answered(c, LetterKind.ACKNOWLEDGEMENT)).then(
        Complaint.Answered
    )


@pytest.mark.parametrize("letter", [happened.acknowledged, happened.answered], ids=["acknowledged", "answered"])
def test_the_delivery_of_a_letter_is_recorded_with_its_evidence(letter: Callable[[Complaint], None]) -> None:
    subject = a.complaint()
    letter(subject)
    evidence = (a.evidence("letter"),)
    outcome = given(subject=subject).when(
        lambda c: c.record_delivery(
            letter_of(c),
            medium=Medium.EMAIL,
            attempt=2,
            outcome=DeliveryOutcome.DELIVERED,
            evidence=evidence,
            text="LEDGER-REF-4711",
            by=a.service(),
        )
    )
    fields = {
        "letter_id": letter_of(subject),
        "medium": Medium.EMAIL,
        "attempt": 2,
        "outcome": DeliveryOutcome.DELIVERED,
        "evidence": references(evidence),
        "evidence_files": files(evidence),
        "text": "LEDGER-REF-4711",
    }
    outcome.then((Complaint.DeliveryRecorded, fields))


def test_the_same_attempt_with_the_same_outcome_is_no_event() -> None:
    sent = delivered(1, DeliveryOutcome.SENT)
    given(happened.answered, sent).when(sent).then_nothing()


@pytest.mark.parametrize(
    ("attempt", "outcome"),
    [(1, DeliveryOutcome.DELIVERED), (1, DeliveryOutcome.FAILED), (2, DeliveryOutcome.SENT)],
    ids=["delivered", "failed", "second attempt"],
)
def test_another_attempt_or_another_outcome_is_recorded(attempt: int, outcome: DeliveryOutcome) -> None:
    given(happened.answered, delivered(1, DeliveryOutcome.SENT)).when(delivered(attempt, outcome)).then(
        (Complaint.DeliveryRecorded, {"attempt": attempt, "outcome": outcome})
    )


def test_the_same_attempt_of_another_letter_is_recorded() -> None:
    first, second = a.complaint(), DeliveryOutcome.SENT
    happened.acknowledged(first)
    acknowledgement = letter_of(first)
    happened.answered(first)
    (answer,) = first.letters - {acknowledgement}
    given(delivered(1, second, letter_id=acknowledgement), subject=first).when(
        delivered(1, second, letter_id=answer)
    ).then((Complaint.DeliveryRecorded, {"letter_id": answer}))


def test_the_delivery_of_a_letter_that_nobody_ordered_is_refused() -> None:
    given(happened.followed_up).when(delivered(1, DeliveryOutcome.SENT, letter_id=a.REQUEST)).then_refused(
        errors.LetterUnknownError
    )
