"""What complaints are found by: keyed hashes of identifiers, each somebody's, gone with that person's erasure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from typing_extensions import override

from services.intake.domain.complaint import Complaint
from services.intake.domain.parties import Person
from services.intake.domain.submission import Matter
from services.intake.identifiers import Identifier, IdentifierHashes
from shared.eventstore.command import Projection, Recorded
from shared.eventstore.store import Schema, Store, Transaction

SEARCH_TERMS = Schema(
    "search_terms",
    (
        """CREATE TABLE IF NOT EXISTS {app}_search_terms (
            tenant TEXT NOT NULL, term TEXT NOT NULL, complaint_id TEXT NOT NULL, party_id TEXT NOT NULL,
            PRIMARY KEY (tenant, term, complaint_id, party_id))""",
        "CREATE INDEX IF NOT EXISTS {app}_search_terms_of ON {app}_search_terms (complaint_id, party_id)",
    ),
)

Found = tuple[object, Identifier, str | None]
"""Whose it is (None: nobody's), what it is, and how it was written."""


class SearchTerms(Projection):
    def __init__(self, store: Store, hashes: IdentifierHashes) -> None:
        self._hashes = hashes
        self._table = f"{store.application}_search_terms"

    @override
    def apply(self, transaction: Transaction, recorded: Sequence[Recorded], aggregate: object | None) -> None:
        if not isinstance(aggregate, Complaint):
            return
        for each in recorded:
            event: Any = each.event
            if isinstance(event, Complaint.PersonalDataErased):
                self._forget(transaction, event)
            for party_id, kind, text in FOUND_IN.get(type(event), _nothing)(event):
                if text:
                    self._keep(transaction, aggregate, party_id, self._hashes.term(aggregate.tenant, kind, text))

    def _keep(self, transaction: Transaction, complaint: Complaint, party_id: object, term: str) -> None:
        row = {"tenant": complaint.tenant, "term": term, "complaint_id": str(complaint.id)}
        transaction.execute(
            f"INSERT INTO {self._table} (tenant, term, complaint_id, party_id)"
            " VALUES (:tenant, :term, :complaint_id, :party_id) ON CONFLICT DO NOTHING",
            {**row, "party_id": str(party_id or "")},
        )

    def _forget(self, transaction: Transaction, event: Complaint.PersonalDataErased) -> None:
        sql = f"DELETE FROM {self._table} WHERE complaint_id = :complaint_id AND party_id = :party_id"
        for party_id in event.party_ids:
            transaction.execute(sql, {"complaint_id": str(event.originator_id), "party_id": str(party_id)})

    @override
    def clear(self, transaction: Transaction) -> None:
        transaction.execute(f"DELETE FROM {self._table}")


def _nothing(_event: Any) -> Iterator[Found]:
    return iter(())


def _submitted(event: Complaint.Submitted) -> Iterator[Found]:
    for party_id, person in event.persons.items():
        yield from _person(party_id, person)
    if event.regulator:
        yield None, Identifier.EXTERNAL_BODY, event.regulator.body
    if event.matter:
        yield from _matter(event.complainant, event.matter)


def _person(party_id: object, person: Person) -> Iterator[Found]:
    yield party_id, Identifier.PHONE, person.phone
    yield party_id, Identifier.EMAIL, person.email
    yield party_id, Identifier.WALLET_USER, person.wallet_user_id
    if person.safe_contact and "@" in person.safe_contact:
        yield party_id, Identifier.EMAIL, person.safe_contact
    elif person.safe_contact and any(symbol.isdigit() for symbol in person.safe_contact):
        yield party_id, Identifier.PHONE, person.safe_contact


def _matter(complainant: object, matter: Matter) -> Iterator[Found]:
    yield complainant, Identifier.ACCOUNT, matter.account_id
    yield complainant, Identifier.CLIENT_REFERENCE, matter.client_reference
    yield complainant, Identifier.REFERENCE, matter.regulator_reference
    yield complainant, Identifier.REFERENCE, matter.source_reference
    for transaction in matter.transactions:
        yield complainant, Identifier.TRANSACTION, transaction.transaction_id


def _contact_changed(event: Complaint.ContactChanged) -> Iterator[Found]:
    return _person(event.party_id, event.contact) if event.contact else iter(())


def _referred(event: Complaint.ExternalReferralOpened) -> Iterator[Found]:
    yield None, Identifier.EXTERNAL_BODY, event.body
    yield event.complainant, Identifier.REFERENCE, event.reference


def _remedied(event: Complaint.RemedyFulfilled | Complaint.RemedyFailed) -> Iterator[Found]:
    yield event.complainant, Identifier.REFERENCE, event.reference


FOUND_IN: Mapping[type, Callable[[Any], Iterator[Found]]] = {
    Complaint.Submitted: _submitted,
    Complaint.ContactChanged: _contact_changed,
    Complaint.ExternalReferralOpened: _referred,
    Complaint.RemedyFulfilled: _remedied,
    Complaint.RemedyFailed: _remedied,
}
