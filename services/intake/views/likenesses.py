"""What complaints have in common: keyed hashes of transactions, amounts with their day, and words; gone with erasure.

A transaction may be two people's, so that its hash is the tenant's; amounts and words are compared within one
person's complaints, whose id is part of the hash.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from typing_extensions import override

from services.intake.domain.complaint import Complaint
from services.intake.domain.lifecycle import OPEN, Status
from services.intake.domain.links import Likeness
from services.intake.domain.money import Money
from services.intake.domain.submission import Submission
from services.intake.identifiers import Identifier, alike
from services.intake.terms import KnownLikenesses
from shared.eventstore.command import Projection, Recorded, Step
from shared.eventstore.purpose_keys import PurposeKey
from shared.eventstore.store import Reader, Schema, StaleError, Store, Transaction

LIKENESSES = Schema(
    "likenesses",
    (
        """CREATE TABLE IF NOT EXISTS {app}_likenesses (
            tenant TEXT NOT NULL, term TEXT NOT NULL, rule TEXT NOT NULL, complaint_id TEXT NOT NULL,
            complainant TEXT NOT NULL, received_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (tenant, term, complaint_id))""",
        """CREATE INDEX IF NOT EXISTS {app}_likenesses_newest ON {app}_likenesses
            (tenant, term, received_at, complaint_id)""",
        "CREATE INDEX IF NOT EXISTS {app}_likenesses_of ON {app}_likenesses (complaint_id)",
    ),
)

SAME_TRANSACTION, SAME_AMOUNT_AND_DAY, SAME_TEXT = "same-transaction", "same-amount-and-day", "same-text"
MOST_PER_TERM = 5
MOST_PROPOSED = 10

Said: TypeAlias = Submission | Complaint.Submitted


class Likenesses(Projection, KnownLikenesses):
    def __init__(self, store: Store, key: PurposeKey, zones: Mapping[str, ZoneInfo]) -> None:
        self._store = store
        self._key = key
        self._zones = zones
        self._table = f"{store.application}_likenesses"
        self._complaints = f"{store.application}_complaint_list"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        for each in recorded:
            event: Any = each.event
            if isinstance(event, Complaint.Submitted):
                self._enter(transaction, event)
            elif isinstance(event, Complaint.PersonalDataErased) and event.complainant in event.party_ids:
                sql = f"DELETE FROM {self._table} WHERE complaint_id = :complaint_id"
                transaction.execute(sql, {"complaint_id": str(event.originator_id)})

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")

    @override
    def like(self, submission: Submission) -> tuple[Likeness, ...]:
        with self._store.read() as reader:
            return self._like(reader, submission, None)

    @override
    def still(self, complaint_id: UUID, submission: Submission, found: tuple[Likeness, ...]) -> Step:
        def step(transaction: Transaction) -> None:
            if self._like(transaction, submission, complaint_id) != found:
                raise StaleError

        return step

    def _like(self, reader: Reader, said: Said, itself: UUID | None) -> tuple[Likeness, ...]:
        """Look each term up in the index: what it costs does not grow with the number of complaints."""
        sql = (
            f"SELECT likeness.complaint_id, likeness.complainant, complaint.status FROM {self._table} AS likeness"
            f" JOIN {self._complaints} AS complaint ON complaint.complaint_id = likeness.complaint_id"
            " AND complaint.valid_to IS NULL"
            " WHERE likeness.tenant = :tenant AND likeness.term = :term AND likeness.complaint_id <> :itself"
            " ORDER BY likeness.received_at DESC, likeness.complaint_id DESC LIMIT :limit"
        )
        asked = {"tenant": said.tenant, "itself": str(itself or ""), "limit": MOST_PER_TERM}
        found: dict[str, Likeness] = {}
        for term, rule in self._terms(said).items():
            for row in reader.execute(sql, {**asked, "term": term}):
                before = found.get(row["complaint_id"])
                found[row["complaint_id"]] = Likeness(
                    other_id=UUID(row["complaint_id"]),
                    complainant=UUID(row["complainant"]),
                    is_open=Status(row["status"]) in OPEN,
                    because=tuple(dict.fromkeys((*(before.because if before else ()), rule))),
                )
        return tuple(found.values())[:MOST_PROPOSED]

    def _enter(self, transaction: Transaction, event: Complaint.Submitted) -> None:
        sql = (
            f"INSERT INTO {self._table} (tenant, term, rule, complaint_id, complainant, received_at)"
            " VALUES (:tenant, :term, :rule, :complaint_id, :complainant, :received_at)"
        )
        row = {
            "tenant": event.tenant,
            "complaint_id": str(event.originator_id),
            "complainant": str(event.complainant),
            "received_at": event.received_at,
        }
        for term, rule in self._terms(event).items():
            transaction.execute(sql, {**row, "term": term, "rule": rule})

    def _terms(self, said: Said) -> dict[str, str]:
        """Each hash with the rule that it is of; nothing once the person is erased."""
        return {self._key.digest(said.tenant, rule, *words): rule for rule, words in self._words(said)}

    def _words(self, said: Said) -> Iterator[tuple[str, tuple[str, ...]]]:
        if said.matter is None:
            return
        person = str(said.complainant)
        for transaction in said.matter.transactions:
            yield SAME_TRANSACTION, (alike(Identifier.TRANSACTION, transaction.transaction_id, region=""),)
            if transaction.amount:
                day = self._day(said, transaction.at or said.received_at)
                yield SAME_AMOUNT_AND_DAY, (person, *_written(transaction.amount), day)
        if said.disputed_amount:
            yield SAME_AMOUNT_AND_DAY, (person, *_written(said.disputed_amount), self._day(said, said.received_at))
        if words := _plain(said.matter.description):
            yield SAME_TEXT, (person, words)

    def _day(self, said: Said, at: datetime) -> str:
        return at.astimezone(self._zones[said.tenant]).date().isoformat()


def _written(money: Money) -> tuple[str, str]:
    """The same amount is written in one way: 500, 500.0 and 500.00 are equal."""
    digits = f"{money.amount:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits, money.currency


def _plain(text: str) -> str:
    """Letters and digits alone: width, case, spaces and punctuation tell no two complaints apart."""
    return "".join(symbol for symbol in unicodedata.normalize("NFKC", text).casefold() if symbol.isalnum())
