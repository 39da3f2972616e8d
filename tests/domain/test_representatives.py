"""Who represents a complainant speaks for them at once, and decides for them only with proof of authority."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.intake.domain import errors
from services.intake.domain.complaint import Complaint
from services.intake.domain.parties import Party, PartyRole
from tests import builders as a
from tests.domain import happened
from tests.given import Step, given

PARTIES = (Party(a.COMPLAINANT, PartyRole.COMPLAINANT), Party(a.REPRESENTATIVE, PartyRole.REPRESENTATIVE))
SPEAKS = a.session(a.REPRESENTATIVE)
Act = Callable[[Complaint], None]

DECISIONS: dict[str, tuple[tuple[Step, ...], Act, tuple[type[Complaint.Event], ...]]] = {
    "accept-resolution": (
        (happened.resolved,),
        lambda c: c.accept_resolution(by=SPEAKS),
        (Complaint.ResolutionAccepted, Complaint.Closed),
    ),
    "reject-resolution": (
        (happened.resolved,),
        lambda c: c.reject_resolution(reason="not-enough", by=SPEAKS),
        (Complaint.ResolutionRejected, Complaint.Reopened, Complaint.Escalated),
    ),
    "rate": ((happened.resolved,), lambda c: c.rate(1, by=SPEAKS), (Complaint.Rated,)),
    "reopen": (
        (happened.withdrawn,),
        lambda c: c.reopen(reason="new-information", window_ends_at=SPEAKS.at + timedelta(days=1), by=SPEAKS),
        (Complaint.Reopened,),
    ),
    "withdraw": ((), lambda c: c.withdraw(reason="solved", by=SPEAKS), (Complaint.Withdrawn,)),
}

every_decision = pytest.mark.parametrize("name", list(DECISIONS))


def proven(c: Complaint) -> None:
    happened.identity_verified(c, a.REPRESENTATIVE)


@every_decision
def test_without_proof_a_representative_decides_nothing(name: str) -> None:
    steps, act, _ = DECISIONS[name]
    subject = a.complaint(parties=PARTIES)
    given(*steps, subject=subject).when(act).then_refused(errors.RepresentativeNotProvenError)


@every_decision
def test_with_proof_a_representative_decides(name: str) -> None:
    steps, act, events = DECISIONS[name]
    given(proven, *steps, subject=a.complaint(parties=PARTIES)).when(act).then(*events)


@every_decision
def test_what_would_be_refused_is_not_offered(name: str) -> None:
    complaint = a.complaint(parties=PARTIES)
    for step in DECISIONS[name][0]:
        step(complaint)
    assert name not in complaint.allowed_actions(SPEAKS)


def test_without_proof_a_representative_still_speaks() -> None:
    given(subject=a.complaint(parties=PARTIES)).when(lambda c: c.follow_up(text="?", by=SPEAKS)).then(
        Complaint.FollowedUp
    )
