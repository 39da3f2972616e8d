"""Complaints and the people around them, with defaults: a test shows only the values it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

from services.intake.domain.complaint import Complaint
from services.intake.domain.evidence import Evidence, EvidenceFile, EvidenceReference
from services.intake.domain.links import Likeness
from services.intake.domain.money import Money
from services.intake.domain.parties import Medium, Party, PartyRole, Person
from services.intake.domain.provenance import Actor, ActorType, Channel, Provenance
from services.intake.domain.remedies import Remedy, RemedyKind
from services.intake.domain.submission import Classification, Complexity, Matter, Submission

NOW = datetime(2025, 9, 26, 2, 0, tzinfo=UTC)
NAMES = UUID("5b0f8d7e-1111-4222-8333-444455556666")

COMPLAINT_ID = uuid5(NAMES, "complaint")
COMPLAINANT = uuid5(NAMES, "complainant")
REPRESENTATIVE = uuid5(NAMES, "representative")
WITNESS = uuid5(NAMES, "witness")
REQUEST = uuid5(NAMES, "request")
WAIT = uuid5(NAMES, "wait")
FREEZE = uuid5(NAMES, "freeze")
HOLD = uuid5(NAMES, "hold")
REFERRAL = uuid5(NAMES, "referral")
LIKE = uuid5(NAMES, "a complaint like it")
REMEDY = uuid5(NAMES, "remedy")
BINDING_REMEDY = uuid5(NAMES, "binding remedy")
CLOCK = uuid5(NAMES, "clock")


def by(actor_type: ActorType, actor_id: str, **changes: Any) -> Provenance:
    provenance = Provenance(
        actor=Actor(actor_type, actor_id), at=NOW, channel=Channel.APP, correlation_id=uuid5(NAMES, "correlation")
    )
    return replace(provenance, **changes)


def session(party: UUID = COMPLAINANT, **changes: Any) -> Provenance:
    """A wallet app acting for its user."""
    return by(ActorType.SERVICE, "wallet-app", on_behalf_of=party, **changes)


def own_token(party: UUID = COMPLAINANT) -> Provenance:
    return by(ActorType.COMPLAINANT, str(party))


def recorded(party: UUID = COMPLAINANT, handler_id: str = "anna", **changes: Any) -> Provenance:
    """A handler writing down somebody's words."""
    return by(ActorType.HANDLER, handler_id, on_behalf_of=party, channel=Channel.PHONE, **changes)


def handler(handler_id: str = "anna", **changes: Any) -> Provenance:
    return by(ActorType.HANDLER, handler_id, **changes)


def supervisor(supervisor_id: str = "sun", **changes: Any) -> Provenance:
    return by(ActorType.SUPERVISOR, supervisor_id, **changes)


def service(client_id: str = "payments-ledger") -> Provenance:
    return by(ActorType.SERVICE, client_id)


def system() -> Provenance:
    return by(ActorType.SYSTEM, "escalation")


def money(amount: str = "500.00", currency: str = "CNY") -> Money:
    return Money(Decimal(amount), currency)


def classification(**changes: Any) -> Classification:
    default = Classification(
        category="topup.not_credited",
        complexity=Complexity.SIMPLE,
        urgent=False,
        jurisdiction="CN",
        regulated_service="payment",
    )
    return replace(default, **changes)


def submission(**changes: Any) -> Submission:
    default = Submission(
        tenant="default",
        number="7K3M-92QFV-8X",
        parties=(Party(COMPLAINANT, PartyRole.COMPLAINANT),),
        persons={COMPLAINANT: Person(name="王小明", phone="+86 138 0013 8000", email="xiaoming@example.com")},
        received_at=NOW,
        language="zh-CN",
        preferred_medium=Medium.EMAIL,
        matter=Matter(description="充值 500 元未到账"),
    )
    return replace(default, **changes)


def complaint(
    *,
    complaint_id: UUID = COMPLAINT_ID,
    by: Provenance | None = None,
    urgent: bool = False,
    **changes: Any,
) -> Complaint:
    """A submitted complaint, its events collected."""
    made = Complaint.submit(
        complaint_id,
        submission(**changes),
        classification(urgent=urgent),
        classified_because="rule",
        freeze_id=FREEZE,
        by=by or session(),
    )
    made.collect_events()
    return made


def remedy(remedy_id: UUID = REMEDY, **changes: Any) -> Remedy:
    default = Remedy(remedy_id=remedy_id, kind=RemedyKind.REFUND, due_on=date(2025, 9, 30), amount=money())
    return replace(default, **changes)


def likeness(**changes: Any) -> Likeness:
    default = Likeness(other_id=LIKE, complainant=COMPLAINANT, is_open=True, because=("same-text",))
    return replace(default, **changes)


def evidence(kind: str = "screenshot") -> Evidence:
    evidence_id = uuid4()
    file = EvidenceFile(evidence_id, "截图.png", "image/png", 1024, "ab" * 32, "cd" * 32)
    return Evidence(EvidenceReference(evidence_id, kind, "ef" * 32), file)


def later(**duration: float) -> datetime:
    return NOW + timedelta(**duration)
