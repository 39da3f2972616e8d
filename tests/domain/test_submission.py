"""How a complaint begins, and how its classification changes."""

from dataclasses import replace
from datetime import date
from uuid import uuid5

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.evidence import files, references
from services.intake.domain.lifecycle import Stage
from services.intake.domain.parties import Medium, Party, PartyRole
from services.intake.domain.provenance import ActorType, Provenance
from services.intake.domain.stream import RECOURSE
from services.intake.domain.submission import (
    Classification,
    Complexity,
    DesiredOutcome,
    OutcomeKind,
    RegulatorReference,
    Submission,
)
from tests import builders as a
from tests.domain import happened
from tests.given import given

WITH_REPRESENTATIVE = (
    Party(a.COMPLAINANT, PartyRole.COMPLAINANT),
    Party(a.REPRESENTATIVE, PartyRole.REPRESENTATIVE),
)
HANDLERS_WORK = (happened.resolved, happened.accepted)


def submitted(
    submission: Submission | None = None, *, classification: Classification | None = None, by: Provenance | None = None
) -> Complaint:
    return Complaint.submit(
        a.COMPLAINT_ID,
        submission or a.submission(),
        classification or a.classification(),
        classified_because="rule",
        freeze_id=a.FREEZE,
        by=by or a.session(),
    )


def events_of(complaint: Complaint) -> list[Complaint.Event]:
    return [event for event in complaint.collect_events() if isinstance(event, Complaint.Event)]


def names(complaint: Complaint) -> list[str]:
    return [type(event).__name__ for event in events_of(complaint)]


def test_submitting_records_the_submission_and_its_classification_in_one_append() -> None:
    assert names(submitted()) == ["Submitted", "Classified"]


def test_the_first_event_holds_the_submission_as_it_came() -> None:
    evidence = (a.evidence(),)
    submission = a.submission(
        evidence=evidence,
        entry_reason="letter-typed-in-later",
        desired_outcome=DesiredOutcome(OutcomeKind.REFUND, a.money()),
        disputed_amount=a.money("12.50"),
        regulator=RegulatorReference("PBC Shanghai", date(2025, 10, 10)),
        flags=("hostile",),
    )
    first, _ = events_of(submitted(submission, classification=a.classification(category="refund.overdue")))
    assert isinstance(first, Complaint.Submitted)
    same = set(vars(submission)) - {"evidence"}
    assert {name: getattr(first, name) for name in same} == {name: getattr(submission, name) for name in same}
    assert (first.evidence, first.evidence_files) == (references(evidence), files(evidence))
    assert first.category == "refund.overdue"
    assert not first.imported


def test_classifying_by_rule_is_recourses_own_act_caused_by_the_submission() -> None:
    first, second = events_of(submitted())
    assert isinstance(second, Complaint.Classified)
    assert (second.actor, second.on_behalf_of, second.channel) == (RECOURSE, None, "internal")
    assert (second.causation_id, second.correlation_id) == (first.event_id, first.correlation_id)
    assert (second.classification, second.reason) == (a.classification(), "rule")


def test_an_event_id_is_the_uuid5_of_stream_and_version() -> None:
    first, second = events_of(submitted())
    assert first.event_id == uuid5(a.COMPLAINT_ID, "complaint:1")
    assert second.event_id == uuid5(a.COMPLAINT_ID, "complaint:2")


def test_a_new_complaint_knows_who_complains_since_when_and_how_to_answer() -> None:
    complaint = submitted(a.submission(received_at=a.later(days=-3)))
    assert (complaint.tenant, complaint.number, complaint.complainant) == ("default", "7K3M-92QFV-8X", a.COMPLAINANT)
    assert (complaint.received_at, complaint.created_on) == (a.later(days=-3), a.NOW)
    assert (complaint.language, complaint.preferred_medium) == ("zh-CN", Medium.EMAIL)
    assert complaint.parties == {a.COMPLAINANT: PartyRole.COMPLAINANT}


def test_an_urgent_complaint_from_a_session_asks_for_a_freeze_in_the_same_append() -> None:
    urgent = a.classification(category="account.takeover", urgent=True)
    first, _, freeze = events_of(submitted(classification=urgent))
    assert isinstance(freeze, Complaint.FreezeRequested)
    assert (freeze.freeze_id, freeze.reason) == (a.FREEZE, "account.takeover")
    assert (freeze.actor, freeze.causation_id) == (RECOURSE, first.event_id)


def test_an_urgent_complaint_with_an_end_users_own_token_asks_for_a_freeze() -> None:
    urgent = a.classification(urgent=True)
    assert names(submitted(classification=urgent, by=a.own_token())) == ["Submitted", "Classified", "FreezeRequested"]


def test_an_urgent_complaint_that_a_handler_wrote_down_freezes_nobody() -> None:
    complaint = submitted(classification=a.classification(urgent=True), by=a.recorded())
    assert names(complaint) == ["Submitted", "Classified"]
    assert not complaint.authenticated


