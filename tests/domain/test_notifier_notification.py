"""What becomes of one notification: planned, sent, tried again, given up, and what the complaint is told of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from services.notifier.domain.commands import RecordDelivery, record_delivery
from services.notifier.domain.notification import (
    SHORT,
    STANDARD_WEBHOOKS,
    Cause,
    ChannelName,
    Notification,
    Plan,
    Recipient,
    RecipientKind,
    ReportedAs,
    State,
)
from shared.contracts.complaint_commands import RecordDelivery as RecordDeliveryContract
from shared.contracts.complaint_commands import command_id
from shared.contracts.envelope import event_id
from tests.builders import COMPLAINANT, COMPLAINT_ID, NAMES, NOW, later

NOTIFICATION_ID = uuid5(NAMES, "notification")
FACT_ID = uuid5(NAMES, "fact")
EVIDENCE_ID = uuid5(NAMES, "letter")

PLAN = Plan(
    recipient=Recipient(RecipientKind.COMPLAINANT, str(COMPLAINANT)),
    channel=ChannelName.SMTP,
    template="resolved",
    template_version="1",
    language="zh-CN",
    parameters={"number": "7K3M-92QFV-8X", "medium": "email"},
)
CAUSE = Cause(tenant="default", complaint_id=COMPLAINT_ID, fact_id=FACT_ID, correlation_id=uuid5(NAMES, "correlation"))


def planned(**changes: Any) -> Notification:
    notification = Notification.plan(NOTIFICATION_ID, replace(PLAN, **changes), CAUSE, now=NOW)
    notification.collect_events()
    return notification


def failed(notification: Notification, times: int = 1) -> Notification:
    for _ in range(times):
        notification.record_failure("server-unreachable", may_retry=True, now=NOW)
    notification.collect_events()
    return notification


def sent(notification: Notification) -> Notification:
    notification.record_sent(provider_key="key", evidence_id=None, now=NOW)
    notification.collect_events()
    return notification


def test_a_plan_says_who_is_told_of_which_fact_over_what() -> None:
    (event,) = Notification.plan(NOTIFICATION_ID, PLAN, CAUSE, now=NOW).collect_events()
    assert isinstance(event, Notification.Planned)
    assert (event.originator_id, event.originator_version, event.timestamp) == (NOTIFICATION_ID, 1, NOW)
    assert (event.fact_id, event.complaint_id, event.causation_id) == (FACT_ID, COMPLAINT_ID, FACT_ID)
    assert (event.recipient, event.over, event.template, event.letter_id) == (
        PLAN.recipient,
        ChannelName.SMTP,
        "resolved",
        None,
    )


def test_what_the_channel_took_is_sent() -> None:
    notification = planned()
    notification.record_sent(provider_key="key-1", evidence_id=EVIDENCE_ID, now=later(minutes=1))
    (event,) = notification.collect_events()
    assert isinstance(event, Notification.Sent)
    assert (event.attempt, event.provider_key, event.evidence_id) == (1, "key-1", EVIDENCE_ID)
    assert event.timestamp == later(minutes=1)
    assert (notification.state, notification.attempts) == (State.SENT, 1)


def test_a_failed_attempt_names_its_reason_and_when_the_next_is_due() -> None:
    notification = planned()
    notification.record_failure("server-unreachable", may_retry=True, now=NOW)
    (event,) = notification.collect_events()
    assert isinstance(event, Notification.Failed)
    assert (event.attempt, event.reason, event.retry_at) == (1, "server-unreachable", later(seconds=5))
    assert (notification.state, notification.retry_at) == (State.PLANNED, later(seconds=5))


def test_a_later_attempt_counts_on() -> None:
    notification = failed(planned(), times=2)
    notification.record_sent(provider_key="key", evidence_id=None, now=NOW)
    (event,) = notification.collect_events()
    assert isinstance(event, Notification.Sent)
    assert event.attempt == 3


@pytest.mark.parametrize(
    ("channel", "schedule"),
    [
        (ChannelName.CONSOLE, SHORT),
        (ChannelName.SMTP, SHORT),
        (ChannelName.APPRISE, SHORT),
        (ChannelName.WEBHOOK, STANDARD_WEBHOOKS),
    ],
)
def test_every_channel_waits_as_its_schedule_says_and_then_gives_up(
    channel: ChannelName, schedule: tuple[timedelta, ...]
) -> None:
    notification = planned(channel=channel)
    waits = []
    for _ in schedule:
        notification.record_failure("unreachable", may_retry=True, now=NOW)
        (event,) = notification.collect_events()
        assert isinstance(event, Notification.Failed)
        waits.append(event.retry_at - NOW)
    notification.record_failure("unreachable", may_retry=True, now=NOW)
    (last,) = notification.collect_events()
    assert tuple(waits) == schedule
    assert isinstance(last, Notification.Abandoned)
    assert (last.attempt, notification.state) == (len(schedule) + 1, State.ABANDONED)


def test_webhooks_are_retried_as_the_standard_says() -> None:
    hours = [wait / timedelta(hours=1) for wait in STANDARD_WEBHOOKS[3:]]
    assert STANDARD_WEBHOOKS[:3] == (timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30))
    assert hours == [2, 5, 10, 14, 20, 24]


def test_waits_only_ever_grow() -> None:
    for schedule in (SHORT, STANDARD_WEBHOOKS):
        assert list(schedule) == sorted(set(schedule))


def test_a_failure_that_no_attempt_can_mend_is_given_up_at_once() -> None:
    notification = planned()
    notification.record_failure("recipient-refused", may_retry=False, now=NOW)
    (event,) = notification.collect_events()
    assert isinstance(event, Notification.Abandoned)
    assert (event.attempt, event.reason, notification.state) == (1, "recipient-refused", State.ABANDONED)


def test_what_was_sent_is_never_sent_again() -> None:
    notification = sent(planned())
    notification.record_sent(provider_key="key", evidence_id=None, now=NOW)
    assert notification.collect_events() == []


def test_what_was_sent_cannot_fail_afterwards() -> None:
    notification = sent(planned())
    notification.record_failure("server-unreachable", may_retry=True, now=NOW)
    assert notification.collect_events() == []


def test_what_was_given_up_stays_given_up() -> None:
    notification = planned()
    notification.record_failure("app-gone", may_retry=False, now=NOW)
    notification.collect_events()
    notification.record_sent(provider_key="key", evidence_id=None, now=NOW)
    assert notification.collect_events() == []


def test_an_attempt_at_a_notice_is_not_reported_to_the_complaint() -> None:
    notification = sent(planned(letter_id=None))
    assert record_delivery(notification, outcome="sent", evidence_id=None, now=NOW) == []


def test_an_attempt_at_a_letter_is_reported_with_its_copy() -> None:
    notification = sent(failed(planned(letter_id=FACT_ID)))
    (command,) = record_delivery(notification, outcome="sent", evidence_id=EVIDENCE_ID, now=NOW)
    assert (command.complaint_id, command.letter_id, command.medium) == (COMPLAINT_ID, FACT_ID, "email")
    assert (command.attempt, command.outcome, command.evidence_id) == (2, "sent", EVIDENCE_ID)
    assert (command.actor.id, command.on_behalf_of, command.tenant) == ("notifier", None, "default")


@pytest.mark.parametrize(("over", "medium"), [(ChannelName.SMTP, "email"), (ChannelName.APPRISE, "sms")])
def test_an_attempt_over_another_channel_than_planned_is_reported_as_it_was(over: ChannelName, medium: str) -> None:
    notification = sent(planned(letter_id=FACT_ID))
    (command,) = record_delivery(notification, outcome="sent", evidence_id=None, now=NOW, over=over)
    assert command.medium == medium


def test_the_command_of_an_attempt_has_the_id_that_its_cause_gives_it() -> None:
    notification = failed(planned(letter_id=FACT_ID))
    (command,) = record_delivery(notification, outcome="failed", evidence_id=None, now=NOW)
    cause_id = event_id(NOTIFICATION_ID, "notification", 2)
    assert command.causation_id == cause_id
    assert command.originator_id == command_id(cause_id, RecordDeliveryContract, COMPLAINT_ID)


def test_two_attempts_at_a_letter_are_two_commands() -> None:
    notification = planned(letter_id=FACT_ID)
    ids: set[UUID] = set()
    for _ in range(2):
        failed(notification)
        commands: list[RecordDelivery] = record_delivery(notification, outcome="failed", evidence_id=None, now=NOW)
        ids |= {command.originator_id for command in commands}
    assert len(ids) == 2


def test_a_letter_that_lacks_something_is_held_and_says_so_once() -> None:
    notification = planned(letter_id=FACT_ID)
    notification.hold(("reasons",), now=NOW)
    notification.hold(("reasons",), now=NOW)
    (event,) = notification.collect_events()
    assert isinstance(event, Notification.Held)
    assert (event.attempt, event.missing) == (1, ("reasons",))
    assert (notification.state, notification.missing) == (State.PLANNED, ("reasons",))


def test_a_letter_that_lacks_less_than_before_says_so() -> None:
    notification = planned(letter_id=FACT_ID)
    notification.hold(("reasons", "outcome"), now=NOW)
    notification.hold(("reasons",), now=NOW)
    assert [type(event).__name__ for event in notification.collect_events()] == ["Held", "Held"]
    assert notification.attempts == 2


def test_what_was_sent_is_not_held_any_more() -> None:
    notification = sent(planned(letter_id=FACT_ID))
    notification.hold(("reasons",), now=NOW)
    assert list(notification.collect_events()) == []


def test_what_a_letter_lacked_is_forgotten_once_it_goes_on() -> None:
    notification = planned(letter_id=FACT_ID)
    notification.hold(("reasons",), now=NOW)
    failed(notification)
    assert (notification.missing, notification.failures, notification.attempts) == ((), 1, 2)


@pytest.mark.parametrize(
    ("missing", "reason", "is_last"),
    [(("reasons",), "elements-missing", True), ((), "medium-not-allowed", True), ((), "recipient-refused", False)],
)
def test_the_complaint_is_told_what_a_letter_lacks_and_that_nothing_follows(
    missing: tuple[str, ...], reason: str, *, is_last: bool
) -> None:
    notification = planned(letter_id=FACT_ID)
    notification.hold(missing, now=NOW)
    (command,) = record_delivery(notification, outcome="failed", evidence_id=None, now=NOW, reason=reason)
    assert (command.missing, command.reason, command.is_last) == (missing, reason, is_last)


def test_a_letter_that_another_tells_is_no_task_for_anybody() -> None:
    notification = planned(letter_id=FACT_ID)
    notification.record_failure("superseded", may_retry=False, now=NOW)
    (command,) = record_delivery(notification, outcome="failed", evidence_id=None, now=NOW, reason="superseded")
    assert (command.is_last, command.attached_ids) == (False, ())


def reported(notification: Notification, outcome: ReportedAs, minutes: int) -> bool:
    return notification.report(outcome, reported_at=later(minutes=minutes), now=later(hours=1))


def test_what_a_provider_says_is_recorded_with_the_time_it_names() -> None:
    notification = sent(planned())
    assert reported(notification, ReportedAs.BOUNCED, 5)
    (event,) = notification.collect_events()
    assert isinstance(event, Notification.Reported)
    assert (event.outcome, event.reported_at) == ("bounced", later(minutes=5))


def test_the_same_again_is_no_news() -> None:
    notification = sent(planned())
    assert reported(notification, ReportedAs.DELIVERED, 5)
    assert not reported(notification, ReportedAs.DELIVERED, 6)


def test_of_reports_out_of_order_the_newest_counts() -> None:
    notification = sent(planned())
    assert reported(notification, ReportedAs.BOUNCED, 5)
    assert not reported(notification, ReportedAs.DELIVERED, 4)
    assert reported(notification, ReportedAs.DELIVERED, 6)
    assert notification.reported == ReportedAs.DELIVERED


def test_what_nobody_knew_to_be_sent_was_sent_if_it_is_reported_on() -> None:
    notification = failed(planned())
    assert reported(notification, ReportedAs.DELIVERED, 5)
    assert [type(event).__name__ for event in notification.collect_events()] == ["Sent", "Reported"]
    assert notification.state == State.SENT


def test_a_letter_that_bounced_is_followed_by_no_attempt() -> None:
    notification = sent(planned(letter_id=FACT_ID))
    reported(notification, ReportedAs.BOUNCED, 5)
    (command,) = record_delivery(notification, outcome="failed", evidence_id=None, now=NOW, reason="bounced")
    assert (command.is_last, command.reason) == (True, "bounced")


def test_what_may_have_been_taken_waits_for_the_word_of_its_provider() -> None:
    notification = planned()
    notification.record_failure("unclear", may_retry=True, now=NOW)
    assert notification.retry_at == NOW + timedelta(minutes=10)
