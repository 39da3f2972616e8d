"""From the body of a submission to the draft that intake takes."""

from services.intake.api.problems import RepresentsOneselfError
from services.intake.api.requests import ComplainantBody, DesiredOutcomeBody, Submit, TransactionBody
from services.intake.api.visits import Visit
from services.intake.domain.parties import PartyRole, Person
from services.intake.domain.submission import DesiredOutcome, Matter, RegulatorReference, Transaction
from services.intake.submitting import Draft, PartyDraft


def draft(body: Submit, visit: Visit) -> Draft:
    """In a session the caller is the complainant, or the representative where one is named."""
    return Draft(
        category=body.category,
        parties=_parties(body, visit),
        spoken_by=PartyRole.REPRESENTATIVE if body.representative else PartyRole.COMPLAINANT,
        matter=_matter(body, visit),
        language=body.language,
        received_at=body.received_at or body.occurred_at,
        entry_reason=body.entry_reason,
        preferred_medium=body.preferred_medium,
        desired_outcome=_desired_outcome(body.desired_outcome, visit),
        disputed_amount=visit.money(body.disputed_amount),
        regulator=RegulatorReference(body.regulator.body, body.regulator.reply_due_on) if body.regulator else None,
        evidence_ids=body.evidence_ids,
        follows=body.follows,
        about_handling_of=body.about_handling_of,
    )


def _desired_outcome(body: DesiredOutcomeBody | None, visit: Visit) -> DesiredOutcome | None:
    return DesiredOutcome(body.kind, visit.money(body.amount)) if body else None


def _parties(body: Submit, visit: Visit) -> tuple[PartyDraft, ...]:
    speaker = visit.caller.wallet_user_id
    if body.representative is None:
        return (PartyDraft(role=PartyRole.COMPLAINANT, person=_person(body.complainant, speaker)),)
    complainant, representative = _person(body.complainant, None), _person(body.representative, speaker)
    if representative.wallet_user_id and representative.wallet_user_id == complainant.wallet_user_id:
        raise RepresentsOneselfError
    return (
        PartyDraft(role=PartyRole.COMPLAINANT, person=complainant),
        PartyDraft(role=PartyRole.REPRESENTATIVE, person=representative),
    )


def _person(body: ComplainantBody, speaker: str | None) -> Person:
    return body.person(speaker or body.wallet_user_id)


def _matter(body: Submit, visit: Visit) -> Matter:
    return Matter(
        description=body.description,
        already_tried=body.already_tried,
        grounds=body.grounds,
        transactions=tuple(_transaction(each, visit) for each in body.transactions),
        account_id=body.account_id,
        client_reference=body.client_reference,
        metadata=dict(body.metadata),
        regulator_reference=body.regulator.reference if body.regulator else None,
    )


def _transaction(body: TransactionBody, visit: Visit) -> Transaction:
    return Transaction(
        transaction_id=body.transaction_id,
        at=body.at,
        amount=visit.money(body.amount),
        counterparty=body.counterparty,
        top_up_method=body.top_up_method,
    )
