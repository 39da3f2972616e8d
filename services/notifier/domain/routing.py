"""Which fact reaches whom: a table, and the little that a complaint's state decides in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

HIGHEST_INTERNAL_LEVEL = 2
SUPERVISOR_DECIDES_AFTER = 2  # rejections


class To(StrEnum):
    """Who is told; `handler` is the assigned one, or the front line where nobody is assigned."""

    COMPLAINANT = "complainant"
    HANDLER = "handler"
    LEVEL = "level"
    COMPLIANCE = "compliance"
    FRONT_LINE = "front_line"


class Ending(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What notifier remembers of a complaint: nothing personal."""

    tenant: str
    number: str
    complainant: str
    language: str
    preferred_medium: str
    assigned_to: str | None = None
    level: int = 0
    stage: Ending = Ending.OPEN
    rejections: int = 0


Fields = Mapping[str, Any]
Condition = Callable[[Memory, Fields], bool]


def _always(_memory: Memory, _fact: Fields) -> bool:
    return True


def _by_complainant(_memory: Memory, fact: Fields) -> bool:
    return fact["on_behalf_of"] is not None or fact["actor"]["type"] in {"complainant", "representative"}


def _not_a_call(_memory: Memory, fact: Fields) -> bool:
    return fact["medium"] != "phone" or fact["template"] is not None


def _arrived_late(memory: Memory, fact: Fields) -> bool:
    """What the complainant or an outside party brought after the end: staff and Recourse bring nothing."""
    return memory.stage == Ending.ENDED and (_by_complainant(memory, fact) or fact["actor"]["type"] == "service")


def _arrived(memory: Memory, fact: Fields) -> bool:
    return _by_complainant(memory, fact) or _arrived_late(memory, fact)


def _open_and_ours(memory: Memory, fact: Fields) -> bool:
    return memory.stage == Ending.OPEN and fact["owner"] == "wallet"


def _ours_and_not_open(memory: Memory, fact: Fields) -> bool:
    return memory.stage != Ending.OPEN and fact["owner"] == "wallet"


def _theirs_is_ending(_memory: Memory, fact: Fields) -> bool:
    return bool(fact["owner"] == "complainant")


def _first_rejection(memory: Memory, _fact: Fields) -> bool:
    return memory.rejections < SUPERVISOR_DECIDES_AFTER


def _rejected_again(memory: Memory, _fact: Fields) -> bool:
    return memory.rejections >= SUPERVISOR_DECIDES_AFTER


def _remedy_of_an_open_one(memory: Memory, fact: Fields) -> bool:
    """What was promised to make it good and did not come concerns compliance, whoever works on it."""
    return _open_and_ours(memory, fact) and fact["clock"] == "remedy"


@dataclass(frozen=True)
class Route:
    to: To
    template: str
    when: Condition = field(default=_always)
    is_letter: bool = False


ARRIVAL = Route(To.HANDLER, "staff-arrived", _arrived)
LATE_ARRIVAL = Route(To.HANDLER, "staff-arrived", _arrived_late)

ROUTES: Mapping[str, tuple[Route, ...]] = {
    "complaint.acknowledged": (Route(To.COMPLAINANT, "acknowledgement", is_letter=True),),
    "complaint.answered": (Route(To.COMPLAINANT, "answer", _not_a_call, is_letter=True),),
    "complaint.information_requested": (Route(To.COMPLAINANT, "information-requested"),),
    "complaint.extension_granted": (Route(To.COMPLAINANT, "extension-granted"),),
    "complaint.resolved": (Route(To.COMPLAINANT, "resolved"),),
    "complaint.reopened": (Route(To.COMPLAINANT, "reopened"), Route(To.LEVEL, "staff-reopened")),
    "complaint.closed": (Route(To.COMPLAINANT, "closed"),),
    "complaint.withdrawn": (Route(To.COMPLAINANT, "withdrawn"),),
    "complaint.declined": (Route(To.COMPLAINANT, "declined"),),
    "complaint.freeze_requested": (Route(To.FRONT_LINE, "staff-freeze-requested"),),
    "complaint.freeze_confirmed": (Route(To.COMPLAINANT, "freeze-confirmed"),),
    "complaint.freeze_refused": (Route(To.COMPLAINANT, "freeze-refused"),),
    "complaint.remedy_fulfilled": (Route(To.COMPLAINANT, "remedy-fulfilled"),),
    "complaint.remedy_replaced": (Route(To.COMPLAINANT, "remedy-replaced"),),
    "complaint.remedy_failed": (Route(To.COMPLIANCE, "staff-remedy-failed"),),
    "complaint.followed_up": (ARRIVAL,),
    "complaint.evidence_added": (ARRIVAL,),
    "complaint.information_provided": (Route(To.HANDLER, "staff-arrived"),),
    "complaint.contact_changed": (LATE_ARRIVAL,),
    "complaint.assigned": (Route(To.HANDLER, "staff-assigned"),),
    "complaint.escalated": (Route(To.LEVEL, "staff-escalated"),),
    "complaint.resolution_rejected": (
        Route(To.LEVEL, "staff-rejected", _first_rejection),
        Route(To.COMPLIANCE, "staff-decide-after-rejections", _rejected_again),
    ),
    "complaint.external_referral_opened": (Route(To.COMPLIANCE, "staff-referral"), LATE_ARRIVAL),
    "complaint.external_referral_decided": (Route(To.COMPLIANCE, "staff-referral"), LATE_ARRIVAL),
    "complaint.external_referral_closed": (LATE_ARRIVAL,),
    "case.clock_warned": (
        Route(To.HANDLER, "staff-clock-warned", _open_and_ours),
        Route(To.COMPLAINANT, "window-ends", _theirs_is_ending),
        Route(To.COMPLIANCE, "staff-clock-warned", _ours_and_not_open),
    ),
    "case.clock_missed": (
        Route(To.HANDLER, "staff-clock-missed", _open_and_ours),
        Route(To.COMPLIANCE, "staff-clock-missed", _ours_and_not_open),
        Route(To.COMPLIANCE, "staff-clock-missed", _remedy_of_an_open_one),
    ),
}


SIGNAL_TEMPLATE = "staff-signal"
"""To compliance: a signal is about many complaints, and about none of them."""


def routes(stored_name: str, memory: Memory, fact: Fields) -> list[Route]:
    """The routes of one fact, in the state in which it left the complaint."""
    return [route for route in ROUTES.get(stored_name, ()) if route.when(memory, fact)]


def team_of(level: int) -> str:
    """Which team is told at a level."""
    return ("front_line", "senior", "compliance")[min(level, HIGHEST_INTERNAL_LEVEL)]
