"""What a rule refuses now is told with the code of the rule, and changes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from services.escalation.policy_files import SHIPPED_POLICIES
from shared.contracts.tenant import DEFAULT_FILE
from tests import people
from tests.client import answered, refused
from tests.conftest import Running, StartInstallation
from tests.services.api_scene import MATTER, SITUATIONS, Body, Scene, resolved
from tests.services.api_trouble import nobody_writes
from tests.waiting import wait_until

NOT_THERE = str(uuid4())


@dataclass(frozen=True)
class Refusal:
    """A command that somebody gives in a situation, with the example's body and what `body` changes of it."""

    code: str
    situation: str
    who: str
    command: str
    body: Body | None = None
    status: int = 409


RESOLUTION: Body = {"decision": "upheld", "reason": "error-confirmed", "explanation": people.TEXTS[3]}

TOO_LITTLE = {"amount": "499.99", "currency": "CNY"}

REFUSALS = (
    Refusal("complaint-closed", "withdrawn", "anna", "assign"),
    Refusal("complaint-resolved", "resolved", "anna", "request-information"),
    Refusal("complaint-resolved", "resolved", "app", "escalate"),
    Refusal("complaint-not-resolved", "acknowledged", "app", "accept-resolution"),
    Refusal("complaint-not-ended", "acknowledged", "app", "reopen"),
    Refusal("too-late-to-decline", "in progress", "sun", "decline"),
    Refusal("root-cause-only", "closed", "anna", "classify"),
    Refusal("no-open-information-request", "acknowledged", "app", "provide-information"),
    Refusal("no-open-third-party-wait", "acknowledged", "ledger", "record-third-party-answer"),
    Refusal("freeze-not-requested", "acknowledged", "ledger", "confirm-freeze"),
    Refusal("freeze-not-requested", "acknowledged", "ledger", "refuse-freeze"),
    Refusal("identity-not-verified", "urgent by phone", "anna", "resolve"),
    Refusal("another-handler-required", "rejected once", "anna", "resolve"),
    Refusal("supervisor-required", "rejected again", "bo", "resolve", RESOLUTION),
    Refusal("resolution-already-rejected", "rejected twice", "app", "reject-resolution"),
    Refusal("resolution-already-rejected", "rejected twice", "app", "accept-resolution"),
    Refusal("not-rejected-twice", "resolved", "sun", "close"),
    Refusal("not-rejected-twice", "resolved", "app", "reopen"),
    Refusal("already-rated", "rated", "app", "rate"),
    Refusal("not-rateable", "withdrawn", "app", "rate"),
    Refusal("remedy-unknown", "acknowledged", "ledger", "fulfil-remedy", {"remedy_id": NOT_THERE}),
    Refusal("remedy-unknown", "resolved", "ledger", "fulfil-remedy", {"remedy_id": NOT_THERE}),
    Refusal("remedy-already-fulfilled", "fulfilled", "ledger", "fail-remedy"),
    Refusal("remedy-not-failed", "closed", "anna", "replace-remedy"),
    Refusal("remedy-replaced", "replaced", "ledger", "fulfil-remedy", {"remedy_id": "{replaced}"}),
    Refusal("remedy-replaced", "replaced", "ledger", "fail-remedy", {"remedy_id": "{replaced}"}),
    Refusal(
        "remedy-amount-differs",
        "closed",
        "ledger",
        "fulfil-remedy",
        {"amount": {"amount": "499.99", "currency": "CNY"}},
    ),
    Refusal(
        "remedy-amount-differs",
        "closed",
        "ledger",
        "fulfil-remedy",
        {"amount": {"amount": "500.00", "currency": "USD"}},
    ),
    Refusal("remedy-already-fulfilled", "fulfilled", "ledger", "fulfil-remedy", {"reference": "LEDGER-2"}),
    Refusal("referral-unknown", "acknowledged", "anna", "close-referral"),
    Refusal("referral-unknown", "referred", "anna", "close-referral", {"referral_id": NOT_THERE, "reason": "decided"}),
    Refusal("party-unknown", "acknowledged", "anna", "verify-identity", {"party_id": NOT_THERE}),
    Refusal("party-unknown", "acknowledged", "admin", "erase-personal-data", {"party_ids": [NOT_THERE]}),
    Refusal("party-unknown", "acknowledged", "anna", "follow-up", {"on_behalf_of": NOT_THERE}),
    Refusal("legal-hold", "held", "admin", "erase-personal-data"),
    Refusal("legal-hold-unknown", "acknowledged", "sun", "lift-legal-hold", {"hold_id": NOT_THERE, "reason": "ended"}),
    Refusal("legal-hold-unknown", "held", "sun", "lift-legal-hold", {"hold_id": NOT_THERE, "reason": "ended"}),
    Refusal("link-unknown", "acknowledged", "anna", "unlink", {"complaint_id": "{another}", "reason": "mistake"}),
    Refusal("link-unknown", "linked", "anna", "unlink", {"complaint_id": "{another}", "reason": "mistake"}),
    Refusal("duplicate-refused", "resolved", "anna", "link"),
    Refusal("letter-unknown", "acknowledged", "anna", "record-delivery", {"letter_id": NOT_THERE}),
    Refusal("extension-too-long", "acknowledged", "sun", "extend", {"amount": 4}),
    Refusal("extension-used-up", "extended", "sun", "extend"),
    Refusal("evidence-required", "acknowledged", "anna", "withdraw", {"on_behalf_of": "{party}"}),
    Refusal("root-cause-unknown", "acknowledged", "anna", "classify", {"root_cause": "the-moon"}, 422),
    Refusal("reason-unknown", "acknowledged", "anna", "classify", {"reason": "the-moon"}, 422),
    Refusal("category-unknown", "acknowledged", "anna", "classify", {"category": "the-moon"}, 422),
    Refusal("clock-unknown", "acknowledged", "sun", "extend", {"clock_id": NOT_THERE}, 422),
    Refusal("actor-not-permitted", "resolved", "anna", "accept-resolution", status=403),
    Refusal("actor-not-permitted", "resolved", "sun", "close", {"reason": "no_answer"}, 403),
)


