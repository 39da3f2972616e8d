"""A sudden rise of a category is told of once, from the times of the facts; history that is taken in raises nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from services.intake import operations
from shared.contracts.incident_events import SignalRaised
from shared.contracts.topics import INCIDENT_EVENTS
from shared.eventstore.rebuild import all_events
from shared.messaging.replay import facts_of
from tests.client import answered, refused
from tests.conftest import Running, StartInstallation
from tests.importing import row, taken_in
from tests.services.notifier_scenes import told, write_tenant
from tests.services.replaying import stop, taken
from tests.waiting import wait_until

Body = dict[str, Any]
MATTER = {"category": "topup.not_credited", "description": "-"}
RULE = '[signals]\nfloor = 3\n\n[signals.categories."promo.dispute"]\nfloor = 50'
WAVE = 5


def begun(start: StartInstallation, directory: Path) -> Running:
    return start(tenants_dir=write_tenant(directory / "tenants", RULE))


def submit(running: Running, count: int, **changes: Any) -> list[str]:
    app = running.api.as_app("user-1")
    made = [answered(app.post("/v1/complaints", {**MATTER, **changes}), 201)["id"] for _ in range(count)]
    running.settle()
    return made


def looked_at_everything(running: Running) -> bool:
    store = running.embedded.intake.application.store
    with store.read() as reader:
        rows = reader.execute("SELECT position FROM intake_signal_place")
    submitted = [each.position for each in all_events(store) if each.topic == "complaint.submitted"]
    return bool(rows) and rows[0]["position"] >= max(submitted)


def signals(running: Running) -> list[tuple[str, SignalRaised]]:
    wait_until(lambda: looked_at_everything(running), what="the look for signals")
    running.settle()
    found = facts_of(running.backend.log, (INCIDENT_EVENTS,), (SignalRaised,))
    return [(str(each.envelope.stream_id), each.message) for each in found if isinstance(each.message, SignalRaised)]


def test_a_rise_is_told_of_when_it_begins_and_once(start: StartInstallation, tmp_path: Path) -> None:
    running = begun(start, tmp_path)
    made = submit(running, WAVE)
    ((signal_id, signal),) = signals(running)
    assert (signal.category, signal.counted, signal.threshold, signal.baseline) == ("topup.not_credited", 3, 3, ())
    assert sorted(str(each) for each in signal.complaint_ids) == sorted(made[:3])
    assert signal.to_at - signal.from_at == timedelta(hours=1)
    (notice,) = told(running, {"id": signal_id})
    assert (notice.plan.template, notice.plan.recipient.id, notice.outcome) == ("staff-signal", "compliance", ["sent"])
    outbox = answered(running.api.as_handler().get(f"/v1/outbox?complaint_id={signal_id}"))["data"]
    assert signal_id in outbox[0]["text"]


def test_a_rise_that_is_over_may_be_followed_by_another(start: StartInstallation, tmp_path: Path) -> None:
    running = begun(start, tmp_path)
    submit(running, WAVE)
    running.clock.advance(hours=2)
    submit(running, 1)
    submit(running, WAVE)
    assert len(signals(running)) == 2


def test_a_category_may_have_a_rule_of_its_own(start: StartInstallation, tmp_path: Path) -> None:
    running = begun(start, tmp_path)
    submit(running, WAVE, category="promo.dispute")
    submit(running, 2)
    assert signals(running) == []


def test_what_the_same_hours_of_earlier_weeks_held_is_no_surprise(start: StartInstallation, tmp_path: Path) -> None:
    """Four Fridays with six each: the threshold for one in ten thousand is eighteen."""
    running = begun(start, tmp_path)
    now = running.clock()
    past = [
        row(week * 100 + number, received_at=(now - timedelta(weeks=week, minutes=number)).isoformat())
        for week in range(1, 5)
        for number in range(1, 7)
    ]
    taken_in(running, tmp_path, *past, row(999, received_at=(now - timedelta(weeks=6)).isoformat()))
    submit(running, 17)
    assert signals(running) == []
    submit(running, 1)
    ((_, signal),) = signals(running)
    assert (signal.baseline, signal.threshold, signal.counted) == ((6, 6, 6, 6), 18, 18)


def test_what_is_taken_in_from_elsewhere_raises_nothing(start: StartInstallation, tmp_path: Path) -> None:
    running = begun(start, tmp_path)
    taken_in(running, tmp_path, *(row(number) for number in range(WAVE)))
    assert signals(running) == []


def test_looking_again_from_the_beginning_raises_nothing_again(start: StartInstallation, tmp_path: Path) -> None:
    running = begun(start, tmp_path)
    submit(running, WAVE)
    before = signals(running)
    with running.embedded.intake.application.store.write() as transaction:
        for table in ("arrivals", "signal_states", "signal_place"):
            transaction.execute(f"DELETE FROM intake_{table}")
    assert signals(running) == before


def test_from_a_signal_an_incident_is_opened_in_one_call(start: StartInstallation, tmp_path: Path) -> None:
    running = begun(start, tmp_path)
    submit(running, 3)
    ((signal_id, _),) = signals(running)
    sun = running.api.as_supervisor("sun")
    seen = answered(sun.get(f"/v1/signals/{signal_id}"))
    assert (seen["category"]["code"], seen["counted"], len(seen["complaint_ids"])) == ("topup.not_credited", 3, 3)
    incident = answered(sun.post("/v1/incidents", {"name": "outage", "signal_id": signal_id}), 201)
    assert (incident["grouped"], incident["signal_id"]) == (3, signal_id)
    brief = {"id": incident["id"], "name": "outage", "status": "open"}
    assert answered(sun.get(f"/v1/signals/{signal_id}"))["incident"] == brief
    answered(sun.post(f"/v1/incidents/{incident['id']}/close"))
    assert listed(running)[0]["incident"] == {**brief, "status": "closed"}


def listed(running: Running, **asked: Any) -> list[Body]:
    data: list[Body] = answered(running.api.as_handler().get("/v1/signals", params=asked))["data"]
    return data


def test_signals_are_listed_with_their_evidence_the_newest_first(start: StartInstallation, tmp_path: Path) -> None:
    running = begun(start, tmp_path)
    submit(running, 3)
    ((first, _),) = signals(running)
    submit(running, 3, category="refund.overdue")
    newest, oldest = (signals(running), listed(running))[1]
    assert (oldest["id"], newest["category"]["code"]) == (first, "refund.overdue")
    evidence = {"counted": 3, "threshold": 3, "baseline": [], "incident": None}
    assert {name: newest[name] for name in evidence} == evidence
    assert newest["from_at"] < newest["to_at"] <= newest["raised_at"]
    assert [each["id"] for each in listed(running, category="topup.not_credited")] == [first]
    assert listed(running, category="promo.dispute") == []


def test_signals_are_read_page_by_page_and_by_staff_of_their_tenant(start: StartInstallation, tmp_path: Path) -> None:
    running = begun(start, tmp_path)
    submit(running, 3)
    submit(running, 3, category="refund.overdue")
    assert len(signals(running)) == 2
    anna = running.api.as_handler()
    page = answered(anna.get("/v1/signals", params={"limit": 1}))
    rest = answered(anna.get("/v1/signals", params={"limit": 1, "cursor": page["next_cursor"]}))
    assert [each["id"] for each in (*page["data"], *rest["data"])] == [each["id"] for each in listed(running)]
    assert (page["has_more"], rest["has_more"], rest["next_cursor"]) == (True, False, None)
    other = {"category": "refund.overdue", "cursor": page["next_cursor"]}
    refused(anna.get("/v1/signals", params=other), 400, "cursor-invalid")
    refused(running.api.as_app("user-1").get("/v1/signals"), 403, "scope-missing")


def test_signals_shown_anew_are_those_that_were_kept_live(start: StartInstallation, tmp_path: Path) -> None:
    running = begun(start, tmp_path)
    submit(running, 3)
    ((signal_id, _),) = signals(running)
    body = {"name": "outage", "signal_id": signal_id}
    answered(running.api.as_supervisor("sun").post("/v1/incidents", body), 201)
    stop(running)
    with taken(running) as left:
        live = left.table("intake_signals")
        operations.replay_view(left.embedded.intake, "signals", lambda _done: None)
        assert left.table("intake_signals") == live
    assert len(live) == 1


def test_what_is_past_is_settled_before_the_first_complaint(start: StartInstallation, tmp_path: Path) -> None:
    running = begun(start, tmp_path)
    with running.embedded.intake.application.store.read() as reader:
        assert [row["raised_after"] for row in reader.execute("SELECT * FROM intake_signal_place")] == [0]
