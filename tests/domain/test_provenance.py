"""In which right somebody speaks, and whose words or wish it is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from services.intake.domain.provenance import Actor, ActorType, Provenance, Voice
from tests import builders as a
from tests.domain import histories

VOICES = [
    pytest.param(a.session(), Voice.SESSION, a.COMPLAINANT, id="an app for its user"),
    pytest.param(a.own_token(), Voice.SESSION, a.COMPLAINANT, id="an end user's own token"),
    pytest.param(
        a.by(ActorType.REPRESENTATIVE, str(a.REPRESENTATIVE)),
        Voice.SESSION,
        a.REPRESENTATIVE,
        id="a representative's own token",
    ),
    pytest.param(a.recorded(), Voice.RECORDED, a.COMPLAINANT, id="a handler who writes down words"),
    pytest.param(
        a.supervisor(on_behalf_of=a.COMPLAINANT), Voice.RECORDED, a.COMPLAINANT, id="a supervisor who writes down words"
    ),
    pytest.param(a.handler(), Voice.HANDLER, None, id="a handler"),
    pytest.param(a.supervisor(), Voice.SUPERVISOR, None, id="a supervisor"),
    pytest.param(a.service(), Voice.SERVICE, None, id="a trusted service"),
    pytest.param(a.system(), Voice.SYSTEM, None, id="Recourse itself"),
]


@pytest.mark.parametrize(("by", "voice", "party"), VOICES)
def test_a_voice_and_a_party_follow_from_who_acts_for_whom(by: Provenance, voice: Voice, party: UUID | None) -> None:
    assert by.voice == voice
    assert by.party == party


def test_every_voice_is_somebodys() -> None:
    assert {by.values[1] for by in VOICES} == set(Voice)


def test_a_party_with_its_own_token_speaks_for_itself_even_if_another_is_named() -> None:
    by = a.by(ActorType.COMPLAINANT, str(a.COMPLAINANT), on_behalf_of=a.WITNESS)
    assert by.party == a.COMPLAINANT


def submitted(by: Provenance) -> Any:
    return histories.submitted(by=by).collect_events()[0]


def followed_up(by: Provenance) -> Any:
    subject = a.complaint()
    subject.follow_up("充值 500 元未到账", by=by)
    return subject.collect_events()[0]


@pytest.mark.parametrize("happening", [submitted, followed_up], ids=["first", "later"])
def test_an_event_says_who_for_whom_when_through_what_and_why(happening: Callable[[Provenance], Any]) -> None:
    by = a.recorded(causation_id=a.CLOCK, imported=True, at=a.later(hours=1))
    event = happening(by)
    assert (event.actor, event.on_behalf_of) == (Actor(ActorType.HANDLER, "anna"), a.COMPLAINANT)
    assert (event.channel, event.imported) == ("phone", True)
    assert (event.timestamp, event.causation_id, event.correlation_id) == (by.at, a.CLOCK, by.correlation_id)
    assert (event.tenant, event.complainant) == ("default", a.COMPLAINANT)
