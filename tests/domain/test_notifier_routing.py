"""Which fact reaches whom, line by line, and in which state of the complaint."""

from dataclasses import replace
from typing import Any

import pytest

from services.notifier.domain.routing import ROUTES, Ending, Memory, routes, team_of
from shared.contracts.registry import REGISTRY

OPEN = Memory(tenant="default", number="7K3M-92QFV-8X", complainant="c-1", language="zh-CN", preferred_medium="email")
RESOLVED = replace(OPEN, stage=Ending.RESOLVED)
ENDED = replace(OPEN, stage=Ending.ENDED)
STAGES = (OPEN, RESOLVED, ENDED)

BY_PARTY = {"on_behalf_of": "c-1", "actor": {"type": "service", "id": "wallet-app"}}
BY_OWN_TOKEN = {"on_behalf_of": None, "actor": {"type": "complainant", "id": "c-1"}}
BY_REPRESENTATIVE = {"on_behalf_of": None, "actor": {"type": "representative", "id": "r-1"}}
BY_OUTSIDER = {"on_behalf_of": None, "actor": {"type": "service", "id": "mediation-desk"}}
BY_HANDLER = {"on_behalf_of": None, "actor": {"type": "handler", "id": "anna"}}
BY_SUPERVISOR = {"on_behalf_of": None, "actor": {"type": "supervisor", "id": "sun"}}
BY_RECOURSE = {"on_behalf_of": None, "actor": {"type": "system", "id": "recourse"}}

LETTER = {"medium": "email", "template": "answer"}
OURS = {"owner": "wallet"}
THEIRS = {"owner": "complainant"}

Fields = dict[str, Any]


def told(stored_name: str, memory: Memory, **fields: Any) -> set[tuple[str, str]]:
    return {(str(route.to), route.template) for route in routes(stored_name, memory, {**BY_RECOURSE, **fields})}


@pytest.mark.parametrize("memory", STAGES, ids=lambda memory: memory.stage)
@pytest.mark.parametrize(
    ("fact", "template"),
    [
        ("acknowledged", "acknowledgement"),
        ("information_requested", "information-requested"),
        ("extension_granted", "extension-granted"),
        ("resolved", "resolved"),
        ("closed", "closed"),
        ("withdrawn", "withdrawn"),
        ("declined", "declined"),
        ("freeze_confirmed", "freeze-confirmed"),
        ("freeze_refused", "freeze-refused"),
        ("remedy_fulfilled", "remedy-fulfilled"),
        ("remedy_replaced", "remedy-replaced"),
    ],
)
def test_what_happens_to_a_complaint_is_told_to_its_complainant(fact: str, template: str, memory: Memory) -> None:
    assert told(f"complaint.{fact}", memory) == {("complainant", template)}


@pytest.mark.parametrize(
    ("fact", "to", "template"),
    [
        ("freeze_requested", "front_line", "staff-freeze-requested"),
        ("assigned", "handler", "staff-assigned"),
        ("escalated", "level", "staff-escalated"),
        ("resolution_rejected", "level", "staff-rejected"),
        ("remedy_failed", "compliance", "staff-remedy-failed"),
        ("information_provided", "handler", "staff-arrived"),
    ],
)
def test_what_staff_must_act_on_is_told_to_staff(fact: str, to: str, template: str) -> None:
    assert told(f"complaint.{fact}", OPEN) == {(to, template)}


def test_a_second_rejection_is_told_to_those_who_decide() -> None:
    again = replace(RESOLVED, rejections=2)
    assert told("complaint.resolution_rejected", again) == {("compliance", "staff-decide-after-rejections")}


def test_a_reopened_complaint_is_told_to_the_complainant_and_to_its_level() -> None:
    assert told("complaint.reopened", OPEN) == {("complainant", "reopened"), ("level", "staff-reopened")}


@pytest.mark.parametrize("fact", ["external_referral_opened", "external_referral_decided"])
def test_an_external_body_is_told_to_compliance(fact: str) -> None:
    assert told(f"complaint.{fact}", OPEN, **BY_PARTY) == {("compliance", "staff-referral")}


def test_an_external_body_that_is_done_is_no_news_while_the_complaint_is_open() -> None:
    assert told("complaint.external_referral_closed", OPEN, **BY_OUTSIDER) == set()


@pytest.mark.parametrize("medium", ["email", "sms", "in_app", "letter"])
def test_an_answer_goes_to_the_complainant(medium: str) -> None:
    assert told("complaint.answered", OPEN, medium=medium, template=None) == {("complainant", "answer")}


def test_a_call_that_was_held_is_told_to_nobody() -> None:
    assert told("complaint.answered", OPEN, medium="phone", template=None) == set()


def test_a_letter_to_be_read_out_by_phone_is_a_letter() -> None:
    assert told("complaint.answered", OPEN, medium="phone", template="answer") == {("complainant", "answer")}


def test_acknowledgement_and_answer_are_the_only_letters() -> None:
    assert {name for name, lines in ROUTES.items() if any(route.is_letter for route in lines)} == {
        "complaint.acknowledged",
        "complaint.answered",
    }


