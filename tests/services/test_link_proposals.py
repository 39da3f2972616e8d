"""Duplicates are found by keyed hashes and proposed to handlers; nothing is linked or disclosed by itself."""

import re
import threading
from typing import Any
from uuid import uuid4

import pytest

from services.intake import operations
from tests import people
from tests.client import answered, refused
from tests.conftest import Running
from tests.services.replaying import stop, taken

Complaint = dict[str, Any]
TRANSACTION = {"transaction_id": "T20251122-0001"}
DIGEST = re.compile("[0-9a-f]{64}")
OTHER_WORDS: Complaint = {"description": people.TEXTS[1]}
MONEY = {"amount": "129.90", "currency": "CNY"}


def proposals(running: Running, complaint: Complaint) -> list[tuple[str, str, list[str]]]:
    """What this complaint is proposed to belong to, which came before it."""
    return [(each["complaint_id"], each["link"], each["because"]) for each in both_ways(running, complaint, "outgoing")]


def both_ways(running: Running, complaint: Complaint, direction: str, **asked: Any) -> list[Complaint]:
    shown = running.api.as_handler().read(complaint, params=asked)["handling"]["link_proposals"]
    return [each for each in shown if each["direction"] == direction]


def later_ones(running: Running, complaint: Complaint, **asked: Any) -> list[tuple[str, str, list[str]]]:
    """What came after it and is proposed to belong to it."""
    shown = both_ways(running, complaint, "incoming", **asked)
    return [(each["complaint_id"], each["link"], each["because"]) for each in shown]


def tasks(running: Running) -> dict[str, str]:
    rows = running.api.as_handler().get("/v1/tasks", params={"limit": 100}).json()["data"]
    return {row["complaint_id"]: row["kind"] for row in rows}


def paid(transaction_id: str, at: str) -> Complaint:
    return {"transactions": [{"transaction_id": transaction_id, "amount": MONEY, "at": at}]}


@pytest.mark.parametrize(
    ("first", "second", "because"),
    [
        (
            {"transactions": [TRANSACTION]},
            {"transactions": [{"transaction_id": " t20251122-0001"}]},
            "same-transaction",
        ),
        ({"disputed_amount": MONEY}, {"disputed_amount": {**MONEY, "amount": "129.9"}}, "same-amount-and-day"),
        (
            paid("A", "2025-09-26T01:00:00+08:00"),
            paid("B", "2025-09-26T23:00:00+08:00"),
            "same-amount-and-day",
        ),
        ({"description": "充值 500 元，未到账！"}, {"description": "充值５００元未到账"}, "same-text"),
    ],
    ids=["transaction", "disputed amount", "amount of a transaction", "words"],
)
def test_the_same_matter_of_one_person_is_proposed_as_a_duplicate(
    running: Running, first: Complaint, second: Complaint, because: str
) -> None:
    app = running.api.as_app("u-1")
    earlier = app.submit(**{"description": people.TEXTS[0], **first})
    later = app.submit(**{**OTHER_WORDS, **second})
    assert proposals(running, later) == [(earlier["id"], "duplicate", [because])]
    assert (proposals(running, earlier), later_ones(running, later)) == ([], [])
    assert later_ones(running, earlier) == [(later["id"], "duplicate", [because])]
    assert tasks(running) == {later["id"]: "look-at-proposed-link"}
    assert {app.read(each)["status"]["code"] for each in (earlier, later)} <= {"submitted", "acknowledged"}


def test_what_only_looks_alike_is_not_proposed(running: Running) -> None:
    app, other = running.api.as_app("u-1"), running.api.as_app("u-2")
    app.submit(description=people.TEXTS[0], disputed_amount=MONEY)
    running.clock.advance(days=1)
    later = app.submit(**OTHER_WORDS, disputed_amount=MONEY)
    theirs = other.submit(description=people.TEXTS[0], disputed_amount=MONEY)
    usd = app.submit(description=people.TEXTS[3], disputed_amount={**MONEY, "currency": "USD"})
    assert [proposals(running, each) for each in (later, theirs, usd)] == [[], [], []]
    assert tasks(running) == {}


