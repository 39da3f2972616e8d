"""The promised dates of every complaint, from escalation's facts; what was promised once can be asked for ever."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from typing_extensions import override

from services.intake.domain.conversation import LetterKind
from services.intake.domain.handling import ExtensionTerms, Promise
from services.intake.domain.parties import Medium
from services.intake.domain.provenance import Voice
from services.intake.request_errors import ClockUnknownError, PromisesComputingError
from services.intake.terms import PromisedTerms
from shared.contracts import deadline_events as facts
from shared.contracts.contact_book import LetterTerms
from shared.contracts.deadline_events import ClockStarted, ClockTerms, DeadlineFact, case_id
from shared.contracts.envelope import Envelope
from shared.contracts.letters import element_of
from shared.eventstore.command import Step
from shared.eventstore.store import Reader, Row, Schema, Store, Transaction
from shared.messaging.inbox import Inbox

PROMISED_DATES = Schema(
    "promised_dates",
    (
        """CREATE TABLE IF NOT EXISTS {app}_promised_dates (
            complaint_id TEXT NOT NULL, clock_id TEXT NOT NULL, revision_from BIGINT NOT NULL, revision_to BIGINT,
            recorded_from TIMESTAMPTZ NOT NULL, recorded_to TIMESTAMPTZ, set_size INTEGER NOT NULL,
            promise TEXT NOT NULL, terms TEXT NOT NULL, PRIMARY KEY (complaint_id, clock_id, revision_from))""",
    ),
)

SHOWN = frozenset({"running", "paused"})
ESCALATION = "escalation"


@dataclass(frozen=True)
class Promises:
    """The dates at one revision; `ready` is false while escalation has not started all clocks."""

    revision: int
    ready: bool
    dates: tuple[Mapping[str, Any], ...]


def _due(fact: Any) -> dict[str, Any]:
    return {
        "due_at": fact.due_at.isoformat(),
        "due_on": fact.due_on.isoformat(),
        "beyond_calendar": fact.beyond_calendar,
    }


BECAUSE: Mapping[str, Mapping[str, Any]] = {"undelivered": {"state": "running"}, "second-stage": {"extended": True}}
"""What else changes when a date is recalculated for this reason."""

CHANGES: Mapping[type[DeadlineFact], Callable[[Any], dict[str, Any]]] = {
    facts.ClockPaused: lambda _: {"state": "paused"},
    facts.ClockResumed: lambda fact: {"state": "running", **_due(fact)},
    facts.ClockExtended: lambda fact: {"extended": True, **_due(fact)},
    facts.ClockRecalculated: lambda fact: {**_due(fact), **BECAUSE.get(fact.why, {})},
    facts.ClockMet: lambda _: {"state": "met"},
    facts.ClockMissed: lambda _: {"state": "missed"},
    facts.ClockCancelled: lambda _: {"state": "cancelled"},
    facts.ClockWarned: lambda _: {},
}


class PromisedDates(PromisedTerms):
    """A revision is the version of the case that escalation keeps for the complaint."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = f"{store.application}_promised_dates"
        self._inbox = Inbox(store.application)

    def show(self, fact: DeadlineFact, envelope: Envelope) -> Step:
        """The step that changes the dates as a fact says."""

        def step(transaction: Transaction) -> None:
            if isinstance(fact, ClockStarted):
                terms = fact.terms.model_dump_json()
                self._insert(transaction, fact, envelope, _promise(fact), terms, fact.set_size)
            elif change := CHANGES[type(fact)](fact):
                row = self._close(transaction, fact, envelope)
                promise = {**json.loads(row["promise"]), **change}
                self._insert(transaction, fact, envelope, promise, row["terms"], row["set_size"])

        return step

    def _close(self, transaction: Transaction, fact: DeadlineFact, envelope: Envelope) -> Row:
        rows = transaction.execute(
            f"UPDATE {self._table} SET revision_to = :revision, recorded_to = :at"
            " WHERE complaint_id = :id AND clock_id = :clock AND revision_to IS NULL"
            " RETURNING promise, terms, set_size",
            {
                "revision": envelope.version,
                "at": envelope.recorded_at,
                "id": str(fact.complaint_id),
                "clock": str(fact.clock_id),
            },
        )
        return rows[0]

    def _insert(
        self,
        transaction: Transaction,
        fact: DeadlineFact,
        envelope: Envelope,
        promise: Mapping[str, Any],
        terms: str,
        set_size: int,
    ) -> None:
        transaction.execute(
            f"INSERT INTO {self._table}"
            " (complaint_id, clock_id, revision_from, recorded_from, set_size, promise, terms)"
            " VALUES (:id, :clock, :revision, :at, :set_size, :promise, :terms)",
            {
                "id": str(fact.complaint_id),
                "clock": str(fact.clock_id),
                "revision": envelope.version,
                "at": envelope.recorded_at,
                "set_size": set_size,
                "promise": json.dumps(promise),
                "terms": terms,
            },
        )

    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")

    def has_applied(self, transaction: Transaction, envelope: Envelope) -> bool:
        """Tell whether a deadline fact is among those that intake has applied."""
        return envelope.version <= self._inbox.version(transaction, ESCALATION, envelope.stream_id)

    def revisions(self, transaction: Transaction, complaint_ids: Collection[UUID]) -> dict[UUID, int]:
        """Return the newest revision of each; the writer keeps it with each answer."""
        cases = {complaint_id: case_id(complaint_id) for complaint_id in complaint_ids}
        versions = self._inbox.versions(transaction, ESCALATION, cases.values())
        return {complaint_id: versions[each] for complaint_id, each in cases.items()}

    def promised(self, reader: Reader, complaint_id: UUID) -> list[Mapping[str, Any]]:
        """Return the dates of a complaint as they stand, ready or not."""
        sql = f"SELECT promise FROM {self._table} WHERE complaint_id = :id AND revision_to IS NULL"
        return [json.loads(row["promise"]) for row in reader.execute(sql, {"id": str(complaint_id)})]

    def newest(self, complaint_id: UUID) -> Promises:
        with self._store.read() as reader:
            revision = self._inbox.version(reader, ESCALATION, case_id(complaint_id))
        return self.at_revision(complaint_id, revision)

    def at_revision(self, complaint_id: UUID, revision: int) -> Promises:
        rows = [row for row in self._rows(complaint_id) if row["revision_from"] <= revision]
        valid = [row for row in rows if row["revision_to"] is None or row["revision_to"] > revision]
        return _promises(rows, valid, revision)

    def as_of(self, complaint_id: UUID, instant: datetime) -> Promises:
        rows = [row for row in self._rows(complaint_id) if row["recorded_from"] <= instant]
        valid = [row for row in rows if row["recorded_to"] is None or row["recorded_to"] > instant]
        return _promises(rows, valid, max((row["revision_from"] for row in rows), default=0))

    @override
    def promises(self, complaint_id: UUID) -> tuple[Promise, ...]:
        return tuple(_told(date) for date in self._ready(complaint_id).dates if date["state"] in SHOWN)

    @override
    def extension(self, complaint_id: UUID, clock_id: UUID, at: datetime) -> ExtensionTerms | None:
        dates = [date for date in self._ready(complaint_id).dates if date["state"] in SHOWN]
        running = {date["clock_id"] for date in dates if datetime.fromisoformat(date["due_at"]) > at}
        if str(clock_id) not in running:
            raise ClockUnknownError
        extension = next(terms for clock, terms in self._terms(complaint_id) if clock == clock_id).extension
        return (
            ExtensionTerms(
                unit=extension.unit, cap=extension.cap, times=extension.times, approver=Voice(extension.approver)
            )
            if extension
            else None
        )

    @override
    def allowed_media(self, complaint_id: UUID, kind: LetterKind) -> frozenset[Medium]:
        terms = self.letters(complaint_id).get(kind)
        return frozenset(Medium(medium) for medium in terms.media) if terms else frozenset(Medium)

    def letters(self, complaint_id: UUID) -> dict[str, LetterTerms]:
        """What all policies together ask of each kind of letter; raises PromisesComputingError."""
        self._ready(complaint_id)
        asked: dict[str, list[facts.LetterTerms]] = {}
        for _, terms in self._terms(complaint_id):
            for letter in terms.letters:
                asked.setdefault(letter.kind, []).append(letter)
        return {kind: _together(kind, letters) for kind, letters in asked.items()}

    @override
    def reopening_ends_at(self, complaint_id: UUID, ended_at: datetime) -> datetime | None:
        return self.window_of(complaint_id, self._ready(complaint_id).dates, ended_at)

    def window_of(self, complaint_id: UUID, dates: Sequence[Mapping[str, Any]], ended_at: datetime) -> datetime | None:
        """Return the end of the reopening window by the policies of these dates; None where there are none."""
        days = [terms.reopening_days for _, terms in self._terms(complaint_id) if terms.reopening_days is not None]
        if not days or not dates:
            return None
        zone = ZoneInfo(dates[0]["time_zone"])
        last_day = ended_at.astimezone(zone).date() + timedelta(days=max(days))
        return datetime.combine(last_day + timedelta(days=1), time(), zone).astimezone(UTC)

    def _ready(self, complaint_id: UUID) -> Promises:
        promises = self.newest(complaint_id)
        if not promises.ready:
            raise PromisesComputingError
        return promises

    def _terms(self, complaint_id: UUID) -> list[tuple[UUID, ClockTerms]]:
        rows = [row for row in self._rows(complaint_id) if row["revision_to"] is None]
        return [(UUID(row["clock_id"]), ClockTerms.model_validate_json(row["terms"])) for row in rows]

    def _rows(self, complaint_id: UUID) -> Sequence[Row]:
        sql = f"SELECT * FROM {self._table} WHERE complaint_id = :id ORDER BY revision_from"
        with self._store.read() as reader:
            return reader.execute(sql, {"id": str(complaint_id)})