@pytest.mark.parametrize("who", [BY_PARTY, BY_OWN_TOKEN, BY_REPRESENTATIVE])
@pytest.mark.parametrize("fact", ["followed_up", "evidence_added"])
@pytest.mark.parametrize("memory", STAGES, ids=lambda memory: memory.stage)
def test_what_the_complainant_brings_is_told_to_the_handler(memory: Memory, fact: str, who: Fields) -> None:
    assert told(f"complaint.{fact}", memory, **who) == {("handler", "staff-arrived")}


@pytest.mark.parametrize("who", [BY_HANDLER, BY_SUPERVISOR, BY_RECOURSE])
@pytest.mark.parametrize("memory", STAGES, ids=lambda memory: memory.stage)
def test_evidence_that_staff_add_is_told_to_nobody(memory: Memory, who: Fields) -> None:
    assert told("complaint.evidence_added", memory, **who) == set()


def test_evidence_of_a_trusted_system_is_part_of_the_work_on_an_open_complaint() -> None:
    assert told("complaint.evidence_added", OPEN, **BY_OUTSIDER) == set()


ARRIVALS = (
    "followed_up",
    "evidence_added",
    "contact_changed",
    "external_referral_opened",
    "external_referral_decided",
    "external_referral_closed",
)


@pytest.mark.parametrize("who", [BY_PARTY, BY_OWN_TOKEN, BY_REPRESENTATIVE, BY_OUTSIDER])
@pytest.mark.parametrize("fact", ARRIVALS[1:])
def test_whatever_arrives_on_an_ended_complaint_is_told_to_a_handler(fact: str, who: Fields) -> None:
    assert ("handler", "staff-arrived") in told(f"complaint.{fact}", ENDED, **who)


@pytest.mark.parametrize("who", [BY_HANDLER, BY_SUPERVISOR, BY_RECOURSE])
@pytest.mark.parametrize("fact", ARRIVALS)
def test_what_staff_do_on_an_ended_complaint_is_not_told_to_a_handler(fact: str, who: Fields) -> None:
    assert "handler" not in {to for to, _ in told(f"complaint.{fact}", ENDED, **who)}


@pytest.mark.parametrize("memory", [OPEN, RESOLVED], ids=lambda memory: memory.stage)
def test_a_changed_contact_is_told_to_nobody_before_the_end(memory: Memory) -> None:
    assert told("complaint.contact_changed", memory, **BY_PARTY) == set()


POSSIBLE_AFTER_THE_END = sorted(
    set(REGISTRY.by_stored_name)
    - {f"complaint.{fact}" for fact in ("assigned", "information_provided", *ARRIVALS)}
    - {"complaint.reopened"}
)


@pytest.mark.parametrize("stored_name", POSSIBLE_AFTER_THE_END)
def test_nothing_else_on_an_ended_complaint_is_told_to_a_handler(stored_name: str) -> None:
    reached = {to for to, _ in told(stored_name, ENDED, **BY_PARTY, **LETTER, **OURS)}
    assert "handler" not in reached


@pytest.mark.parametrize(
    ("fact", "template"), [("clock_warned", "staff-clock-warned"), ("clock_missed", "staff-clock-missed")]
)
def test_a_clock_of_the_wallet_on_an_open_complaint_is_told_to_the_handler(fact: str, template: str) -> None:
    assert told(f"case.{fact}", OPEN, **OURS, clock="final") == {("handler", template)}


def test_a_remedy_that_was_missed_is_told_to_compliance_too_while_the_complaint_is_open() -> None:
    both = {("handler", "staff-clock-missed"), ("compliance", "staff-clock-missed")}
    assert told("case.clock_missed", OPEN, **OURS, clock="remedy") == both


@pytest.mark.parametrize("memory", [RESOLVED, ENDED], ids=lambda memory: memory.stage)
def test_a_missed_clock_on_a_complaint_that_is_not_open_is_told_to_compliance(memory: Memory) -> None:
    assert told("case.clock_missed", memory, **OURS) == {("compliance", "staff-clock-missed")}


@pytest.mark.parametrize("memory", [RESOLVED, ENDED], ids=lambda memory: memory.stage)
def test_a_warning_on_a_complaint_that_is_not_open_is_told_to_compliance(memory: Memory) -> None:
    assert told("case.clock_warned", memory, **OURS) == {("compliance", "staff-clock-warned")}


@pytest.mark.parametrize("memory", STAGES, ids=lambda memory: memory.stage)
def test_a_complainant_is_reminded_of_their_own_time_and_not_told_that_it_is_over(memory: Memory) -> None:
    assert told("case.clock_warned", memory, **THEIRS) == {("complainant", "window-ends")}
    assert told("case.clock_missed", memory, **THEIRS) == set()


def test_every_line_of_the_table_is_about_a_fact_that_exists() -> None:
    assert set(ROUTES) <= set(REGISTRY.by_stored_name)


@pytest.mark.parametrize("stored_name", sorted(set(REGISTRY.by_stored_name) - set(ROUTES)))
def test_a_fact_outside_the_table_is_told_to_nobody(stored_name: str) -> None:
    assert told(stored_name, OPEN, **BY_PARTY) == set()


@pytest.mark.parametrize(("level", "team"), [(0, "front_line"), (1, "senior"), (2, "compliance"), (3, "compliance")])
def test_every_level_has_its_team(level: int, team: str) -> None:
    assert team_of(level) == team
