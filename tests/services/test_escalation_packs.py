"""The table of the laws: every pack that is shipped, every figure in it, and what may come after a limit."""

from datetime import date
from typing import Any

import pytest

from services.escalation.domain.case import Case
from services.escalation.domain.policy import Source
from services.escalation.policy_files import PolicyFileError, load_book
from shared.contracts.tenant import load_tenants
from tests.domain.escalation_facts import answered
from tests.escalation_builders import at
from tests.services.packs import PACKS, taken

SIMPLE: dict[str, Any] = {}
COMPLEX = {"complexity": "complex"}
URGENT = {"urgent": True}

DATES = [
    ("seed-default", SIMPLE, "first_answer", "2025-09-28"),
    ("seed-default", SIMPLE, "final", "2025-09-30"),
    ("seed-default", COMPLEX, "final", "2025-10-13"),
    ("seed-default", URGENT, "first_answer", "2025-09-26"),
    ("seed-default", URGENT, "freeze", "2025-09-26"),
    ("uk-disp-psp", SIMPLE, "statutory_final", "2025-10-17"),
    ("uk-disp-general", SIMPLE, "statutory_final", "2025-11-21"),
    ("uk-disp-general", SIMPLE, "statutory_letter", "2025-11-21"),
    ("uk-disp-summary", SIMPLE, "statutory_summary", "2025-10-01"),
    ("eu-psd2-101", SIMPLE, "statutory_final", "2025-10-17"),
    ("eu-mica-casp", SIMPLE, "statutory_final", "2025-11-26"),
    ("cn-cbirc-2020-3", SIMPLE, "statutory_final", "2025-10-11"),
    ("cn-cbirc-2020-3", COMPLEX, "statutory_final", "2025-10-26"),
    ("cn-pbc-2020-5", SIMPLE, "statutory_final", "2025-10-11"),
    ("us-cfpb-portal", SIMPLE, "statutory_final", "2025-10-11"),
    ("us-reg-e", SIMPLE, "statutory_final", "2025-10-10"),
    ("us-reg-e", SIMPLE, "provisional_credit", "2025-10-10"),
    ("us-reg-e-90", SIMPLE, "statutory_final", "2025-10-10"),
    ("us-reg-e-90", SIMPLE, "provisional_credit", "2025-10-10"),
    ("in-rbi-ppi", SIMPLE, "work_started", "2025-09-28"),
    ("in-rbi-ppi", SIMPLE, "statutory_final", "2025-10-26"),
    ("in-rbi-ppi", SIMPLE, "compensation", "2025-12-25"),
    ("au-rg271", SIMPLE, "acknowledge", "2025-09-29"),
    ("au-rg271", SIMPLE, "delay_notice", "2025-10-26"),
    ("au-rg271", SIMPLE, "statutory_final", "2025-10-26"),
    ("hk-hkma", SIMPLE, "acknowledge", "2025-10-03"),
    ("hk-hkma", SIMPLE, "statutory_final", "2025-10-26"),
    ("sg-mas-epay", SIMPLE, "statutory_final", "2025-10-28"),
]
"""Received on Friday 26 September 2025, 10:00 local; each date is the last on which the promise is kept."""

