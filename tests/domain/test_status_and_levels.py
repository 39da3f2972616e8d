"""What a status is derived from, and how levels rise and never fall."""

from uuid import uuid5

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import LetterKind
from services.intake.domain.handling import Promise
from services.intake.domain.provenance import Provenance
from tests import builders as a
from tests.domain import happened
from tests.given import Step, given

SECOND_REFERRAL = uuid5(a.NAMES, "second referral")

PROMISE = Promise(
    clock_id=a.CLOCK,
    clock="final",
    owner="wallet",
    source="house",
    due_at=a.later(days=4),
    due_on=a.later(days=3).date(),
    time_zone="Asia/Shanghai",
    policy="seed-default",
    policy_version="1",
    verified=True,
    beyond_calendar=False,
)


def referral_closed(c: Complaint) -> None:
    c.close_referral(a.REFERRAL, reason="decided", by=a.handler())


def twice_escalated(c: Complaint) -> None:
    happened.escalated(c)
    happened.escalated(c)


def reopened_by_supervisor(c: Complaint) -> None:
    c.reopen(reason="review", by=a.supervisor())


def answered_final(c: Complaint) -> None:
    happened.answered(c, LetterKind.FINAL)


WORK: dict[str, tuple[Step, ...]] = {
    "assigned": (happened.assigned,),
    "answered": (happened.answered,),
    "answered with the final letter": (answered_final,),
    "escalated": (happened.escalated,),
    "waited for the complainant": (happened.information_requested, happened.information_provided),
    "waited for a third party": (happened.third_party_awaited, happened.third_party_answered),
    "reopened": (happened.withdrawn, reopened_by_supervisor),
    "rejected": (happened.resolved, happened.rejected),
}
NO_WORK: dict[str, Step] = {
    "followed up": happened.followed_up,
    "noted": lambda c: c.add_note("T20251122-0001", by=a.handler()),
    "frozen": happened.freeze_requested,
    "identified": happened.identity_verified,
    "referred": happened.referred,
    "held": happened.held,
    "erased": lambda c: c.erase_personal_data(reason="person-request", by=a.supervisor()),
}
ENDINGS: dict[str, tuple[Step, ...]] = {
    "resolved": (happened.resolved,),
    "closed": (happened.resolved, happened.accepted),
    "withdrawn": (happened.withdrawn,),
    "declined": (happened.declined,),
}


def status_after(*steps: Step) -> str:
    return given(*steps).when(lambda _: None).complaint.status


def test_a_new_complaint_is_submitted() -> None:
    assert status_after() == "submitted"


def test_acknowledging_tells_the_promises_and_makes_it_acknowledged() -> None:
    outcome = given().when(lambda c: c.acknowledge((PROMISE,), by=a.system()))
    outcome.then((Complaint.Acknowledged, {"promises": (PROMISE,)})).status("acknowledged")


@pytest.mark.parametrize("steps", [(), *WORK.values()], ids=["at once", *WORK])
def test_acknowledging_again_is_no_event(steps: tuple[Step, ...]) -> None:
    given(happened.acknowledged, *steps).when(happened.acknowledged).then_nothing()


@pytest.mark.parametrize("first", [(), (happened.acknowledged,)], ids=["submitted", "acknowledged"])
@pytest.mark.parametrize("steps", WORK.values(), ids=WORK)
def test_work_makes_a_complaint_in_progress(steps: tuple[Step, ...], first: tuple[Step, ...]) -> None:
    assert status_after(*first, *steps) == "in_progress"


def test_acknowledging_late_does_not_lead_back_from_progress() -> None:
    assert status_after(happened.assigned, happened.acknowledged) == "in_progress"


@pytest.mark.parametrize("step", NO_WORK.values(), ids=NO_WORK)
def test_what_is_no_work_leaves_the_status(step: Step) -> None:
    assert status_after(step) == "submitted"
    assert status_after(happened.acknowledged, step) == "acknowledged"


def test_of_two_waits_the_complainants_is_shown_first() -> None:
    assert status_after(happened.third_party_awaited) == "waiting_on_third_party"
    assert status_after(happened.third_party_awaited, happened.information_requested) == "waiting_on_complainant"


