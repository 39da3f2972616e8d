"""Which of two duplicates stays, and when the other begins again."""

from uuid import uuid5

import pytest

from services.intake.domain import errors, links
from services.intake.domain.complaint import Complaint
from services.intake.domain.links import Direction, LinkType
from services.intake.domain.outcome import Closing
from services.intake.domain.stream import RECOURSE
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

PRIMARY_ENDINGS = pytest.mark.parametrize(
    "ending", [happened.withdrawn, happened.declined], ids=["withdrawn", "declined"]
)


def duplicates() -> tuple[Complaint, Complaint]:
    primary, duplicate = first(), second()
    linked(primary, duplicate)
    return primary, duplicate


@pytest.mark.parametrize("turned", [False, True], ids=["earlier named first", "later named first"])
def test_of_duplicates_the_one_received_later_closes_in_favour_of_the_earlier(turned: bool) -> None:
    primary, duplicate = first(), second()
    links.link(*((duplicate, primary) if turned else (primary, duplicate)), LinkType.DUPLICATE, by=a.handler())
    (incoming,), (outgoing, closed) = events_of(primary), events_of(duplicate)
    assert (incoming.link, incoming.direction, incoming.other_id) == (LinkType.DUPLICATE, Direction.INCOMING, SECOND)
    assert (outgoing.link, outgoing.direction, outgoing.other_id) == (LinkType.DUPLICATE, Direction.OUTGOING, FIRST)
    assert isinstance(closed, Complaint.Closed)
    assert (closed.reason, closed.primary_id) == (Closing.DUPLICATE, FIRST)
    assert (primary.status, duplicate.status) == ("submitted", "closed")


def test_when_a_complaint_was_typed_in_does_not_matter_only_when_it_was_received() -> None:
    letter = a.complaint(complaint_id=SECOND, by=a.recorded(at=a.later(days=5)), received_at=a.later(days=-9))
    app = first()
    linked(app, letter)
    assert (letter.status, app.status) == ("submitted", "closed")


def test_of_duplicates_received_at_the_same_instant_always_the_same_one_stays() -> None:
    closed = set()
    for order in ((FIRST, SECOND), (SECOND, FIRST)):
        one, other = (a.complaint(complaint_id=each, received_at=a.NOW) for each in order)
        linked(one, other)
        closed |= {each.id for each in (one, other) if each.status == "closed"}
    assert closed == {max(FIRST, SECOND)}


def test_the_closing_of_a_duplicate_is_recourses_own_act_caused_by_the_link() -> None:
    duplicate = second()
    links.link(first(), duplicate, LinkType.DUPLICATE, by=a.handler())
    outgoing, closed = events_of(duplicate)
    assert outgoing.actor == a.handler().actor
    assert (closed.actor, closed.causation_id) == (RECOURSE, outgoing.event_id)


def test_a_primary_knows_its_duplicates_and_no_other_link_as_such() -> None:
    primary, _ = duplicates()
    linked(a.complaint(complaint_id=THIRD), primary, LinkType.FOLLOWS)
    assert primary.duplicates == (SECOND,)
    assert set(primary.links) == {SECOND, THIRD}


def test_a_duplicate_stops_waiting() -> None:
    primary, duplicate = first(), second()
    happened.information_requested(duplicate)
    happened.third_party_awaited(duplicate)
    linked(primary, duplicate)
    assert not duplicate.has_open_request
    assert not duplicate.has_open_third_party_wait


def test_complaints_of_different_complainants_are_no_duplicates() -> None:
    assert_link_refused(first(), of_somebody_else(), LinkType.DUPLICATE, errors.DuplicateRefusedError)


@pytest.mark.parametrize("ended", [FIRST, SECOND])
@pytest.mark.parametrize("ending", [happened.resolved, happened.withdrawn], ids=["resolved", "withdrawn"])
def test_only_open_complaints_are_duplicates(ending: Step, ended: object) -> None:
    one, other = first(), second()
    subject = one if ended == FIRST else other
    ending(subject)
    events_of(subject)
    assert_link_refused(one, other, LinkType.DUPLICATE, errors.DuplicateRefusedError)