STAGES = [
    ("uk-disp-psp", "2025-11-14"),
    ("eu-psd2-101", "2025-11-14"),
    ("us-cfpb-portal", "2025-11-25"),
    ("us-reg-e", "2025-11-10"),
    ("us-reg-e-90", "2025-12-25"),
]
EXTENSIONS = {
    "seed-default": [("business_days", 3, 1), ("business_days", 3, 1)],
    "eu-mica-casp": [("months", 2, 3)],
    "cn-cbirc-2020-3": [("calendar_days", 30, 1), ("calendar_days", 30, 1)],
    "cn-pbc-2020-5": [("calendar_days", 45, 1)],
    "au-rg271": [("calendar_days", 30, 3)],
    "hk-hkma": [("calendar_days", 30, 1)],
    "sg-mas-epay": [("business_days", 24, 1)],
}
UNVERIFIED = {"cn-pbc-2020-5", "us-reg-e-90", "hk-hkma", "sg-mas-epay"}
KEPT_YEARS = {
    "uk-disp-psp": 3,
    "uk-disp-general": 3,
    "uk-disp-summary": 3,
    "eu-mica-casp": 5,
    "cn-cbirc-2020-3": 3,
    "cn-pbc-2020-5": 3,
    "us-reg-e": 2,
    "us-reg-e-90": 2,
    "hk-hkma": 2,
    "seed-default": 3,
}
REFERABLE = {
    "uk-disp-psp": ("2025-10-17", "2026-04-17"),
    "uk-disp-general": ("2025-11-21", "2026-04-17"),
    "in-rbi-ppi": ("2025-10-26", "2026-01-15"),
}
BODIES = {
    "uk-disp-psp": {"fos"},
    "uk-disp-general": {"fos"},
    "eu-psd2-101": {"adr-body"},
    "cn-cbirc-2020-3": {"higher-office", "mediation", "arbitration", "court"},
    "cn-pbc-2020-5": {"pbc"},
    "in-rbi-ppi": {"rbi-ombudsman"},
    "au-rg271": {"afca"},
    "hk-hkma": {"hkma", "fdrc"},
    "sg-mas-epay": {"fidrec"},
}


@pytest.mark.parametrize(("pack", "classification", "clock", "due_on"), DATES)
def test_a_figure_of_the_table(pack: str, classification: dict[str, Any], clock: str, due_on: str) -> None:
    assert taken(PACKS[pack], classification).clock(clock).due_on == date.fromisoformat(due_on)


def test_the_table_speaks_of_every_clock_that_receipt_starts() -> None:
    started = {(name, rule.name) for name, pack in PACKS.items() for rule in pack.clocks if rule.starts == "received"}
    assert started == {(pack, clock) for pack, _, clock, _ in DATES}


@pytest.mark.parametrize(("pack", "due_on"), STAGES)
def test_a_holding_letter_in_time_opens_the_second_stage(pack: str, due_on: str) -> None:
    watched = taken(PACKS[pack], SIMPLE)
    watched.hears(answered("holding"), at("2025-10-08T12:00"))
    assert watched.clock("statutory_final").due_on == date.fromisoformat(due_on)


def test_only_these_packs_have_a_second_stage() -> None:
    assert {name for name, pack in PACKS.items() if any(rule.second_stage for rule in pack.clocks)} == dict(
        STAGES
    ).keys()


def test_extensions_and_their_caps() -> None:
    offered = {
        name: [
            (rule.extension.cap.unit, rule.extension.cap.amount, rule.extension.times)
            for rule in pack.clocks
            if rule.extension
        ]
        for name, pack in PACKS.items()
    }
    assert {name: terms for name, terms in offered.items() if terms} == EXTENSIONS
    assert all(rule.extension.approver == "supervisor" for p in PACKS.values() for rule in p.clocks if rule.extension)


@pytest.mark.parametrize("pack", REFERABLE)
def test_from_when_and_how_long_the_complainant_may_go_outside(pack: str) -> None:
    watched = taken(PACKS[pack], SIMPLE)
    final = watched.clock("statutory_final")
    assert (final.due_on.isoformat(), bool(final.refers_to)) == (REFERABLE[pack][0], True)
    watched.hears(answered("final"), at("2025-10-17T12:00"))
    assert watched.clock("referral_window").due_on.isoformat() == REFERABLE[pack][1]


def test_to_which_bodies_a_limit_that_has_passed_refers() -> None:
    refers = {name: {body for rule in pack.clocks for body in rule.refers_to} for name, pack in PACKS.items()}
    assert {name: bodies for name, bodies in refers.items() if bodies} == BODIES


def test_a_missed_limit_in_india_opens_ninety_days_for_the_ombudsman() -> None:
    watched = taken(PACKS["in-rbi-ppi"], SIMPLE)
    heard = watched.fires("statutory_final", at("2025-11-01T00:00"))
    assert heard.only(Case.ClockStarted).due_on == date(2026, 1, 24)


