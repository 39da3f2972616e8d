"""Gives complaints to handlers by the tenant's rule: reactions to intake's own facts, each carried out once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from services.intake.application import Intake
from services.intake.conversing import Answer
from services.intake.domain.assignment import Candidate, Choice, Needs, choose
from services.intake.domain.complaint import Complaint
from services.intake.domain.lifecycle import Stage
from services.intake.domain.links import Direction, LinkType
from services.intake.domain.provenance import Actor, ActorType, Channel, Provenance
from services.intake.views.turns import Turns
from services.intake.views.worklist import Worklist
from shared.contracts import complaint_events as said
from shared.contracts import complaint_outcomes as done
from shared.contracts.complaint_events import ComplaintFact
from shared.contracts.message import Message
from shared.contracts.tenant import Tenant
from shared.eventstore.command import Command, Decision
from shared.messaging.dispatch import Delivery, Reaction

RULE = Actor(ActorType.SYSTEM, "assignment")
ANOTHER_HANDLER, NOBODY_SUITS = "another-handler", "nobody-suits"
GIVES = (said.ComplaintSubmitted, said.ComplaintClassified, said.ComplaintEscalated, done.ComplaintReopened)
"""The facts after which somebody may have to be found: until then nobody was, or who it was does not do any more."""


class Assigning:
    """One assignment of a tenant at a time: each sees the load that the one before has made."""

    def __init__(self, intake: Intake, worklist: Worklist, turns: Turns, now: Callable[[], datetime]) -> None:
        self._intake = intake
        self._worklist = worklist
        self._turns = turns
        self._now = now

    def table(self) -> Mapping[type[Message], Reaction]:
        return dict.fromkeys(GIVES, self.give)

    def give(self, delivery: Delivery[ComplaintFact]) -> Answer:
        """Give a complaint to whom the rule chooses, take it from whom it does not allow, or leave it."""
        complaint_id, tenant = delivery.envelope.stream_id, self._intake.tenants[delivery.message.tenant]

        def decide() -> Decision:
            complaint: Complaint = self._intake.repository.get(complaint_id)
            turn = self._turns.of(tenant.tenant)
            self._decide(complaint, tenant, turn.last, self._provenance(delivery))
            steps = delivery.steps
            if complaint.pending_events:
                steps = (*steps, self._turns.still(tenant.tenant, turn))
            return Decision.of(complaint, steps=steps)

        return self._intake.execute(Command(decide=decide, streams=(complaint_id, uuid5(NAMESPACE_URL, tenant.tenant))))

    def _decide(self, complaint: Complaint, tenant: Tenant, last: str | None, by: Provenance) -> None:
        if complaint.stage != Stage.OPEN or not tenant.handlers:
            return
        candidates, needs = self._candidates(tenant, by.at), self._needs(complaint)
        holder = next((each for each in candidates if each.handler_id == complaint.assigned_to), None)
        if holder and holder.holds(needs):
            return
        chosen = choose(candidates, needs, by=Choice(tenant.assignment), last=last)
        if chosen is not None:
            reason = ANOTHER_HANDLER if complaint.assigned_to in needs.excluded else tenant.assignment.value
            complaint.assign(chosen.handler_id, team=chosen.team, reason=reason, by=by)
        else:
            complaint.release(reason=NOBODY_SUITS, by=by)

    def _candidates(self, tenant: Tenant, at: datetime) -> list[Candidate]:
        today, loads = tenant.local_day(at), self._worklist.counts.loads(tenant.tenant)
        return [
            Candidate(
                handler_id=name,
                team=handler.team,
                levels=handler.levels,
                languages=handler.languages,
                categories=handler.categories,
                capacity=handler.capacity,
                is_away=any(away.first_day <= today <= away.last_day for away in handler.away),
                open=loads.get(name, 0),
            )
            for name, handler in tenant.handlers.items()
        ]

    def _needs(self, complaint: Complaint) -> Needs:
        return Needs(
            level=complaint.internal_level,
            category=complaint.category,
            language=complaint.language,
            excluded=frozenset(self._must_not_decide(complaint)),
        )

    def _provenance(self, delivery: Delivery[ComplaintFact]) -> Provenance:
        envelope = delivery.envelope
        return Provenance(
            actor=RULE,
            at=self._now(),
            channel=Channel.INTERNAL,
            causation_id=envelope.id,
            correlation_id=envelope.correlation_id,
        )

    def _must_not_decide(self, complaint: Complaint) -> set[str]:
        """Whoever decided what was rejected, and whoever worked on a complaint whose handling this one is about."""
        about = (LinkType.ABOUT_HANDLING_OF, Direction.OUTGOING)
        others = [other for other, link in complaint.links.items() if link == about]
        earlier: list[Complaint] = [self._intake.repository.get(other) for other in others]
        named = {complaint.rejected_decider} if complaint.rejections else set()
        return {name for name in named.union(*(each.worked_on_by for each in earlier)) if name}
