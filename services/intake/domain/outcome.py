"""How a complaint is decided, taken or refused by the complainant, and how it ends or begins again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.intake.domain import errors
from services.intake.domain.evidence import Evidence, EvidenceFile, EvidenceReference, files, references
from services.intake.domain.handling import Handling
from services.intake.domain.lifecycle import Stage, Status
from services.intake.domain.provenance import Provenance, Voice
from services.intake.domain.remedies import Remedies, Remedy
from services.intake.domain.safeguards import Safeguards
from services.intake.domain.waiting import Waiting

SUPERVISOR_DECIDES_AFTER = 2  # rejections


class Decision(StrEnum):
    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    NOT_UPHELD = "not_upheld"


class Closing(StrEnum):
    ACCEPTED = "accepted"
    NO_ANSWER = "no_answer"
    REJECTED_TWICE = "rejected_twice"
    DUPLICATE = "duplicate"


CLOSES_FOR = {Voice.SYSTEM: Closing.NO_ANSWER, Voice.SUPERVISOR: Closing.REJECTED_TWICE}


@dataclass(frozen=True)
class AnsweredPoint:
    point: str
    answer: str


class Outcome(Handling, Remedies, Safeguards, Waiting):
    """The chapter of resolution, verdict, rating, and every way to end or reopen."""

    class Resolved(Handling.Event):
        TOPIC = "complaint.resolved"
        decision: Decision
        remedies: tuple[Remedy, ...]
        reason: str
        reason_text: str | None
        explanation: str | None
        points: tuple[AnsweredPoint, ...] | None

        def apply(self, complaint: "Outcome") -> None:
            complaint.stage = Stage.RESOLVED
            complaint.resolution_id = self.event_id
            complaint.resolved_by = self.actor.id
            complaint.current_resolution_rejected = False
            complaint.promise(self.remedies, if_accepted=True)
            complaint.stop_waiting()

    class ResolutionAccepted(Handling.Event):
        TOPIC = "complaint.resolution_accepted"
        text: str | None

        def apply(self, complaint: "Outcome") -> None:
            complaint.keep_promises()

    class ResolutionRejected(Handling.Event):
        TOPIC = "complaint.resolution_rejected"
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Outcome") -> None:
            complaint.rejections += 1
            complaint.rejected_decider = complaint.resolved_by
            complaint.current_resolution_rejected = True

    class Rated(Handling.Event):
        TOPIC = "complaint.rated"
        score: int
        comment: str | None

        def apply(self, complaint: "Outcome") -> None:
            complaint.has_been_rated = True

    class Reopened(Handling.Event):
        TOPIC = "complaint.reopened"
        reason: str
        reason_text: str | None
        internal_text: str | None

        def apply(self, complaint: "Outcome") -> None:
            complaint.stage, complaint.ended_as, complaint.ended_at = Stage.OPEN, None, None
            complaint.duplicate_of = None
            complaint.worked_on = True
            complaint.let_promises_lapse()

    class Withdrawn(Handling.Event):
        TOPIC = "complaint.withdrawn"
        reason: str
        evidence: tuple[EvidenceReference, ...]
        evidence_files: tuple[EvidenceFile, ...] | None
        reason_text: str | None

        def apply(self, complaint: "Outcome") -> None:
            complaint.end(Status.WITHDRAWN, self.timestamp)
            complaint.stop_waiting()

    class Declined(Handling.Event):
        TOPIC = "complaint.declined"
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Outcome") -> None:
            complaint.end(Status.DECLINED, self.timestamp)

    class Closed(Handling.Event):
        TOPIC = "complaint.closed"
        reason: Closing
        primary_id: UUID | None

        def apply(self, complaint: "Outcome") -> None:
            complaint.end(Status.CLOSED, self.timestamp)
            complaint.duplicate_of = self.primary_id
            complaint.stop_waiting()
            complaint.let_promises_lapse()

    def __init__(self) -> None:
        super().__init__()
        self.resolution_id: UUID | None = None
        self.resolved_by: str | None = None
        self.rejected_decider: str | None = None
        self.current_resolution_rejected = False
        self.rejections = 0
        self.has_been_rated = False
        self.duplicate_of: UUID | None = None

    @property
    def rejected(self) -> bool:
        return self.current_resolution_rejected

    @property
    def rated(self) -> bool:
        return self.has_been_rated

    def resolve(
        self,
        *,
        decision: Decision,
        remedies: tuple[Remedy, ...] = (),
        reason: str,
        explanation: str,
        points: tuple[AnsweredPoint, ...] = (),
        reason_text: str | None = None,
        by: Provenance,
    ) -> None:
        """Decide; after one rejection another handler must, after two a supervisor."""
        self.permit("resolve", by)
        if self.rejections == 1 and by.actor.id == self.rejected_decider:
            raise errors.AnotherHandlerRequiredError
        if self.rejections >= SUPERVISOR_DECIDES_AFTER and by.voice != Voice.SUPERVISOR:
            raise errors.SupervisorRequiredError
        self._record(
            self.Resolved,
            by,
            decision=decision,
            remedies=remedies,
            reason=reason,
            reason_text=reason_text,
            explanation=explanation,
            points=points,
        )

    def accept_resolution(self, *, text: str | None = None, by: Provenance) -> None:
        """Take the resolution, which closes the complaint."""
        self.permit("accept-resolution", by)
        self._record(self.ResolutionAccepted, by, text=text)
        self._record(self.Closed, self.following(by), reason=Closing.ACCEPTED, primary_id=None)

    def reject_resolution(self, *, reason: str, reason_text: str | None = None, by: Provenance) -> None:
        """Refuse the resolution: the first time this reopens at level 1 or above, then a supervisor decides."""
        self.permit("reject-resolution", by)
        self._record(self.ResolutionRejected, by, reason=reason, reason_text=reason_text)
        if self.rejections >= SUPERVISOR_DECIDES_AFTER:
            return
        self._record(
            self.Reopened, self.following(by), reason="resolution-rejected", reason_text=None, internal_text=None
        )
        if self.internal_level < 1:
            self._raise_level(reason="resolution-rejected", by=self.following(by))

    def rate(self, score: int, *, comment: str | None = None, by: Provenance) -> None:
        """Rate the handling from 1 (bad) to 5 (good), whatever the verdict was."""
        self.permit("rate", by)
        self._record(self.Rated, by, score=score, comment=comment)

    def withdraw(
        self, *, reason: str, reason_text: str | None = None, evidence: tuple[Evidence, ...] = (), by: Provenance
    ) -> None:
        """End it at the complainant's wish; a handler who records that wish attaches its evidence."""
        self.permit("withdraw", by)
        if by.voice == Voice.RECORDED and not evidence:
            raise errors.EvidenceRequiredError
        self._record(
            self.Withdrawn,
            by,
            reason=reason,
            reason_text=reason_text,
            evidence=references(evidence),
            evidence_files=files(evidence),
        )

    def decline(self, *, reason: str, reason_text: str | None = None, by: Provenance) -> None:
        """Refuse to take the complaint on, before any work on it; a letter to the complainant is due."""
        self.permit("decline", by)
        self._record(self.Declined, by, reason=reason, reason_text=reason_text)

    def close(self, reason: Closing, *, resolution_id: UUID | None = None, by: Provenance) -> None:
        """Close a resolved complaint: unanswered (by a clock), or by a supervisor after a second rejection.

        `resolution_id` names the resolution that went unanswered, where a later one may stand by now.
        """
        self.permit("close", by)
        if resolution_id not in {None, self.resolution_id}:
            raise errors.ResolutionSupersededError
        if reason != CLOSES_FOR[by.voice]:
            raise errors.NotPermittedError(f"a {by.voice} closes for {CLOSES_FOR[by.voice]}, not for {reason}")
        if reason == Closing.NO_ANSWER and self.current_resolution_rejected:
            raise errors.ResolutionRejectedError
        if reason == Closing.REJECTED_TWICE and self.rejections < SUPERVISOR_DECIDES_AFTER:
            raise errors.NotRejectedTwiceError
        self._record(self.Closed, by, reason=reason, primary_id=None)

    def reopen(
        self, *, reason: str, window_ends_at: datetime | None = None, reason_text: str | None = None, by: Provenance
    ) -> None:
        """Begin again: by the complainant until `window_ends_at`, by a supervisor, for colleagues, at any time."""
        self.permit("reopen", by)
        if self.stage == Stage.RESOLVED and not (self.current_resolution_rejected and by.voice == Voice.SUPERVISOR):
            raise errors.NotRejectedTwiceError
        if self.duplicate_of is not None:
            raise errors.NotPermittedError("a duplicate reopens when it is unlinked or its primary ends")
        if by.voice == Voice.SESSION:
            self._require_open_window(window_ends_at, by)
        ours, theirs = (reason_text, None) if by.voice == Voice.SUPERVISOR else (None, reason_text)
        self._record(self.Reopened, by, reason=reason, reason_text=theirs, internal_text=ours)

    @property
    def may_be_reopened_by_complainant(self) -> bool:
        """Tell whether it is a question of time only."""
        return self.ended_as in {Status.CLOSED, Status.WITHDRAWN} and self.duplicate_of is None

    def _require_open_window(self, window_ends_at: datetime | None, by: Provenance) -> None:
        if self.ended_as == Status.DECLINED:
            raise errors.NotPermittedError("a declined complaint is reopened by a supervisor")
        if window_ends_at is None or by.at >= window_ends_at:
            raise errors.ReopeningWindowOverError(follows=self.id)

    def close_as_duplicate(self, primary_id: UUID, *, by: Provenance) -> None:
        """Close in favour of the primary; part of linking two complaints."""
        self._record(self.Closed, self.following(by), reason=Closing.DUPLICATE, primary_id=primary_id)

    def reopen_duplicate(self, *, reason: str, by: Provenance) -> None:
        """Begin again at the original dates; part of unlinking, or of the primary's end."""
        self._reopen(reason=reason, by=by)

    def _reopen(self, *, reason: str, by: Provenance) -> None:
        self._record(self.Reopened, by, reason=reason, reason_text=None, internal_text=None)