def test_when_the_complainant_has_answered_the_third_party_is_shown() -> None:
    waiting = (happened.information_requested, happened.third_party_awaited)
    assert status_after(*waiting, happened.information_provided) == "waiting_on_third_party"
    assert status_after(*waiting, happened.third_party_answered) == "waiting_on_complainant"


@pytest.mark.parametrize("status", ENDINGS)
def test_the_last_decision_makes_the_status(status: str) -> None:
    assert status_after(happened.acknowledged, *ENDINGS[status]) == status


@pytest.mark.parametrize("ending", [happened.resolved, happened.withdrawn])
def test_a_decision_wins_over_an_open_wait_and_ends_it(ending: Step) -> None:
    outcome = given(happened.information_requested, happened.third_party_awaited).when(ending)
    assert not outcome.complaint.has_open_request
    assert not outcome.complaint.has_open_third_party_wait
    assert outcome.complaint.status in {"resolved", "withdrawn"}


def test_a_complaint_begins_at_the_front_line() -> None:
    assert a.complaint().level == 0


@pytest.mark.parametrize(
    "by", [a.session(), a.recorded(), a.handler(), a.service(), a.system()], ids=lambda by: by.voice
)
def test_escalating_raises_the_level_by_one(by: Provenance) -> None:
    outcome = given().when(lambda c: c.escalate(reason="complainant-wish", cause_id=a.CLOCK, by=by))
    fields = {"from_level": 0, "to_level": 1, "reason": "complainant-wish", "cause_id": a.CLOCK}
    outcome.then((Complaint.Escalated, fields))
    assert outcome.complaint.level == 1


def test_escalating_twice_reaches_compliance() -> None:
    outcome = given(happened.escalated).when(happened.escalated)
    outcome.then((Complaint.Escalated, {"from_level": 1, "to_level": 2}))
    assert outcome.complaint.level == 2


def test_escalating_at_the_highest_level_says_so_again() -> None:
    outcome = given(twice_escalated).when(happened.escalated)
    outcome.then((Complaint.Escalated, {"from_level": 2, "to_level": 2}))
    assert outcome.complaint.level == 2


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_raising_the_level_of_a_complaint_that_is_not_open_is_refused(ending: tuple[Step, ...]) -> None:
    outcome = given(*ending).when(happened.escalated)
    resolved = outcome.complaint.status == "resolved"
    outcome.then_refused(errors.ComplaintResolvedError if resolved else errors.ComplaintClosedError)
    assert outcome.complaint.level == 0


@pytest.mark.parametrize(
    "steps",
    [
        (happened.resolved, happened.accepted, reopened_by_supervisor),
        (happened.withdrawn, reopened_by_supervisor),
        (happened.assigned, happened.answered, happened.resolved, happened.rejected),
        (happened.referred, referral_closed),
    ],
    ids=["closed and reopened", "withdrawn and reopened", "rejected", "a referral came and went"],
)
def test_a_level_never_falls(steps: tuple[Step, ...]) -> None:
    assert given(twice_escalated, *steps).when(lambda _: None).complaint.level == 2


@pytest.mark.parametrize("ending", [(), *ENDINGS.values()], ids=["open", *ENDINGS])
def test_the_level_is_three_while_a_referral_is_open_in_every_status(ending: tuple[Step, ...]) -> None:
    outcome = given(*ending).when(happened.referred)
    assert outcome.complaint.level == 3
    referral_closed(outcome.complaint)
    assert outcome.complaint.level == 0


def test_the_level_stays_three_until_the_last_referral_is_closed() -> None:
    both = given(happened.referred, lambda c: happened.referred(c, SECOND_REFERRAL))
    outcome = both.when(referral_closed)
    assert outcome.complaint.level == 3
    outcome.complaint.close_referral(SECOND_REFERRAL, reason="withdrawn", by=a.handler())
    assert outcome.complaint.level == 0


def test_a_decided_referral_is_still_open() -> None:
    assert given(happened.referred).when(happened.bound).complaint.level == 3


def test_under_a_referral_the_internal_level_rises_as_ever() -> None:
    outcome = given(happened.referred, happened.escalated).when(happened.escalated)
    outcome.then((Complaint.Escalated, {"from_level": 1, "to_level": 2}))
    assert outcome.complaint.level == 3
