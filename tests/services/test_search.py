"""Finding complaints by what is known of them: however it is written, until its person is erased, never in clear."""

from datetime import timedelta
from typing import Any

import pytest

from services.intake.identifiers import Identifier, alike
from shared.access.principals import CallerType, Scope
from shared.eventstore.cipher import UndecipherableError
from shared.eventstore.purpose_keys import PurposeKey
from tests import people
from tests.builders import NOW
from tests.client import Client, answered, refused
from tests.conftest import Running
from tests.services.api_scene import SITUATIONS, Scene
from tests.services.replaying import Taken, stop, taken


def found(client: Client, **asked: Any) -> list[str]:
    return [row["id"] for row in answered(client.post("/v1/complaints/search", asked, key=None))["data"]]


def full_width(text: str) -> str:
    """As Chinese and Japanese keyboards write it."""
    return "".join(chr(ord(symbol) + 0xFEE0) for symbol in text)


@pytest.fixture
def scene(house: Running) -> Scene:
    """A complaint in which everything is said that can be searched for."""
    return known(Scene(house))


def known(scene: Scene) -> Scene:
    return scene.submit(
        complainant={"phone": people.PHONES[0], "email": people.EMAILS[0], "safe_contact": people.EMAILS[2]},
        transactions=[{"transaction_id": people.TEXTS[6]}],
        account_id="6222-0001",
        client_reference="App-42",
        disputed_amount={"amount": "500.00", "currency": "CNY"},
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("phone", people.PHONES[0]),
        ("phone", "13800138000"),
        ("phone", "0086 138-0013-8000"),
        ("phone", full_width("+8613800138000")),
        ("email", people.EMAILS[0].upper()),
        ("email", people.EMAILS[2]),
        ("transaction_id", people.TEXTS[6].lower()),
        ("transaction_id", people.TEXTS[6].replace("-", " - ")),
        ("account_id", full_width("6222") + "-0001"),
        ("client_reference", "APP-42"),
    ],
)
def test_a_complaint_is_found_however_it_is_written(scene: Scene, name: str, written: str) -> None:
    assert scene.complaint["id"] in found(scene.anna, **{name: written}, limit=100)


def test_a_wallet_user_is_found_and_nobody_else(scene: Scene) -> None:
    assert found(scene.anna, wallet_user_id=scene.user) == [scene.complaint["id"]]
    assert found(scene.anna, wallet_user_id=f"{scene.user}0") == []


def test_what_is_known_narrows_what_is_found(scene: Scene) -> None:
    assert found(scene.anna, wallet_user_id=scene.user, phone=people.PHONES[0]) == [scene.complaint["id"]]
    assert found(scene.anna, wallet_user_id=scene.user, phone=people.PHONES[1]) == []
    assert found(scene.anna, wallet_user_id=scene.user, category=["other"]) == []


def test_an_address_that_changed_is_found_as_well_as_the_one_before(scene: Scene) -> None:
    scene.then("own", "change-contact", {"contact": {"phone": people.PHONES[1]}})
    for phone in people.PHONES:
        assert found(scene.anna, phone=phone, wallet_user_id=scene.user) == [scene.complaint["id"]]


def test_a_reference_of_outside_finds_the_complaint(house: Running) -> None:
    scene = Scene(house).submit("anna", channel="regulator", complainant={"wallet_user_id": "u-1"})
    scene.then("anna", "open-referral", {"kind": "court", "body": "court", "reference": people.TEXTS[7]})
    assert found(scene.anna, reference=people.TEXTS[7].lower()) == [scene.complaint["id"]]
    assert scene.complaint["id"] in found(scene.anna, external_body="court", level=[3], limit=100)


@pytest.mark.parametrize("spoken", [str, str.lower, lambda number: number.replace("-", " ")])
def test_the_number_people_read_out_finds_the_complaint(scene: Scene, spoken: Any) -> None:
    assert found(scene.anna, number=spoken(scene.complaint["number"])) == [scene.complaint["id"]]


def test_nobody_is_found_by_a_number_that_is_none(house: Running) -> None:
    assert found(Scene(house).anna, number="not a number") == []


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ({"currency": "CNY"}, True),
        ({"currency": "USD"}, False),
        ({"currency": "CNY", "amount_from": "500"}, True),
        ({"currency": "CNY", "amount_from": "500.01"}, False),
        ({"currency": "CNY", "amount_to": "500.00"}, True),
        ({"currency": "CNY", "amount_from": "99", "amount_to": "1000"}, True),
        ({"currency": "CNY", "amount_to": "499.99"}, False),
    ],
)
def test_amounts_are_compared_as_numbers(scene: Scene, asked: dict[str, Any], is_found: bool) -> None:
    assert found(scene.anna, wallet_user_id=scene.user, **asked) == ([scene.complaint["id"]] if is_found else [])


def test_an_amount_that_is_wanted_counts_where_none_is_disputed(house: Running) -> None:
    wanted = {"kind": "refund", "amount": {"amount": "12.5", "currency": "CNY"}}
    scene = Scene(house).submit(desired_outcome=wanted)
    asked = {"wallet_user_id": scene.user, "currency": "CNY", "amount_from": "12.50", "amount_to": "12.50"}
    assert found(scene.anna, **asked) == [scene.complaint["id"]]


