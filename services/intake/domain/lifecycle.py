"""Which command a complaint takes, at which stage, from whom: the table of the lifecycle."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from services.intake.domain import errors
from services.intake.domain.provenance import Provenance, Voice


class Stage(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    ENDED = "ended"


class Status(StrEnum):
    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    WAITING_ON_COMPLAINANT = "waiting_on_complainant"
    WAITING_ON_THIRD_PARTY = "waiting_on_third_party"
    RESOLVED = "resolved"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"


ENDED = frozenset({Status.CLOSED, Status.WITHDRAWN, Status.DECLINED})
OPEN = frozenset(Status) - ENDED - {Status.RESOLVED}


class Standing(Protocol):
    """What the table asks of a complaint."""

    @property
    def stage(self) -> Stage: ...
    @property
    def status(self) -> Status: ...
    @property
    def acknowledged(self) -> bool: ...
    @property
    def assigned_to(self) -> str | None: ...
    @property
    def rated(self) -> bool: ...
    @property
    def rejected(self) -> bool: ...
    @property
    def identity_settled(self) -> bool: ...
    @property
    def has_open_request(self) -> bool: ...
    @property
    def has_open_third_party_wait(self) -> bool: ...
    @property
    def has_freeze(self) -> bool: ...
    @property
    def has_remedies(self) -> bool: ...
    @property
    def has_open_referral(self) -> bool: ...
    @property
    def has_legal_hold(self) -> bool: ...
    @property
    def has_links(self) -> bool: ...
    @property
    def has_link_proposals(self) -> bool: ...
    def is_proven(self, by: Provenance) -> bool: ...


@dataclass(frozen=True)
class Need:
    """A condition beyond stage and voice, and what is answered where it does not hold."""

    holds: Callable[[Standing, Provenance], bool]
    otherwise: type[errors.RuleBrokenError]


@dataclass(frozen=True)
class Rule:
    stages: frozenset[Stage]
    voices: frozenset[Voice]
    needs: tuple[Need, ...] = ()


EVER = frozenset(Stage)
WHILE_OPEN = frozenset({Stage.OPEN})
OPEN_OR_RESOLVED = frozenset({Stage.OPEN, Stage.RESOLVED})
WHEN_RESOLVED = frozenset({Stage.RESOLVED})
RESOLVED_OR_ENDED = frozenset({Stage.RESOLVED, Stage.ENDED})

PARTY = frozenset({Voice.SESSION, Voice.RECORDED})
HANDLER = frozenset({Voice.HANDLER, Voice.SUPERVISOR})
SUPERVISOR = frozenset({Voice.SUPERVISOR})
SERVICE = frozenset({Voice.SERVICE})
SYSTEM = frozenset({Voice.SYSTEM})

FREE = Need(lambda c, by: c.assigned_to in {None, by.actor.id}, errors.ComplaintAssignedError)
FREE_OR_OVERRULED = Need(
    lambda c, by: c.assigned_to in {None, by.actor.id} or by.voice != Voice.HANDLER, errors.ComplaintAssignedError
)
OPEN_REQUEST = Need(lambda c, _: c.has_open_request, errors.NoOpenRequestError)
OPEN_WAIT = Need(lambda c, _: c.has_open_third_party_wait, errors.NoOpenWaitError)
FREEZE = Need(lambda c, _: c.has_freeze, errors.FreezeNotRequestedError)
REMEDIES = Need(lambda c, _: c.has_remedies, errors.RemedyUnknownError)
OPEN_REFERRAL = Need(lambda c, _: c.has_open_referral, errors.ReferralUnknownError)
HOLD = Need(lambda c, _: c.has_legal_hold, errors.LegalHoldUnknownError)
NO_HOLD = Need(lambda c, _: not c.has_legal_hold, errors.LegalHoldError)
LINK_PROPOSALS = Need(lambda c, _: c.has_link_proposals, errors.LinkProposalUnknownError)
LINKS = Need(lambda c, _: c.has_links, errors.LinkUnknownError)
KNOWN_PERSON = Need(lambda c, _: c.identity_settled, errors.IdentityNotVerifiedError)
NOT_REJECTED = Need(lambda c, _: not c.rejected, errors.ResolutionRejectedError)
NOT_RATED = Need(lambda c, _: not c.rated, errors.AlreadyRatedError)
NOT_OPEN = Need(lambda c, _: c.stage != Stage.OPEN, errors.ComplaintNotEndedError)
RATEABLE = Need(lambda c, _: c.status in {Status.RESOLVED, Status.CLOSED}, errors.NotRateableError)
PROVEN = Need(lambda c, by: c.is_proven(by), errors.RepresentativeNotProvenError)
UNTOUCHED = Need(lambda c, _: c.status in {Status.SUBMITTED, Status.ACKNOWLEDGED}, errors.TooLateToDeclineError)

RULES: dict[str, Rule] = {
    "acknowledge": Rule(WHILE_OPEN, HANDLER | SERVICE | SYSTEM),
    "classify": Rule(EVER, HANDLER | SYSTEM),
    "assign": Rule(OPEN_OR_RESOLVED, HANDLER | SYSTEM),
    "take": Rule(OPEN_OR_RESOLVED, HANDLER, (FREE,)),
    "release": Rule(OPEN_OR_RESOLVED, HANDLER | SYSTEM, (FREE_OR_OVERRULED,)),
    "follow-up": Rule(EVER, PARTY),
    "add-evidence": Rule(EVER, PARTY | HANDLER | SERVICE),
    "add-note": Rule(EVER, HANDLER | SERVICE),
    "change-contact": Rule(EVER, PARTY | HANDLER),
    "answer": Rule(EVER, HANDLER),
    "record-delivery": Rule(EVER, HANDLER | SERVICE | SYSTEM),
    "verify-identity": Rule(EVER, HANDLER | SERVICE),
    "request-freeze": Rule(WHILE_OPEN, HANDLER | SYSTEM),
    "confirm-freeze": Rule(EVER, HANDLER | SERVICE, (FREEZE,)),
    "refuse-freeze": Rule(EVER, HANDLER | SERVICE, (FREEZE,)),
    "request-information": Rule(WHILE_OPEN, HANDLER),
    "provide-information": Rule(WHILE_OPEN, PARTY, (OPEN_REQUEST,)),
    "await-third-party": Rule(WHILE_OPEN, HANDLER),
    "record-third-party-answer": Rule(WHILE_OPEN, HANDLER | SERVICE, (OPEN_WAIT,)),
    "escalate": Rule(WHILE_OPEN, PARTY | HANDLER | SERVICE | SYSTEM),
    "extend": Rule(WHILE_OPEN, HANDLER),
    "resolve": Rule(WHILE_OPEN, HANDLER, (KNOWN_PERSON,)),
    "accept-resolution": Rule(WHEN_RESOLVED, PARTY, (NOT_REJECTED, PROVEN)),
    "reject-resolution": Rule(WHEN_RESOLVED, PARTY, (NOT_REJECTED, PROVEN)),
    "rate": Rule(RESOLVED_OR_ENDED, PARTY, (RATEABLE, NOT_RATED, PROVEN)),
    "reopen": Rule(EVER, frozenset({Voice.SESSION}) | SUPERVISOR, (NOT_OPEN, PROVEN)),
    "withdraw": Rule(WHILE_OPEN, PARTY, (PROVEN,)),
    "decline": Rule(WHILE_OPEN, SUPERVISOR, (UNTOUCHED,)),
    "close": Rule(WHEN_RESOLVED, SUPERVISOR | SYSTEM),
    "fulfil-remedy": Rule(EVER, HANDLER | SERVICE, (REMEDIES,)),
    "fail-remedy": Rule(EVER, HANDLER | SERVICE, (REMEDIES,)),
    "replace-remedy": Rule(EVER, HANDLER, (REMEDIES,)),
    "open-referral": Rule(EVER, PARTY | HANDLER),
    "decide-referral": Rule(EVER, HANDLER | SERVICE, (OPEN_REFERRAL,)),
    "close-referral": Rule(EVER, HANDLER | SERVICE, (OPEN_REFERRAL,)),
    "place-legal-hold": Rule(EVER, SUPERVISOR),
    "lift-legal-hold": Rule(EVER, SUPERVISOR, (HOLD,)),
    "link": Rule(EVER, HANDLER),
    "unlink": Rule(EVER, HANDLER, (LINKS,)),
    "dismiss-link-proposal": Rule(EVER, HANDLER, (LINK_PROPOSALS,)),
    "erase-personal-data": Rule(EVER, SUPERVISOR, (NO_HOLD,)),
}


def permit(complaint: Standing, command: str, by: Provenance) -> None:
    """Refuse a command that the table does not allow; raises a subclass of IntakeError."""
    rule = RULES[command]
    if by.voice not in rule.voices:
        raise errors.NotPermittedError(f"{command} is not for {by.voice}; it is for {', '.join(sorted(rule.voices))}")
    if complaint.stage not in rule.stages:
        raise _wrong_stage(complaint.stage)
    for need in rule.needs:
        if not need.holds(complaint, by):
            raise need.otherwise


def _wrong_stage(stage: Stage) -> errors.RuleBrokenError:
    if stage == Stage.ENDED:
        return errors.ComplaintClosedError()
    if stage == Stage.RESOLVED:
        return errors.ComplaintResolvedError()
    return errors.ComplaintNotResolvedError()
