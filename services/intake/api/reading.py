"""One complaint as one caller may see it: now, at an instant, or at a version."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.intake.api.allowing import allowed_actions, speaker
from services.intake.api.answers import ActorOut, ComplaintOut, HistoryEntry, NextStepOut
from services.intake.api.bodies import referable_out
from services.intake.api.calls import Caller
from services.intake.api.fields import LabelledCode, PartyOut, PromiseOut
from services.intake.api.handling import HandlingOut, handling
from services.intake.application import Intake
from services.intake.catalogue import Catalogue
from services.intake.changing import folded
from services.intake.domain.complaint import Complaint
from services.intake.domain.provenance import Actor, ActorType, Provenance
from services.intake.request_errors import ComplaintNotFoundError, NotYetSubmittedError
from services.intake.views.belonging import Belonging
from services.intake.views.complaint_page import Page, audience_of, complaint_page
from services.intake.views.next_step import missing, next_step
from services.intake.views.promised_dates import PromisedDates, Promises
from shared.contracts.message import EACH_PARTY, Audience, Personal
from shared.contracts.registry import REGISTRY
from shared.eventstore.command import Recorded

ENVELOPE = frozenset(
    {
        "tenant",
        "complainant",
        "actor",
        "on_behalf_of",
        "channel",
        "occurred_at",
        "causation_id",
        "correlation_id",
    }
)


@dataclass(frozen=True)
class Sight:
    """A complaint at one point of its history, with the dates promised then; `until` is None for now."""

    complaint: Complaint
    history: Sequence[Recorded]
    promises: Promises
    until: datetime | None = None

    @property
    def etag(self) -> str:
        return f'"{self.complaint.version}-{self.promises.revision}"'

    @property
    def seen_at(self) -> datetime:
        return self.history[-1].recorded_at


class Reading:
    def __init__(self, intake: Intake, dates: PromisedDates, catalogue: Catalogue, belonging: Belonging) -> None:
        self._intake = intake
        self._belonging = belonging
        self._dates = dates
        self._catalogue = catalogue

    def now(self, complaint_id: UUID, caller: Caller) -> Sight:
        history = self._history(complaint_id, caller)
        return Sight(folded(history), history, self._dates.newest(complaint_id))

    def at_version(self, complaint_id: UUID, version: int, caller: Caller) -> Sight:
        """Raises NotYetSubmittedError for a version that is not there."""
        history = self._history(complaint_id, caller)
        if not 1 <= version <= len(history):
            raise NotYetSubmittedError(f"the complaint has versions 1 to {len(history)}")
        seen = history[:version]
        until = seen[-1].recorded_at
        return Sight(folded(seen), seen, self._dates.as_of(complaint_id, until), until=until)

    def at_receipt(self, complaint_id: UUID, version: int, revision: int, caller: Caller) -> Sight:
        """What a command answered: the same for a repeat, however much has happened since."""
        history = self._history(complaint_id, caller)[:version]
        return Sight(folded(history), history, self._dates.at_revision(complaint_id, revision))

    def as_of(self, complaint_id: UUID, instant: datetime, caller: Caller) -> Sight:
        """What was recorded by then, inclusive; raises NotYetSubmittedError before the first event."""
        history = [each for each in self._history(complaint_id, caller) if each.recorded_at <= instant]
        if not history:
            raise NotYetSubmittedError
        return Sight(folded(history), history, self._dates.as_of(complaint_id, instant), until=instant)

    def _history(self, complaint_id: UUID, caller: Caller) -> list[Recorded]:
        history = self._intake.recorded(complaint_id)
        if not history:
            raise ComplaintNotFoundError
        complaint = folded(history)
        if _is_hidden(complaint, caller) or complaint.tenant != caller.principal.tenant:
            raise ComplaintNotFoundError
        return history

    def entries(self, sight: Sight, caller: Caller) -> list[HistoryEntry]:
        """The history for this caller's audience."""
        return [_entry(each, caller) for each in self.shown(sight, caller, caller.audience)]

    def shown(self, sight: Sight, caller: Caller, audience: Audience) -> list[Recorded]:
        """What an audience may see, of what this caller may; a primary shows what its duplicates brought."""
        histories = [sight.history, *(self._brought(each, sight, caller) for each in sight.complaint.duplicates)]
        recorded = sorted(
            (each for history in histories for each in history),
            key=lambda each: (each.recorded_at, each.stored.position),
        )
        return [each for each in recorded if audience.sees(audience_of(each))]

    def _brought(self, duplicate_id: UUID, sight: Sight, caller: Caller) -> list[Recorded]:
        """What a duplicate brought, for those who may see that one too: its parties may be others."""
        brought = (Complaint.FollowedUp, Complaint.EvidenceAdded)
        history = self._intake.recorded(duplicate_id)
        if _is_hidden(folded(history), caller):
            return []
        return [
            each
            for each in history
            if isinstance(each.event, brought) and (sight.until is None or each.recorded_at <= sight.until)
        ]

    def evidence_ids(self, sight: Sight, caller: Caller) -> set[UUID]:
        """The evidence that this caller may see."""
        return {each["evidence_id"] for each in complaint_page(sight.history, caller.audience)["evidence"]}

    def render(self, sight: Sight, caller: Caller, language: str, *, at: datetime) -> ComplaintOut:
        """Write the answer; `at` decides which actions are still open."""
        complaint, promises = sight.complaint, sight.promises
        page = complaint_page(sight.history, caller.audience)
        matter = page["matter"] or {}
        step = next_step(complaint, promises)
        label = self._label(language)
        reopen_until = self.reopen_until(sight)
        return ComplaintOut(
            **{name: page[name] for name in COPIED},
            id=complaint.id,
            version=complaint.version,
            promises_revision=promises.revision,
            status=label("status", complaint.status),
            level=complaint.level,
            category=self._category(complaint.category, language),
            urgent=bool(complaint.classification and complaint.classification.urgent),
            updated_at=sight.seen_at,
            parties=_parties(page, caller),
            remedies=tuple({**remedy, "state": complaint.remedies[remedy["remedy_id"]]} for remedy in page["remedies"]),
            referrals=self._referrals(page, language),
            referable=referable_out(promises, self._catalogue.bodies, language),
            description=matter.get("description"),
            already_tried=matter.get("already_tried"),
            grounds=matter.get("grounds"),
            transactions=tuple(matter.get("transactions", ())),
            account_id=matter.get("account_id"),
            client_reference=matter.get("client_reference"),
            metadata=matter.get("metadata", {}),
            promises_state="ready" if promises.ready else "computing",
            promises=tuple(PromiseOut.model_validate(date) for date in promises.dates),
            missing=tuple(
                LabelledCode(code=item.code, label=item.labels[language])
                for item in missing(complaint.category, page, self._catalogue)
            ),
            next_step=NextStepOut(
                code=step.code,
                label=self._catalogue.label("next_step", step.code, language),
                who=step.who,
                by=PromiseOut.model_validate(step.by) if step.by else None,
            ),
            reopen_until=reopen_until,
            allowed_actions=self._allowed(sight, speaker(caller, at), reopen_until),
            handling=self._handling(sight, page, caller.audience),
        )

    def _handling(self, sight: Sight, page: Page, audience: Audience) -> HandlingOut | None:
        if audience == Audience.COMPLAINANT:
            return None
        return handling(sight.complaint, page, audience, self._belonging, until=sight.until)

    def _allowed(self, sight: Sight, by: Provenance, reopen_until: datetime | None) -> tuple[str, ...]:
        """What this caller may do; a proposal that a later complaint holds can be dismissed from here as well."""
        is_proposed = bool(self._belonging.proposals(sight.complaint.id, sight.until))
        return allowed_actions(sight.complaint, by, reopen_until, is_proposed=is_proposed)

    def reopen_until(self, sight: Sight) -> datetime | None:
        """The first instant at which the complainant can reopen it no more; None where they never can."""
        complaint = sight.complaint
        if complaint.ended_at is None or not complaint.may_be_reopened_by_complainant:
            return None
        return self._dates.window_of(complaint.id, sight.promises.dates, complaint.ended_at)

    def allowed_to_party(self, sight: Sight, caller: Caller, at: datetime) -> tuple[str, ...]:
        """What the party may do in whose session this is; for colleagues, what the complainant may do."""
        complaint = sight.complaint
        by = speaker(caller, at)
        if not caller.in_session:
            by = replace(by, actor=Actor(ActorType.COMPLAINANT, str(complaint.complainant)))
        return allowed_actions(complaint, by, self.reopen_until(sight))

    def _label(self, language: str) -> Any:
        return lambda kind, code: LabelledCode(code=code, label=self._catalogue.label(kind, code, language))

    def _referrals(self, page: Page, language: str) -> tuple[Page, ...]:
        """A body that is no longer listed is still shown, by its code."""
        labels = {code: body.labels[language] for code, body in self._catalogue.bodies.items()}
        return tuple({**each, "body_label": labels.get(each["body"], each["body"])} for each in page["referrals"])

    def _category(self, code: str, language: str) -> LabelledCode:
        return LabelledCode(code=code, label=self._catalogue.category(code).labels[language])


