"""What each fact of a complaint means to its clocks: one line per kind of fact."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.escalation.domain.policy import Meets, Starts
from services.escalation.domain.situation import Extension, Happening, Owed, Stage
from services.escalation.domain.targets import Amount, Unit
from shared.contracts import complaint_events as said
from shared.contracts import complaint_outcomes as done
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.complaint_values import Remedy
from shared.contracts.message import Message

STAFF = frozenset({"handler", "supervisor"})
BY_POST = "letter"
LETTERS_THAT_MEET = {
    "holding": Meets.HOLDING_LETTER,
    "final": Meets.FINAL_LETTER,
    "summary": Meets.SUMMARY_LETTER,
}

Meaning = Callable[[Any, UUID], dict[str, Any]]


def happening(fact: ComplaintFact, event_id: UUID, recorded_at: datetime) -> Happening:
    """The deciding time is that of recording; of an imported event it is when it happened."""
    at = fact.occurred_at if fact.imported else recorded_at
    meaning: Meaning = MEANINGS.get(type(fact), _nothing)
    return Happening(event_id=event_id, at=at, **meaning(fact, event_id))


def _nothing(_fact: ComplaintFact, _event_id: UUID) -> dict[str, Any]:
    return {}


def _submitted(fact: said.ComplaintSubmitted, event_id: UUID) -> dict[str, Any]:
    asked = fact.regulator.reply_due_on if fact.regulator else None
    matter: dict[str, Any] = {"received_at": fact.received_at, "channel": fact.channel, "category": fact.category}
    if disputed := fact.disputed_amount:
        matter |= {"amount": disputed.amount, "currency": disputed.currency}
    return {
        "matter": matter,
        "asked": (Owed(Starts.REGULATOR_ASKED, event_id, asked),) if asked else (),
    }


def _classified(fact: said.ComplaintClassified, _: UUID) -> dict[str, Any]:
    matter = fact.classification.model_dump(exclude={"root_cause"})
    return {"matter": matter, "classified": True}


def _answered(fact: said.ComplaintAnswered, event_id: UUID) -> dict[str, Any]:
    """A call is its own delivery; an answer of a handler is an answer whatever it says."""
    meets = {LETTERS_THAT_MEET[fact.kind]} if fact.kind in LETTERS_THAT_MEET else set()
    meets |= {Meets.ANSWERED, Meets.WORK_STARTED} if fact.actor.type in STAFF else set()
    is_call = fact.medium == "phone" and fact.template is None
    return {
        "meets": frozenset(meets),
        "letter": (event_id, fact.kind),
        "delivered": event_id if is_call else None,
    }


def _delivery(fact: said.ComplaintDeliveryRecorded, _: UUID) -> dict[str, Any]:
    """A message that its channel took has arrived; a letter in the post has not, until somebody says so."""
    arrived = fact.outcome == "delivered" or (fact.outcome == "sent" and fact.medium != BY_POST)
    came_back = fact.outcome == "failed" and fact.is_last
    return {
        "delivered": fact.letter_id if arrived else None,
        "undelivered": fact.letter_id if came_back else None,
    }


def _resolved(fact: done.ComplaintResolved, _: UUID) -> dict[str, Any]:
    return {
        "stage": Stage.RESOLVED,
        "meets": frozenset({Meets.RESOLVED, Meets.ANSWERED, Meets.WORK_STARTED}),
        "owed": _owed(fact.remedies, unconditional=True),
        "owed_if_accepted": _owed(fact.remedies, unconditional=False),
    }


def _owed(remedies: tuple[Remedy, ...], *, unconditional: bool) -> tuple[Owed, ...]:
    return tuple(
        Owed(Starts.REMEDY_OWED, remedy.remedy_id, remedy.due_on)
        for remedy in remedies
        if remedy.unconditional == unconditional
    )


def _replaced(fact: done.ComplaintRemedyReplaced, _: UUID) -> dict[str, Any]:
    return {
        "owed_no_more": fact.remedy_id,
        "owed": _owed(fact.remedies, unconditional=True),
        "owed_if_accepted": _owed(fact.remedies, unconditional=False),
    }


def _referral_decided(fact: done.ComplaintExternalReferralDecided, _: UUID) -> dict[str, Any]:
    """A body that has decided waits for no reply; what it decided binds or does not."""
    owed = (*_owed(fact.remedies, unconditional=True), *_owed(fact.remedies, unconditional=False))
    return {
        "meets": frozenset({Meets.REFERRAL_ANSWERED}),
        "subject": fact.referral_id,
        "owed": owed if fact.binding else (),
    }


def _referral_opened(fact: said.ComplaintExternalReferralOpened, _: UUID) -> dict[str, Any]:
    due_on = fact.reply_due_on
    owed = (Owed(Starts.REFERRAL_OPENED, fact.referral_id, due_on),) if due_on else ()
    return {"owed": owed, "meets": frozenset({Meets.REFERRED})}


def _extended(fact: said.ComplaintExtensionGranted, _: UUID) -> dict[str, Any]:
    return {"extension": Extension(fact.clock_id, Amount(fact.amount, Unit(fact.unit)))}


def _ended(how: str) -> Meaning:
    return lambda _fact, _id: {"stage": Stage.ENDED, "ended_as": how}


def _meets(*what: Meets) -> Meaning:
    return lambda _fact, _id: {"meets": frozenset(what)}


MEANINGS: Mapping[type[Message], Meaning] = {
    said.ComplaintSubmitted: _submitted,
    said.ComplaintClassified: _classified,
    said.ComplaintAcknowledged: lambda _, event_id: {
        "meets": frozenset({Meets.ACKNOWLEDGED}),
        "letter": (event_id, "acknowledgement"),
    },
    said.ComplaintFollowedUp: lambda _fact, _id: {"followed_up": True},
    said.ComplaintAnswered: _answered,
    said.ComplaintDeliveryRecorded: _delivery,
    said.ComplaintInformationRequested: lambda fact, _: {"opens_wait": fact.request_id},
    said.ComplaintInformationProvided: lambda fact, _: {"closes_waits": frozenset(fact.request_ids)},
    said.ComplaintThirdPartyAwaited: lambda fact, _: {"opens_wait": fact.wait_id},
    said.ComplaintThirdPartyAnswered: lambda fact, _: {"closes_waits": frozenset({fact.wait_id})},
    said.ComplaintAssigned: lambda fact, _: {
        "meets": frozenset({Meets.WORK_STARTED}),
        "handler": fact.handler_id,
    },
    said.ComplaintReleased: lambda _fact, _id: {"released": True},
    said.ComplaintEscalated: lambda fact, _: {"level": fact.to_level},
    said.ComplaintExtensionGranted: _extended,
    said.ComplaintExternalReferralOpened: _referral_opened,
    said.ComplaintExternalReferralClosed: lambda fact, _: {
        "meets": frozenset({Meets.REFERRAL_ANSWERED}),
        "subject": fact.referral_id,
    },
    done.ComplaintExternalReferralDecided: _referral_decided,
    done.ComplaintResolved: _resolved,
    done.ComplaintResolutionAccepted: lambda _fact, _id: {
        "meets": frozenset({Meets.VERDICT, Meets.SUMMARY_LETTER}),
        "accepted": True,
    },
    done.ComplaintResolutionRejected: _meets(Meets.VERDICT),
    done.ComplaintReopened: lambda fact, _: {"stage": Stage.OPEN, "reopened_because": fact.reason},
    done.ComplaintWithdrawn: _ended("withdrawn"),
    done.ComplaintDeclined: _ended("declined"),
    done.ComplaintClosed: _ended("closed"),
    done.ComplaintFreezeConfirmed: _meets(Meets.FREEZE_ANSWERED),
    done.ComplaintFreezeRefused: _meets(Meets.FREEZE_ANSWERED),
    done.ComplaintRemedyFulfilled: lambda fact, _: {
        "meets": frozenset({Meets.REMEDY_FULFILLED}),
        "subject": fact.remedy_id,
        "owed_no_more": fact.remedy_id,
    },
    done.ComplaintRemedyReplaced: _replaced,
}
