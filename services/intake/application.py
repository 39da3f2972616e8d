"""The application of intake: submits, links, answers for versions; the rest of its menu is on the pages below it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from services.intake import submitting
from services.intake.catalogue import Catalogue
from services.intake.changing import EVENTS, Besides, Call
from services.intake.conversing import Answer
from services.intake.domain import links
from services.intake.domain.complaint import Complaint
from services.intake.domain.links import LinkType
from services.intake.domain.parties import PartyRole
from services.intake.evidence_desk import Brought, EvidenceDesk
from services.intake.incidents import Incidents
from services.intake.party_book import PartyBook
from services.intake.terms import KnownLikenesses, KnownPayments, PromisedTerms
from shared.contracts.complaint_versions import ComplaintVersions, VersionsAt
from shared.contracts.tenant import Tenant
from shared.eventstore.command import Command, Decision
from shared.eventstore.idempotency import CommandKey, Idempotency
from shared.eventstore.keys import KeyRing
from shared.eventstore.store import Store, Transaction

NO_STREAM = UUID(int=0)


class Intake(Incidents, ComplaintVersions):
    """Owns complaints: takes commands, keeps their history, answers for their versions."""

    name = "intake"

    def __init__(
        self,
        store: Store,
        keys: KeyRing,
        *,
        catalogue: Catalogue,
        tenants: Mapping[str, Tenant],
        parties: PartyBook,
        desk: EvidenceDesk,
        terms: PromisedTerms,
        payments: KnownPayments,
        likenesses: KnownLikenesses,
        **writing: Any,
    ) -> None:
        super().__init__(store, EVENTS, keys=keys, **writing)
        self.keys = keys
        self.catalogue = catalogue
        self.tenants = tenants
        self.parties = parties
        self.desk = desk
        self.terms = terms
        self.payments = payments
        self.likenesses = likenesses
        self.idempotency = Idempotency(store.application)

    def submit(self, complaint_id: UUID, call: Call, draft: submitting.Draft) -> Answer:
        """Begin a complaint under an id that the caller made."""
        tenant = self.tenants[call.tenant]

        def decide() -> Decision:
            known = submitting.know_parties(draft, call.tenant, self.parties)
            by = submitting.spoken_by(draft, call.by, known)
            brought = self.desk.bring(
                draft.evidence_ids,
                tenant=call.tenant,
                owner=call.owner,
                complaint_id=complaint_id,
                party_id=known.with_role(PartyRole.COMPLAINANT),
            )
            submission = submitting.submission(
                draft, known, brought.items, tenant=tenant, catalogue=self.catalogue, by=by
            )
            complaint = Complaint.submit(
                complaint_id,
                submission,
                submitting.classify(draft.category, self.catalogue, tenant),
                classified_because="rule",
                freeze_id=uuid4(),
                by=by,
            )
            earlier = self._join_earlier(complaint, draft, replace(call, by=by))
            found = self.likenesses.like(submission)
            for like in found:
                complaint.propose_link(like, by=complaint.following(by))
            unchanged = self.likenesses.still(complaint_id, submission, found)
            number = submitting.take_number(self.store.application, call.tenant, submission.number, complaint_id)
            return Decision.of(complaint, *earlier, steps=(number, unchanged, *known.steps, *brought.steps))

        return self.decide(decide, call, (complaint_id,))

    def _join_earlier(self, complaint: Complaint, draft: submitting.Draft, call: Call) -> list[Complaint]:
        """Link a new complaint to the earlier one that it follows, or whose handling it is about."""
        named = ((draft.follows, LinkType.FOLLOWS), (draft.about_handling_of, LinkType.ABOUT_HANDLING_OF))
        earlier = {each: self.complaint(each, call) for each, _ in named if each}
        for earlier_id, link_type in named:
            if earlier_id:
                links.join(complaint, earlier[earlier_id], link_type, by=call.by)
        return list(earlier.values())

    def link(self, complaint_id: UUID, call: Call, *, other_id: UUID, link_type: LinkType) -> Answer:
        def act(complaint: Complaint, _: Brought) -> Besides:
            other = self.complaint(other_id, call)
            links.link(complaint, other, link_type, by=call.by)
            return Besides(complaints=(other,))

        return self.change(complaint_id, call, act)

    def unlink(self, complaint_id: UUID, call: Call, *, other_id: UUID, reason: str) -> Answer:

        def act(complaint: Complaint, _: Brought) -> Besides:
            self.catalogue.require_reason("unlink", reason)
            other = self.complaint(other_id, call)
            links.unlink(complaint, other, reason=reason, by=call.by)
            return Besides(complaints=(other,))

        return self.change(complaint_id, call, act)

    def dismiss_link_proposal(
        self, complaint_id: UUID, call: Call, *, other_id: UUID, reason: str, reason_text: str | None = None
    ) -> Answer:
        """Say from either side that two do not belong together; the later one keeps the proposal and its end."""

        def act(complaint: Complaint, _: Brought) -> Besides:
            self.catalogue.require_reason("dismiss-link-proposal", reason)
            if other_id in complaint.link_proposals:
                complaint.dismiss_link_proposal(other_id, reason=reason, reason_text=reason_text, by=call.by)
                return Besides()
            later = self.complaint(other_id, call)
            later.dismiss_link_proposal(complaint.id, reason=reason, reason_text=reason_text, by=call.by)
            return Besides(complaints=(later,))

        return self.change(complaint_id, call, act)

    def remember_revision(self, key: CommandKey, revision: int) -> Answer:
        """Keep with an answer the revision of the dates that were shown with it after a wait."""

        def step(transaction: Transaction) -> None:
            self.idempotency.show_revision(transaction, key, revision)

        return self.execute(Command(decide=lambda: Decision(NO_STREAM, 0, steps=(step,))))

    def current(self, complaint_ids: Sequence[UUID]) -> VersionsAt:
        """Answer under the write lock: whatever is recorded later is recorded at or after `now`."""
        with self.store.write() as transaction:
            return VersionsAt(transaction.recorded_at, transaction.versions(complaint_ids))
