"""The complaint: an aggregate told in chapters, whose state is its history and nothing else."""

from uuid import UUID

from services.intake.domain import lifecycle
from services.intake.domain.conversation import Conversation
from services.intake.domain.errors import IntakeError
from services.intake.domain.evidence import files, references
from services.intake.domain.lifecycle import RULES, Stage, Status
from services.intake.domain.links import Links
from services.intake.domain.provenance import Provenance, Voice
from services.intake.domain.referrals import Referrals
from services.intake.domain.submission import Classification, Submission

REFERRED_LEVEL = 3


class Complaint(Links, Referrals, Conversation):
    """One complaint about a wallet; each public method decides, records events, and changes nothing else."""

    TOPIC = "complaint"

    @classmethod
    def submit(
        cls,
        complaint_id: UUID,
        submission: Submission,
        classification: Classification,
        *,
        classified_because: str,
        freeze_id: UUID,
        by: Provenance,
    ) -> "Complaint":
        """Begin a complaint: submitted, classified by rule and, if urgent in a session, with a freeze requested."""
        complaint = cls._create(
            cls.Submitted,
            id=complaint_id,
            timestamp=by.at,
            tenant=submission.tenant,
            complainant=submission.complainant,
            actor=by.actor,
            on_behalf_of=by.on_behalf_of,
            channel=by.channel,
            causation_id=by.causation_id,
            correlation_id=by.correlation_id,
            imported=by.imported,
            number=submission.number,
            parties=submission.parties,
            category=classification.category,
            received_at=submission.received_at,
            entry_reason=submission.entry_reason,
            authenticated=by.voice == Voice.SESSION and by.party == submission.complainant,
            language=submission.language,
            preferred_medium=submission.preferred_medium,
            desired_outcome=submission.desired_outcome,
            disputed_amount=submission.disputed_amount,
            regulator=submission.regulator,
            flags=submission.flags,
            evidence=references(submission.evidence),
            evidence_files=files(submission.evidence),
            matter=submission.matter,
            persons=submission.persons,
            imported_from=submission.imported_from,
        )
        recourse = complaint.following(by)
        complaint.classify(classification, reason=classified_because, by=recourse)
        if classification.urgent and complaint.authenticated:
            complaint.request_freeze(freeze_id, reason=classification.category, by=recourse)
        return complaint

    @property
    def status(self) -> Status:
        if self.stage != Stage.OPEN:
            return self.ended_as or Status.RESOLVED
        if self.open_requests:
            return Status.WAITING_ON_COMPLAINANT
        if self.third_party_waits:
            return Status.WAITING_ON_THIRD_PARTY
        if self.worked_on:
            return Status.IN_PROGRESS
        return Status.ACKNOWLEDGED if self.acknowledged else Status.SUBMITTED

    @property
    def level(self) -> int:
        """0 front line, 1 senior handler, 2 manager or compliance, 3 while an external referral is open."""
        return REFERRED_LEVEL if self.open_referrals else self.internal_level

    def permit(self, command: str, by: Provenance) -> None:
        self._require_party(by)
        lifecycle.permit(self, command, by)

    def allows(self, command: str, by: Provenance) -> bool:
        """Tell whether the table of the lifecycle lets this caller give this command now."""
        try:
            self.permit(command, by)
        except IntakeError:
            return False
        return True

    def allowed_actions(self, by: Provenance) -> tuple[str, ...]:
        return tuple(command for command in RULES if self.allows(command, by))
