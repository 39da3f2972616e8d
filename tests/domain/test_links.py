"""How complaints belong together without ending each other."""

import pytest

from services.intake.domain import errors, links
from services.intake.domain.complaint import Complaint
from services.intake.domain.links import Direction, LinkType
from services.intake.domain.provenance import Provenance
from tests import builders as a
from tests.domain import happened
from tests.domain.linking import (
    FIRST,
    SECOND,
    THIRD,
    assert_link_refused,
    events_of,
    first,
    linked,
    names_of,
    of_somebody_else,
    second,
)
from tests.given import Step, given

ENDING_NOTHING = [link for link in LinkType if link != LinkType.DUPLICATE]
ENVELOPE = set(Complaint.Event.__dataclass_fields__)


@pytest.mark.parametrize("link", ENDING_NOTHING)
def test_a_link_stands_in_both_complaints_and_ends_neither(link: LinkType) -> None:
    one, other = first(), second()
    links.link(one, other, link, by=a.handler())
    (outgoing,), (incoming,) = events_of(one), events_of(other)
    assert (outgoing.link, outgoing.direction, outgoing.other_id) == (link, Direction.OUTGOING, SECOND)
    assert (incoming.link, incoming.direction, incoming.other_id) == (link, Direction.INCOMING, FIRST)
    assert (one.status, other.status) == ("submitted", "submitted")


def test_a_new_complaint_joins_the_ended_one_that_it_follows() -> None:
    earlier, later = first(), second()
    happened.withdrawn(earlier)
    events_of(earlier)
    links.join(later, earlier, LinkType.FOLLOWS, by=a.session())
    assert (names_of(later), names_of(earlier)) == (["Linked"], ["Linked"])
    assert earlier.links == {SECOND: (LinkType.FOLLOWS, Direction.INCOMING)}
    assert earlier.status == "withdrawn"


@pytest.mark.parametrize("link", [LinkType.FOLLOWS, LinkType.ABOUT_HANDLING_OF])
def test_complaints_of_different_complainants_neither_follow_nor_are_about_each_other(link: LinkType) -> None:
    assert_link_refused(first(), of_somebody_else(), link, errors.LinkRefusedError, "can only be related")


def test_relating_different_complainants_records_the_other_complaint_and_nothing_of_it() -> None:
    one, other = first(), of_somebody_else()
    links.link(one, other, LinkType.RELATED, by=a.handler())
    (here,), (there,) = events_of(one), events_of(other)
    assert vars(here).keys() - ENVELOPE == {"link", "direction", "other_id"}
    assert a.WITNESS not in vars(here).values()
    assert a.COMPLAINANT not in vars(there).values()


def test_relating_different_complainants_makes_neither_a_party_of_the_other() -> None:
    one, other = first(), of_somebody_else()
    linked(one, other, LinkType.RELATED)
    given(subject=one).when(lambda c: c.follow_up("你们这帮骗子", by=a.session(a.WITNESS))).then_refused(
        errors.PartyUnknownError
    )
    given(subject=other).when(happened.followed_up).then_refused(errors.PartyUnknownError)


def test_what_is_merely_related_does_not_end_together() -> None:
    one, other = first(), second()
    linked(one, other, LinkType.RELATED)
    happened.withdrawn(one)
    assert one.duplicates == ()
    assert (one.status, other.status) == ("withdrawn", "submitted")


def test_a_complaint_is_not_linked_to_itself() -> None:
    assert_link_refused(first(), first(), LinkType.RELATED, errors.LinkRefusedError)


@pytest.mark.parametrize("link", LinkType)
def test_complaints_of_two_tenants_are_never_linked(link: LinkType) -> None:
    assert_link_refused(first(), second(tenant="another"), link, errors.LinkRefusedError)


def test_two_complaints_are_linked_once() -> None:
    one, other = first(), second()
    linked(one, other, LinkType.RELATED)
    assert_link_refused(other, one, LinkType.FOLLOWS, errors.LinkRefusedError)


@pytest.mark.parametrize("by", [a.session(), a.service(), a.system()], ids=lambda by: by.voice)
def test_only_handlers_link_and_unlink(by: Provenance) -> None:
    one, other = first(), second()
    with pytest.raises(errors.NotPermittedError):
        links.link(one, other, LinkType.RELATED, by=by)
    linked(one, other, LinkType.RELATED)
    with pytest.raises(errors.NotPermittedError):
        links.unlink(one, other, reason="mistake", by=by)


@pytest.mark.parametrize("link", ENDING_NOTHING)
def test_unlinking_takes_the_link_back_in_both_complaints(link: LinkType) -> None:
    one, other = first(), second()
    linked(one, other, link)
    links.unlink(other, one, reason="mistake", by=a.handler())
    (here,), (there,) = events_of(one), events_of(other)
    assert (here.link, here.direction, here.other_id, here.reason) == (link, Direction.OUTGOING, SECOND, "mistake")
    assert (there.link, there.direction, there.other_id, there.reason) == (link, Direction.INCOMING, FIRST, "mistake")
    assert (one.links, other.links) == ({}, {})


def test_what_was_unlinked_can_be_linked_otherwise() -> None:
    one, other = first(), second()
    linked(one, other, LinkType.RELATED)
    links.unlink(one, other, reason="mistake", by=a.handler())
    linked(other, one, LinkType.FOLLOWS)
    assert other.links == {FIRST: (LinkType.FOLLOWS, Direction.OUTGOING)}


@pytest.mark.parametrize("steps", [(), (happened.resolved, happened.accepted)], ids=["open", "ended"])
def test_unlinking_where_there_is_no_link_is_refused(steps: tuple[Step, ...]) -> None:
    one = first()
    for step in steps:
        step(one)
    with pytest.raises(errors.LinkUnknownError):
        links.unlink(one, second(), reason="mistake", by=a.handler())


def test_unlinking_another_complaint_than_the_linked_one_is_refused() -> None:
    one, other = first(), second()
    linked(one, other, LinkType.RELATED)
    stranger = a.complaint(complaint_id=THIRD)
    with pytest.raises(errors.LinkUnknownError):
        links.unlink(one, stranger, reason="mistake", by=a.handler())
    assert (names_of(one), names_of(stranger)) == ([], [])
