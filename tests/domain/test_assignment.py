"""Who works on a complaint."""

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.provenance import Provenance
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


def taken(by: Provenance) -> Step:
    return lambda c: c.take(team="front_line", by=by)


def released(by: Provenance) -> Step:
    return lambda c: c.release(reason="handed-back", by=by)


def test_a_handler_takes_what_nobody_works_on() -> None:
    outcome = given().when(taken(a.handler("anna")))
    outcome.then((Complaint.Assigned, {"handler_id": "anna", "team": "front_line", "reason": "taken"}))


def test_taking_what_one_works_on_is_no_event() -> None:
    given(assigned("anna")).when(taken(a.handler("anna"))).then_nothing()


@pytest.mark.parametrize("by", [a.handler("bert"), a.supervisor()], ids=["a handler", "a supervisor"])
def test_what_somebody_else_works_on_cannot_be_taken(by: Provenance) -> None:
    given(assigned("anna")).when(taken(by)).then_refused(errors.ComplaintAssignedError)


@pytest.mark.parametrize(
    "by", [a.handler("anna"), a.supervisor(), a.system()], ids=["who holds it", "a supervisor", "the rule"]
)
def test_a_complaint_is_given_back_and_stays_with_its_team(by: Provenance) -> None:
    outcome = given(assigned("anna", "fraud")).when(released(by))
    outcome.then((Complaint.Released, {"handler_id": "anna", "reason": "handed-back"})).status("in_progress")
    assert (outcome.complaint.assigned_to, outcome.complaint.team) == (None, "fraud")


def test_nobody_gives_back_what_somebody_else_works_on() -> None:
    given(assigned("anna")).when(released(a.handler("bert"))).then_refused(errors.ComplaintAssignedError)


def test_giving_back_what_nobody_works_on_is_no_event() -> None:
    given().when(released(a.handler("bert"))).then_nothing()


def test_a_complaint_remembers_everybody_who_worked_on_it() -> None:
    complaint = given(assigned("anna"), released(a.handler("anna"))).when(assigned("bert")).complaint
    assert complaint.worked_on_by == {"anna", "bert"}
