"""Policy and calendar files: what they say arrives in the domain, and what cannot be stops the start."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from services.escalation.domain.policy import (
    Matching,
    Meets,
    OnMissed,
    OnReopening,
    Owner,
    Policy,
    PolicyBook,
    Source,
    Starts,
)
from services.escalation.domain.targets import Amount, ReceiptRule, Target, Unit
from services.escalation.policy_files import SHIPPED_POLICIES, PolicyFileError, load_book
from shared.contracts.tenant import DEFAULT_FILE, Tenant, load_tenants

CALENDAR = """
name = "office"
version = "2026.1"
made_from = "hand"
time_zone = "Europe/London"
hours = [["09:00:00", "12:00:00"], ["13:00:00", "17:30:00"]]
covers_until = 2026-12-31
closed = [2025-12-25]
worked = [2025-12-20]
"""

HEAD = """
name = "promise"
version = "3"
family = "uk-final"
source = "house"
citation = "DISP 1.6"
verified = false
effective_from = 2024-01-01
effective_to = 2030-12-31
calendar = "office"
on_reopening = "continue"
reopening_days = 60
follow_ups_to_escalate = 3
"""

CLOCK = """
[[clock]]
id = "final"
name = "final"
owner = "wallet"
starts = "received"
meets = ["resolved", "final_letter"]
target = { business_days = 15, receipt_rule = "next_business_day" }
when = { complexity = "simple", urgent = false }
pauses = true
warn_at = [0.5, 0.8]
on_missed = "raise_level"
extension = { cap = { calendar_days = 20 }, times = 2, approver = "handler" }
"""

Load = Callable[..., PolicyBook]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a book from an operator's directory with these files, for a tenant that chose `promise`."""

    def begin(*, policy: str = HEAD + CLOCK, calendar: str = CALENDAR, **others: str) -> PolicyBook:
        files = {"promise.toml": policy, "office.calendar.toml": calendar, **others}
        for name, text in files.items():
            (tmp_path / name.replace("__", ".")).write_text(text, encoding="utf-8")
        return load_book([_tenant(house_policy="promise")], tmp_path)

    return begin


def _tenant(**changes: object) -> Tenant:
    (default,) = load_tenants(DEFAULT_FILE.parent).values()
    return default.model_copy(update={"accept_unverified": True, **changes})


def _promise(book: PolicyBook) -> Policy:
    (policy,) = book.chosen_by("default")
    return policy


def test_a_policy_says_what_its_file_says(load: Load) -> None:
    policy = _promise(load(policy=HEAD + 'applies = { jurisdictions = ["GB"], channels = ["app"] }\n' + CLOCK))
    assert (policy.name, policy.version, policy.family, policy.source) == ("promise", "3", "uk-final", Source.HOUSE)
    assert (policy.citation, policy.verified, policy.acknowledges) == ("DISP 1.6", False, False)
    assert (policy.effective_from, policy.effective_to) == (date(2024, 1, 1), date(2030, 12, 31))
    assert policy.applies == Matching(jurisdictions=frozenset({"GB"}), channels=frozenset({"app"}))
    assert (policy.on_reopening, policy.reopening_days) == (OnReopening.CONTINUE, 60)
    assert policy.follow_ups_to_escalate == 3


def test_a_policy_of_which_nobody_knows_since_when_it_is_in_force_says_so(load: Load) -> None:
    policy = _promise(load(policy=HEAD.replace("effective_from = 2024-01-01\n", "") + CLOCK))
    assert (policy.effective_from, policy.unverified) == (None, ("effective_from",))
    assert policy.is_in_force(datetime(1999, 1, 1, tzinfo=UTC))
    assert not policy.is_in_force(datetime(2031, 1, 1, tzinfo=UTC))


def test_a_verified_policy_says_since_when_it_is_in_force(load: Load) -> None:
    head = HEAD.replace("effective_from = 2024-01-01\n", "").replace("verified = false", "verified = true")
    with pytest.raises(PolicyFileError, match="since when it is in force"):
        load(policy=head + CLOCK)


def test_a_clock_says_what_its_table_says(load: Load) -> None:
    (rule,) = _promise(load()).clocks
    assert (rule.id, rule.name, rule.owner, rule.starts) == ("final", "final", Owner.WALLET, Starts.RECEIVED)
    assert rule.meets == {Meets.RESOLVED, Meets.FINAL_LETTER}
    assert rule.target == Target(length=Amount(15, Unit.BUSINESS_DAYS), receipt_rule=ReceiptRule.NEXT_BUSINESS_DAY)
    assert rule.when == Matching(complexity="simple", urgent=False)
    assert (rule.pauses, rule.warn_at, rule.on_missed) == (True, (0.5, 0.8), OnMissed.RAISE_LEVEL)
    assert rule.extension is not None
    assert rule.extension.cap == Amount(20, Unit.CALENDAR_DAYS)
    assert (rule.extension.times, rule.extension.approver) == (2, "handler")