COPIED = (
    "number",
    "channel",
    "language",
    "preferred_medium",
    "received_at",
    "submitted_at",
    "desired_outcome",
    "disputed_amount",
    "regulator",
    "evidence",
    "information_requests",
    "third_party_waits",
    "letters",
    "freeze",
    "resolution",
    "rating",
    "links",
    "erased_parties",
)


def _is_hidden(complaint: Complaint, caller: Caller) -> bool:
    return caller.in_session and caller.party_id not in complaint.parties


def _entry(recorded: Recorded, caller: Caller) -> HistoryEntry:
    event: Any = recorded.event
    contract = REGISTRY.by_stored_name[recorded.stored.topic]
    names = (contract.model_fields.keys() | contract.personal.keys()) - ENVELOPE
    audience = caller.audience
    seen = [name for name in sorted(names) if audience.sees(contract.audience_of_field(name))]
    shown = {name: _of_caller(getattr(event, name), contract.personal.get(name), event, caller) for name in seen}
    return HistoryEntry(
        event_id=event.event_id,
        complaint_id=event.originator_id,
        version=event.originator_version,
        type=contract.message_type(),
        occurred_at=event.timestamp,
        recorded_at=recorded.recorded_at,
        actor=ActorOut(type=event.actor.type, id=None if audience == Audience.COMPLAINANT else event.actor.id),
        on_behalf_of=event.on_behalf_of,
        channel=event.channel,
        causation_id=event.causation_id,
        fields=shown,
    )


def _of_caller(value: Any, personal: Personal | None, event: Any, caller: Caller) -> Any:
    """A party sees its own person only; what is said about the matter is for every party of it."""
    if personal is None or personal.of == "complainant" or caller.audience != Audience.COMPLAINANT:
        return value
    if personal.of == EACH_PARTY:
        return {party: person for party, person in value.items() if party == caller.party_id}
    return value if getattr(event, personal.of) == caller.party_id else None


def _parties(page: Page, caller: Caller) -> tuple[PartyOut, ...]:
    def person(party_id: UUID) -> dict[str, str | None] | None:
        mine = caller.audience != Audience.COMPLAINANT or party_id == caller.party_id
        return page["persons"].get(party_id) if mine else None

    return tuple(
        PartyOut(party_id=party["party_id"], role=party["role"], person=person(party["party_id"]))
        for party in page["parties"]
    )
