"""Facts of one complaint with defaults, as escalation hears them."""

from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid5

from shared.contracts import complaint_events as said
from shared.contracts import complaint_outcomes as done
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.complaint_values import Classification, Remedy
from tests.builders import COMPLAINANT, FREEZE, NAMES, REFERRAL, REMEDY, REQUEST, WAIT
from tests.escalation_builders import MONDAY

F = TypeVar("F", bound=ComplaintFact)

CORRELATION = uuid5(NAMES, "correlation")


def fact(kind: type[F], /, **fields: Any) -> F:
    """A fact of a handler's, unless `actor` names another."""
    return kind.model_validate(
        {
            "tenant": "default",
            "actor": {"type": fields.pop("actor", "handler"), "id": "anna"},
            "on_behalf_of": None,
            "channel": "app",
            "occurred_at": MONDAY,
            "causation_id": None,
            "correlation_id": CORRELATION,
            "imported": False,
            "complainant": COMPLAINANT,
            **fields,
        }
    )


def submitted(received_at: datetime = MONDAY, *, reply_due_on: date | None = None, **changes: Any) -> ComplaintFact:
    regulator = {"body": "PBC", "reply_due_on": reply_due_on} if reply_due_on else None
    default = {
        "number": "7K3M-92QFV-8X",
        "parties": (),
        "category": "topup.not_credited",
        "received_at": received_at,
        "entry_reason": None,
        "authenticated": True,
        "language": "zh-CN",
        "preferred_medium": None,
        "desired_outcome": None,
        "disputed_amount": None,
        "regulator": regulator,
        "flags": (),
        "evidence": (),
    }
    return fact(said.ComplaintSubmitted, **{**default, **changes})


def classified(**changes: Any) -> ComplaintFact:
    default = Classification(
        category="topup.not_credited",
        complexity="simple",
        urgent=False,
        jurisdiction="CN",
        regulated_service="payment",
        root_cause=None,
    )
    return fact(said.ComplaintClassified, classification=default.model_copy(update=changes), reason="rule")


def acknowledged() -> ComplaintFact:
    return fact(said.ComplaintAcknowledged, actor="system", promises=())


def assigned(handler_id: str = "anna") -> ComplaintFact:
    return fact(said.ComplaintAssigned, handler_id=handler_id, team=None, reason="own-case")


def released(handler_id: str = "anna") -> ComplaintFact:
    return fact(said.ComplaintReleased, handler_id=handler_id, reason="handed-back")


def escalated(from_level: int, to_level: int) -> ComplaintFact:
    levels = {"from_level": from_level, "to_level": to_level}
    return fact(said.ComplaintEscalated, actor="system", reason="clock-missed", cause_id=None, **levels)


def followed_up(**changes: Any) -> ComplaintFact:
    return fact(said.ComplaintFollowedUp, actor="service", evidence=(), **changes)


def answered(kind: str = "interim", *, medium: str = "email", **changes: Any) -> ComplaintFact:
    """A letter of some kind; on the phone, a call."""
    template = None if medium == "phone" else kind
    default = {"kind": kind, "medium": medium, "template": template, "template_version": None, "language": "zh-CN"}
    return fact(said.ComplaintAnswered, **{**default, **changes})


def delivered(
    letter_id: UUID, outcome: str = "sent", *, medium: str = "email", attempt: int = 1, is_last: bool = False
) -> ComplaintFact:
    place = {"letter_id": letter_id, "medium": medium, "attempt": attempt, "is_last": is_last, "evidence": ()}
    return fact(said.ComplaintDeliveryRecorded, actor="service", outcome=outcome, **place)


def information_requested(request_id: UUID = REQUEST) -> ComplaintFact:
    return fact(said.ComplaintInformationRequested, request_id=request_id, items=("bank-record",))


def information_provided(*request_ids: UUID) -> ComplaintFact:
    return fact(said.ComplaintInformationProvided, actor="service", request_ids=request_ids or (REQUEST,), evidence=())


def third_party_awaited() -> ComplaintFact:
    return fact(said.ComplaintThirdPartyAwaited, wait_id=WAIT, third_party="merchant")


def third_party_answered() -> ComplaintFact:
    return fact(said.ComplaintThirdPartyAnswered, wait_id=WAIT)


def extended(clock_id: UUID, amount: int = 3, unit: str = "business_days") -> ComplaintFact:
    return fact(said.ComplaintExtensionGranted, clock_id=clock_id, amount=amount, unit=unit, reason="beyond-control")


def referred(due_on: date | None = None, referral_id: UUID = REFERRAL) -> ComplaintFact:
    return fact(
        said.ComplaintExternalReferralOpened,
        referral_id=referral_id,
        kind="regulator",
        body="PBC",
        opened_by="complainant",
        reply_due_on=due_on,
    )


def referral_closed(referral_id: UUID = REFERRAL) -> ComplaintFact:
    return fact(said.ComplaintExternalReferralClosed, referral_id=referral_id, reason="decided")


def referral_decided(*remedies: Remedy, binding: bool = True) -> ComplaintFact:
    return fact(
        done.ComplaintExternalReferralDecided,
        referral_id=REFERRAL,
        outcome="for-complainant",
        binding=binding,
        remedies=remedies,
    )


def remedy(due_on: date, remedy_id: UUID = REMEDY, *, unconditional: bool = False) -> Remedy:
    return Remedy(remedy_id=remedy_id, kind="refund", due_on=due_on, amount=None, unconditional=unconditional)


def resolved(*remedies: Remedy, **changes: Any) -> ComplaintFact:
    return fact(done.ComplaintResolved, decision="upheld", remedies=remedies, reason="error-confirmed", **changes)


def accepted() -> ComplaintFact:
    return fact(done.ComplaintResolutionAccepted, actor="service")


def rejected() -> ComplaintFact:
    return fact(done.ComplaintResolutionRejected, actor="service", reason="not-enough")


def reopened(reason: str = "resolution-rejected") -> ComplaintFact:
    return fact(done.ComplaintReopened, reason=reason)


def withdrawn() -> ComplaintFact:
    return fact(done.ComplaintWithdrawn, actor="service", reason="solved", evidence=())


def declined() -> ComplaintFact:
    return fact(done.ComplaintDeclined, actor="supervisor", reason="not_our_customer")


def closed(reason: str = "accepted") -> ComplaintFact:
    return fact(done.ComplaintClosed, actor="system", reason=reason, primary_id=None)


def freeze_confirmed() -> ComplaintFact:
    return fact(done.ComplaintFreezeConfirmed, actor="service", freeze_id=FREEZE)


def freeze_refused() -> ComplaintFact:
    return fact(done.ComplaintFreezeRefused, freeze_id=FREEZE, reason="not-owner")


def remedy_fulfilled(remedy_id: UUID = REMEDY) -> ComplaintFact:
    return fact(done.ComplaintRemedyFulfilled, actor="service", remedy_id=remedy_id)
