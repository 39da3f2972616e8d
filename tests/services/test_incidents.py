"""One cause, many complaints: one answer is ordered, and each complaint gets its own or says why not."""

from typing import Any
from uuid import uuid4

import pytest

from services.intake import operations
from services.intake.answering import Answering
from shared.contracts.incident_events import (
    INCIDENTS,
    IncidentAnswered,
    IncidentClosed,
    IncidentComplaintsGrouped,
    IncidentOpened,
)
from shared.contracts.topics import INCIDENT_EVENTS
from shared.messaging.replay import facts_of
from shared.runtime.roles import turn
from tests import people
from tests.client import Client, answered, refused
from tests.conftest import Running, StartInstallation
from tests.services.notifier_scenes import told
from tests.services.replaying import stop, taken
from tests.waiting import wait_until

Body = dict[str, Any]
OUTAGE = {"name": "bank-outage"}
TEXT = "银行系统故障已恢复，充值将在今天 18:00 前到账。"


def sun(running: Running) -> Client:
    return running.api.as_supervisor("sun")


def submitted(running: Running, count: int, **changes: Any) -> list[Body]:
    """That many complaints, each of a user of its own who prefers e-mail."""
    person = {"name": people.NAMES[0], "email": people.EMAILS[0]}
    return [
        running.api.as_app(f"user-{uuid4().hex[:8]}").submit(complainant=person, preferred_medium="email", **changes)
        for _ in range(count)
    ]


def opened(running: Running, **said: Any) -> Body:
    return answered(sun(running).post("/v1/incidents", {**OUTAGE, **said}), 201)


def give(running: Running, incident: Body, command: str, body: Body | None = None, **how: Any) -> Body:
    return answered(sun(running).post(f"/v1/incidents/{incident['id']}/{command}", body, **how))


def grouped(running: Running, **asked: Any) -> Body:
    incident = opened(running)
    return give(running, incident, "group", {"filter": {"category": "topup.not_credited", **asked}})


def seen(running: Running, incident: Body) -> Body:
    return answered(running.api.as_handler().get(f"/v1/incidents/{incident['id']}"))


def finished(running: Running, incident: Body) -> Body:
    """Wait until nothing of the last answer remains; return it."""
    wait_until(lambda: seen(running, incident)["answers"][-1]["remaining"] == 0, what="every complaint to be answered")
    last: Body = seen(running, incident)["answers"][-1]
    return last


def letters(running: Running, incident: Body, state: str) -> list[Body]:
    path = f"/v1/incidents/{incident['id']}/letters?state={state}&limit=100"
    data: list[Body] = answered(running.api.as_handler().get(path))["data"]
    return data


def answers_in(running: Running, complaint: Body, kind: str = "answered") -> list[Body]:
    history = running.api.as_staff("auditor", "otto").history(complaint)
    return [entry for entry in history if entry["type"] == f"recourse.complaint.{kind}.v1"]


def test_each_complaint_that_the_filter_finds_gets_one_letter_and_one_fact(running: Running) -> None:
    complaints, another = submitted(running, 5), submitted(running, 1, category="promo.dispute")[0]
    incident = grouped(running)
    assert (incident["grouped"], incident["name"]) == (5, "bank-outage")
    ordered = give(running, incident, "answer", {"text": TEXT})
    last = finished(running, incident)
    assert {name: last[name] for name in ("total", "done", "refused", "text")} == {
        "total": 5,
        "done": 5,
        "refused": 0,
        "text": TEXT,
    }
    running.settle()
    for complaint in complaints:
        (answer,) = answers_in(running, complaint)
        assert (answer["fields"]["text"], answer["fields"]["medium"]) == (TEXT, "email")
        assert answer["actor"] == {"type": "supervisor", "id": "sun"}
        assert [each.plan.template for each in told(running, complaint)].count("answer") == 1
    assert answers_in(running, another) == []
    assert last["answer_id"] == ordered["answers"][-1]["answer_id"]


def test_who_ended_meanwhile_refuses_and_is_listed_with_the_reason(running: Running) -> None:
    here, gone = submitted(running, 2)
    incident = grouped(running)
    user = running.api.as_handler()
    answered(
        sun(running).post(f"/v1/complaints/{gone['id']}/decline", {"reason": "forwarded"}, headers={"If-Match": "*"})
    )
    give(running, incident, "answer", {"text": TEXT})
    last = finished(running, incident)
    assert (last["done"], last["refused"]) == (1, 1)
    (refusal,) = letters(running, incident, "refused")
    assert (refusal["complaint_id"], refusal["code"]) == (gone["id"], "complaint-closed")
    assert [each["complaint_id"] for each in letters(running, incident, "done")] == [here["id"]]
    assert answers_in(running, gone) == []
    assert user.read(gone)["status"]["code"] == "declined"


