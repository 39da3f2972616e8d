"""Things that happen to a complaint in tests, each a step for `given`."""

from uuid import UUID

from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import LetterKind
from services.intake.domain.outcome import Closing, Decision
from services.intake.domain.parties import Medium
from services.intake.domain.provenance import Provenance
from services.intake.domain.referrals import OpenedBy, ReferralKind
from services.intake.domain.safeguards import IdentityResult
from tests import builders as a


def acknowledged(c: Complaint) -> None:
    c.acknowledge((), by=a.system())


def assigned(c: Complaint) -> None:
    c.assign("anna", reason="by-hand", by=a.handler())


def released(c: Complaint) -> None:
    c.release(reason="handed-back", by=a.handler())


def information_requested(c: Complaint, request_id: UUID = a.REQUEST) -> None:
    c.request_information(request_id, items=("bank-record",), by=a.handler())


def information_provided(c: Complaint) -> None:
    c.provide_information(text="这是银行记录", by=a.session())


def third_party_awaited(c: Complaint) -> None:
    c.await_third_party(a.WAIT, third_party="merchant", by=a.handler())


def third_party_answered(c: Complaint) -> None:
    c.record_third_party_answer(by=a.handler())


def escalated(c: Complaint) -> None:
    c.escalate(reason="clock-missed", by=a.system())


def resolved(c: Complaint, by: Provenance | None = None) -> None:
    c.resolve(
        decision=Decision.UPHELD,
        remedies=(a.remedy(),),
        reason="error-confirmed",
        explanation="已查明原因",
        by=by or a.handler(),
    )


def accepted(c: Complaint) -> None:
    c.accept_resolution(by=a.session())


def rejected(c: Complaint) -> None:
    c.reject_resolution(reason="not-enough", by=a.session())


def unanswered(c: Complaint) -> None:
    c.close(Closing.NO_ANSWER, by=a.system())


def withdrawn(c: Complaint) -> None:
    c.withdraw(reason="solved", by=a.session())


def declined(c: Complaint) -> None:
    c.decline(reason="not_our_customer", by=a.supervisor())


def freeze_requested(c: Complaint) -> None:
    c.request_freeze(a.FREEZE, reason="theft", by=a.handler())


def referred(c: Complaint, referral_id: UUID = a.REFERRAL) -> None:
    c.open_referral(
        referral_id,
        kind=ReferralKind.REGULATOR,
        body="PBC Shanghai",
        opened_by=OpenedBy.COMPLAINANT,
        reference="PBC-2025-77",
        by=a.handler(),
    )


def bound(c: Complaint) -> None:
    remedies = (a.remedy(a.BINDING_REMEDY),)
    c.decide_referral(a.REFERRAL, outcome="for-complainant", binding=True, remedies=remedies, by=a.handler())


def held(c: Complaint) -> None:
    c.place_legal_hold(a.HOLD, reason="litigation", by=a.supervisor())


def identity_verified(c: Complaint, party: UUID = a.COMPLAINANT) -> None:
    c.verify_identity(party, method="video-call", result=IdentityResult.PASSED, by=a.handler())


def answered(c: Complaint, kind: LetterKind = LetterKind.INTERIM) -> None:
    c.answer("我们正在调查", kind=kind, medium=Medium.EMAIL, language="zh-CN", by=a.handler())


def followed_up(c: Complaint) -> None:
    c.follow_up("请问处理到哪一步了？", by=a.session())
