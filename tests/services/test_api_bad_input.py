"""Bad input: whatever is sent, the answer is a problem that says what was wrong, and nothing is stored."""

import json
from typing import Any

import httpx
import pytest

from tests import people
from tests.client import answered, refused
from tests.conftest import Running
from tests.services.api_scene import MATTER, Body, Scene

LONE_SURROGATE = b"\\ud800"
DEEP = b"[" * 100_000


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house)


def submit_raw(scene: Scene, content: Any, media_type: str = "application/json") -> httpx.Response:
    headers = {"Content-Type": media_type}
    return scene.app.request("POST", "/v1/complaints", content=content, headers=headers)


def submit(scene: Scene, **changes: Any) -> httpx.Response:
    return scene.app.post("/v1/complaints", {**MATTER, **changes})


def money(amount: object, currency: object = "CNY") -> Body:
    return {"disputed_amount": {"amount": amount, "currency": currency}}


def with_text(raw: bytes) -> bytes:
    return b'{"category": "other", "description": "' + raw + b'"}'


@pytest.mark.parametrize("content", [b"{", b"", b"'x'", with_text(b"x") + b",", b"\xff\xfe{"])
def test_malformed_json_is_told_from_a_wrong_value(scene: Scene, content: bytes) -> None:
    problem = submit_raw(scene, content)
    assert (problem.status_code, problem.json()["code"]) in {
        (400, "malformed-json"),
        (400, "malformed-request"),
        (422, "invalid-request"),
    }
    assert answered(scene.app.get("/v1/complaints"))["data"] == []


@pytest.mark.parametrize("content", [DEEP, b"9" * 5000, with_text(b"\xff")], ids=["deep", "digits", "bytes"])
def test_json_that_no_parser_takes_cannot_be_read(scene: Scene, content: bytes) -> None:
    assert submit_raw(scene, content).status_code in {400, 422}


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
def test_a_body_of_another_type_is_not_taken_for_json(scene: Scene, media_type: str) -> None:
    refused(submit_raw(scene, json.dumps(MATTER), media_type), 422, "invalid-request")


@pytest.mark.parametrize(
    "wrong",
    [
        {"category": 5},
        {"category": "No Code"},
        {"category": None},
        {"description": ""},
        {"description": 5},
        {"description": "x" * 20_001},
        {"description": "a\0b"},
        {"complainant": []},
        {"complainant": {"phone": "call me"}},
        {"complainant": {"email": "no address"}},
        {"complainant": {"name": "a\0b"}},
        {"complainant": {"name": " "}},
        {"complainant": {"nickname": "x"}},
        {"language": "not a tag"},
        {"preferred_medium": "pigeon"},
        {"channel": "pigeon"},
        {"desired_outcome": {"kind": "revenge"}},
        {"transactions": [{}]},
        {"transactions": [{"transaction_id": "x"}] * 51},
        {"metadata": {f"key {number}": "x" for number in range(21)}},
        {"metadata": {"x": 5}},
        {"evidence_ids": ["x"]},
        {"follows": "x"},
        {"received_at": "yesterday"},
        {"received_at": "2025-09-26T02:00:00"},
        {"received_at": "0001-01-01T00:00:00+14:00"},
        {"received_at": "9999-12-31T23:59:59-14:00"},
        {"regulator": {"body": "pbc", "reply_due_on": "9999-12-31"}},
        {"regulator": {"body": "pbc", "reply_due_on": "0001-01-01"}},
        {"tenant": "default"},
    ],
    ids=str,
)
def test_each_wrong_field_is_named(scene: Scene, wrong: Body) -> None:
    problem = refused(submit(scene, **wrong), 422, "invalid-request")
    assert problem["errors"][0]["field"].startswith(next(iter(wrong)))


@pytest.mark.parametrize("missing", ["category", "description"])
def test_what_is_required_is_named(scene: Scene, missing: str) -> None:
    body = {name: value for name, value in MATTER.items() if name != missing}
    problem = refused(scene.app.post("/v1/complaints", body), 422, "invalid-request")
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(missing, "missing")]


@pytest.mark.parametrize(
    "raw",
    [
        with_text(LONE_SURROGATE),
        b'{"category": "other", "description": "x", "' + LONE_SURROGATE + b'": 1}',
        b'{"category": "other", "description": "x", "metadata": {"' + LONE_SURROGATE + b'": "x"}}',
    ],
    ids=["value", "field", "key"],
)
def test_half_a_character_is_refused_wherever_it_stands(scene: Scene, raw: bytes) -> None:
    refused(submit_raw(scene, raw), 422, "invalid-request")


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"0.1", b"5", b"true", b"null", b"[]"])
def test_an_amount_is_a_string_and_never_a_number(scene: Scene, number: bytes) -> None:
    """A number would lose digits before anybody could count them."""
    amount = b'{"amount": ' + number + b', "currency": "CNY"}'
    raw = b'{"category": "other", "description": "x", "disputed_amount": ' + amount + b"}"
    refused(submit_raw(scene, raw), 422, "invalid-request")


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "-1", "+1", "1E+3", "1e3", "1,5", " 1", "\u0661", "", ".5", "5.", "1_0"]
)
def test_an_amount_is_written_with_digits_and_a_point(scene: Scene, amount: str) -> None:
    refused(submit(scene, **money(amount)), 422, "invalid-request")


