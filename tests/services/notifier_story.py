"""Everything that anybody is told of, once: the story that shows each template with a real fact."""

from datetime import UTC, datetime
from typing import Any

from tests.client import answered
from tests.conftest import Running
from tests.people import EMAILS, NAMES, TEXTS
from tests.services.notifier_scenes import Complaint, wait_until_reached

INTERNAL = TEXTS[5]
"""What handlers tell each other, and nobody else."""

REFUND = {"kind": "refund", "due_on": "2025-10-10", "amount": {"amount": "500.00", "currency": "CNY"}}
REMEDIES = [{**REFUND, "unconditional": True}, {"kind": "apology", "due_on": "2025-10-09"}]
POINTS = [{"point": TEXTS[0], "answer": TEXTS[3]}]
RESOLUTION = {"decision": "upheld", "reason": "error-confirmed", "explanation": TEXTS[1], "reason_text": INTERNAL}


class Story:
    """One complaint after another, until everything has happened that anybody is told of."""

    def __init__(self, running: Running, language: str) -> None:
        self.running = running
        self.language = language
        self._api = running.api
        self.complaints: list[Complaint] = []
        self.late: Complaint = {}
        self.notices: list[dict[str, Any]] = []

    def play(self) -> None:
        acts = (self.decided_twice, self.stolen, self.ended_otherwise, self.joined_and_parted, self.missed, self.left)
        for act in acts:
            act()
        self._read()

    def first(self, template: str) -> dict[str, Any]:
        return next(notice for notice in self.notices if notice["template"] == template)

    def about(self, complaint: Complaint, template: str) -> dict[str, Any]:
        """The first notice about one complaint."""
        theirs = [notice for notice in self.notices if notice["complaint_id"] == complaint["id"]]
        return next(notice for notice in theirs if notice["template"] == template)

    def submit(self, **changes: Any) -> Complaint:
        person = {"name": NAMES[0], "email": EMAILS[0]}
        body = {"complainant": person, "language": self.language, "description": TEXTS[0], **changes}
        self.complaints.append(self._api.as_app("u-1").submit(body))
        return self.complaints[-1]

    def decided_twice(self) -> None:
        app, handler, supervisor = self._api.as_app("u-1"), self._api.as_handler(), self._api.as_supervisor()
        complaint = self.submit()
        handler.command(complaint, "assign", {"handler_id": "anna"})
        handler.command(complaint, "answer", {"text": TEXTS[2], "medium": "email"})
        handler.command(complaint, "request-information", {"items": ["bank-record", "screenshot"], "text": TEXTS[4]})
        app.command(complaint, "provide-information", {"text": TEXTS[2]})
        app.command(complaint, "follow-up", {"text": TEXTS[2]})
        file_id = answered(app.upload("截图.txt", b"text", "other"), 201)["evidence_id"]
        app.command(complaint, "add-evidence", {"evidence_ids": [file_id]})
        final = next(each for each in complaint["promises"] if each["clock"] == "final")
        extension = {"clock_id": final["clock_id"], "amount": 2, "reason": "beyond-control", "reason_text": TEXTS[4]}
        supervisor.decide(complaint, "extend", extension)
        handler.decide(complaint, "resolve", {**RESOLUTION, "remedies": REMEDIES, "points": POINTS})
        app.command(complaint, "reject-resolution", {"reason": "not-enough"})
        supervisor.decide(complaint, "resolve", {**RESOLUTION, "remedies": REMEDIES, "decision": "not_upheld"})
        app.command(complaint, "accept-resolution")
        self._what_comes_after_the_end(complaint)

    def _what_comes_after_the_end(self, complaint: Complaint) -> None:
        app, ledger = self._api.as_app("u-1"), self._api.as_staff("service", "payments-ledger")
        remedy_id = app.read(complaint)["remedies"][0]["remedy_id"]
        ledger.command(complaint, "fail-remedy", {"remedy_id": remedy_id, "reason": "limit", "reason_text": INTERNAL})
        ledger.command(complaint, "fulfil-remedy", {"remedy_id": remedy_id})
        self._another_promise(complaint)
        app.command(complaint, "change-contact", {"contact": {"name": NAMES[0]}})
        opened = {"kind": "mediation", "body": "mediation", "reply_due_on": "2025-11-28"}
        referral_id = app.command(complaint, "open-referral", opened)["referrals"][0]["referral_id"]
        decision = {"referral_id": referral_id, "outcome": "for-complainant", "binding": True, "remedies": REMEDIES}
        ledger.command(complaint, "decide-referral", decision)
        ledger.command(complaint, "close-referral", {"referral_id": referral_id, "reason": "decided"})

    def _another_promise(self, complaint: Complaint) -> None:
        handler = self._api.as_handler()
        remedy_id = handler.read(complaint)["remedies"][1]["remedy_id"]
        handler.command(complaint, "fail-remedy", {"remedy_id": remedy_id, "reason": "technical"})
        instead = {"remedy_id": remedy_id, "reason": "another-way", "remedies": [REFUND], "reason_text": INTERNAL}
        handler.command(complaint, "replace-remedy", instead)

    def stolen(self) -> None:
        handler = self._api.as_handler()
        confirmed, refused_ = (self.submit(category="account.takeover") for _ in range(2))
        handler.command(confirmed, "confirm-freeze", {"reference": TEXTS[8]})
        handler.command(refused_, "refuse-freeze", {"reason": "not-owner", "reason_text": INTERNAL})
        for _ in range(3):
            handler.command(confirmed, "escalate", {"reason": "handler-request", "reason_text": INTERNAL})

    def ended_otherwise(self) -> None:
        app, supervisor = self._api.as_app("u-1"), self._api.as_supervisor()
        app.command(self.submit(), "withdraw", {"reason": "solved"})
        supervisor.decide(self.submit(), "decline", {"reason": "out_of_time", "reason_text": TEXTS[4]})
        supervisor.decide(self.submit(), "decline", {"reason": "forwarded"})

    def joined_and_parted(self) -> None:
        handler = self._api.as_handler()
        first, second = self.submit(), self.submit()
        handler.command(second, "link", {"complaint_id": first["id"], "link": "duplicate"})
        handler.command(second, "unlink", {"complaint_id": first["id"], "reason": "mistake"})

    def missed(self) -> None:
        complaint = self.late = self.submit()
        self.running.settle()
        self.running.clock.set(datetime(2025, 9, 28, 15, 0, tzinfo=UTC))
        wait_until_reached(self.running, complaint, "front_line", "staff-clock-warned")
        self.running.clock.set(datetime(2025, 9, 28, 18, 5, tzinfo=UTC))
        wait_until_reached(self.running, complaint, "front_line", "staff-clock-missed")

    def left(self) -> None:
        """A decision that is rejected twice, and one that nobody answers."""
        app, supervisor = self._api.as_app("u-1"), self._api.as_supervisor()
        rejected, unanswered = self.submit(), self.submit()
        for handler in (self._api.as_handler("anna"), self._api.as_handler("bo")):
            handler.decide(rejected, "resolve", RESOLUTION)
            app.command(rejected, "reject-resolution", {"reason": "not-enough"})
        supervisor.decide(unanswered, "resolve", RESOLUTION)
        supervisor.command(unanswered, "answer", {"text": TEXTS[2], "kind": "final", "medium": "phone"})
        self.running.settle()
        self.running.clock.set(datetime(2025, 10, 7, 12, 0, tzinfo=UTC))
        wait_until_reached(self.running, unanswered, "complainant", "window-ends")

    def _read(self) -> None:
        self.running.settle()
        for complaint in self.complaints:
            query = {"complaint_id": complaint["id"], "limit": 100}
            self.notices += answered(self._api.as_handler().get("/v1/outbox", params=query))["data"][::-1]