@pytest.mark.parametrize("unit", list(Unit))
def test_a_target_is_written_in_any_unit(load: Load, unit: Unit) -> None:
    written = CLOCK.replace("business_days = 15", f"{unit} = 15").replace("calendar_days = 20", f"{unit} = 20")
    (rule,) = _promise(load(policy=HEAD + written)).clocks
    assert rule.target is not None
    assert rule.target.length == Amount(15, unit)


def test_a_letter_says_its_media_and_elements(load: Load) -> None:
    letter = '[[letter]]\nkind = "final"\nmedia = ["email", "letter"]\nelements = ["ombudsman"]\n'
    (rule,) = _promise(load(policy=HEAD + letter + CLOCK)).letters
    assert (rule.kind, rule.media, rule.elements) == ("final", ("email", "letter"), ("ombudsman",))


def test_a_calendar_says_what_its_file_says(load: Load) -> None:
    calendar = _promise(load()).calendar
    assert (calendar.name, calendar.version, calendar.time_zone) == ("office", "2026.1", "Europe/London")
    assert calendar.hours == ((time(9), time(12)), (time(13), time(17, 30)))
    assert calendar.closed == {date(2025, 12, 25)}
    assert calendar.worked == {date(2025, 12, 20)}
    assert calendar.covers_until == date(2026, 12, 31)


def test_digests_are_those_of_the_bytes_of_the_files(load: Load) -> None:
    policy = _promise(load())
    assert policy.digest == hashlib.sha256((HEAD + CLOCK).encode()).hexdigest()
    assert policy.calendar.digest == hashlib.sha256(CALENDAR.encode()).hexdigest()