@pytest.mark.parametrize("amount", ["9" * 39, "0." + "1" * 39, "9" * 100_000])
def test_an_amount_has_an_end(scene: Scene, amount: str) -> None:
    refused(submit(scene, **money(amount, "ETH")), 422, "invalid-request")


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.001", "CNY"), ("1.5", "JPY"), ("0." + "1" * 19, "ETH"), ("9" * 30 + ".001", "CNY")],
)
def test_more_digits_than_the_currency_has_are_refused(scene: Scene, amount: str, currency: str) -> None:
    refused(submit(scene, **money(amount, currency)), 422, "too-many-digits")


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.10", "CNY"), ("12.500", "CNY"), ("5", "JPY"), ("0." + "1" * 18, "ETH"), ("9" * 20 + "." + "9" * 18, "ETH")],
)
def test_no_digit_is_lost(scene: Scene, amount: str, currency: str) -> None:
    complaint = answered(submit(scene, **money(amount, currency)), 201)
    assert scene.app.read(complaint)["disputed_amount"] == {"amount": amount, "currency": currency}


def test_a_currency_is_one_of_the_tenants(scene: Scene) -> None:
    refused(submit(scene, **money("1", "XAU")), 422, "currency-unknown")


@pytest.mark.parametrize("body", [{"amount": "1"}, {"currency": "CNY"}, {"amount": "1", "currency": "yuan"}])
def test_money_is_an_amount_with_a_currency(scene: Scene, body: Body) -> None:
    refused(submit(scene, disputed_amount=body), 422, "invalid-request")


def test_money_is_read_alike_wherever_it_stands(scene: Scene) -> None:
    tiny = {"amount": "0.001", "currency": "CNY"}
    refused(submit(scene, desired_outcome={"kind": "refund", "amount": tiny}), 422, "too-many-digits")
    refused(submit(scene, transactions=[{"transaction_id": "x", "amount": tiny}]), 422, "too-many-digits")
    scene.submit()
    body = scene.example("resolve") | {"remedies": [{"kind": "refund", "due_on": "2025-12-01", "amount": tiny}]}
    refused(scene.give("anna", "resolve", body), 422, "too-many-digits")


@pytest.mark.parametrize("streamed", [False, True])
def test_a_body_of_five_megabytes_is_too_large(scene: Scene, streamed: bool) -> None:
    whole = json.dumps({**MATTER, "description": "x" * 5_000_000}).encode()
    pieces = (whole[start : start + 65_536] for start in range(0, len(whole), 65_536))
    refused(submit_raw(scene, pieces if streamed else whole), 413, "body-too-large")


def test_the_longest_words_are_taken(scene: Scene) -> None:
    words = people.TEXTS[0] + "长" * (20_000 - len(people.TEXTS[0]))
    assert answered(submit(scene, description=words), 201)["description"] == words


def test_words_are_kept_as_they_were_said(scene: Scene) -> None:
    words = " \U0001f621 \u202e <script>alert(1)</script> '; DROP TABLE intake_events; -- {{ 7 * 7 }} \r\n\t "
    assert answered(submit(scene, description=words), 201)["description"] == words


@pytest.mark.parametrize("command", ["follow-up", "withdraw", "open-referral"])
def test_words_were_not_spoken_in_the_future(scene: Scene, command: str) -> None:
    scene.submit("anna")
    party = scene.complaint["parties"][0]["party_id"]
    body = scene.example(command) | {"on_behalf_of": party, "occurred_at": "2099-01-01T00:00:00Z"}
    refused(scene.anna.post(f"{scene.path}/{command}", body), 422, "occurred-in-future")


@pytest.mark.parametrize("spoken", [{"occurred_at": "2025-01-01T00:00:00Z"}, {"on_behalf_of": "{party}"}])
def test_a_session_speaks_for_itself_and_now(scene: Scene, spoken: dict[str, str]) -> None:
    scene.submit()
    party = scene.complaint["parties"][0]["party_id"]
    said = {name: value.format(party=party) for name, value in spoken.items()}
    refused(scene.app.post(f"{scene.path}/follow-up", {"text": "x", **said}), 403, "actor-not-permitted")


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("change-contact", {}),
        ("request-information", {}),
        ("add-evidence", {"evidence_ids": []}),
        ("rate", {"score": 6}),
        ("rate", {"score": 0}),
        ("record-delivery", {"letter_id": "x", "medium": "email", "outcome": "sent"}),
        ("extend", {"clock_id": "00000000-0000-0000-0000-000000000000", "amount": 0, "reason": "beyond-control"}),
        ("close", {"reason": "because"}),
    ],
)
def test_a_command_that_says_nothing_sensible_is_refused(scene: Scene, command: str, body: Body) -> None:
    scene.submit()
    caller = scene.app if command in {"change-contact", "add-evidence", "rate"} else scene.sun
    refused(caller.post(f"{scene.path}/{command}", body, headers={"If-Match": "*"}), 422, "invalid-request")


def test_an_id_that_is_none_is_named(scene: Scene) -> None:
    problem = refused(scene.app.get("/v1/complaints/7K3M-92QFV-8X"), 422, "invalid-request")
    assert problem["errors"][0]["field"] == "complaint_id"


def test_dates_at_the_edge_of_what_is_taken_stop_no_clock(scene: Scene) -> None:
    regulator = {"body": "pbc", "reply_due_on": "2199-12-31"}
    early = {"received_at": "1970-01-01T00:00:00Z", "entry_reason": "by-post"}
    scene.submit("anna", regulator=regulator, **early)
    assert "2199-12-31" in {promise["due_on"] for promise in scene.seen()["promises"]}
