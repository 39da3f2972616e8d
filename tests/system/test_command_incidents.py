"""`recourse incidents`: how far an answer has come, and who refused it, also while everything runs."""

from uuid import uuid4

from tests.client import answered
from tests.conftest import Running
from tests.system.commanding import complaint_of, recourse, said_json
from tests.waiting import wait_until

MATTER = {"category": "topup.not_credited", "description": "-"}


def test_an_operator_sees_how_far_an_answer_has_come_and_who_refused(running: Running) -> None:
    data_dir, sun = running.backend.settings.data_dir, running.api.as_supervisor("sun")
    here, gone = (running.api.as_app(f"user-{each}").submit(MATTER) for each in range(2))
    incident = answered(sun.post("/v1/incidents", {"name": "bank-outage"}), 201)
    answered(sun.post(f"/v1/incidents/{incident['id']}/group", {"filter": {}}))
    sun.decide(gone, "decline", {"reason": "forwarded"})
    answered(sun.post(f"/v1/incidents/{incident['id']}/answer", {"text": "今天 18:00 前到账"}))
    show = ("incidents", "show", incident["id"])
    wait_until(lambda: said_json(data_dir, *show)[0]["remaining"] == 0, what="both to be answered")
    (answer,) = said_json(data_dir, *show)
    assert {name: answer[name] for name in ("total", "done", "refused")} == {"total": 2, "done": 1, "refused": 1}
    (refusal,) = said_json(data_dir, *show, "--refused")
    assert (refusal["complaint"], refusal["code"]) == (gone["id"], "complaint-closed")
    assert [each["name"] for each in said_json(data_dir, "incidents", "list")] == ["bank-outage"]
    assert here["id"] != refusal["complaint"]


def test_an_incident_that_is_not_there_is_refused_with_a_line(running: Running) -> None:
    done = recourse(running.backend.settings.data_dir, "incidents", "show", str(uuid4()))
    assert complaint_of(done) == "There is no incident with this id that you may see."
