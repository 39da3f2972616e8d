"""The values of a letter: what its template may tell, from its fact, its complaint and its tenant."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.contracts.bodies import Body
from shared.contracts.contact_book import Extension, LetterMatter
from shared.contracts.tenant import Tenant

REFERRAL_WINDOW = "referral_window"
Bodies = Mapping[str, Body]
Label = Callable[[str, str], str]
Values = dict[str, Any]


def letter_values(
    kind: str,
    matter: LetterMatter,
    tenant: Tenant,
    language: str,
    label: Label,
    known: Bodies,
    *,
    written_at: datetime,
) -> Values:
    """What a letter tells besides the words of its own."""
    zone = ZoneInfo(tenant.time_zone)
    terms = (matter.terms or {}).get(kind)
    return {
        "kind": kind,
        "required": terms.elements if terms else (),
        "number": matter.number,
        "received_on": matter.received_at.astimezone(zone).date().isoformat(),
        "written_on": written_at.astimezone(zone).date().isoformat(),
        "decision": _decision(matter),
        "more_time": _more_time(matter.extension, label),
        "bodies": bodies(matter, known, language),
        "refer_by": _refer_by(matter),
    }


def _decision(matter: LetterMatter) -> Mapping[str, Any] | None:
    decision = matter.decision
    if decision is None:
        return None
    return {
        "outcome": decision.outcome,
        "explanation": decision.explanation or "",
        "points": decision.points,
        "remedies": decision.remedies,
    }


def _more_time(extension: Extension | None, label: Label) -> Mapping[str, Any] | None:
    if extension is None:
        return None
    return {
        "reason": label("extend", extension.reason) if extension.reason else "",
        "text": extension.text or "",
        "due_on": extension.due_on.isoformat() if extension.due_on else "",
    }


def bodies(matter: LetterMatter, known: Bodies, language: str) -> list[Mapping[str, str]]:
    """Whom the complainant may turn to by the promises of the complaint."""
    codes = dict.fromkeys(code for promise in matter.promises for code in promise.get("referable_to", ()))
    return [_told(known[code], language) for code in codes if code in known]


def _told(body: Body, language: str) -> Mapping[str, str]:
    return {
        "name": body.labels.get(language, body.en),
        "address": body.address or "",
        "website": body.web or "",
        "phone": body.phone or "",
    }


def _refer_by(matter: LetterMatter) -> str:
    windows = [each["due_on"] for each in matter.promises if each["clock"] == REFERRAL_WINDOW]
    return max(map(date.fromisoformat, windows)).isoformat() if windows else ""
