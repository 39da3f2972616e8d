"""From what a caller sends to what a complaint begins with: parties, category, dates, flags, numbers."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from services.intake.catalogue import Catalogue
from services.intake.domain.errors import NotPermittedError
from services.intake.domain.evidence import Evidence
from services.intake.domain.money import Money
from services.intake.domain.number import BODY_SYMBOLS, complaint_number
from services.intake.domain.parties import Medium, Party, PartyRole, Person
from services.intake.domain.provenance import PARTIES_OWN_TOKEN, Actor, Provenance, Voice
from services.intake.domain.submission import (
    Classification,
    DesiredOutcome,
    Matter,
    RegulatorReference,
    Submission,
)
from services.intake.party_book import PartyBook
from services.intake.request_errors import (
    AssetUnknownError,
    EntryReasonRequiredError,
    ReceivedInFutureError,
    TooManyDigitsError,
)
from shared.contracts.tenant import Tenant
from shared.eventstore.command import Step
from shared.eventstore.store import Schema, Transaction

NUMBERS = Schema(
    "numbers",
    (
        """CREATE TABLE IF NOT EXISTS {app}_numbers (
            tenant TEXT NOT NULL, number TEXT NOT NULL, complaint_id TEXT NOT NULL, PRIMARY KEY (tenant, number))""",
    ),
)


@dataclass(frozen=True, kw_only=True)
class PartyDraft:
    """A party before it has an id: in a session the caller's own id is known already."""

    role: PartyRole
    person: Person


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A submission as it came; `received_at` is None where it is received now.

    `spoken_by` is the party in whose session it came, or whose words a handler wrote down.
    """

    category: str
    parties: tuple[PartyDraft, ...]
    spoken_by: PartyRole
    matter: Matter
    language: str
    received_at: datetime | None = None
    entry_reason: str | None = None
    preferred_medium: Medium | None = None
    desired_outcome: DesiredOutcome | None = None
    disputed_amount: Money | None = None
    regulator: RegulatorReference | None = None
    evidence_ids: tuple[UUID, ...] = ()
    follows: UUID | None = None
    about_handling_of: UUID | None = None


@dataclass(frozen=True)
class KnownParties:
    """Parties with their ids, and the steps that remember the new ones and make sure of the others."""

    parties: tuple[Party, ...]
    persons: dict[UUID, Person]
    steps: tuple[Step, ...]

    def with_role(self, role: PartyRole) -> UUID:
        return next(party.party_id for party in self.parties if party.role == role)


def know_parties(draft: Draft, tenant: str, book: PartyBook) -> KnownParties:
    """Find each party by its wallet user id; who has none, or is new, gets a random id."""
    parties: list[Party] = []
    persons: dict[UUID, Person] = {}
    steps: list[Step] = []
    for party in draft.parties:
        user = party.person.wallet_user_id
        known_id = book.find(tenant, user) if user else None
        party_id = known_id or uuid4()
        if user:
            steps.append((book.still if known_id else book.enter)(tenant, user, party_id))
        parties.append(Party(party_id, party.role))
        persons[party_id] = party.person
    return KnownParties(tuple(parties), persons, tuple(steps))


def spoken_by(draft: Draft, by: Provenance, known: KnownParties) -> Provenance:
    """Name the party who speaks, now that it has an id; what a service forwards came in nobody's session."""
    if by.voice == Voice.SERVICE:
        return by
    party_id = known.with_role(draft.spoken_by)
    if by.actor.type in PARTIES_OWN_TOKEN:
        return replace(by, actor=Actor(by.actor.type, str(party_id)))
    return replace(by, on_behalf_of=party_id)


def money_of(tenant: Tenant, amount: Decimal, currency: str) -> Money:
    """Read an amount; raises InvalidError for an asset or a digit that the tenant does not deal in."""
    if currency not in tenant.assets:
        raise AssetUnknownError(f"{currency} is not one of {', '.join(sorted(tenant.assets))}")
    if tenant.has_too_many_digits(amount, currency):
        raise TooManyDigitsError(f"{currency} has {tenant.assets[currency]} digits after the point")
    return Money(amount, currency)


def classify(category: str, catalogue: Catalogue, tenant: Tenant) -> Classification:
    """The rule at submission: the category's own urgency and complexity, the tenant's jurisdiction."""
    entry = catalogue.category(category)
    return Classification(
        category=entry.code,
        complexity=entry.complexity,
        urgent=entry.urgent,
        jurisdiction=tenant.jurisdiction,
        regulated_service=tenant.regulated_service,
    )


def received_at(draft: Draft, catalogue: Catalogue, by: Provenance) -> datetime:
    """When the complaint reached the institution: an earlier time is for handlers, with a reason."""
    if draft.entry_reason is not None:
        catalogue.require_reason("entry", draft.entry_reason)
    if draft.received_at is None:
        return by.at
    if draft.received_at > by.at:
        raise ReceivedInFutureError
    if by.voice != Voice.RECORDED or draft.entry_reason is None:
        raise EntryReasonRequiredError
    return draft.received_at


def regulator(draft: Draft, catalogue: Catalogue, by: Provenance) -> RegulatorReference | None:
    """Who passed the complaint on, which starts a clock: entered by handlers and trusted services."""
    if draft.regulator is None:
        return None
    catalogue.body(draft.regulator.body)
    if by.voice == Voice.SESSION:
        raise NotPermittedError("a regulator's request is entered by a handler or a trusted service")
    return draft.regulator


def submission(
    draft: Draft,
    known: KnownParties,
    evidence: tuple[Evidence, ...],
    *,
    tenant: Tenant,
    catalogue: Catalogue,
    by: Provenance,
) -> Submission:
    return Submission(
        tenant=tenant.tenant,
        number=complaint_number(secrets.randbits(5 * BODY_SYMBOLS)),
        parties=known.parties,
        persons=known.persons,
        received_at=received_at(draft, catalogue, by),
        entry_reason=draft.entry_reason,
        language=tenant.language(draft.language),
        preferred_medium=draft.preferred_medium,
        desired_outcome=draft.desired_outcome,
        disputed_amount=draft.disputed_amount,
        regulator=regulator(draft, catalogue, by),
        matter=draft.matter,
        flags=catalogue.flags(draft.matter.description, draft.matter.already_tried, draft.matter.grounds),
        evidence=evidence,
    )


def take_number(application: str, tenant: str, number: str, complaint_id: UUID) -> Step:
    """The step that makes a number unique within its tenant; a taken one makes the command decide again."""

    def step(transaction: Transaction) -> None:
        transaction.execute(
            f"INSERT INTO {application}_numbers (tenant, number, complaint_id)"
            " VALUES (:tenant, :number, :complaint_id)",
            {"tenant": tenant, "number": number, "complaint_id": str(complaint_id)},
        )

    return step