@pytest.mark.parametrize(
    ("situation", "asked", "other"),
    [
        ("resolved", {"decision": ["upheld"], "status": ["resolved"]}, {"decision": ["not_upheld"]}),
        ("resolved", {"reason": ["error-confirmed"]}, {"reason": ["goodwill"]}),
        ("rejected once", {"open": True, "level": [1]}, {"decision": ["upheld"]}),
        ("withdrawn", {"open": False, "ended_from": NOW.isoformat()}, {"ended_to": NOW.isoformat()}),
        ("declined", {"reason": ["forwarded", "not_our_customer"]}, {"open": True}),
    ],
)
def test_outcomes_are_searched_for(
    house: Running, situation: str, asked: dict[str, Any], other: dict[str, Any]
) -> None:
    scene = SITUATIONS[situation](Scene(house))
    assert found(scene.anna, wallet_user_id=scene.user, **asked) == [scene.complaint["id"]]
    assert found(scene.anna, wallet_user_id=scene.user, **other) == []


def test_what_was_received_last_comes_first_unless_what_is_due_is_asked_for(house: Running) -> None:
    scene = Scene(house).submit()
    early = scene.complaint["id"]
    late = scene.another()
    house.settle()
    assert found(scene.anna, wallet_user_id=scene.user) == [late, early]
    assert found(scene.anna, wallet_user_id=scene.user, sort="due") == [early, late]
    assert found(scene.anna, wallet_user_id=scene.user, received_to=(NOW - timedelta(days=1)).isoformat()) == []


def test_a_search_comes_in_pages_and_its_cursor_tells_nothing(scene: Scene) -> None:
    scene.another()
    asked = {"wallet_user_id": scene.user, "limit": 1}
    page = answered(scene.anna.post("/v1/complaints/search", asked, key=None))
    assert page["has_more"]
    second = answered(scene.anna.post("/v1/complaints/search", {**asked, "cursor": page["next_cursor"]}, key=None))
    assert (second["has_more"], second["data"][0]["id"]) == (False, scene.complaint["id"])
    somebody = {"wallet_user_id": "somebody", "cursor": page["next_cursor"]}
    refused(scene.anna.post("/v1/complaints/search", somebody, key=None), 400, "cursor-invalid")


def test_a_search_is_for_staff(scene: Scene) -> None:
    for who, status in (("app", 403), ("own", 403), ("ledger", 403), ("sun", 200), ("auditor", 200)):
        assert scene.people[who].post("/v1/complaints/search", {}, key=None).status_code == status, who
    reader = scene.api.with_scopes(CallerType.HANDLER, "anna", Scope.READ)
    refused(reader.post("/v1/complaints/search", {}, key=None), 403, "scope-missing")


def terms(left: Taken) -> list[tuple[Any, ...]]:
    return left.table("intake_search_terms")


def test_an_erased_person_is_found_no_more_and_leaves_no_hash(running: Running) -> None:
    scene = known(Scene(running))
    kept = Scene(running).submit(complainant={"phone": people.PHONES[0]})
    answered(scene.give("admin", "erase-personal-data", {"reason": "person-request"}))
    for name, written in (("phone", people.PHONES[0]), ("transaction_id", people.TEXTS[6]), ("reference", "x")):
        assert scene.complaint["id"] not in found(scene.anna, **{name: written})
    assert found(scene.anna, phone=people.PHONES[0]) == [kept.complaint["id"]]
    stop(running)
    with taken(running) as left:
        assert {row[2] for row in terms(left)} == {kept.complaint["id"]}


def test_what_a_search_compares_cannot_be_guessed_from_the_table(running: Running) -> None:
    known(Scene(running))
    stop(running)
    with taken(running) as left:
        known_terms = {row[1] for row in terms(left)}
        store, master = left.store("intake"), left.backend.master_key
        ours = PurposeKey.of(store, master, "search").digest("default", "phone", "+8613800138000")
        assert ours in known_terms
        for other in (PurposeKey(bytes(32)), PurposeKey(master.secret), PurposeKey.of(store, master, "other")):
            assert other.digest("default", "phone", "+8613800138000") not in known_terms


def test_a_purpose_has_one_key_and_what_it_seals_opens_at_its_place_only(running: Running) -> None:
    store, master = running.embedded.intake.application.store, running.backend.master_key
    key = PurposeKey.of(store, master, "a purpose")
    assert key == PurposeKey.of(store, master, "a purpose")
    sealed = key.seal(b"words", place=b"here")
    assert key.open(sealed, place=b"here") == b"words"
    with pytest.raises(UndecipherableError):
        _ = key.open(sealed, place=b"there")


@pytest.mark.parametrize(
    ("kind", "written", "as_its_equals"),
    [
        (Identifier.PHONE, "138 0013 8000", "+8613800138000"),
        (Identifier.PHONE, "+44 20 7946 0018", "+442079460018"),
        (Identifier.PHONE, "1", "1"),
        (Identifier.PHONE, "ext. 1", "1"),
        (Identifier.WALLET_USER, full_width("User") + "-1 ", "user-1"),
        (Identifier.EMAIL, "Straße@EXAMPLE.com", "strasse@example.com"),
    ],
)
def test_identifiers_are_written_alike(kind: Identifier, written: str, as_its_equals: str) -> None:
    assert alike(kind, written, region="CN") == as_its_equals