@pytest.mark.parametrize(
    "by", [a.session(a.REPRESENTATIVE), a.by(ActorType.REPRESENTATIVE, str(a.REPRESENTATIVE))], ids=["app", "token"]
)
def test_a_representatives_session_freezes_nobody_else_and_proves_nobody_else(by: Provenance) -> None:
    submission = a.submission(parties=WITH_REPRESENTATIVE)
    complaint = submitted(submission, classification=a.classification(urgent=True), by=by)
    assert names(complaint) == ["Submitted", "Classified"]
    assert not complaint.authenticated
    assert not complaint.identity_settled


def test_the_complainant_is_the_party_with_that_role() -> None:
    parties = (Party(a.REPRESENTATIVE, PartyRole.REPRESENTATIVE), Party(a.COMPLAINANT, PartyRole.COMPLAINANT))
    assert a.submission(parties=parties).complainant == a.COMPLAINANT


def test_before_its_classification_a_complaint_has_the_category_it_came_with() -> None:
    first, _ = submitted(classification=a.classification(category="refund.overdue")).collect_events()
    seen: Complaint | None = first.mutate(None)
    assert seen is not None
    assert (seen.category, seen.classification) == ("refund.overdue", None)


def test_a_handler_changes_the_classification_with_a_reason() -> None:
    changed = a.classification(category="charge.wrong", complexity=Complexity.COMPLEX, urgent=True)
    outcome = given().when(
        lambda c: c.classify(changed, reason="handler-review", reason_text="充值 500 元未到账", by=a.handler())
    )
    outcome.then((Complaint.Classified, {"classification": changed, "reason": "handler-review"}))
    assert outcome.complaint.category == "charge.wrong"


def test_the_same_classification_again_is_no_event() -> None:
    same = a.classification()
    given().when(lambda c: c.classify(same, reason="handler-review", by=a.handler())).then_nothing()


def test_a_resolved_complaint_can_be_classified_anew() -> None:
    changed = a.classification(category="charge.wrong")
    given(happened.resolved).when(lambda c: c.classify(changed, reason="handler-review", by=a.handler())).then(
        Complaint.Classified
    )


def test_the_root_cause_can_still_be_set_after_the_end() -> None:
    changed = a.classification(root_cause="system-failure")
    outcome = given(*HANDLERS_WORK).when(lambda c: c.classify(changed, reason="investigated", by=a.handler()))
    outcome.then((Complaint.Classified, {"classification": changed})).status("closed")


@pytest.mark.parametrize(
    "change",
    [
        {"category": "other"},
        {"complexity": Complexity.COMPLEX},
        {"urgent": True},
        {"jurisdiction": "HK"},
        {"regulated_service": "e_money"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_nothing_but_the_root_cause_can_be_classified_after_the_end(change: dict[str, object]) -> None:
    changed = a.classification(root_cause="system-failure", **change)
    given(*HANDLERS_WORK).when(lambda c: c.classify(changed, reason="investigated", by=a.handler())).then_refused(
        errors.RootCauseOnlyError
    )


def test_after_the_end_the_same_classification_again_is_no_event() -> None:
    given(*HANDLERS_WORK).when(
        lambda c: c.classify(a.classification(), reason="investigated", by=a.handler())
    ).then_nothing()


def test_a_root_cause_once_set_can_be_corrected_after_the_end() -> None:
    first = a.classification(root_cause="system-failure")
    outcome = given(
        lambda c: c.classify(first, reason="investigated", by=a.handler()),
        *HANDLERS_WORK,
    ).when(lambda c: c.classify(replace(first, root_cause=None), reason="investigated", by=a.handler()))
    outcome.then(Complaint.Classified)
    assert outcome.complaint.stage == Stage.ENDED


def test_a_stranger_cannot_speak_for_a_complaint() -> None:
    given().when(lambda c: c.follow_up("你们这帮骗子", by=a.session(a.WITNESS))).then_refused(errors.PartyUnknownError)


@pytest.mark.parametrize("role", [PartyRole.COUNTERPARTY, PartyRole.HANDLER, PartyRole.WITNESS])
def test_only_complainant_and_representative_speak_for_a_complaint(role: PartyRole) -> None:
    subject = a.complaint(parties=(Party(a.COMPLAINANT, PartyRole.COMPLAINANT), Party(a.WITNESS, role)))
    outcome = given(subject=subject).when(lambda c: c.follow_up("你们这帮骗子", by=a.session(a.WITNESS)))
    outcome.then_refused(errors.NotPermittedError)
    assert str(outcome.error) == f"a {role} cannot speak for the complaint"


def test_a_representative_speaks_for_a_complaint() -> None:
    subject = a.complaint(parties=WITH_REPRESENTATIVE)
    given(subject=subject).when(lambda c: c.follow_up("提现三天了还在审核", by=a.session(a.REPRESENTATIVE))).then(
        (Complaint.FollowedUp, {"on_behalf_of": a.REPRESENTATIVE})
    )


def test_a_complaint_lists_the_commands_its_table_lets_a_caller_give() -> None:
    complaint = a.complaint()
    assert set(complaint.allowed_actions(a.session())) == {
        "follow-up",
        "add-evidence",
        "change-contact",
        "escalate",
        "withdraw",
        "open-referral",
    }
    assert complaint.allowed_actions(a.session(a.WITNESS)) == ()


def test_a_complaint_lists_no_closing_and_no_reopening_while_it_is_open() -> None:
    assert not {"close", "reopen"} & set(a.complaint().allowed_actions(a.supervisor()))
