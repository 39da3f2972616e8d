"""What can be wrong with a request before any rule of a complaint is asked.

IntakeError
└── RequestError        the caller can mend it
    ├── NotFoundError   what it names is not there, or is somebody else's
    └── InvalidError    a value is not one that the data files or the tenant know
"""

from services.intake.domain.errors import IntakeError


class RequestError(IntakeError):
    """The request cannot be carried out as it is."""


class NotFoundError(RequestError):
    """There is nothing here for you."""


class ComplaintNotFoundError(NotFoundError):
    """There is no complaint with this id that you may see."""

    code = "complaint-not-found"


class NotYetSubmittedError(NotFoundError):
    """The complaint did not exist at that instant or version."""

    code = "not-yet-submitted"


class EvidenceNotFoundError(NotFoundError):
    """There is no evidence with this id that you may see."""

    code = "evidence-not-found"


class IncidentNotFoundError(NotFoundError):
    """There is no incident with this id that you may see."""

    code = "incident-not-found"


class SignalNotFoundError(NotFoundError):
    """There is no signal with this id that you may see."""

    code = "signal-not-found"


class SavedFilterNotFoundError(NotFoundError):
    """There is no filter with this id that you may use."""

    code = "saved-filter-not-found"


class VersionMismatchError(RequestError):
    """The complaint has changed since you read it; read it again and decide anew."""

    code = "version-mismatch"
    field = "If-Match"


class PromisesComputingError(RequestError):
    """The promised dates are still being computed; try again in a moment."""

    code = "promises-computing"


class InvalidError(RequestError):
    """A value is not one that is known here."""


class CategoryUnknownError(InvalidError):
    """There is no such category; GET /v1/categories lists them."""

    code = "category-unknown"
    field = "category"


class ReasonUnknownError(InvalidError):
    """There is no such reason for this command; GET /v1/reasons lists them."""

    code = "reason-unknown"
    field = "reason"


class RootCauseUnknownError(InvalidError):
    """There is no such root cause; GET /v1/reasons lists them."""

    code = "root-cause-unknown"
    field = "root_cause"


class ExternalBodyUnknownError(InvalidError):
    """There is no such regulator, court or mediation body; GET /v1/bodies lists them."""

    code = "external-body-unknown"
    field = "body"


class ReferralKindError(InvalidError):
    """The body is of another kind; leave `kind` out."""

    code = "referral-kind-differs"
    field = "kind"


class AssetUnknownError(InvalidError):
    """The tenant does not deal in this currency or asset."""

    code = "currency-unknown"
    field = "currency"


class TooManyDigitsError(InvalidError):
    """The amount has more digits than its currency."""

    code = "too-many-digits"
    field = "amount"


class ReceivedInFutureError(InvalidError):
    """A complaint cannot be received later than now."""

    code = "received-in-future"
    field = "received_at"


class EntryReasonRequiredError(InvalidError):
    """An earlier received_at is for handlers, and needs an entry_reason."""

    code = "entry-reason-required"
    field = "entry_reason"


class EvidenceTakenError(InvalidError):
    """This evidence belongs to another complaint; upload it again."""

    code = "evidence-already-attached"
    field = "evidence_ids"


class FilterConflictError(InvalidError):
    """A queue says this of its complaints itself; leave the filter out, or ask the queue `open`."""

    code = "filter-conflict"


class TeamMissingError(InvalidError):
    """You are on no team; name one."""

    code = "team-missing"
    field = "team"


class ClockUnknownError(InvalidError):
    """The complaint has no running clock with this id."""

    code = "clock-unknown"
    field = "clock_id"


class GroupTooLargeError(InvalidError):
    """The filter finds more complaints than one call may group; narrow it, and group several times."""

    code = "group-too-large"
    field = "filter"
