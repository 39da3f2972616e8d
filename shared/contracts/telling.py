"""What a complainant is told, in words: the one source for the app, for notifications and for letters."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shared.contracts import local_forms
from shared.contracts.bodies import Body

DIRECTORY = Path(__file__).parent / "words"
LANGUAGES = ("zh-CN", "en")
SAID, OTHER = "said", "other"

Fields = Mapping[str, Any]
Labels = Mapping[str, Mapping[str, Mapping[str, str]]]


def read(name: str, directory: Path = DIRECTORY) -> Labels:
    """Read one file of words: kind, code, language."""
    return tomllib.loads((directory / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def labels() -> Labels:
    return read("labels")


@cache
def _steps() -> Labels:
    return read("steps")


@cache
def _events() -> Mapping[str, Any]:
    return read("events")


@dataclass(frozen=True)
class Telling:
    """Speaks one language, with times of one zone; `contact` is where the wallet can be written to.

    `bodies` are the outside bodies of the installation, those of its operator among them.
    """

    language: str
    zone: ZoneInfo
    contact: str
    bodies: Mapping[str, Body]

    def label(self, kind: str, code: str) -> str:
        """The words for a code; where nobody has written any, those for every other."""
        known = labels()[kind]
        return (known.get(code) or known[OTHER])[self.language]

    def body(self, code: str) -> str:
        """The name of an outside body; one that is no longer listed is another one."""
        return (self.bodies.get(code) or self.bodies[OTHER]).labels[self.language]

    def step(self, kind: str, code: str, **values: str) -> str:
        """The sentence of a headline, a next step, a right; `other` where the code has none of its own."""
        known = _steps()[kind]
        return known.get(code, known.get(OTHER, {}))[self.language].format(**values)

    def happened(self, stored_name: str, fact: Fields) -> str | None:
        """The sentence of a fact that the complainant may see, from its public fields; None where there is no news."""
        kind = KINDS.get(stored_name, _said)(fact)
        if kind in _events()["silent"].get(stored_name, ()):
            return None
        known = _events()[stored_name]
        values = VALUES.get(stored_name, _nothing)(self, fact)
        sentence = known.get(kind, known.get(OTHER, {}))[self.language].format(**values)
        return self.sentences(sentence, *self._remedies(fact))

    def promised(self, clock: str, state: str, due_at: datetime, *, what: str = "") -> str:
        """How a promise of ours stands: running, paused or missed; `what` names it more exactly than its clock."""
        return self.step("promised", state, what=what or self.step("promise", clock), by=self.by(due_at))

    def doubts(self, promise: Fields) -> list[str]:
        """What is not certain about a promised date."""
        notes = (("beyond_calendar", promise["beyond_calendar"]), ("unverified", not promise["verified"]))
        return [self.step("promised", note) for note, holds in notes if holds]

    def window(self, clock: str, due_at: datetime) -> str:
        """What the complainant is asked to do while there is time."""
        return self.step("window", clock, by=self.by(due_at))

    def remedy(self, kind: str, money: Mapping[str, str] | None) -> str:
        """What is promised to make it good."""
        if money is None:
            return self.step("remedy_without_amount" if kind in _steps()["remedy_without_amount"] else "remedy", kind)
        return self.step("remedy", kind, amount=self.amount(money))

    def how(self, item: str, *, by_file: bool) -> str:
        """How the complainant gives us something that is missing."""
        usual = "evidence" if by_file else "text"
        return self.step("how", item if item in _steps()["how"] else usual)

    def length(self, amount: int, unit: str) -> str:
        """Such as 3 个工作日, or 3 business days."""
        words = self.label("unit", unit).replace("(s)", "" if amount == 1 else "s")
        return f"{amount} {words}"

    def by(self, due_at: datetime) -> str:
        return local_forms.before(due_at, self.language, self.zone)

    def amount(self, money: Mapping[str, str]) -> str:
        return local_forms.amount(money["amount"], money["currency"], self.language)

    def at(self, instant: datetime) -> str:
        return local_forms.moment(instant, self.language, self.zone)

    def day(self, on: date) -> str:
        return local_forms.day(on, self.language)

    def sentences(self, *sentences: str) -> str:
        return ("" if self.language == local_forms.CHINESE else " ").join(sentences)

    def _remedies(self, fact: Fields) -> list[str]:
        """What a decision promises; what an outside body decided is owed whatever the complainant says to it."""
        told = []
        for remedy in fact.get("remedies", ()):
            conditional = not {"decision", "remedy_id"}.isdisjoint(fact) and not remedy["unconditional"]
            due_at = local_forms.end_of(date.fromisoformat(str(remedy["due_on"])), self.zone)
            what = self.remedy(remedy["kind"], remedy["amount"])
            told.append(self.promised("remedy", "if_accepted" if conditional else "running", due_at, what=what))
        return told


def _said(_fact: Fields) -> str:
    return SAID


def _nothing(_telling: Telling, _fact: Fields) -> Mapping[str, str]:
    return {}


def _of(field: str) -> Callable[[Fields], str]:
    return lambda fact: str(fact[field])


def _answer(fact: Fields) -> str:
    is_call = fact["medium"] == "phone" and fact.get("template") is None
    return "call" if is_call else str(fact["kind"])


def _delivery(fact: Fields) -> str:
    if fact.get("missing"):
        return "held"
    if fact["outcome"] == "failed":
        return "lost" if fact["is_last"] else "tried"
    return str(fact["outcome"])


def _escalation(fact: Fields) -> str:
    return "again" if fact["from_level"] == fact["to_level"] else str(fact["reason"])


KINDS: Mapping[str, Callable[[Fields], str]] = {
    "complaint.answered": _answer,
    "complaint.delivery_recorded": _delivery,
    "complaint.information_requested": lambda fact: SAID if fact["items"] else "bare",
    "complaint.third_party_awaited": _of("third_party"),
    "complaint.escalated": _escalation,
    "complaint.external_referral_decided": lambda fact: "binding" if fact["binding"] else OTHER,
    "complaint.external_referral_closed": _of("reason"),
    "complaint.reopened": _of("reason"),
    "complaint.closed": _of("reason"),
    "complaint.linked": lambda fact: f"{fact['link']}-{fact['direction']}",
    "complaint.unlinked": _of("link"),
}
"""Which of its sentences a fact is told with."""

VALUES: Mapping[str, Callable[[Telling, Fields], Mapping[str, str]]] = {
    "complaint.submitted": lambda _, fact: {"number": fact["number"]},
    "complaint.delivery_recorded": lambda telling, fact: {"medium": telling.label("channel", fact["medium"])},
    "complaint.information_requested": lambda telling, fact: {
        "items": local_forms.listed([telling.label("item", code) for code in fact["items"]], telling.language)
    },
    "complaint.extension_granted": lambda telling, fact: {
        "length": telling.length(int(fact["amount"]), fact["unit"]),
        "reason": telling.label("extend", fact["reason"]),
    },
    "complaint.external_referral_opened": lambda telling, fact: {"body": telling.body(fact["body"])},
    "complaint.resolved": lambda telling, fact: {"decision": telling.label("decision", fact["decision"])},
    "complaint.rated": lambda _, fact: {"score": str(fact["score"])},
    "complaint.declined": lambda telling, fact: {"reason": telling.label("decline", fact["reason"])},
    "complaint.remedy_failed": lambda telling, fact: {"reason": telling.label("fail-remedy", fact["reason"])},
    "complaint.freeze_refused": lambda telling, _: {"contact": telling.contact},
}
"""What the sentences of a fact tell of it."""
