"""What one complaint looks like to one audience: a fold of its history, personal parts included while they exist."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.intake.domain.complaint import Complaint
from services.intake.domain.links import Direction
from services.intake.domain.remedies import Remedy
from shared.contracts.message import Audience
from shared.contracts.registry import REGISTRY
from shared.eventstore.command import Recorded
from shared.eventstore.mapper import StoredParts

Page = dict[str, Any]


def complaint_page(history: Sequence[Recorded], audience: Audience) -> Page:
    """Fold what this audience may see into one page; lists are in the order of the history."""
    page: Page = {
        "evidence": [],
        "information_requests": [],
        "third_party_waits": [],
        "letters": [],
        "letters_held": [],
        "remedies": [],
        "referrals": [],
        "links": [],
        "link_proposals": [],
        "notes": [],
        "erased_parties": [],
        "resolution": None,
        "rating": None,
        "freeze": None,
    }
    for recorded in history:
        event: Any = recorded.event
        if audience.sees(audience_of(recorded)):
            _add_evidence(page, event, recorded.recorded_at)
            FOLDS.get(type(event), _nothing)(page, event, recorded.recorded_at)
    return page


def audience_of(recorded: Recorded) -> Audience:
    contract = REGISTRY.by_stored_name[recorded.stored.topic]
    return contract.audience_of(StoredParts.of(recorded.stored).public)


def _nothing(_page: Page, _event: Any, _at: datetime) -> None:
    """Most events change the status only, which the aggregate tells."""


def _submitted(page: Page, event: Complaint.Submitted, _: datetime) -> None:
    page.update(
        number=event.number,
        received_at=event.received_at,
        submitted_at=event.timestamp,
        channel=event.channel,
        language=event.language,
        preferred_medium=event.preferred_medium,
        desired_outcome=event.desired_outcome and asdict(event.desired_outcome),
        disputed_amount=event.disputed_amount and asdict(event.disputed_amount),
        regulator=event.regulator and asdict(event.regulator),
        entry_reason=event.entry_reason,
        authenticated=event.authenticated,
        flags=event.flags,
        matter=event.matter and asdict(event.matter),
        parties=[asdict(party) for party in event.parties],
        persons={party_id: asdict(person) for party_id, person in event.persons.items()},
    )


def _contact_changed(page: Page, event: Complaint.ContactChanged, _: datetime) -> None:
    known = page["persons"].get(event.party_id)
    if event.contact and known is not None:
        known.update({name: value for name, value in asdict(event.contact).items() if value is not None})
    if event.party_id != event.complainant:
        return
    page["preferred_medium"] = event.preferred_medium or page["preferred_medium"]
    page["language"] = event.language or page["language"]


def _information_requested(page: Page, event: Complaint.InformationRequested, at: datetime) -> None:
    request = {"request_id": event.request_id, "items": event.items, "text": event.text}
    page["information_requests"].append({**request, "requested_at": at, "provided_at": None})


def _information_provided(page: Page, event: Complaint.InformationProvided, at: datetime) -> None:
    for request in page["information_requests"]:
        if request["request_id"] in event.request_ids:
            request["provided_at"] = at


def _third_party_awaited(page: Page, event: Complaint.ThirdPartyAwaited, at: datetime) -> None:
    wait = {"wait_id": event.wait_id, "third_party": event.third_party}
    page["third_party_waits"].append({**wait, "since": at, "answered_at": None})


def _third_party_answered(page: Page, event: Complaint.ThirdPartyAnswered, at: datetime) -> None:
    for wait in page["third_party_waits"]:
        if wait["wait_id"] == event.wait_id:
            wait["answered_at"] = at


def _acknowledged(page: Page, event: Complaint.Acknowledged, at: datetime) -> None:
    letter = {"letter_id": event.event_id, "kind": "acknowledgement", "medium": None, "text": None}
    page["letters"].append({**letter, "ordered_at": at, "deliveries": []})


def _answered(page: Page, event: Complaint.Answered, at: datetime) -> None:
    letter = {"letter_id": event.event_id, "kind": event.kind, "medium": event.medium, "text": event.text}
    page["letters"].append({**letter, "ordered_at": at, "deliveries": []})


def _delivery_recorded(page: Page, event: Complaint.DeliveryRecorded, at: datetime) -> None:
    delivery = {"medium": event.medium, "attempt": event.attempt, "outcome": event.outcome, "recorded_at": at}
    for letter in page["letters"]:
        if letter["letter_id"] == event.letter_id:
            letter["deliveries"].append(delivery)
    page["letters_held"] = [each for each in page["letters_held"] if each["letter_id"] != event.letter_id]
    if event.missing:
        page["letters_held"].append({"letter_id": event.letter_id, "missing": event.missing, "held_at": at})


def _resolved(page: Page, event: Complaint.Resolved, at: datetime) -> None:
    page["resolution"] = {
        "decision": event.decision,
        "reason": event.reason,
        "explanation": event.explanation,
        "points": [asdict(point) for point in event.points or ()],
        "resolved_at": at,
        "verdict": None,
    }
    _promise(page, event.remedies)


def _promise(page: Page, remedies: tuple[Remedy, ...], replaces: object = None) -> None:
    for remedy in remedies:
        page["remedies"].append({**asdict(remedy), "reference": None, "replaces": replaces})


def _verdict(verdict: str) -> Callable[[Page, Any, datetime], None]:
    def fold(page: Page, _event: Any, _at: datetime) -> None:
        page["resolution"]["verdict"] = verdict

    return fold


def _remedy_reference(page: Page, event: Any, _: datetime) -> None:
    for remedy in page["remedies"]:
        if remedy["remedy_id"] == event.remedy_id:
            remedy.update(reference=event.reference)


def _freeze(state: str) -> Callable[[Page, Any, datetime], None]:
    def fold(page: Page, event: Any, at: datetime) -> None:
        page["freeze"] = {"freeze_id": event.freeze_id, "state": state, "at": at}

    return fold


def _referral_opened(page: Page, event: Complaint.ExternalReferralOpened, at: datetime) -> None:
    page["referrals"].append(
        {
            "referral_id": event.referral_id,
            "kind": event.kind,
            "body": event.body,
            "opened_by": event.opened_by,
            "reply_due_on": event.reply_due_on,
            "reference": event.reference,
            "opened_at": at,
            "outcome": None,
            "binding": None,
            "closed_at": None,
        }
    )


def _referral_decided(page: Page, event: Complaint.ExternalReferralDecided, _: datetime) -> None:
    _of(page, event.referral_id).update(outcome=event.outcome, binding=event.binding)
    if event.binding:
        _promise(page, event.remedies)


def _referral_closed(page: Page, event: Complaint.ExternalReferralClosed, at: datetime) -> None:
    _of(page, event.referral_id).update(closed_at=at)


def _of(page: Page, referral_id: object) -> dict[str, Any]:
    return next(referral for referral in page["referrals"] if referral["referral_id"] == referral_id)


def _linked(page: Page, event: Complaint.Linked, at: datetime) -> None:
    link = {"link": event.link, "direction": event.direction, "complaint_id": event.other_id}
    page["links"].append({**link, "linked_at": at})
    _link_decided(page, event, at)


def _link_proposed(page: Page, event: Complaint.LinkProposed, at: datetime) -> None:
    proposal = {"link": event.link, "direction": Direction.OUTGOING, "complaint_id": event.other_id}
    page["link_proposals"].append({**proposal, "because": event.because, "proposed_at": at})


def _link_decided(page: Page, event: Any, _: datetime) -> None:
    page["link_proposals"] = [each for each in page["link_proposals"] if each["complaint_id"] != event.other_id]


def _unlinked(page: Page, event: Complaint.Unlinked, _: datetime) -> None:
    page["links"] = [link for link in page["links"] if link["complaint_id"] != event.other_id]


def _rated(page: Page, event: Complaint.Rated, _: datetime) -> None:
    page["rating"] = {"score": event.score, "comment": event.comment}


def _note(page: Page, event: Complaint.NoteAdded, at: datetime) -> None:
    note = {"text": event.text, "flag": event.flag, "restricted": event.restricted}
    page["notes"].append({**note, "by": event.actor.id, "at": at})


def _erased(page: Page, event: Complaint.PersonalDataErased, _: datetime) -> None:
    page["erased_parties"] = sorted({*page["erased_parties"], *event.party_ids})


def _add_evidence(page: Page, event: Any, at: datetime) -> None:
    files = {file.evidence_id: file for file in getattr(event, "evidence_files", None) or ()}
    listed = {each["evidence_id"] for each in page["evidence"]}
    for reference in getattr(event, "evidence", ()):
        if reference.evidence_id in listed:
            continue
        file = files.get(reference.evidence_id)
        page["evidence"].append(
            {
                "evidence_id": reference.evidence_id,
                "kind": reference.kind,
                "commitment": reference.commitment,
                "file_name": file and file.file_name,
                "media_type": file and file.media_type,
                "size_bytes": file and file.size_bytes,
                "added_at": at,
            }
        )


FOLDS: Mapping[type, Callable[[Page, Any, datetime], None]] = {
    Complaint.Submitted: _submitted,
    Complaint.ContactChanged: _contact_changed,
    Complaint.InformationRequested: _information_requested,
    Complaint.InformationProvided: _information_provided,
    Complaint.ThirdPartyAwaited: _third_party_awaited,
    Complaint.ThirdPartyAnswered: _third_party_answered,
    Complaint.Acknowledged: _acknowledged,
    Complaint.Answered: _answered,
    Complaint.DeliveryRecorded: _delivery_recorded,
    Complaint.Resolved: _resolved,
    Complaint.ResolutionAccepted: _verdict("accepted"),
    Complaint.ResolutionRejected: _verdict("rejected"),
    Complaint.RemedyFulfilled: _remedy_reference,
    Complaint.RemedyFailed: _remedy_reference,
    Complaint.RemedyReplaced: lambda page, event, _: _promise(page, event.remedies, event.remedy_id),
    Complaint.FreezeRequested: _freeze("requested"),
    Complaint.FreezeConfirmed: _freeze("confirmed"),
    Complaint.FreezeRefused: _freeze("refused"),
    Complaint.ExternalReferralOpened: _referral_opened,
    Complaint.ExternalReferralDecided: _referral_decided,
    Complaint.ExternalReferralClosed: _referral_closed,
    Complaint.Linked: _linked,
    Complaint.Unlinked: _unlinked,
    Complaint.LinkProposed: _link_proposed,
    Complaint.LinkProposalDismissed: _link_decided,
    Complaint.Rated: _rated,
    Complaint.NoteAdded: _note,
    Complaint.PersonalDataErased: _erased,
}
