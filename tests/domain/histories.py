"""Histories of complaints: everything that can happen to one, in any order, refused or not."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid5

from services.intake.domain import links
from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import DeliveryOutcome
from services.intake.domain.errors import IntakeError
from services.intake.domain.handling import ExtensionTerms
from services.intake.domain.links import LinkType
from services.intake.domain.outcome import AnsweredPoint, Closing, Decision
from services.intake.domain.parties import Medium, Party, PartyRole, Person
from services.intake.domain.provenance import Provenance, Voice
from services.intake.domain.referrals import OpenedBy, ReferralKind
from services.intake.domain.safeguards import IdentityResult
from services.intake.domain.submission import Submission
from shared.contracts.message import EACH_PARTY
from shared.contracts.registry import REGISTRY
from tests import builders as a
from tests import people
from tests.domain import happened, linking
from tests.given import Step

WORDS = people.TEXTS[0]
FILES = (a.evidence(),)
TERMS = ExtensionTerms(unit="business_days", cap=3, times=2, approver=Voice.SUPERVISOR)
INSTEAD = uuid5(a.NAMES, "instead")
WINDOW_ENDS_AT = a.later(days=30)


def _resolved(by: Provenance) -> Step:
    points = (AnsweredPoint(WORDS, WORDS),)
    return lambda c: c.resolve(
        decision=Decision.UPHELD,
        remedies=(a.remedy(),),
        reason="error-confirmed",
        explanation=WORDS,
        points=points,
        reason_text=WORDS,
        by=by,
    )


def _delivered(c: Complaint) -> None:
    for letter_id in sorted(c.letters):
        c.record_delivery(
            letter_id,
            medium=Medium.EMAIL,
            attempt=1,
            outcome=DeliveryOutcome.SENT,
            evidence=FILES,
            text=WORDS,
            by=a.service(),
        )


def _duplicate_linked(c: Complaint) -> None:
    links.link(c, linking.first(), LinkType.DUPLICATE, by=a.handler())


def _duplicate_unlinked(c: Complaint) -> None:
    primary = linking.first()
    primary.record_link(LinkType.DUPLICATE, links.Direction.INCOMING, c.id, by=a.handler())
    links.unlink(c, primary, reason="mistake", by=a.handler())


def _referred(c: Complaint) -> None:
    c.open_referral(
        a.REFERRAL,
        kind=ReferralKind.COURT,
        body="court",
        opened_by=OpenedBy.COMPLAINANT,
        reply_due_on=date(2025, 10, 20),
        reference=WORDS,
        by=a.handler(),
    )


def _bound(c: Complaint) -> None:
    remedies = (a.remedy(a.BINDING_REMEDY),)
    c.decide_referral(a.REFERRAL, outcome="won", binding=True, remedies=remedies, text=WORDS, by=a.handler())


STEPS: Mapping[str, Step] = {
    "decline": lambda c: c.decline(reason="forwarded", reason_text=WORDS, by=a.supervisor()),
    "reopen as supervisor": lambda c: c.reopen(reason="review", reason_text=WORDS, by=a.supervisor()),
    "acknowledge": happened.acknowledged,
    "classify": lambda c: c.classify(
        a.classification(root_cause="system-failure"), reason="review", reason_text=WORDS, by=a.handler()
    ),
    "follow up": lambda c: c.follow_up(WORDS, evidence=FILES, by=a.session()),
    "add evidence": lambda c: c.add_evidence(FILES, text=WORDS, by=a.recorded(a.REPRESENTATIVE)),
    "note": lambda c: c.add_note(WORDS, restricted=True, by=a.handler()),
    "change contact": lambda c: c.change_contact(
        Person(phone=people.PHONES[1]), preferred_medium=Medium.SMS, language="en", by=a.session()
    ),
    "request freeze": lambda c: c.request_freeze(a.FREEZE, reason="theft", reason_text=WORDS, by=a.handler()),
    "refuse freeze": lambda c: c.refuse_freeze(reason="not-owner", reason_text=WORDS, by=a.handler()),
    "request freeze again": lambda c: c.request_freeze(a.CLOCK, reason="theft", reason_text=WORDS, by=a.handler()),
    "confirm freeze": lambda c: c.confirm_freeze(reference=WORDS, by=a.service()),
    "verify identity": happened.identity_verified,
    "refute identity": lambda c: c.verify_identity(
        a.COMPLAINANT, method="video-call", result=IdentityResult.FAILED, by=a.handler()
    ),
    "hold": lambda c: c.place_legal_hold(a.HOLD, reason="litigation", reason_text=WORDS, by=a.supervisor()),
    "lift hold": lambda c: c.lift_legal_hold(a.HOLD, reason="ended", reason_text=WORDS, by=a.supervisor()),
    "assign": happened.assigned,
    "release": happened.released,
    "ask complainant": lambda c: c.request_information(a.REQUEST, items=(), text=WORDS, by=a.handler()),
    "ask third party": lambda c: c.await_third_party(a.WAIT, third_party="bank", text=WORDS, by=a.handler()),
    "complainant answers": lambda c: c.provide_information(text=WORDS, evidence=FILES, by=a.own_token()),
    "third party answers": lambda c: c.record_third_party_answer(text=WORDS, by=a.service()),
    "escalate": lambda c: c.escalate(reason="wish", reason_text=WORDS, by=a.session()),
    "extend": lambda c: c.extend(
        a.CLOCK, amount=1, terms=TERMS, reason="beyond-control", reason_text=WORDS, by=a.supervisor()
    ),
    "link duplicate": _duplicate_linked,
    "unlink duplicate": _duplicate_unlinked,
    "answer": happened.answered,
    "deliver": _delivered,
    "refer": _referred,
    "decide referral": _bound,
    "close referral": lambda c: c.close_referral(a.REFERRAL, reason="decided", reason_text=WORDS, by=a.handler()),
    "resolve": _resolved(a.handler("anna")),
    "rate": lambda c: c.rate(3, comment=WORDS, by=a.session()),
    "reject": lambda c: c.reject_resolution(reason="not-enough", reason_text=WORDS, by=a.session()),
    "resolve as another": _resolved(a.handler("bert")),
    "fail remedy": lambda c: c.fail_remedy(
        a.REMEDY, reason="limit", reference=WORDS, reason_text=WORDS, by=a.service()
    ),
    "fulfil remedy": lambda c: c.fulfil_remedy(a.REMEDY, reference=WORDS, by=a.service()),
    "fail another remedy": lambda c: c.fail_remedy(a.BINDING_REMEDY, reason="limit", by=a.service()),
    "replace remedy": lambda c: c.replace_remedy(
        a.BINDING_REMEDY, remedies=(a.remedy(INSTEAD),), reason="another-way", reason_text=WORDS, by=a.handler()
    ),
    "propose link": lambda c: c.propose_link(a.likeness(), by=a.system()),
    "dismiss link": lambda c: c.dismiss_link_proposal(
        a.LIKE, reason="another-matter", reason_text=WORDS, by=a.handler()
    ),
    "accept": lambda c: c.accept_resolution(text=WORDS, by=a.session()),
    "reopen as complainant": lambda c: c.reopen(
        reason="not-solved", reason_text=WORDS, window_ends_at=WINDOW_ENDS_AT, by=a.session()
    ),
    "withdraw": lambda c: c.withdraw(reason="solved", reason_text=WORDS, evidence=FILES, by=a.recorded()),
    "erase": lambda c: c.erase_personal_data((a.REPRESENTATIVE,), reason="person-request", by=a.supervisor()),
    "resolve as supervisor": _resolved(a.supervisor("sun")),
    "close unanswered": happened.unanswered,
    "close after two rejections": lambda c: c.close(Closing.REJECTED_TWICE, by=a.supervisor()),
}


def full_submission() -> Submission:
    parties = (Party(a.COMPLAINANT, PartyRole.COMPLAINANT), Party(a.REPRESENTATIVE, PartyRole.REPRESENTATIVE))
    default = a.submission()
    persons = {**default.persons, a.REPRESENTATIVE: Person(name=people.NAMES[1])}
    return replace(default, parties=parties, persons=persons, evidence=FILES, flags=("hostile",))


def submitted(*, urgent: bool = False, by: Provenance | None = None) -> Complaint:
    return Complaint.submit(
        a.COMPLAINT_ID,
        full_submission(),
        a.classification(urgent=urgent),
        classified_because="rule",
        freeze_id=a.FREEZE,
        by=by or a.session(),
    )


def lived(complaint: Complaint, steps: Iterable[Step]) -> list[Any]:
    """Let these things happen, as far as the rules allow them, and return every event from the first."""
    for step in steps:
        with suppress(IntakeError):
            step(complaint)
    return list(complaint.collect_events())


def replayed(events: Iterable[Any]) -> Complaint:
    complaint: Complaint | None = None
    for event in events:
        complaint = event.mutate(complaint)
    assert complaint is not None
    return complaint


def after_erasure(event: Any) -> Any:
    """The event as it reads once the keys of every party are destroyed."""
    personal = REGISTRY.by_stored_name[event.TOPIC].personal
    return replace(event, **{name: {} if of.of == EACH_PARTY else None for name, of in personal.items()})