def test_a_decision_resolves_each_and_promises_each_remedies_of_its_own(running: Running) -> None:
    complaints = submitted(running, 2)
    incident = grouped(running)
    coupon = {"kind": "coupon", "due_on": "2030-01-31", "amount": {"amount": "10.00", "currency": "CNY"}}
    body = {"text": TEXT, "decision": "upheld", "reason": "error-confirmed", "remedies": [coupon]}
    give(running, incident, "answer", body)
    assert finished(running, incident)["done"] == 2
    read = [running.api.as_handler().read(complaint) for complaint in complaints]
    assert {each["status"]["code"] for each in read} == {"resolved"}
    assert len({each["remedies"][0]["remedy_id"] for each in read}) == 2
    running.settle()
    assert all(
        [each.plan.template for each in told(running, complaint)].count("resolved") == 1 for complaint in complaints
    )


def named_by(running: Running, complaint: Body, **asked: Any) -> list[Body]:
    """The incidents that the staff's page of a complaint names."""
    shown: list[Body] = running.api.as_handler().read(complaint, params=asked)["handling"]["incidents"]
    return shown


def test_a_complaint_names_its_incident_to_staff_and_to_nobody_else(running: Running) -> None:
    user = running.api.as_app("user-1")
    complaint = user.submit()
    running.settle()
    alone = running.api.as_handler().read(complaint)["updated_at"]
    running.clock.advance(minutes=1)
    incident = grouped(running)
    (outside,) = submitted(running, 1)
    brief = {"id": incident["id"], "name": "bank-outage", "status": "open"}
    assert (named_by(running, complaint), named_by(running, outside)) == ([brief], [])
    assert named_by(running, complaint, as_of=alone) == []
    assert user.read(complaint)["handling"] is None
    assert incident["id"] not in user.get(f"/v1/complaints/{complaint['id']}").text
    running.clock.advance(minutes=1)
    give(running, incident, "close")
    assert named_by(running, complaint) == [{**brief, "status": "closed"}]
    stop(running)
    with taken(running) as left:
        live = left.table("intake_incident_members")
        operations.replay_view(left.embedded.intake, "belonging", lambda _done: None)
        assert left.table("intake_incident_members") == live
    assert len(live) == 1


def test_the_same_order_again_is_the_first_one(running: Running) -> None:
    (complaint,) = submitted(running, 1)
    incident = grouped(running)
    first = give(running, incident, "answer", {"text": TEXT}, key="the-one")
    finished(running, incident)
    again = sun(running).post(f"/v1/incidents/{incident['id']}/answer", {"text": TEXT}, key="the-one")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(again.json()["answers"]) == len(first["answers"]) == len(answers_in(running, complaint)) == 1


def test_a_letter_that_two_processes_give_is_written_once(running: Running) -> None:
    (complaint,) = submitted(running, 1)
    incident = grouped(running)
    give(running, incident, "answer", {"text": TEXT})
    finished(running, incident)
    intake = running.embedded.intake
    with intake.application.store.write() as transaction:  # as another process saw it before
        transaction.execute("UPDATE intake_incident_letters SET state = 'remaining'")
    lease = turn(intake.application, running.backend, "answering-again")
    other = Answering(intake.application, intake.letters, lease, per_second=50, poll_seconds=1, now=running.clock)
    assert other.round() == 1
    assert len(answers_in(running, complaint)) == 1


def test_who_joins_later_can_be_answered_alone(running: Running) -> None:
    (early,) = submitted(running, 1)
    incident = grouped(running)
    give(running, incident, "answer", {"text": TEXT})
    (late,) = submitted(running, 1)
    assert give(running, incident, "group", {"filter": {"category": "topup.not_credited"}})["grouped"] == 2
    give(running, incident, "answer", {"text": TEXT, "only_new": True})
    assert finished(running, incident)["total"] == 1
    assert [len(answers_in(running, each)) for each in (early, late)] == [1, 1]
    assert give(running, incident, "group", {"filter": {"category": "topup.not_credited"}})["version"] == 5


