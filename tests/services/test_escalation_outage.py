"""Three days away over a weekend that is worked: every miss once, in order, with its lateness, and nothing early."""

from datetime import timedelta
from typing import Any

from services.escalation.domain.case import Case
from tests.conftest import Running, StartInstallation
from tests.escalation_builders import at
from tests.services.escalation_scenes import events_of, happened, missed_in_order
from tests.waiting import wait_until

URGENT = {"category": "account.takeover", "description": "我的账户被盗了"}
WEDNESDAY, THURSDAY, FRIDAY = (at(f"2025-09-{day}T10:00+08:00") for day in (24, 25, 26))
FRIDAY_EVENING = at("2025-09-26T20:00+08:00")
MONDAY_EVENING = at("2025-09-29T20:00+08:00")


def _stop(running: Running) -> None:
    running.embedded.process.stop()
    running.backend.release_directory()


def _before_the_outage(running: Running) -> dict[str, dict[str, Any]]:
    """One complaint a day, the last with two; on Friday evening somebody answers the one of Thursday."""
    app = running.api.as_app("u-1")
    submitted = {"wednesday": app.submit()}
    running.clock.set(THURSDAY)
    submitted["thursday"] = app.submit()
    running.clock.set(FRIDAY)
    submitted["friday"] = app.submit()
    running.clock.set(FRIDAY_EVENING)
    submitted["theft"] = app.submit(URGENT)
    answer = {"text": "我们正在与银行核对。", "kind": "interim", "medium": "in_app"}
    running.api.as_handler().command(submitted["thursday"], "answer", answer)
    running.settle()
    return submitted


def test_three_days_away_over_a_weekend_that_is_worked(start: StartInstallation) -> None:
    first = start(now=WEDNESDAY)
    submitted = _before_the_outage(first)
    fired_before = missed_in_order(first)
    assert [due_at for due_at, _ in fired_before] == [at("2025-09-25T16:00")]
    _stop(first)

    again = start(first.backend.settings.data_dir, now=MONDAY_EVENING)
    wait_until(lambda: len(missed_in_order(again)) >= 5, what="everything overdue to be missed")
    again.settle()
    missed = missed_in_order(again)[1:]
    expected = {
        "theft": [at("2025-09-26T13:00"), at("2025-09-26T13:00")],
        "wednesday": [at("2025-09-28T16:00")],
        "friday": [at("2025-09-28T16:00")],
    }
    by_complaint = {
        name: [due_at.replace(microsecond=0) for due_at, about in missed if str(about) == complaint["id"]]
        for name, complaint in submitted.items()
    }
    assert {name: dues for name, dues in by_complaint.items() if dues} == expected
    assert [due_at for due_at, _ in missed] == sorted(due_at for due_at, _ in missed)
    for complaint in submitted.values():
        for event in events_of(again, complaint, Case.ClockMissed):
            assert event.late_by_seconds == int((event.timestamp - event.due_at).total_seconds())
            assert event.due_at <= event.timestamp
    _nothing_early(again, submitted)
    _stop(again)

    last = start(first.backend.settings.data_dir, now=MONDAY_EVENING + timedelta(minutes=1))
    last.settle()
    assert missed_in_order(last) == [*fired_before, *missed]


def _nothing_early(running: Running, submitted: dict[str, dict[str, Any]]) -> None:
    """What was answered in time is met, and the third business day, Tuesday, is still to come."""
    assert "ClockMet first_answer" in happened(running, submitted["thursday"])
    assert not [each for each in happened(running, submitted["friday"]) if each == "ClockMissed final"]
    levels = {name: running.api.as_app("u-1").read(each)["level"] for name, each in submitted.items()}
    assert levels == {"wednesday": 2, "thursday": 0, "friday": 1, "theft": 2}