def test_a_file_of_the_operator_comes_before_the_shipped_one_of_the_same_name_and_version(tmp_path: Path) -> None:
    shipped = (SHIPPED_POLICIES / "seed-default.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(shipped + "# mine\n", encoding="utf-8")
    (policy,) = load_book([_tenant()], tmp_path).chosen_by("default")
    assert policy.digest == hashlib.sha256((tmp_path / "mine.toml").read_bytes()).hexdigest()


def test_a_newer_version_stands_beside_the_shipped_one_and_before_it(tmp_path: Path) -> None:
    shipped = (SHIPPED_POLICIES / "seed-default.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(shipped.replace('version = "2"', 'version = "3"'), encoding="utf-8")
    book = load_book([_tenant()], tmp_path)
    assert [policy.version for policy in book.chosen_by("default")] == ["3", "2"]


def test_a_tenant_has_its_house_policy_first_and_then_the_statutory_ones(load: Load, tmp_path: Path) -> None:
    load()
    tenants = [_tenant(statutory_policies=("promise",)), _tenant(tenant="blue", house_policy="promise")]
    book = load_book(tenants, tmp_path)
    assert [policy.name for policy in book.chosen_by("default")] == ["seed-default", "promise"]
    assert [policy.name for policy in book.chosen_by("blue")] == ["promise"]


def test_a_tenant_that_chose_an_unknown_policy_stops_the_start() -> None:
    with pytest.raises(PolicyFileError, match="tenant default chose eu-x, nowhere, which no file defines"):
        load_book([_tenant(house_policy="nowhere", statutory_policies=("eu-x", "seed-default"))])


def test_an_unknown_calendar_stops_the_start(load: Load) -> None:
    with pytest.raises(PolicyFileError, match=r"promise\.toml:10: there is no calendar 'factory'"):
        load(policy=HEAD.replace('"office"', '"factory"') + CLOCK)


LAW = HEAD.replace('source = "house"', 'source = "law"')
NEXT = CLOCK.replace('"received"', '"follow_up"').replace('id = "final"', 'id = "next"')
DATED = 'starts = "regulator_asked"'


@pytest.mark.parametrize(
    ("policy", "complaint"),
    [
        ("name = ", "promise.toml:1: "),
        (HEAD.replace("verified = false", "") + CLOCK, "verified"),
        (HEAD + "surprise = 1" + CLOCK, "surprise"),
        (HEAD, "clock"),
        (LAW + CLOCK, "statutory clocks never pause: final"),
        (HEAD + CLOCK + CLOCK, "two clocks have the same id"),
        (HEAD + CLOCK.replace('"wallet"', '"nobody"'), "owner"),
        (HEAD + CLOCK.replace('"raise_level"', '"shout"'), "on_missed"),
        (HEAD + CLOCK.replace('"simple"', '"simpel"'), "complexity"),
        (HEAD + CLOCK.replace('"handler"', '"boss"'), "approver"),
        (HEAD + CLOCK.replace("0.5, 0.8", "1.5"), "warn_at"),
        (HEAD + CLOCK.replace("business_days = 15", "fortnights = 1"), "name exactly one of seconds"),
        (HEAD + CLOCK.replace("business_days = 15", "weeks = 1, months = 1"), "name exactly one of seconds"),
        (HEAD + CLOCK.replace("{ business_days = 15", "{ business_days = -1"), "amount"),
        (HEAD + CLOCK.replace("target = { business_days = 15, receipt_rule", "target = 15 # "), "target"),
        (HEAD + '[[letter]]\nkind = "final"\nmedia = ["pigeon"]\n' + CLOCK, "media"),
        (HEAD + '[[letter]]\nkind = "rude"\nmedia = ["email"]\n' + CLOCK, "kind"),
        (HEAD + CLOCK.replace("target =", "# target ="), "final: a clock that starts on received needs a target"),
        (
            HEAD + CLOCK.replace('starts = "received"', DATED),
            "final: regulator_asked brings its own date, a target cannot count",
        ),
        (
            HEAD + CLOCK.replace('starts = "received"', DATED).replace("target =", "# target ="),
            "final: what has no target cannot be extended",
        ),
        (HEAD + CLOCK.replace("calendar_days = 20", "hours = 20"), "final: business_days cannot be extended by hours"),
        (HEAD + CLOCK.replace("business_days = 15", "hours = 15"), "final: hours cannot be extended by calendar_days"),
        (HEAD + CLOCK.replace('"wallet"', '"complainant"'), "final: only clocks of the wallet raise the level"),
    ],
)
def test_a_policy_that_cannot_be_stops_the_start_and_says_why(load: Load, policy: str, complaint: str) -> None:
    with pytest.raises(PolicyFileError) as refused:
        load(policy=policy)
    assert str(refused.value).startswith("promise.toml:")
    assert complaint in str(refused.value)


def test_two_rules_of_one_name_are_told_apart_by_their_ids(load: Load) -> None:
    assert [rule.id for rule in _promise(load(policy=HEAD + CLOCK + NEXT)).clocks] == ["final", "next"]


def test_a_date_may_be_extended_in_another_unit_of_dates(load: Load) -> None:
    (rule,) = _promise(load(policy=HEAD + CLOCK.replace("business_days = 15", "months = 2"))).clocks
    assert rule.extension is not None
    assert rule.extension.cap.unit == Unit.CALENDAR_DAYS


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ('"Europe/London"', '"Europe/Lodnon"', "there is no time zone 'Europe/Lodnon'"),
        ('[["09:00:00", "12:00:00"], ["13:00:00", "17:30:00"]]', "[]", "hours"),
        ('"12:00:00"', '"08:00:00"', "hours must be ascending"),
        ('"12:00:00"', '"09:00:00"', "hours must be ascending"),
        ('"13:00:00"', '"11:30:00"', "hours must be ascending"),
        ("covers_until = 2026-12-31", "", "covers_until"),
        ("closed = [2025-12-25]", 'closed = ["Christmas"]', "closed"),
    ],
)
def test_a_calendar_that_cannot_be_stops_the_start_and_says_why(
    load: Load, written: str, instead: str, complaint: str
) -> None:
    with pytest.raises(PolicyFileError) as refused:
        load(calendar=CALENDAR.replace(written, instead))
    assert str(refused.value).startswith("office.calendar.toml:")
    assert complaint in str(refused.value)


def test_hours_that_touch_are_two_intervals(load: Load) -> None:
    calendar = _promise(load(calendar=CALENDAR.replace('"13:00:00"', '"12:00:00"'))).calendar
    assert calendar.hours[0][1] == calendar.hours[1][0]


def test_a_file_that_is_no_text_stops_the_start(load: Load, tmp_path: Path) -> None:
    load()
    (tmp_path / "promise.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyFileError, match=r"promise\.toml:1: this is no text"):
        load_book([_tenant()], tmp_path)
