"""Which policies apply to a complaint, which of their rules run, and what a clock that starts tells others."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID, uuid4

import pytest

from services.escalation.domain.clocks import applicable, rules_for
from services.escalation.domain.policy import AmountRange, Matching, Meets, Owner, Policy, PolicyBook, Starts
from services.escalation.domain.situation import Owed
from services.escalation.domain.starting import Start, dated_starts, starts
from tests.builders import COMPLAINT_ID, REMEDY
from tests.escalation_builders import (
    AUTUMN_2025,
    MONDAY,
    around_the_clock,
    at,
    calendar,
    dated,
    days,
    law,
    letter,
    matter,
    policy,
    rule,
    target,
    terms,
)

EUROS = AmountRange(currency="EUR", at_least=Decimal(1000), below=Decimal(5000))


def _names(policies: list[Policy]) -> list[str]:
    return [each.name for each in policies]


@pytest.mark.parametrize(
    ("condition", "matching", "other"),
    [
        ({"jurisdictions": frozenset({"GB", "CN"})}, {"jurisdiction": "GB"}, {"jurisdiction": "DE"}),
        ({"regulated_services": frozenset({"crypto"})}, {"regulated_service": "crypto"}, {}),
        ({"categories": frozenset({"privacy.leak"})}, {"category": "privacy.leak"}, {"category": "privacy"}),
        ({"channels": frozenset({"regulator"})}, {"channel": "regulator"}, {"channel": "email"}),
        ({"complexity": "complex"}, {"complexity": "complex"}, {"complexity": "simple"}),
        ({"urgent": True}, {"urgent": True}, {"urgent": False}),
        ({"urgent": False}, {"urgent": False}, {"urgent": True}),
        ({"amount": EUROS}, {"amount": Decimal(1000), "currency": "EUR"}, {"amount": Decimal(5000), "currency": "EUR"}),
        ({"amount": EUROS}, {"amount": Decimal("4999.99"), "currency": "EUR"}, {}),
        ({"amount": EUROS}, {"amount": Decimal(2000), "currency": "EUR"}, {"amount": Decimal(2000), "currency": "CNY"}),
        ({"amount": AmountRange(currency="EUR")}, {"amount": Decimal(0), "currency": "EUR"}, {}),
    ],
)
def test_a_condition_lets_through_what_it_names_and_nothing_else(
    condition: dict[str, object], matching: dict[str, object], other: dict[str, object]
) -> None:
    wanted = Matching(**condition)  # type: ignore[arg-type]  # one condition of any kind
    assert matter(**matching).matches(wanted)
    assert not matter(**other).matches(wanted)


def test_no_condition_lets_everything_through() -> None:
    assert matter(category="", jurisdiction="XX", urgent=True).matches(Matching())


def test_every_condition_must_hold() -> None:
    wanted = Matching(jurisdictions=frozenset({"GB"}), urgent=True)
    assert matter(jurisdiction="GB", urgent=True).matches(wanted)
    assert not matter(jurisdiction="GB").matches(wanted)
    assert not matter(urgent=True).matches(wanted)


def test_within_a_family_the_first_that_matches_applies_beside_every_other_family() -> None:
    special = policy(name="special", family="uk-final", applies=Matching(categories=frozenset({"privacy.leak"})))
    general = policy(name="general", family="uk-final")
    last = policy(name="last", family="uk-final")
    policies = [policy(), special, general, last, law()]
    assert _names(applicable(matter(), policies)) == ["house", "general", "law"]
    assert _names(applicable(matter(category="privacy.leak"), policies)) == ["house", "special", "law"]


def test_a_policy_applies_from_its_first_to_its_last_day() -> None:
    of_2025 = policy(effective_from=date(2025, 1, 1), effective_to=date(2025, 12, 31))
    inside = ["2025-01-01T00:00", "2025-12-31T23:59:59"]
    outside = ["2024-12-31T23:59:59", "2026-01-01T00:00"]
    assert [_names(applicable(matter(received_at=at(each)), [of_2025])) for each in inside] == [["house"]] * 2
    assert [_names(applicable(matter(received_at=at(each)), [of_2025])) for each in outside] == [[]] * 2


def test_the_day_that_decides_is_that_of_receipt_where_the_calendar_is() -> None:
    in_china = policy(effective_from=date(2025, 9, 27), calendar=AUTUMN_2025)
    assert applicable(matter(received_at=at("2025-09-26T16:00")), [in_china]) == [in_china]
    assert applicable(matter(received_at=at("2025-09-26T15:59:59")), [in_china]) == []


def test_a_policy_without_an_end_stays_in_force() -> None:
    assert applicable(matter(received_at=at("2060-01-01T00:00")), [policy()]) == [policy()]


def test_of_rules_with_one_name_the_first_that_matches_runs() -> None:
    urgent = rule("first_answer", id="urgent", when=Matching(urgent=True))
    usual = rule("first_answer", id="usual")
    final, next_answer = rule("final"), rule("next_answer", starts=Starts.FOLLOW_UP)
    house = policy(urgent, usual, final, next_answer)
    assert rules_for(matter(urgent=True), house, Starts.RECEIVED) == [urgent, final]
    assert rules_for(matter(), house, Starts.RECEIVED) == [usual, final]
    assert rules_for(matter(), house, Starts.FOLLOW_UP) == [next_answer]
    assert rules_for(matter(), house, Starts.REMEDY_OWED) == []


def test_a_tenant_has_the_policies_that_it_chose_in_its_order_with_all_their_versions() -> None:
    old, new, other, unused = policy(), policy(version="2"), law(), policy(name="unused")
    kept = PolicyBook([old, unused, other, new], {"default": ("law", "house"), "blue": ("house",)})
    assert kept.chosen_by("default") == [other, old, new]
    assert kept.chosen_by("blue") == [old, new]
    assert kept.all() == [old, unused, other, new]


def test_a_clock_finds_the_version_it_was_started_by() -> None:
    old, new = policy(), policy(version="2")
    kept = PolicyBook([old, new], {})
    office = ("office", "1")
    assert (kept.pinned("house", "1", office), kept.pinned("house", "2", office)) == (old, new)


def test_a_clock_counts_by_the_version_of_the_calendar_it_was_started_by() -> None:
    before, now = calendar(), calendar(version="2", closed=days("2025-03-04"))
    kept = PolicyBook([policy(calendar=now)], {}, calendars=[before])
    assert kept.pinned("house", "1", ("office", "1")).calendar == before
    assert kept.pinned("house", "1", ("office", "2")).calendar == now
    assert (kept.newest_calendar("office"), kept.newest_calendar("factory")) == (now, None)


def test_what_no_file_says_any_more_is_known_to_running_clocks_only() -> None:
    gone, now = policy(), policy(version="2")
    kept = PolicyBook([now], {"default": ("house",)}, pinned=[gone])
    assert kept.pinned("house", "1", ("office", "1")) == gone
    assert (kept.chosen_by("default"), kept.all()) == ([now], [now])


def _starts(*policies: Policy, trigger: Starts = Starts.RECEIVED) -> list[Start]:
    return starts(matter(), policies, trigger, occurrence=COMPLAINT_ID, started_at=MONDAY, now=MONDAY)


def test_each_policy_that_applies_starts_each_of_its_rules() -> None:
    house = policy(rule("first_answer"), rule("final"), rule("next_answer", starts=Starts.FOLLOW_UP))
    british = law(name="uk", family="uk", applies=Matching(jurisdictions=frozenset({"GB"})))
    started = _starts(house, british, law(rule("statutory")))
    assert [(each.policy.name, each.rule.name) for each in started] == [
        ("house", "first_answer"),
        ("house", "final"),
        ("law", "statutory"),
    ]


def test_a_rule_whose_date_comes_with_a_fact_starts_with_that_fact_only() -> None:
    owed = dated("remedy", Starts.REMEDY_OWED, Meets.REMEDY_FULFILLED)
    by_days = rule("remedy_by_days", starts=Starts.REMEDY_OWED)
    house = policy(owed, by_days)
    assert [each.rule for each in _starts(house, trigger=Starts.REMEDY_OWED)] == [by_days]
    (start,) = dated_starts(matter(), [house], Owed(Starts.REMEDY_OWED, REMEDY, date(2025, 3, 8)), MONDAY)
    assert (start.rule, start.subject, start.started_at) == (owed, REMEDY, MONDAY)


def test_a_date_that_comes_with_a_fact_ends_with_that_local_day_and_warns_of_nothing() -> None:
    house = policy(dated("referral", Starts.REFERRAL_OPENED, Meets.REFERRAL_ANSWERED), calendar=AUTUMN_2025)
    (start,) = dated_starts(matter(), [house], Owed(Starts.REFERRAL_OPENED, REMEDY, date(2027, 1, 1)), MONDAY)
    assert (start.timing.due.at, start.timing.due.on) == (at("2027-01-01T16:00"), date(2027, 1, 1))
    assert start.timing.due.beyond_calendar
    assert start.timing.warn_at == ()


def test_a_clock_has_the_same_id_whenever_it_is_decided_and_another_for_another_occasion() -> None:
    (start,) = _starts(policy())
    changes: list[Start] = [
        replace(start, occurrence=uuid4()),
        replace(start, policy=law()),
        replace(start, rule=rule("first_answer")),
    ]
    ids = {start.clock_id(COMPLAINT_ID), *(each.clock_id(COMPLAINT_ID) for each in changes)}
    assert len(ids) == 4
    assert _starts(policy(version="2"))[0].clock_id(COMPLAINT_ID) == start.clock_id(COMPLAINT_ID)
    assert start.clock_id(UUID(int=7)) != start.clock_id(COMPLAINT_ID)


def test_warnings_come_at_their_fractions_of_the_working_time() -> None:
    (start,) = _starts(policy(rule(target=target(10, "hours"), warn_at=(0.5, 0.9))))
    assert start.timing.due.at == at("2025-03-04T12:00")
    assert start.timing.warn_at == (at("2025-03-03T15:00"), at("2025-03-04T11:00"))


def test_around_the_clock_warnings_come_at_night_too() -> None:
    (start,) = _starts(policy(rule(target=around_the_clock(20, "hours"), warn_at=(0.5,))))
    assert start.timing.warn_at == (at("2025-03-03T20:00"),)


def test_a_warning_that_would_lie_in_the_past_is_left_out() -> None:
    house = policy(rule(target=target(10, "hours"), warn_at=(0.5, 0.9)))
    begin = partial(starts, matter(), [house], Starts.RECEIVED, occurrence=COMPLAINT_ID, started_at=MONDAY)
    (at_its_time,) = begin(now=at("2025-03-03T15:00"))
    (just_before,) = begin(now=at("2025-03-03T15:00") - timedelta(microseconds=1))
    assert at_its_time.timing.warn_at == (at("2025-03-04T11:00"),)
    assert len(just_before.timing.warn_at) == 2


def test_a_promise_without_a_working_minute_in_it_warns_of_nothing() -> None:
    weekend = starts(
        matter(),
        [policy(rule(target=target(1, "calendar_days"), warn_at=(0.5,)))],
        Starts.RECEIVED,
        occurrence=COMPLAINT_ID,
        started_at=at("2025-03-08T10:00"),
        now=at("2025-03-08T10:00"),
    )
    assert [each.timing.warn_at for each in weekend] == [()]


def test_a_clock_that_starts_says_by_what_it_was_made_and_what_others_must_refuse_by() -> None:
    extendable = rule(extension=terms(5, "calendar_days", times=2), owner=Owner.COMPLAINANT)
    (start,) = _starts(law(extendable, letters=(letter(),), calendar=calendar(covers_until=date(2025, 3, 5))))
    said = start.fields(4)
    assert (said["policy"].name, said["policy"].version, said["policy"].digest) == ("law", "1", "f0" * 32)
    assert (said["calendar"].name, said["calendar"].version, said["calendar"].digest) == ("office", "1", "ca" * 32)
    assert (said["source"], said["owner"], said["set_size"], said["beyond_calendar"]) == ("law", "complainant", 4, True)
    assert said["terms"].extension.cap == 5
    assert (said["terms"].extension.unit, said["terms"].extension.times) == ("calendar_days", 2)
    assert said["terms"].extension.approver == "supervisor"
    assert [(each.kind, each.media, each.elements) for each in said["terms"].letters] == [
        ("final", ("email", "letter"), ("ombudsman",))
    ]
    assert said["terms"].reopening_days == 30


def test_a_clock_that_cannot_be_extended_says_so() -> None:
    (start,) = _starts(policy())
    assert start.fields(1)["terms"].extension is None


def test_the_complainant_is_told_a_clock_by_its_dates_and_the_policy_behind_them() -> None:
    (start,) = _starts(law(verified=False))
    told = start.told(COMPLAINT_ID)
    assert told.clock_id == start.clock_id(COMPLAINT_ID)
    assert (told.clock, told.owner, told.source) == ("final", "wallet", "law")
    assert (told.due_at, told.due_on, told.time_zone) == (at("2025-03-07T00:00"), date(2025, 3, 6), "UTC")
    assert (told.policy, told.policy_version, told.verified, told.beyond_calendar) == ("law", "1", False, False)
