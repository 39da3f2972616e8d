"""The ports to what views know and rules are told: the terms of pinned policies, the payments of the ledger."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.intake.domain.conversation import LetterKind
from services.intake.domain.handling import ExtensionTerms, Promise
from services.intake.domain.links import Likeness
from services.intake.domain.parties import Medium
from services.intake.domain.submission import Submission
from shared.eventstore.command import Step


class PromisedTerms(Protocol):
    """Every question raises PromisesComputingError while the clocks are not known yet."""

    def promises(self, complaint_id: UUID) -> tuple[Promise, ...]:
        """Return the dates that the acknowledgement tells."""

    def extension(self, complaint_id: UUID, clock_id: UUID, at: datetime) -> ExtensionTerms | None:
        """Return what the policy allows for a clock, None where nothing; raises ClockUnknownError once it is due."""

    def allowed_media(self, complaint_id: UUID, kind: LetterKind) -> frozenset[Medium]:
        """Return the media that every policy of the complaint allows for this kind of letter."""

    def reopening_ends_at(self, complaint_id: UUID, ended_at: datetime) -> datetime | None:
        """Return the first instant at which the complainant can reopen no more; None where never."""


class KnownPayments(Protocol):
    def is_same(self, complaint_id: UUID, remedy_id: UUID, reference: str) -> bool:
        """Tell whether a remedy was fulfilled under this reference; never once the person was erased."""


class KnownLikenesses(Protocol):
    """What earlier complaints have in common with a new one, by keyed hashes."""

    def like(self, submission: Submission) -> tuple[Likeness, ...]:
        """Return a few of them, those received last first."""

    def still(self, complaint_id: UUID, submission: Submission, found: tuple[Likeness, ...]) -> Step:
        """The step that makes sure that no further one came in between; else stale."""
