"""What a caller may do to a complaint at an instant: the lifecycle, the window to reopen, proposals of later ones."""

from datetime import datetime
from uuid import uuid4

from services.intake.api.calls import NOBODY, Caller
from services.intake.domain.complaint import Complaint
from services.intake.domain.lifecycle import RULES
from services.intake.domain.provenance import Actor, ActorType, Channel, Provenance, Voice
from shared.access.principals import CallerType

DISMISS = "dismiss-link-proposal"


def allowed_actions(
    complaint: Complaint, by: Provenance, reopen_until: datetime | None, *, is_proposed: bool = False
) -> tuple[str, ...]:
    """What the lifecycle lets somebody do; a party reopens within the window only.

    `is_proposed`: a later complaint is proposed to belong to this one.
    """
    allowed = set(complaint.allowed_actions(by))
    if is_proposed and by.voice in RULES[DISMISS].voices:
        allowed.add(DISMISS)
    if by.voice == Voice.SESSION and (reopen_until is None or by.at >= reopen_until):
        allowed.discard("reopen")
    return tuple(command for command in RULES if command in allowed)


def speaker(caller: Caller, at: datetime) -> Provenance:
    """The provenance under which this caller would act now."""
    principal = caller.principal
    actor = Actor(ActorType(principal.type), principal.subject)
    party = caller.party_id or NOBODY if caller.in_session else None
    if principal.type == CallerType.COMPLAINANT:
        actor, party = Actor(ActorType.COMPLAINANT, str(party)), None
    return Provenance(actor=actor, at=at, channel=Channel.APP, correlation_id=uuid4(), on_behalf_of=party)
