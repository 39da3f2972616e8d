"""Two complaints of one complainant, the first received a day earlier, and what happened to each."""

from typing import Any
from uuid import uuid5

import pytest

from services.intake.domain import errors, links
from services.intake.domain.complaint import Complaint
from services.intake.domain.links import LinkType
from services.intake.domain.parties import Party, PartyRole
from tests import builders as a

FIRST = uuid5(a.NAMES, "first complaint")
SECOND = uuid5(a.NAMES, "second complaint")
THIRD = uuid5(a.NAMES, "third complaint")


def first(**changes: Any) -> Complaint:
    return a.complaint(complaint_id=FIRST, **{"received_at": a.later(days=-2), **changes})


def second(**changes: Any) -> Complaint:
    return a.complaint(complaint_id=SECOND, **{"received_at": a.later(days=-1), **changes})


def of_somebody_else() -> Complaint:
    return second(parties=(Party(a.WITNESS, PartyRole.COMPLAINANT),), by=a.session(a.WITNESS))


def events_of(complaint: Complaint) -> list[Any]:
    return list(complaint.collect_events())


def names_of(complaint: Complaint) -> list[str]:
    return [type(event).__name__ for event in events_of(complaint)]


def linked(one: Complaint, other: Complaint, link: LinkType = LinkType.DUPLICATE) -> None:
    """Link two complaints, their events collected."""
    links.link(one, other, link, by=a.handler())
    events_of(one)
    events_of(other)


def assert_link_refused(
    one: Complaint, other: Complaint, link: LinkType, error: type[errors.IntakeError], because: str | None = None
) -> None:
    with pytest.raises(error, match=because) as refusal:
        links.link(one, other, link, by=a.handler())
    assert refusal.type is error
    assert (names_of(one), names_of(other)) == ([], [])