def test_a_follow_up_on_a_duplicate_stays_in_its_own_record() -> None:
    _, duplicate = duplicates()
    given(subject=duplicate).when(happened.followed_up).then(Complaint.FollowedUp).status("closed")


@pytest.mark.parametrize("turned", [False, True], ids=["from the primary", "from the duplicate"])
def test_unlinking_a_duplicate_begins_it_again(turned: bool) -> None:
    primary, duplicate = duplicates()
    links.unlink(*((duplicate, primary) if turned else (primary, duplicate)), reason="mistake", by=a.handler())
    assert names_of(primary) == ["Unlinked"]
    unlinked, reopened = events_of(duplicate)
    assert isinstance(reopened, Complaint.Reopened)
    assert (reopened.reason, reopened.actor, reopened.causation_id) == ("unlinked", RECOURSE, unlinked.event_id)
    assert (duplicate.status, duplicate.duplicate_of, duplicate.links) == ("in_progress", None, {})


def test_a_duplicate_that_begins_again_keeps_the_day_it_was_received() -> None:
    primary, duplicate = duplicates()
    links.unlink(primary, duplicate, reason="mistake", by=a.handler())
    assert duplicate.received_at == a.later(days=-1)


def test_a_duplicate_is_reopened_by_unlinking_even_if_its_primary_has_ended() -> None:
    primary, duplicate = duplicates()
    happened.resolved(primary)
    happened.accepted(primary)
    links.unlink(primary, duplicate, reason="mistake", by=a.handler())
    assert (primary.status, duplicate.status) == ("closed", "in_progress")


@PRIMARY_ENDINGS
def test_a_primary_that_ends_undecided_reopens_its_duplicates(ending: Step) -> None:
    primary, duplicate = duplicates()
    ending(primary)
    links.reopen_duplicates(primary, (duplicate,), by=a.session())
    *_, cause = events_of(primary)
    (reopened,) = events_of(duplicate)
    assert isinstance(reopened, Complaint.Reopened)
    assert (reopened.reason, reopened.actor, reopened.on_behalf_of) == ("primary-ended", RECOURSE, None)
    assert reopened.causation_id == cause.event_id
    assert duplicate.status == "in_progress"


@PRIMARY_ENDINGS
def test_only_what_still_is_a_duplicate_of_the_primary_is_reopened(ending: Step) -> None:
    primary, duplicate = duplicates()
    unrelated = a.complaint(complaint_id=uuid5(a.NAMES, "unrelated"))
    happened.withdrawn(unrelated)
    events_of(unrelated)
    ending(primary)
    links.reopen_duplicates(primary, (duplicate,), by=a.session())
    events_of(duplicate)
    links.reopen_duplicates(primary, (duplicate, unrelated), by=a.session())
    assert (names_of(duplicate), names_of(unrelated)) == ([], [])


def test_a_reopened_duplicate_is_still_linked_and_unlinking_it_reopens_nothing() -> None:
    primary, duplicate = duplicates()
    happened.withdrawn(primary)
    links.reopen_duplicates(primary, (duplicate,), by=a.session())
    events_of(duplicate)
    links.unlink(primary, duplicate, reason="mistake", by=a.handler())
    assert names_of(duplicate) == ["Unlinked"]


def test_a_primary_can_itself_turn_out_to_be_a_duplicate() -> None:
    primary, duplicate = duplicates()
    earliest = a.complaint(complaint_id=THIRD, received_at=a.later(days=-3))
    linked(primary, earliest)
    assert (primary.duplicate_of, duplicate.duplicate_of) == (THIRD, FIRST)
    assert (earliest.duplicates, primary.duplicates) == ((FIRST,), (SECOND,))
    assert (earliest.status, primary.status, duplicate.status) == ("submitted", "closed", "closed")