FURTHER: Mapping[str, Callable[[Scene], Scene]] = {
    "rejected again": lambda scene: SITUATIONS["rejected twice"](scene).then("sun", "reopen", {"reason": "review"}),
    "rated": lambda scene: resolved(scene).then("app", "rate"),
    "fulfilled": lambda scene: SITUATIONS["closed"](scene).then("ledger", "fulfil-remedy"),
    "replaced": lambda scene: SITUATIONS["remedy failed"](scene).then("anna", "replace-remedy"),
    "extended": lambda scene: scene.submit().then("sun", "extend"),
}


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house)


def recorded(scene: Scene) -> list[str]:
    """What people did; letters that were delivered meanwhile are no answer to a command."""
    return [event for event in scene.people["auditor"].events(scene.complaint) if event != "delivery-recorded"]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: f"{each.code}-{each.command}")
def test_what_a_rule_refuses_is_told_with_its_code(scene: Scene, refusal: Refusal) -> None:
    {**SITUATIONS, **FURTHER}[refusal.situation](scene)
    there = {"{party}": scene.seen()["parties"][0]["party_id"], "{another}": scene.another()}
    there["{replaced}"] = next((each["replaces"] for each in scene.seen()["remedies"] if each["replaces"]), "")
    changes = {name: there.get(str(value), value) for name, value in (refusal.body or {}).items()}
    body = {**scene.example(refusal.command, refusal.who), **changes}
    before = recorded(scene)
    refused(scene.give(refusal.who, refusal.command, body), refusal.status, refusal.code)
    assert recorded(scene) == before


def test_a_complaint_is_not_linked_with_itself(scene: Scene) -> None:
    itself = {"complaint_id": scene.submit().complaint["id"], "link": "related"}
    refused(scene.give("anna", "link", itself), 409, "link-refused")


def test_two_complaints_are_linked_once(scene: Scene) -> None:
    other = scene.submit().another()
    scene.then("anna", "link", {"complaint_id": other, "link": "related"})
    refused(scene.give("anna", "link", {"complaint_id": other, "link": "follows"}), 409, "link-refused")
    assert len(scene.seen()["links"]) == 1


