"""Takes open cases of another system in: each is one append, with everything that happened to it so far.

A case is known by tenant, system and reference, so a file that is taken in again adds nothing, and a
line that says something else than the first time is told of and never taken.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4, uuid5

import rfc8785

from services.intake.application import Intake
from services.intake.domain.complaint import Complaint
from services.intake.domain.parties import PartyRole
from services.intake.domain.provenance import Actor, ActorType, Channel, Provenance
from services.intake.domain.safeguards import IdentityResult
from services.intake.domain.submission import Classification, ImportedFrom, Matter
from services.intake.importing import cases
from services.intake.importing.cases import Case
from services.intake.submitting import (
    Draft,
    PartyDraft,
    classify,
    know_parties,
    money_of,
    spoken_by,
    submission,
    take_number,
)
from shared.contracts.tenant import Tenant
from shared.eventstore.command import Command, Decision, Receipt, Step
from shared.eventstore.purpose_keys import PurposeKey

CASES = UUID("a1c9f0d4-7c0e-5d53-9b1a-0d6a2f4e8b77")
BECAUSE = "imported"
NOTHING_NEW = 0


class ImportDiffersError(Exception):
    """The case was taken in before, and its line said something else then; change the complaint itself."""


class HappenedInFutureError(Exception):
    """Something of this case lies in the future; look at the time zone."""


class Outcome(StrEnum):
    NEW = "new"
    SAME = "same"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """From which system the cases of one tenant come, and who brings them."""

    tenant: Tenant
    system: str
    brought_by: str


class Importer:
    def __init__(self, intake: Intake, origin: Origin, *, key: PurposeKey, now: Callable[[], datetime]) -> None:
        self._intake = intake
        self._origin = origin
        self._key = key
        self._now = now
        self._correlation_id = uuid4()

    def complaint_id(self, case: Case) -> UUID:
        """The same for the same case, and telling nothing of its reference to who lacks the key."""
        return uuid5(CASES, self._key.digest(self._origin.tenant.tenant, self._origin.system, case.reference))

    def number(self, complaint_id: UUID) -> str:
        complaint: Complaint = self._intake.repository.get(complaint_id)
        return complaint.number

    def look(self, case: Case) -> Outcome:
        """Tell what taking it in would do; raises IntakeError, ImportDiffersError, HappenedInFutureError."""
        return Outcome.NEW if self._decide(case).changes else Outcome.SAME

    def bring(self, case: Case) -> "Future[Receipt]":
        """Take a case in; raises what `look` raises."""
        streams = (self.complaint_id(case),)
        return self._intake.execute(Command(decide=lambda: self._decide(case), streams=streams))

    def _decide(self, case: Case) -> Decision:
        complaint_id, digest = self.complaint_id(case), self._key.digest(rfc8785.dumps(_said(case)).decode())
        known: list[Any] = [recorded.event for recorded in self._intake.recorded(complaint_id, up_to=1)]
        if not known:
            complaint, steps = self._begin(case, complaint_id, digest)
            return Decision.of(complaint, steps=steps)
        if known[0].imported_from.digest != digest:
            raise ImportDiffersError
        return Decision(complaint_id, NOTHING_NEW)

    def _begin(self, case: Case, complaint_id: UUID, digest: str) -> tuple[Complaint, tuple[Step, ...]]:
        if max([case.received_at, *(past.at for past in case.past())]) > self._now():
            raise HappenedInFutureError
        tenant, catalogue, draft = self._origin.tenant, self._intake.catalogue, _draft(case, self._origin)
        known = know_parties(draft, tenant.tenant, self._intake.parties)
        by = spoken_by(draft, self._by(case.received_at, channel=case.channel), known)
        beginning = replace(
            submission(draft, known, (), tenant=tenant, catalogue=catalogue, by=by),
            imported_from=ImportedFrom(system=self._origin.system, digest=digest),
        )
        complaint = Complaint.submit(
            complaint_id,
            beginning,
            self._classification(case),
            classified_because=BECAUSE,
            freeze_id=uuid4(),
            by=by,
        )
        for past in case.past():
            party = beginning.complainant if isinstance(past, SPOKEN) else None
            HAPPENED[type(past)](complaint, past, self._by(past.at, past.by, party=party))
        number = take_number(self._intake.store.application, tenant.tenant, beginning.number, complaint_id)
        return complaint, (number, *known.steps)

    def _by(
        self,
        at: datetime,
        who: str | None = None,
        *,
        party: UUID | None = None,
        channel: Channel = Channel.INTERNAL,
    ) -> Provenance:
        return Provenance(
            actor=Actor(ActorType.HANDLER, who or self._origin.brought_by),
            at=at,
            channel=channel,
            correlation_id=self._correlation_id,
            on_behalf_of=party,
            imported=True,
        )

    def _classification(self, case: Case) -> Classification:
        by_rule = classify(case.category, self._intake.catalogue, self._origin.tenant)
        self._intake.catalogue.require_root_cause(case.root_cause)
        return replace(
            by_rule,
            complexity=case.complexity or by_rule.complexity,
            urgent=by_rule.urgent if case.urgent is None else case.urgent,
            root_cause=case.root_cause,
        )


def _said(case: Case) -> Any:
    """What a line says; a column that a later release adds changes nothing of it."""
    return case.model_dump(mode="json", exclude_defaults=True)


def _draft(case: Case, origin: Origin) -> Draft:
    amount, currency = case.disputed_amount, case.disputed_currency
    return Draft(
        category=case.category,
        parties=(PartyDraft(role=PartyRole.COMPLAINANT, person=case.person().person(case.wallet_user_id)),),
        spoken_by=PartyRole.COMPLAINANT,
        matter=Matter(
            description=case.description,
            already_tried=case.already_tried,
            grounds=case.grounds,
            account_id=case.account_id,
            source_reference=case.reference,
        ),
        language=case.language or origin.tenant.languages[0],
        preferred_medium=case.preferred_medium,
        disputed_amount=money_of(origin.tenant, amount, currency) if amount is not None and currency else None,
    )


SPOKEN = (cases.FollowedUp, cases.InformationProvided)

Happens = Callable[[Complaint, Any, Provenance], None]


def _request_information(complaint: Complaint, past: cases.InformationRequested, by: Provenance) -> None:
    complaint.request_information(uuid4(), items=(), text=past.text, by=by)


def _await_third_party(complaint: Complaint, past: cases.ThirdPartyAwaited, by: Provenance) -> None:
    complaint.await_third_party(uuid4(), third_party=past.third_party, text=past.text, by=by)


def _verify(complaint: Complaint, past: cases.IdentityVerified, by: Provenance) -> None:
    complaint.verify_identity(complaint.complainant, method=past.method, result=IdentityResult.PASSED, by=by)


HAPPENED: Mapping[type[Any], Happens] = {
    cases.Acknowledged: lambda complaint, _, by: complaint.acknowledge((), by=by),
    cases.Assigned: lambda complaint, past, by: complaint.assign(past.handler_id, reason=BECAUSE, by=by),
    cases.IdentityVerified: _verify,
    cases.FollowedUp: lambda complaint, past, by: complaint.follow_up(past.text, by=by),
    cases.Noted: lambda complaint, past, by: complaint.add_note(past.text, by=by),
    cases.Answered: lambda complaint, past, by: complaint.answer(past.text, kind=past.kind, medium=past.medium, by=by),
    cases.InformationRequested: _request_information,
    cases.InformationProvided: lambda complaint, past, by: complaint.provide_information(text=past.text, by=by),
    cases.ThirdPartyAwaited: _await_third_party,
    cases.ThirdPartyAnswered: lambda complaint, past, by: complaint.record_third_party_answer(text=past.text, by=by),
}
"""What each past event does to a complaint."""
