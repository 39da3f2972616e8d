"""Who begins an ended complaint again, and until when."""

from datetime import datetime, timedelta
from uuid import uuid5

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.links import LinkType, link
from services.intake.domain.outcome import Closing
from services.intake.domain.provenance import Provenance
from tests import builders as a
from tests.domain import happened
from tests.given import Step, given

WINDOW_ENDS_AT = a.later(days=30)
A_MOMENT = timedelta(microseconds=1)

CLOSED = (happened.resolved, happened.accepted)
UNANSWERED = (happened.resolved, happened.unanswered)
REOPENABLE = pytest.mark.parametrize(
    "ending", [CLOSED, UNANSWERED, (happened.withdrawn,)], ids=["accepted", "unanswered", "withdrawn"]
)


def reopened(by: Provenance, window_ends_at: datetime | None = WINDOW_ENDS_AT) -> Step:
    return lambda c: c.reopen(
        reason="not-solved", reason_text="提现三天了还在审核", window_ends_at=window_ends_at, by=by
    )


@REOPENABLE
def test_the_complainant_reopens_until_the_window_ends(ending: tuple[Step, ...]) -> None:
    outcome = given(*ending).when(reopened(a.session(at=WINDOW_ENDS_AT - A_MOMENT)))
    fields = {"reason": "not-solved", "reason_text": "提现三天了还在审核"}
    outcome.then((Complaint.Reopened, fields)).status("in_progress")
    assert outcome.complaint.ended_at is None


@REOPENABLE
def test_when_the_window_ends_the_complainant_reopens_no_more(ending: tuple[Step, ...]) -> None:
    given(*ending).when(reopened(a.session(at=WINDOW_ENDS_AT))).then_refused(errors.ReopeningWindowOverError)


def test_where_the_policy_opens_no_window_the_complainant_does_not_reopen() -> None:
    given(*CLOSED).when(reopened(a.session(), None)).then_refused(errors.ReopeningWindowOverError)


@pytest.mark.parametrize(
    "ending",
    [CLOSED, UNANSWERED, (happened.withdrawn,), (happened.declined,)],
    ids=["accepted", "unanswered", "withdrawn", "declined"],
)
def test_a_supervisor_reopens_at_any_time(ending: tuple[Step, ...]) -> None:
    given(*ending).when(reopened(a.supervisor(at=a.later(days=400)))).then(Complaint.Reopened).status("in_progress")


def test_the_complainant_does_not_reopen_what_was_declined() -> None:
    outcome = given(happened.declined).when(reopened(a.session())).then_refused(errors.NotPermittedError)
    assert str(outcome.error) == "a declined complaint is reopened by a supervisor"


@pytest.mark.parametrize("by", [a.handler(), a.recorded(), a.service(), a.system()], ids=lambda by: by.voice)
@REOPENABLE
def test_nobody_else_reopens(ending: tuple[Step, ...], by: Provenance) -> None:
    given(*ending).when(reopened(by)).then_refused(errors.NotPermittedError)


@pytest.mark.parametrize("by", [a.session(), a.supervisor()], ids=["session", "supervisor"])
def test_a_resolution_that_waits_for_its_verdict_is_not_reopened(by: Provenance) -> None:
    given(happened.resolved).when(reopened(by)).then_refused(errors.NotRejectedTwiceError)


@pytest.mark.parametrize("by", [a.session(), a.supervisor()], ids=["session", "supervisor"])
def test_what_is_open_is_not_reopened(by: Provenance) -> None:
    given().when(reopened(by)).then_refused(errors.ComplaintNotEndedError)


@pytest.mark.parametrize("by", [a.session(), a.supervisor()], ids=["session", "supervisor"])
def test_a_duplicate_is_not_reopened_by_hand(by: Provenance) -> None:
    subject = a.complaint(received_at=a.later(days=-1))
    link(
        a.complaint(complaint_id=uuid5(a.NAMES, "earlier"), received_at=a.later(days=-2)),
        subject,
        LinkType.DUPLICATE,
        by=a.handler(),
    )
    outcome = given(subject=subject).when(reopened(by)).then_refused(errors.NotPermittedError)
    assert str(outcome.error) == "a duplicate reopens when it is unlinked or its primary ends"


def test_the_complainant_does_not_overrule_a_second_rejection_that_waits_for_a_supervisor() -> None:
    twice = (happened.resolved, happened.rejected, lambda c: happened.resolved(c, a.handler("bert")), happened.rejected)
    given(*twice).when(reopened(a.session())).then_refused(errors.NotRejectedTwiceError)


def test_a_reopened_complaint_takes_commands_again() -> None:
    given(happened.withdrawn, reopened(a.session())).when(happened.escalated).then(Complaint.Escalated)


def test_a_reopened_complaint_keeps_its_acknowledgement() -> None:
    given(happened.acknowledged, happened.withdrawn, reopened(a.session())).when(happened.acknowledged).then_nothing()


def test_a_reopened_complaint_ends_anew_at_its_own_time() -> None:
    outcome = given(happened.withdrawn, reopened(a.session()), happened.resolved).when(
        lambda c: c.close(Closing.NO_ANSWER, by=a.by(a.system().actor.type, "escalation", at=a.later(days=10)))
    )
    assert outcome.complaint.ended_at == a.later(days=10)
