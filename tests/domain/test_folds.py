"""What holds in every history: the state is the public history and nothing else."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.complaint import Complaint
from services.intake.domain.lifecycle import ENDED, OPEN, Stage
from services.intake.domain.provenance import Provenance
from shared.contracts.registry import REGISTRY
from tests import builders as a
from tests.domain.histories import STEPS, after_erasure, lived, replayed, submitted

SPEAKERS = (a.session(), a.recorded(), a.handler(), a.supervisor(), a.service(), a.system())
ORDERS = st.lists(st.sampled_from(list(STEPS)), min_size=20, max_size=60)
BEGINNINGS = st.sampled_from([a.session(), a.recorded(), a.session(a.REPRESENTATIVE)])
SOME = settings(max_examples=60, deadline=None)


def history(order: list[str], urgent: bool = False, by: Provenance | None = None) -> tuple[Complaint, list[Any]]:
    complaint = submitted(urgent=urgent, by=by)
    return complaint, lived(complaint, (STEPS[name] for name in order))


def allowed(complaint: Complaint) -> list[tuple[str, ...]]:
    return [complaint.allowed_actions(speaker) for speaker in SPEAKERS]


def whole_history() -> list[Any]:
    return history(list(STEPS))[1]


def test_the_whole_history_holds_every_event_of_a_complaint() -> None:
    known = {value.TOPIC for value in vars(Complaint).values() if isinstance(value, type) and hasattr(value, "TOPIC")}
    assert {event.TOPIC for event in whole_history()} == known


def test_the_whole_history_holds_every_personal_field_and_after_erasure_none() -> None:
    said: set[tuple[str, str]] = set()
    declared: set[tuple[str, str]] = set()
    for event in whole_history():
        names = REGISTRY.by_stored_name[event.TOPIC].personal
        declared |= {(event.TOPIC, name) for name in names}
        said |= {(event.TOPIC, name) for name in names if getattr(event, name)}
        assert not any(getattr(after_erasure(event), name) for name in names)
    assert said == declared


@SOME
@given(ORDERS, st.booleans(), BEGINNINGS)
def test_a_complaint_is_the_same_after_the_erasure_of_everybody(order: list[str], urgent: bool, by: Provenance) -> None:
    complaint, events = history(order, urgent, by)
    erased = replayed(after_erasure(event) for event in events)
    assert erased == replayed(events) == complaint
    assert allowed(erased) == allowed(complaint)


def test_the_whole_history_folds_to_the_same_without_what_is_personal() -> None:
    complaint, events = history(list(STEPS))
    assert replayed(after_erasure(event) for event in events) == complaint


@SOME
@given(ORDERS)
def test_the_versions_of_a_history_are_dense_from_one(order: list[str]) -> None:
    complaint, events = history(order)
    assert [event.originator_version for event in events] == list(range(1, len(events) + 1))
    assert complaint.version == len(events)


@SOME
@given(ORDERS, st.booleans())
def test_in_no_history_a_level_falls_or_passes_two_by_itself(order: list[str], urgent: bool) -> None:
    _, events = history(order, urgent)
    level = 0
    for event in events:
        if isinstance(event, Complaint.Escalated):
            assert (event.from_level, event.to_level) == (level, min(level + 1, 2))
            level = event.to_level


@SOME
@given(ORDERS)
def test_in_every_history_stage_and_status_agree(order: list[str]) -> None:
    _, events = history(order)
    for length in range(1, len(events) + 1):
        seen = replayed(events[:length])
        statuses = {Stage.OPEN: OPEN, Stage.RESOLVED: {"resolved"}, Stage.ENDED: ENDED}[seen.stage]
        assert seen.status in statuses
        assert (seen.ended_at is None) == (seen.stage != Stage.ENDED)
        assert seen.stage == Stage.OPEN or not seen.open_requests | seen.third_party_waits