def test_the_portal_gives_the_consumer_sixty_days_to_comment() -> None:
    watched = taken(PACKS["us-cfpb-portal"], SIMPLE)
    watched.hears(answered("final"), at("2025-10-06T12:00"))
    assert watched.clock("comment_window").due_on == date(2025, 12, 5)


def test_what_is_verified_and_how_long_it_is_kept() -> None:
    assert {name for name, pack in PACKS.items() if not pack.verified} == UNVERIFIED
    assert {name for name, pack in PACKS.items() if pack.unverified} == {
        "eu-mica-casp",
        "cn-cbirc-2020-3",
        "hk-hkma",
        "sg-mas-epay",
    }
    assert {name: pack.keep_years for name, pack in PACKS.items() if pack.keep_years} == KEPT_YEARS


def test_every_pack_is_a_family_of_its_own_but_those_that_exclude_each_other() -> None:
    own = {name for name, pack in PACKS.items() if pack.family == name}
    assert {name: PACKS[name].family for name in PACKS.keys() - own} == {
        "seed-default": "house",
        "uk-disp-psp": "uk-final",
        "uk-disp-general": "uk-final",
        "us-reg-e-90": "us-reg-e",
    }


def test_a_clock_of_the_law_never_pauses_and_goes_by_its_original_date_when_reopened() -> None:
    laws = [pack for pack in PACKS.values() if pack.source == Source.LAW]
    assert not any(rule.pauses for pack in laws for rule in pack.clocks)
    assert {pack.on_reopening for pack in laws} == {"statutory"}


@pytest.mark.parametrize("name", sorted(UNVERIFIED))
def test_a_tenant_must_accept_what_is_unverified_and_its_dates_say_so(name: str) -> None:
    (tenant,) = load_tenants(None).values()
    choosing = tenant.model_copy(update={"statutory_policies": (name,)})
    with pytest.raises(PolicyFileError, match=f"tenant default chose {name}, whose figures no source confirmed"):
        load_book([choosing])
    load_book([choosing.model_copy(update={"accept_unverified": True})])
    assert not taken(PACKS[name], SIMPLE).clock("statutory_final").verified


@pytest.mark.parametrize(
    ("pack", "received", "due_on"),
    [
        ("uk-disp-general", "2025-01-05T10:00", "2025-03-02"),
        ("eu-mica-casp", "2025-12-31T23:59", "2026-02-28"),
        ("eu-mica-casp", "2025-06-30T00:00", "2025-08-30"),
        ("uk-disp-psp", "2025-04-15T10:00", "2025-05-09"),
        ("us-reg-e", "2025-11-20T10:00", "2025-12-05"),
        ("us-reg-e", "2025-12-19T10:00", "2026-01-06"),
    ],
)
def test_month_ends_holidays_and_the_turn_of_the_year(pack: str, received: str, due_on: str) -> None:
    final = taken(PACKS[pack], SIMPLE, received).clock("statutory_final")
    assert final.due_on.isoformat() == due_on


@pytest.mark.parametrize(
    ("pack", "received", "due_at"),
    [
        ("uk-disp-psp", "2025-10-20T10:00", "2025-11-11T00:00"),
        ("uk-disp-psp", "2025-03-10T10:00", "2025-03-31T23:00"),
        ("us-cfpb-portal", "2025-10-25T10:00", "2025-11-10T05:00"),
        ("au-rg271", "2025-09-20T10:00", "2025-10-20T13:00"),
    ],
)
def test_a_date_ends_at_local_midnight_though_the_hour_of_the_clocks_changed(
    pack: str, received: str, due_at: str
) -> None:
    assert taken(PACKS[pack], SIMPLE, received).clock("statutory_final").due_at == at(due_at)


def test_close_of_business_in_london_is_an_hour_later_in_utc_when_summer_time_ends() -> None:
    autumn = taken(PACKS["uk-disp-summary"], SIMPLE, "2025-10-23T10:00").clock("statutory_summary")
    summer = taken(PACKS["uk-disp-summary"], SIMPLE, "2025-10-16T10:00").clock("statutory_summary")
    assert (summer.due_at, autumn.due_at) == (at("2025-10-21T16:00"), at("2025-10-28T17:00"))
