"""To which outside bodies the complainant may turn, from which day, to which: from the promised dates alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake.views.promised_dates import Promises
from shared.contracts.bodies import Body

WINDOW = "referral_window"
UNKEPT = frozenset({"running", "paused", "missed"})

Dated = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Referable:
    """`referable_from` and `last_day` are None where no rule of the policy counts them."""

    body: Body
    referable_from: date | None
    last_day: date | None
    clock_id: UUID
    policy: str
    verified: bool


def referable(promises: Promises, bodies: Mapping[str, Body]) -> list[Referable]:
    """Return each body once, the earliest day first; a policy that named a body which is gone names it no more."""
    found: dict[str, Referable] = {}
    for each in sorted(_referable(promises, bodies), key=lambda each: each.referable_from or date.max):
        found.setdefault(each.body.code, each)
    return list(found.values())


def _referable(promises: Promises, bodies: Mapping[str, Body]) -> Iterator[Referable]:
    for dated in promises.dates:
        window = _window(promises, dated)
        if not window and dated["state"] not in UNKEPT:
            continue
        for code in dated.get("referable_to", ()):
            if code in bodies:
                yield Referable(
                    body=bodies[code],
                    referable_from=_first_day(dated, window),
                    last_day=date.fromisoformat(window["due_on"]) if window else None,
                    clock_id=UUID((window or dated)["clock_id"]),
                    policy=dated["policy"],
                    verified=dated["verified"],
                )


def _window(promises: Promises, dated: Dated) -> Dated | None:
    """The complainant's own time to refer under the same policy, once it runs; the newest."""
    windows = [
        each
        for each in promises.dates
        if each["clock"] == WINDOW and each["policy"] == dated["policy"] and each["state"] != "cancelled"
    ]
    return max(windows, key=lambda each: str(each["due_at"]), default=None)


def _first_day(dated: Dated, window: Dated | None) -> date | None:
    """The day after a date that was not kept; else that of the final answer, which begins the window."""
    if dated["state"] in UNKEPT:
        return date.fromisoformat(dated["referable_from"])
    if window is None or "started_at" not in window:
        return None
    return datetime.fromisoformat(window["started_at"]).astimezone(ZoneInfo(window["time_zone"])).date()