def test_an_accepted_link_closes_the_task_and_the_later_complaint(running: Running) -> None:
    app, anna = running.api.as_app("u-1"), running.api.as_handler()
    earlier, later = app.submit(), app.submit()
    linked = anna.command(earlier, "link", {"complaint_id": later["id"], "link": "duplicate"})
    assert linked["status"]["code"] in {"submitted", "acknowledged"}
    ended = anna.read(later)
    assert (ended["status"]["code"], ended["handling"]["link_proposals"]) == ("closed", [])
    assert later_ones(running, earlier) == []
    assert tasks(running) == {}
    app.command(later, "follow-up", {"text": people.TEXTS[3]})
    brought = [entry for entry in app.history(earlier) if entry["complaint_id"] == later["id"]]
    assert [entry["type"] for entry in brought] == ["recourse.complaint.followed-up.v1"]
    anna.command(later, "unlink", {"complaint_id": earlier["id"], "reason": "mistake"})
    running.settle()
    dates = [
        [each["due_on"] for each in app.read(one)["promises"] if each["state"] == "running"] for one in (earlier, later)
    ]
    assert dates[0] == dates[1] != []


def test_a_dismissed_link_is_not_proposed_again(running: Running) -> None:
    app, anna = running.api.as_app("u-1"), running.api.as_handler()
    earlier, later = app.submit(), app.submit()
    dismissal = {"complaint_id": earlier["id"], "reason": "another-matter", "reason_text": people.TEXTS[4]}
    path = f"/v1/complaints/{later['id']}/dismiss-link-proposal"
    refused(anna.post(path, {**dismissal, "reason": "the-moon"}), 422, "reason-unknown")
    assert anna.command(later, "dismiss-link-proposal", dismissal)["handling"]["link_proposals"] == []
    refused(anna.post(path, dismissal), 409, "link-proposal-unknown")
    app.command(later, "follow-up", {"text": people.TEXTS[0]})
    assert (proposals(running, later), tasks(running)) == ([], {})


def test_a_proposed_link_is_dismissed_from_the_earlier_side_as_well(running: Running) -> None:
    app, anna = running.api.as_app("u-1"), running.api.as_handler()
    earlier, later, unlike = app.submit(), app.submit(), app.submit(**OTHER_WORDS)
    running.settle()
    before = anna.read(later)
    assert ["dismiss-link-proposal" in anna.read(each)["allowed_actions"] for each in (earlier, later, unlike)] == [
        *(True, True, False)
    ]
    dismissal = {"complaint_id": later["id"], "reason": "another-matter"}
    assert anna.command(earlier, "dismiss-link-proposal", dismissal)["handling"]["link_proposals"] == []
    assert (proposals(running, later), tasks(running)) == ([], {})
    path = f"/v1/complaints/{earlier['id']}/dismiss-link-proposal"
    refused(anna.post(path, dismissal), 409, "link-proposal-unknown")
    refused(anna.post(path, {**dismissal, "complaint_id": unlike["id"]}), 409, "link-proposal-unknown")
    refused(anna.post(path, {**dismissal, "complaint_id": str(uuid4())}), 404, "complaint-not-found")
    assert before["version"] + 1 == anna.read(later)["version"]


def test_what_was_proposed_is_known_at_every_instant_and_of_no_interest_before(running: Running) -> None:
    app, anna = running.api.as_app("u-1"), running.api.as_handler()
    earlier = app.submit()
    running.settle()
    alone = anna.read(earlier)["updated_at"]
    running.clock.advance(minutes=1)
    later = app.submit()
    running.settle()
    proposed = anna.read(later)["updated_at"]
    running.clock.advance(minutes=1)
    anna.command(later, "dismiss-link-proposal", {"complaint_id": earlier["id"], "reason": "another-matter"})
    assert later_ones(running, earlier, as_of=alone) == later_ones(running, earlier) == []
    assert [each for each, _, _ in later_ones(running, earlier, as_of=proposed)] == [later["id"]]


def test_a_matter_that_had_ended_is_proposed_as_the_one_before(running: Running) -> None:
    app = running.api.as_app("u-1")
    earlier = app.submit()
    app.command(earlier, "withdraw", {"reason": "solved"})
    later = app.submit()
    assert proposals(running, later) == [(earlier["id"], "follows", ["same-text"])]
    named = app.submit(follows=earlier["id"])
    assert [each for each in proposals(running, named) if each[0] == earlier["id"]] == []