def test_complaints_of_two_people_are_no_duplicates(scene: Scene, house: Running) -> None:
    theirs = Scene(house).submit().complaint
    scene.submit()
    body = {"complaint_id": theirs["id"], "link": "duplicate"}
    refused(scene.give("anna", "link", body), 409, "duplicate-refused")
    refused(scene.give("anna", "link", {**body, "link": "follows"}), 409, "link-refused")


def test_a_representative_who_proved_nothing_cannot_end_the_complaint(scene: Scene) -> None:
    representative = scene.api.as_app(f"representative-of-{scene.user}")
    scene.people["representative"] = representative
    names = {"complainant": {"name": people.NAMES[0]}, "representative": {"name": people.NAMES[1]}}
    scene.submit("representative", **names)
    withdrawal = representative.post(f"{scene.path}/withdraw", {"reason": "solved"})
    refused(withdrawal, 409, "representative-not-proven")
    proof = {"party_id": scene.seen()["parties"][1]["party_id"], "method": "video-call", "result": "passed"}
    scene.then("anna", "verify-identity", proof).then("representative", "withdraw", {"reason": "solved"})


def test_a_clock_without_an_extension_cannot_be_extended(scene: Scene) -> None:
    scene.submit()
    clocks = {promise["clock"]: promise["clock_id"] for promise in scene.seen()["promises"]}
    body = {"clock_id": clocks["first_answer"], "amount": 1, "reason": "beyond-control"}
    refused(scene.give("sun", "extend", body), 409, "extension-not-offered")


def test_a_handler_does_not_extend_what_a_supervisor_must(scene: Scene) -> None:
    scene.submit()
    refused(scene.give("anna", "extend"), 403, "actor-not-permitted")


def test_after_the_window_a_complaint_is_not_reopened(running: Running) -> None:
    scene = SITUATIONS["withdrawn"](Scene(running))
    running.clock.advance(days=31)
    refused(scene.give("app", "reopen"), 409, "reopening-window-over")
    scene.then("sun", "reopen", {"reason": "review"})


@pytest.fixture
def strict(start: StartInstallation, tmp_path: Path) -> Scene:
    """A house whose final letter must be written, and not said."""
    for directory in ("tenants", "policies"):
        (tmp_path / directory).mkdir()
    tenant = DEFAULT_FILE.read_text(encoding="utf-8").replace('"seed-default"', '"strict"')
    policy = (SHIPPED_POLICIES / "seed-default.toml").read_text(encoding="utf-8")
    policy = policy.replace('name = "seed-default"', 'name = "strict"').replace('"phone", ', "")
    (tmp_path / "tenants" / "default.toml").write_text(tenant, encoding="utf-8")
    (tmp_path / "policies" / "strict.toml").write_text(policy, encoding="utf-8")
    return Scene(start(tenants_dir=tmp_path / "tenants", policies_dir=tmp_path / "policies")).submit()


def test_a_final_letter_goes_by_a_medium_that_the_policy_allows(strict: Scene) -> None:
    body = {"text": people.TEXTS[3], "kind": "final", "medium": "phone"}
    refused(strict.give("anna", "answer", body), 409, "medium-refused")
    strict.then("anna", "answer", {**body, "kind": "interim"}).then("anna", "answer", {**body, "medium": "email"})


def test_what_depends_on_the_dates_waits_until_they_are_promised(running: Running) -> None:
    scene = Scene(running)
    with nobody_writes(running, "escalation"):
        scene.complaint = answered(scene.app.post("/v1/complaints", MATTER), 201)
        assert scene.complaint["promises_state"] == "computing"
        final = {"text": people.TEXTS[3], "kind": "final", "medium": "email"}
        extension = {"clock_id": NOT_THERE, "amount": 1, "reason": "beyond-control"}
        for command, body in (("answer", final), ("extend", extension), ("acknowledge", {})):
            refused(scene.give("sun", command, body), 409, "promises-computing")
        scene.then("anna", "answer", {**final, "kind": "interim"})
    wait_until(lambda: scene.seen()["promises_state"] == "ready", what="the dates to be promised")
    scene.then("sun", "answer", final)
