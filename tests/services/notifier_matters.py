"""One ordinary matter, its decision, and who was told of it since."""

from typing import Any

from tests.conftest import Running
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_scenes import Complaint, reached, told

FRIDAY_NEXT = "2025-10-10"
REMEDY = {
    "kind": "refund",
    "due_on": FRIDAY_NEXT,
    "amount": {"amount": "500.00", "currency": "CNY"},
    "unconditional": True,
}
RESOLUTION = {"decision": "upheld", "reason": "error-confirmed", "explanation": TEXTS[3], "remedies": [REMEDY]}


def submitted(installation: Running, **changes: Any) -> Complaint:
    person = {"name": NAMES[0], "email": EMAILS[0]}
    body = {"complainant": person, "preferred_medium": "email", "description": TEXTS[0], **changes}
    return installation.api.as_app("u-1").submit(body)


def after(installation: Running, complaint: Complaint, before: int) -> list[tuple[str, str]]:
    """Who was told beyond the first so many."""
    installation.settle()
    return reached(installation, complaint)[before:]


def so_far(installation: Running, complaint: Complaint) -> int:
    installation.settle()
    return len(told(installation, complaint))
