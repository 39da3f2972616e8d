"""A command that a rule refused is an event of its own."""

import re
from uuid import uuid5

import pytest

from services.intake.domain import errors
from services.intake.domain.refusals import CommandReference, refuse
from services.intake.domain.stream import RECOURSE
from tests import builders as a

COMMAND = CommandReference(uuid5(a.NAMES, "command"), "recourse.command.escalate-complaint.v1")

LEAVES = [
    error
    for base in (errors.IntakeError, errors.RuleBrokenError)
    for error in base.__subclasses__()
    if error.__module__ == errors.__name__ and error is not errors.RuleBrokenError
]


def test_a_refusal_says_which_command_was_refused_and_why() -> None:
    refusal = refuse(COMMAND, a.COMPLAINT_ID, "complaint-closed", tenant="default", by=a.system())
    assert (refusal.complaint_id, refusal.command_id) == (a.COMPLAINT_ID, COMMAND.command_id)
    assert (refusal.command_type, refusal.code) == (COMMAND.command_type, "complaint-closed")
    assert (refusal.tenant, refusal.timestamp) == ("default", a.NOW)


def test_a_refusal_is_recorded_by_recourse_because_of_the_command() -> None:
    by = a.system()
    refusal = refuse(COMMAND, a.COMPLAINT_ID, "complaint-closed", tenant="default", by=by)
    assert (refusal.actor, refusal.on_behalf_of, refusal.channel) == (RECOURSE, None, "internal")
    assert (refusal.causation_id, refusal.correlation_id) == (COMMAND.command_id, by.correlation_id)


def test_the_same_command_is_refused_in_the_same_stream_of_one_event() -> None:
    first, second = (
        refuse(COMMAND, a.COMPLAINT_ID, code, tenant="default", by=a.system()) for code in ("complaint-closed", "other")
    )
    assert first.originator_id == second.originator_id != a.COMPLAINT_ID
    assert first.originator_version == second.originator_version == 1


@pytest.mark.parametrize("error", LEAVES)
def test_an_error_has_a_code_in_kebab_case_and_its_docstring_as_message(error: type[errors.IntakeError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.code)
    assert (str(error()), error().members) == (error.__doc__, {})
    assert str(error("what was wrong")) == "what was wrong"


def test_no_two_errors_share_a_code() -> None:
    assert len({error.code for error in LEAVES}) == len(LEAVES)
