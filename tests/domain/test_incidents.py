"""An incident groups complaints in order, answers those it is told to, and ends when nothing is left to say."""

from typing import Any
from uuid import UUID, uuid5

import pytest

from services.intake.domain import incident_errors as errors
from services.intake.domain.conversation import LetterKind
from services.intake.domain.incident import MOST_IN_ONE_EVENT, BulkAnswer, GroupedBy, Incident
from tests import builders as a

INCIDENT = uuid5(a.NAMES, "incident")
ALL = GroupedBy(status=("submitted",), category="topup.not_credited")
ANSWER = BulkAnswer(text="今天 18:00 前到账", kind=LetterKind.INTERIM)


def complaints(*names: str) -> tuple[UUID, ...]:
    return tuple(uuid5(a.NAMES, name) for name in names)


def incident(*names: str, answers: int = 0) -> Incident:
    """An incident of these complaints, answered so often, its events collected."""
    made = Incident.open(INCIDENT, tenant="default", name="bank-outage", signal_id=None, by=a.supervisor())
    if names:
        made.group(complaints(*names), grouped_by=ALL, by=a.supervisor())
    for _ in range(answers):
        made.answer(ANSWER, by=a.supervisor())
    made.collect_events()
    return made


def recorded(subject: Incident) -> list[Any]:
    return list(subject.collect_events())


def test_it_begins_with_a_name_and_the_signal_that_led_to_it() -> None:
    signal_id = uuid5(a.NAMES, "signal")
    by = a.supervisor(causation_id=a.CLOCK)
    opened = Incident.open(INCIDENT, tenant="default", name="bank-outage", signal_id=signal_id, by=by)
    (event,) = recorded(opened)
    assert (opened.tenant, opened.name, opened.signal_id, opened.grouped) == ("default", "bank-outage", signal_id, [])
    assert (event.incident_id, event.actor.id, event.causation_id, event.imported) == (INCIDENT, "sun", a.CLOCK, False)


def test_a_complaint_joins_once() -> None:
    subject = incident("one")
    subject.group(complaints("two", "one", "two"), grouped_by=ALL, by=a.supervisor())
    (event,) = recorded(subject)
    assert (event.complaint_ids, event.grouped_by) == (complaints("two"), ALL)
    assert tuple(subject.grouped) == complaints("one", "two")


def test_nobody_new_is_nothing_new() -> None:
    subject = incident("one")
    subject.group(complaints("one"), grouped_by=ALL, by=a.supervisor())
    assert recorded(subject) == []


def test_many_are_told_of_in_several_facts() -> None:
    subject = incident()
    names = [str(number) for number in range(MOST_IN_ONE_EVENT + 1)]
    subject.group(complaints(*names), grouped_by=ALL, by=a.supervisor())
    assert [len(event.complaint_ids) for event in recorded(subject)] == [MOST_IN_ONE_EVENT, 1]
    assert tuple(subject.grouped) == complaints(*names)


def test_an_answer_goes_to_all_that_have_joined() -> None:
    subject = incident("one", "two", answers=1)
    subject.answer(ANSWER, by=a.supervisor())
    (event,) = recorded(subject)
    assert (event.first, event.count, event.text, event.kind) == (0, 2, ANSWER.text, LetterKind.INTERIM)
    assert subject.told(event.event_id) == complaints("one", "two")
    assert len(subject.answers) == 2


def test_an_answer_may_go_to_those_alone_who_joined_since_the_last() -> None:
    subject = incident("one", answers=1)
    subject.group(complaints("two"), grouped_by=ALL, by=a.supervisor())
    subject.answer(ANSWER, only_new=True, by=a.supervisor())
    assert subject.told(recorded(subject)[-1].event_id) == complaints("two")


@pytest.mark.parametrize(("subject", "only_new"), [(incident(), False), (incident("one", answers=1), True)])
def test_an_answer_that_nobody_would_get_is_refused(subject: Incident, *, only_new: bool) -> None:
    with pytest.raises(errors.NobodyToAnswerError):
        subject.answer(ANSWER, only_new=only_new, by=a.supervisor())
    assert recorded(subject) == []


def test_it_ends_once_and_takes_nothing_afterwards() -> None:
    subject = incident("one")
    subject.close(is_answering=False, by=a.supervisor())
    assert [type(event).__name__ for event in recorded(subject)] == ["Closed"]
    assert subject.closed_at == a.NOW
    subject.close(is_answering=False, by=a.supervisor())
    assert recorded(subject) == []
    with pytest.raises(errors.IncidentClosedError):
        subject.group(complaints("two"), grouped_by=ALL, by=a.supervisor())
    with pytest.raises(errors.IncidentClosedError):
        subject.answer(ANSWER, by=a.supervisor())


def test_it_does_not_end_while_somebody_is_still_to_be_answered() -> None:
    subject = incident("one", answers=1)
    with pytest.raises(errors.AnswerRunningError):
        subject.close(is_answering=True, by=a.supervisor())
    assert recorded(subject) == []