def test_an_answer_needs_somebody_and_a_closed_incident_takes_nothing_more(running: Running) -> None:
    submitted(running, 1)
    path = f"/v1/incidents/{opened(running)['id']}"
    refused(sun(running).post(f"{path}/answer", {"text": TEXT}), 409, "nobody-to-answer")
    assert answered(sun(running).post(f"{path}/close"))["closed_at"]
    assert answered(sun(running).post(f"{path}/close"))["version"] == 2
    refused(sun(running).post(f"{path}/answer", {"text": TEXT}), 409, "incident-closed")
    refused(sun(running).post(f"{path}/group", {"filter": {}}), 409, "incident-closed")


def test_an_incident_that_is_still_answering_stays_open(start: StartInstallation) -> None:
    running = start(incident_answers_per_second=1)
    submitted(running, 3)
    incident = grouped(running)
    give(running, incident, "answer", {"text": TEXT})
    refused(sun(running).post(f"/v1/incidents/{incident['id']}/close"), 409, "answer-running")
    finished(running, incident)
    assert give(running, incident, "close")["closed_at"]


def test_a_filter_that_finds_too_many_is_refused_and_groups_none(start: StartInstallation) -> None:
    running = start(incident_most_grouped=1)
    submitted(running, 2)
    incident = opened(running)
    path = f"/v1/incidents/{incident['id']}/group"
    refused(sun(running).post(path, {"filter": {}}), 422, "group-too-large")
    assert seen(running, incident)["grouped"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"text": TEXT, "reason": "goodwill"},
        {"text": TEXT, "decision": "upheld"},
        {"text": TEXT, "decision": "upheld", "reason": "goodwill", "kind": "final"},
    ],
)
def test_a_letter_and_a_decision_are_two_things(running: Running, body: Body) -> None:
    incident = opened(running)
    problem = sun(running).post(f"/v1/incidents/{incident['id']}/answer", body)
    assert problem.status_code == 422


def test_a_reason_that_is_none_and_an_incident_that_is_not_there_are_refused(running: Running) -> None:
    submitted(running, 1)
    incident = grouped(running)
    body = {"text": TEXT, "decision": "upheld", "reason": "weather"}
    refused(sun(running).post(f"/v1/incidents/{incident['id']}/answer", body), 422, "reason-unknown")
    (complaint,) = submitted(running, 1)
    for nothing in (uuid4(), complaint["id"]):
        refused(sun(running).get(f"/v1/incidents/{nothing}"), 404, "incident-not-found")
        refused(sun(running).get(f"/v1/signals/{nothing}"), 404, "signal-not-found")
    refused(sun(running).post("/v1/incidents", {**OUTAGE, "signal_id": str(uuid4())}), 404, "signal-not-found")
    refused(running.api.as_handler().post("/v1/incidents", OUTAGE), 403, "scope-missing")


def test_incidents_are_read_page_by_page_and_by_whether_they_are_open(running: Running) -> None:
    first, second, third = (opened(running, name=f"outage-{number}") for number in range(3))
    give(running, second, "close")
    anna = running.api.as_handler()

    def page(**asked: Any) -> Body:
        return answered(anna.get("/v1/incidents", params=asked))

    some = page(limit=2)
    rest = page(limit=2, cursor=some["next_cursor"])
    names = [[each["id"] for each in listed["data"]] for listed in (some, rest)]
    assert names == [[third["id"], second["id"]], [first["id"]]]
    assert (some["has_more"], rest["has_more"], rest["next_cursor"]) == (True, False, None)
    assert [each["id"] for each in page(status="open")["data"]] == [third["id"], first["id"]]
    assert [each["id"] for each in page(status="closed")["data"]] == [second["id"]]
    other = {"status": "open", "cursor": some["next_cursor"]}
    refused(anna.get("/v1/incidents", params=other), 400, "cursor-invalid")


def test_everything_is_published_in_order_and_the_words_are_not(running: Running) -> None:
    submitted(running, 1)
    incident = grouped(running)
    give(running, incident, "answer", {"text": TEXT})
    finished(running, incident)
    give(running, incident, "close")
    running.settle()
    received = list(facts_of(running.backend.log, (INCIDENT_EVENTS,), INCIDENTS))
    kinds = (IncidentOpened, IncidentComplaintsGrouped, IncidentAnswered, IncidentClosed)
    assert [type(each.message) for each in received] == list(kinds)
    assert [each.envelope.version for each in received] == [1, 2, 3, 4]
    assert {each.envelope.subject for each in received} == {incident["id"]}
    assert all(TEXT.encode() not in each.value for each in running.backend.log.read((INCIDENT_EVENTS,)))
    assert answered(sun(running).get("/v1/incidents"))["data"][0]["id"] == incident["id"]
