"""One complaint in the situation that a test needs, and everybody who may ask about it; all over HTTP."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.intake.api.examples import BODIES
from services.intake.domain.signals import Rise, raise_signal
from shared.eventstore.command import Command, Decision
from tests.client import Client, answered
from tests.conftest import Running
from tests.waiting import wait_until

Body = dict[str, Any]

SOUND = b"ID3\x03\x00" + bytes(64)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(range(256))

MATTER: Body = {"category": "topup.not_credited", "description": "充值 500 元未到账"}


class Scene:
    """`people` are the callers by name; the app and the end user's own token act for one wallet user."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.api = Client(running.url, running.sign)
        self.user = f"user-{uuid4().hex[:10]}"
        self.complaint: Body = {}
        self.people: dict[str, Client] = {
            "app": self.api.as_app(self.user),
            "own": self.api.as_user(self.user),
            "anna": self.api.as_handler("anna"),
            "bo": self.api.as_handler("bo"),
            "sun": self.api.as_supervisor("sun"),
            "admin": self.api.as_staff("administrator", "ada"),
            "auditor": self.api.as_staff("auditor", "otto"),
            "ledger": self.api.as_staff("service", "payments-ledger"),
        }

    @property
    def app(self) -> Client:
        return self.people["app"]

    @property
    def anna(self) -> Client:
        return self.people["anna"]

    @property
    def sun(self) -> Client:
        return self.people["sun"]

    @property
    def path(self) -> str:
        return f"/v1/complaints/{self.complaint['id']}"

    def submit(self, who: str = "app", **changes: Any) -> "Scene":
        """Submit, and wait until the dates are promised and acknowledged."""
        self.complaint = self.people[who].submit(MATTER, **changes)
        wait_until(lambda: self.seen()["letters"], what="the acknowledgement")
        return self

    def seen(self, who: str = "auditor", **arguments: Any) -> Body:
        return self.people[who].read(self.complaint, **arguments)

    def give(self, who: str, command: str, body: Body | None = None) -> httpx.Response:
        """Give a command with this body or its example, on the newest version."""
        return self.people[who].attempt(self.complaint, command, self.example(command, who) if body is None else body)

    def then(self, who: str, command: str, body: Body | None = None) -> "Scene":
        answered(self.give(who, command, body))
        return self

    def upload(self, who: str = "app", kind: str = "screenshot") -> str:
        content = SOUND if kind == "call_recording" else PNG
        evidence_id: str = answered(self.people[who].upload("截图.png", content, kind), 201)["evidence_id"]
        return evidence_id

    def another(self, who: str = "app") -> str:
        """A second complaint of the same user."""
        complaint_id: str = answered(self.people[who].post("/v1/complaints", MATTER), 201)["id"]
        return complaint_id

    def example(self, command: str, who: str = "anna", seen: Body | None = None) -> Body:
        """The example of the API's document, with the ids of this complaint where it has them."""
        body = {**BODIES[command.replace("-", "_")]}
        body |= ID_OF[command](self, seen or self.seen(), who) if command in ID_OF else {}
        return body

    def holds(self) -> list[str]:
        """The legal holds that are not lifted yet, the newest last."""
        holds: dict[str, str] = {}
        for entry in self.people["auditor"].history(self.complaint):
            if "legal-hold" in entry["type"]:
                holds[entry["fields"]["hold_id"]] = entry["type"]
        return [hold for hold, newest in holds.items() if newest.endswith("legal-hold-placed.v1")]


UPLOADERS = ("app", "own", "anna", "bo", "sun", "ledger")
Ids = Callable[[Scene, Body, str], Body]


def _last(listed: str, name: str, *, still: str = "", state: str | None = None) -> Ids:
    """The id of the last one listed; of those that are `still` in a state, where there is one."""

    def ids(_scene: Scene, seen: Body, _who: str) -> Body:
        wanted = [each for each in seen[listed] if still and each[still] == state] or seen[listed]
        return {name: wanted[-1][name]} if wanted else {}

    return ids


def _final_clock(_scene: Scene, seen: Body, _who: str) -> Body:
    final = [promise["clock_id"] for promise in seen["promises"] if promise["clock"] == "final"]
    return {"clock_id": final[-1]} if final else {}


