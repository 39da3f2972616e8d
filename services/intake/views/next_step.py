"""What happens next, who does it, by when; and what is missing that would help."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.intake.catalogue import Catalogue, GuidanceItem
from services.intake.domain.complaint import Complaint
from services.intake.domain.lifecycle import Status
from services.intake.domain.remedies import RemedyState
from services.intake.views.complaint_page import Page
from services.intake.views.promised_dates import Promises

STILL_OWED = frozenset({RemedyState.PROMISED, RemedyState.FAILED})
ANSWER_CLOCKS = ("freeze", "first_answer", "next_answer", "acknowledge", "final")


@dataclass(frozen=True)
class NextStep:
    """`by` is the promise that says by when, None where nothing is promised."""

    code: str
    who: str
    by: Mapping[str, Any] | None = None


def next_step(complaint: Complaint, promises: Promises) -> NextStep:
    if complaint.status == Status.WAITING_ON_COMPLAINANT:
        return NextStep("provide-information", "complainant")
    if complaint.status == Status.WAITING_ON_THIRD_PARTY:
        return NextStep("third-party-answers", "third_party")
    if complaint.status == Status.RESOLVED:
        return _after_resolution(complaint, promises)
    if complaint.status in {Status.CLOSED, Status.WITHDRAWN, Status.DECLINED}:
        return _after_the_end(complaint, promises)
    if not promises.ready:
        return NextStep("dates-are-computed", "wallet")
    due = _first_running(promises, ANSWER_CLOCKS)
    is_final = due is None or due["clock"] == "final"
    return NextStep("resolve" if is_final else "answer", "wallet", due)


def _after_resolution(complaint: Complaint, promises: Promises) -> NextStep:
    if complaint.rejected:
        return NextStep("supervisor-decides", "wallet")
    return NextStep("accept-or-reject", "complainant", _first_running(promises, ("acceptance",)))


def _after_the_end(complaint: Complaint, promises: Promises) -> NextStep:
    if STILL_OWED & set(complaint.remedies.values()):
        return NextStep("remedy", "wallet", _first_running(promises, ("remedy",)))
    return NextStep("nothing", "nobody")


def _first_running(promises: Promises, clocks: Iterable[str]) -> Mapping[str, Any] | None:
    wanted = frozenset(clocks)
    return next((date for date in promises.dates if date["clock"] in wanted and date["state"] == "running"), None)


def missing(category: str, page: Page, catalogue: Catalogue) -> list[GuidanceItem]:
    """Return what the guidance asks for and the complaint does not have yet; nothing once it is erased."""
    matter = page["matter"]
    if matter is None:
        return []
    given = _given(page, matter)
    return [item for item in catalogue.guidance(category).bring if not given(item)]


def _given(page: Page, matter: Mapping[str, Any]) -> Any:
    kinds = {evidence["kind"] for evidence in page["evidence"]}
    transactions = matter["transactions"]
    fields = {
        "transactions": bool(transactions),
        "top_up_method": any(transaction["top_up_method"] for transaction in transactions),
        "safe_contact": any(person["safe_contact"] for person in page["persons"].values()),
        "account_id": bool(matter["account_id"]),
        "already_tried": bool(matter["already_tried"]),
        "desired_outcome": page["desired_outcome"] is not None,
        "about_handling_of": any(link["link"] == "about_handling_of" for link in page["links"]),
    }
    return lambda item: item.evidence in kinds or fields.get(item.field, False)
