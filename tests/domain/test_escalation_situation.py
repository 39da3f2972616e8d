"""What escalation knows of a complaint after what happened to it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from services.escalation.domain.policy import Meets, Starts
from services.escalation.domain.situation import Matter, Situation, Stage
from services.escalation.happenings import happening
from shared.contracts.complaint_events import ComplaintFact
from tests.builders import REQUEST, WAIT
from tests.domain.escalation_facts import (
    accepted,
    answered,
    assigned,
    classified,
    escalated,
    followed_up,
    information_provided,
    information_requested,
    released,
    remedy,
    reopened,
    resolved,
    submitted,
    third_party_awaited,
    withdrawn,
)
from tests.escalation_builders import MONDAY, at


def _known(*facts: ComplaintFact) -> Situation:
    """Facts with the ids 1, 2, 3 and so on, each a minute after the one before."""
    situation = Situation()
    for number, fact in enumerate(facts, start=1):
        recorded_at = datetime(2025, 3, 3, 10, number, tzinfo=UTC)
        situation = situation.after(happening(fact, UUID(int=number), recorded_at))
    return situation


def test_nothing_is_known_before_anything_happened() -> None:
    assert Situation() == Situation(matter=None, stage=Stage.OPEN)


def test_the_matter_comes_with_the_submission_and_is_completed_by_the_classification() -> None:
    assert _known(submitted()).matter == Matter(received_at=MONDAY, channel="app", category="topup.not_credited")
    later = _known(submitted(channel="regulator"), classified(category="fee.dispute", complexity="complex"))
    assert later.matter == Matter(
        received_at=MONDAY,
        channel="regulator",
        category="fee.dispute",
        complexity="complex",
        jurisdiction="CN",
        regulated_service="payment",
    )


def test_a_complaint_is_open_then_resolved_then_ended_and_open_again() -> None:
    steps = (submitted(), resolved(), withdrawn(), reopened())
    assert [_known(*steps[:count]).stage for count in (1, 2, 3, 4)] == [
        Stage.OPEN,
        Stage.RESOLVED,
        Stage.ENDED,
        Stage.OPEN,
    ]


def test_waits_are_a_set_that_any_end_empties() -> None:
    waiting = (submitted(), information_requested(), third_party_awaited())
    assert _known(*waiting).waits == {REQUEST, WAIT}
    assert _known(*waiting, information_provided()).waits == {WAIT}
    assert _known(*waiting, resolved()).waits == set()
    assert _known(*waiting, withdrawn(), reopened()).waits == set()


def test_follow_ups_are_remembered_by_when_they_were_recorded() -> None:
    assert _known(submitted(), followed_up(), followed_up()).follow_ups == (
        at("2025-03-03T10:02"),
        at("2025-03-03T10:03"),
    )


def test_urgency_is_known_since_the_first_classification_that_said_so() -> None:
    urgent, calm = classified(urgent=True), classified()
    assert _known(submitted(), urgent, urgent).urgent_since == UUID(int=2)
    assert _known(submitted(), urgent, followed_up()).urgent_since == UUID(int=2)
    assert _known(submitted(), urgent, calm).urgent_since is None
    assert _known(submitted(), urgent, calm, urgent).urgent_since == UUID(int=4)


def test_what_a_regulator_asked_for_is_remembered_until_the_complaint_is_classified() -> None:
    (asked,) = _known(submitted(reply_due_on=date(2025, 3, 20)), followed_up()).asked
    assert (asked.starts, asked.id, asked.due_on) == (Starts.REGULATOR_ASKED, UUID(int=1), date(2025, 3, 20))


def test_what_is_owed_on_acceptance_is_that_of_the_last_resolution() -> None:
    promised = resolved(remedy(date(2025, 3, 20)))
    assert [owed.due_on for owed in _known(submitted(), promised).owed_if_accepted] == [date(2025, 3, 20)]
    assert _known(submitted(), promised, reopened()).owed_if_accepted == ()


def test_the_resolution_that_counts_is_the_last() -> None:
    assert _known(submitted(), resolved()).resolution_id == UUID(int=2)
    assert _known(submitted(), resolved(), reopened(), resolved()).resolution_id == UUID(int=4)


def test_reopening_forgets_letters_delivery_and_acceptance() -> None:
    call = answered("final", medium="phone")
    before = _known(submitted(), resolved(), call, accepted())
    assert (before.resolution_delivered, before.accepted, len(before.letters)) == (True, True, 1)
    after = _known(submitted(), resolved(), call, accepted(), reopened())
    assert (after.arrived, after.accepted, after.letters) == (frozenset(), False, {})


def test_what_was_kept_is_remembered_with_its_last_time() -> None:
    known = _known(submitted(), answered(), followed_up(), answered())
    answers = frozenset({Meets.ANSWERED})
    assert known.has_kept(answers, None, since=at("2025-03-03T10:04"))
    assert not known.has_kept(answers, None, since=at("2025-03-03T10:04:00.000001"))
    assert not known.has_kept(frozenset({Meets.RESOLVED}), None, since=MONDAY)


def test_the_level_and_the_handler_are_the_newest() -> None:
    known = _known(submitted(), escalated(0, 1), assigned("li"), followed_up())
    assert (known.level, known.handler) == (1, "li")


def test_what_was_given_back_has_no_handler() -> None:
    assert _known(submitted(), assigned("li"), released("li"), followed_up()).handler is None


def test_a_disputed_amount_is_part_of_the_matter() -> None:
    disputed = _known(submitted(disputed_amount={"amount": "129.90", "currency": "CNY"})).matter
    assert disputed == Matter(
        received_at=MONDAY,
        channel="app",
        category="topup.not_credited",
        amount=Decimal("129.90"),
        currency="CNY",
    )