def _proposed(seen: Body) -> Body:
    proposals = seen["handling"]["link_proposals"]
    return {"complaint_id": proposals[-1]["complaint_id"]} if proposals else {}


ID_OF: Mapping[str, Ids] = {
    "add-evidence": lambda scene, _seen, who: {"evidence_ids": [scene.upload(who)]} if who in UPLOADERS else {},
    "record-delivery": _last("letters", "letter_id"),
    "extend": _final_clock,
    "verify-identity": lambda _scene, seen, _who: {"party_id": seen["parties"][0]["party_id"]},
    "fulfil-remedy": _last("remedies", "remedy_id", still="state", state="promised"),
    "fail-remedy": _last("remedies", "remedy_id", still="state", state="promised"),
    "replace-remedy": _last("remedies", "remedy_id", still="state", state="failed"),
    "decide-referral": _last("referrals", "referral_id", still="closed_at"),
    "close-referral": _last("referrals", "referral_id", still="closed_at"),
    "link": lambda scene, _seen, _who: {"complaint_id": scene.another()},
    "unlink": _last("links", "complaint_id"),
    "dismiss-link-proposal": lambda scene, seen, _who: _proposed(seen) or {"complaint_id": scene.another()},
    "lift-legal-hold": lambda scene, _seen, _who: {"hold_id": scene.holds()[-1]} if scene.holds() else {},
}


def urgent(scene: Scene) -> Scene:
    return scene.submit(category="account.takeover")


def urgent_by_phone(scene: Scene) -> Scene:
    """Nobody has proven who called."""
    complainant = {"wallet_user_id": scene.user}
    return scene.submit("anna", category="account.takeover", channel="phone", complainant=complainant)


def resolved(scene: Scene) -> Scene:
    return scene.submit().then("anna", "resolve")


def rejected_once(scene: Scene) -> Scene:
    return resolved(scene).then("app", "reject-resolution")


def rejected_twice(scene: Scene) -> Scene:
    return rejected_once(scene).then("bo", "resolve").then("app", "reject-resolution")


def duplicate(scene: Scene) -> Scene:
    """Closed in favour of an earlier one."""
    earlier = scene.submit().complaint
    return scene.submit().then("anna", "link", {"complaint_id": earlier["id"], "link": "duplicate"})


SITUATIONS: Mapping[str, Callable[[Scene], Scene]] = {
    "acknowledged": Scene.submit,
    "urgent": urgent,
    "urgent by phone": urgent_by_phone,
    "in progress": lambda scene: scene.submit().then("anna", "assign"),
    "waiting for the complainant": lambda scene: scene.submit().then("anna", "request-information"),
    "waiting for a third party": lambda scene: scene.submit().then("anna", "await-third-party"),
    "referred": lambda scene: scene.submit().then("anna", "open-referral"),
    "held": lambda scene: scene.submit().then("sun", "place-legal-hold"),
    "linked": lambda scene: scene.submit().then("anna", "link", {"complaint_id": scene.another(), "link": "related"}),
    "like another": lambda scene: scene.submit().submit(),
    "resolved": resolved,
    "rejected once": rejected_once,
    "rejected twice": rejected_twice,
    "closed": lambda scene: resolved(scene).then("app", "accept-resolution"),
    "remedy failed": lambda scene: resolved(scene).then("app", "accept-resolution").then("ledger", "fail-remedy"),
    "withdrawn": lambda scene: scene.submit().then("app", "withdraw"),
    "declined": lambda scene: scene.submit().then("sun", "decline"),
    "duplicate": duplicate,
}


def signal(scene: Scene) -> str:
    """The signal of a rise, caused once: the tests of a file share their complaints."""
    intake, now = scene.running.embedded.intake.application, scene.running.clock()
    rise = Rise(
        tenant="default",
        category="other",
        from_at=now,
        to_at=now,
        counted=1,
        threshold=1,
        baseline=(),
        complaint_ids=(UUID(scene.complaint["id"]),),
    )
    raised = raise_signal(rise, cause=uuid4(), correlation_id=uuid4())
    intake.execute(Command(decide=lambda: Decision.of_event(raised))).result()
    return str(raised.originator_id)
