"""Links that are proposed: to handlers, never made by themselves, dismissed once and for all."""

from uuid import UUID, uuid5

import pytest

from services.intake.domain import errors, links
from services.intake.domain.complaint import Complaint
from services.intake.domain.links import LinkType
from tests import builders as a
from tests.domain import happened
from tests.domain.linking import FIRST, events_of, first, of_somebody_else, second
from tests.given import Step, given


def proposed(c: Complaint) -> None:
    c.propose_link(a.likeness(), by=c.following(a.session()))


def dismissed(c: Complaint) -> None:
    c.dismiss_link_proposal(a.LIKE, reason="another-matter", reason_text="内部备注", by=a.handler())


@pytest.mark.parametrize(
    ("theirs", "is_open", "link"),
    [
        (a.COMPLAINANT, True, LinkType.DUPLICATE),
        (a.COMPLAINANT, False, LinkType.FOLLOWS),
        (a.WITNESS, True, LinkType.RELATED),
        (a.WITNESS, False, LinkType.RELATED),
    ],
)
def test_what_is_proposed_hangs_on_whose_the_other_is_and_whether_it_is_open(
    theirs: UUID, is_open: bool, link: LinkType
) -> None:
    like = a.likeness(complainant=theirs, is_open=is_open, because=("same-transaction", "same-text"))
    outcome = given().when(lambda c: c.propose_link(like, by=c.following(a.session())))
    fields = {"link": link, "other_id": a.LIKE, "because": ("same-transaction", "same-text")}
    outcome.then((Complaint.LinkProposed, fields)).status("submitted")
    assert (outcome.complaint.links, outcome.complaint.link_proposals) == ({}, {a.LIKE: link})


def test_what_is_linked_already_is_not_proposed() -> None:
    one = second()
    links.join(one, first(), LinkType.FOLLOWS, by=a.session())
    events_of(one)
    one.propose_link(a.likeness(other_id=FIRST), by=a.system())
    assert events_of(one) == []


def test_a_dismissed_proposal_is_gone_with_its_reason() -> None:
    outcome = given(proposed).when(dismissed)
    fields = {"other_id": a.LIKE, "reason": "another-matter", "reason_text": "内部备注"}
    outcome.then((Complaint.LinkProposalDismissed, fields))
    assert not outcome.complaint.has_link_proposals


@pytest.mark.parametrize("steps", [(), (proposed, dismissed)], ids=["never", "dismissed before"])
def test_what_is_not_proposed_is_not_dismissed(steps: tuple[Step, ...]) -> None:
    given(*steps).when(dismissed).then_refused(errors.LinkProposalUnknownError)


def test_another_proposal_than_the_open_one_is_not_dismissed() -> None:
    given(proposed).when(
        lambda c: c.dismiss_link_proposal(uuid5(a.NAMES, "another"), reason="another-matter", by=a.handler())
    ).then_refused(errors.LinkProposalUnknownError)


@pytest.mark.parametrize("link", [LinkType.DUPLICATE, LinkType.RELATED])
def test_linking_answers_the_proposal_whatever_it_proposed(link: LinkType) -> None:
    one, other = second(), first()
    one.propose_link(a.likeness(other_id=FIRST), by=a.system())
    links.link(one, other, link, by=a.handler())
    assert not one.has_link_proposals


def test_a_proposal_tells_nothing_of_the_other_complainant() -> None:
    other = of_somebody_else()
    complaint = a.complaint()
    complaint.propose_link(a.likeness(complainant=other.complainant), by=a.system())
    (event,) = events_of(complaint)
    assert other.complainant not in vars(event).values()


def test_a_proposal_outlives_the_end_and_can_still_be_dismissed() -> None:
    given(proposed, happened.withdrawn).when(dismissed).then(Complaint.LinkProposalDismissed).status("withdrawn")
