"""Who works on a complaint."""

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from tests import builders as a
from tests.domain import happened
from tests.given import Step, given


def assigned(handler_id: str, team: str | None = None) -> Step:
    return lambda c: c.assign(handler_id, team=team, reason="by-hand", by=a.handler())


def test_a_complaint_is_given_to_a_handler_of_a_team() -> None:
    outcome = given().when(assigned("anna", "front_line"))
    outcome.then((Complaint.Assigned, {"handler_id": "anna", "team": "front_line", "reason": "by-hand"}))
    assert outcome.complaint.assigned_to == "anna"


def test_a_complaint_is_passed_on_to_another_handler() -> None:
    outcome = given(assigned("anna")).when(assigned("bert"))
    outcome.then((Complaint.Assigned, {"handler_id": "bert"}))
    assert outcome.complaint.assigned_to == "bert"


@pytest.mark.parametrize("team", [None, "front_line"], ids=["no team", "a team"])
def test_giving_it_again_to_the_same_handler_of_the_same_team_is_no_event(team: str | None) -> None:
    given(assigned("anna", team)).when(assigned("anna", team)).then_nothing()


def test_the_same_handler_may_take_it_along_to_another_team() -> None:
    given(assigned("anna", "front_line")).when(assigned("anna", "fraud")).then(
        (Complaint.Assigned, {"handler_id": "anna", "team": "fraud"})
    )


def test_a_resolved_complaint_is_assigned_and_an_ended_one_is_not() -> None:
    given(happened.resolved).when(assigned("bert")).then(Complaint.Assigned).status("resolved")
    given(happened.withdrawn).when(assigned("bert")).then_refused(errors.ComplaintClosedError)


def test_a_complainant_assigns_nobody() -> None:
    given().when(lambda c: c.assign("anna", reason="by-hand", by=a.session())).then_refused(errors.NotPermittedError)