def _together(kind: str, letters: Sequence[facts.LetterTerms]) -> LetterTerms:
    elements = dict.fromkeys(element_of(code, kind) for letter in letters for code in letter.elements)
    media = set(letters[0].media).intersection(*(letter.media for letter in letters))
    return LetterTerms(elements=tuple(elements), media=tuple(sorted(media)))


def _promises(rows: Sequence[Row], valid: Sequence[Row], revision: int) -> Promises:
    ready = bool(rows) and revision >= rows[0]["set_size"]
    dates = sorted(
        (_referable(json.loads(row["promise"])) for row in valid), key=lambda date: (date["due_at"], date["clock"])
    )
    return Promises(revision, ready, tuple(dates) if ready else ())


def _referable(date: dict[str, Any]) -> dict[str, Any]:
    """Say from which local day on the complainant may turn to the bodies named: once the due time has passed."""
    if not date.get("referable_to"):
        return date
    passed = datetime.fromisoformat(date["due_at"]).astimezone(ZoneInfo(date["time_zone"])).date()
    return {**date, "referable_from": passed.isoformat()}


def _promise(fact: ClockStarted) -> dict[str, Any]:
    return {
        "clock_id": str(fact.clock_id),
        "clock": fact.clock,
        "owner": fact.owner,
        "source": fact.source,
        **_due(fact),
        "time_zone": fact.time_zone,
        "state": "running",
        "policy": fact.policy.name,
        "policy_version": fact.policy.version,
        "verified": fact.verified,
        "extended": False,
        "referable_to": list(fact.refers_to),
        "started_at": fact.started_at.isoformat(),
    }


def _told(date: Mapping[str, Any]) -> Promise:
    return Promise(
        clock_id=UUID(date["clock_id"]),
        clock=date["clock"],
        owner=date["owner"],
        source=date["source"],
        due_at=datetime.fromisoformat(date["due_at"]),
        due_on=datetime.fromisoformat(date["due_on"]).date(),
        time_zone=date["time_zone"],
        policy=date["policy"],
        policy_version=date["policy_version"],
        verified=date["verified"],
        beyond_calendar=date["beyond_calendar"],
    )