def test_a_transaction_of_two_people_is_shown_to_handlers_and_to_neither_of_them(running: Running) -> None:
    one, other = running.api.as_app("u-1"), running.api.as_app("u-2")
    earlier = one.submit(transactions=[TRANSACTION])
    later = other.submit(**OTHER_WORDS, transactions=[TRANSACTION])
    assert proposals(running, later) == [(earlier["id"], "related", ["same-transaction"])]
    assert later_ones(running, earlier) == [(later["id"], "related", ["same-transaction"])]
    for app, mine, theirs in ((one, earlier, later), (other, later, earlier)):
        assert theirs["id"] not in app.get(f"/v1/complaints/{mine['id']}").text
        assert "dismiss-link-proposal" not in app.read(mine)["allowed_actions"]
    duplicate = {"complaint_id": earlier["id"], "link": "duplicate"}
    refused(running.api.as_handler().post(f"/v1/complaints/{later['id']}/link", duplicate), 409, "duplicate-refused")
    running.api.as_handler().command(later, "link", {**duplicate, "link": "related"})
    for app, mine, theirs in ((one, earlier, later), (other, later, earlier)):
        paths = [f"/v1/complaints/{mine['id']}", f"/v1/complaints/{mine['id']}/history", "/v1/complaints"]
        assert not any(theirs["id"] in app.get(path).text for path in paths)
        assert app.read(mine)["handling"] is None
        refused(app.get(f"/v1/complaints/{theirs['id']}"), 404, "complaint-not-found")


def test_of_many_alike_a_few_are_proposed_those_received_last(running: Running) -> None:
    app = running.api.as_app("u-1")
    sent = [app.submit()["id"] for _ in range(8)]
    assert [other for other, _, _ in proposals(running, {"id": sent[-1]})] == sent[-2:-7:-1]


def test_of_several_that_come_at_once_each_is_compared_with_those_before_it(running: Running) -> None:
    app, barrier = running.api.as_app("u-1"), threading.Barrier(4)
    app.submit(**OTHER_WORDS)
    made: list[str] = []

    def submit() -> None:
        body = {"category": "topup.not_credited", "description": people.TEXTS[0]}
        barrier.wait()
        made.append(answered(app.post("/v1/complaints", body), 201)["id"])

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(proposals(running, {"id": each})) for each in made) == [0, 1, 2, 3]


def test_after_the_erasure_nothing_is_compared_any_more_and_no_hash_is_left(running: Running) -> None:
    app, root = running.api.as_app("u-1"), running.api.as_staff("administrator", "root")
    earlier = app.submit(transactions=[{**TRANSACTION, "amount": MONEY}], disputed_amount=MONEY)
    assert {row["rule"] for row in rows(running)} == {"same-transaction", "same-amount-and-day", "same-text"}
    assert not any(text in str(row) for row in rows(running) for text in people.EVERYTHING)
    assert [row["term"] for row in rows(running) if not DIGEST.fullmatch(row["term"])] == []
    root.decide(earlier, "erase-personal-data", {"reason": "person-request"})
    assert rows(running) == []
    later = running.api.as_app("u-2").submit(transactions=[TRANSACTION])
    assert proposals(running, later) == []


def test_the_hashes_shown_anew_are_those_that_were_kept_live(running: Running) -> None:
    app, root = running.api.as_app("u-1"), running.api.as_staff("administrator", "root")
    app.submit(transactions=[{**TRANSACTION, "amount": MONEY}])
    erased = running.api.as_app("u-2").submit()
    root.decide(erased, "erase-personal-data", {"reason": "person-request"})
    running.settle()
    app.submit()
    running.settle()
    stop(running)
    with taken(running) as left:
        live = {name: left.table(f"intake_{name}") for name in ("likenesses", "link_proposals", "tasks")}
        assert all(live.values())
        for view in ("likenesses", "belonging", "tasks"):
            operations.replay_view(left.embedded.intake, view, lambda _done: None)
        assert {name: left.table(f"intake_{name}") for name in live} == live


def rows(running: Running) -> list[dict[str, Any]]:
    with running.embedded.intake.application.store.read() as reader:
        found = reader.execute("SELECT * FROM intake_likenesses ORDER BY term, complaint_id")
    return [dict(row) for row in found]
