"""What can be wrong with a call to intake's API, and the status of each refusal."""

from collections.abc import Mapping

from services.intake.domain.errors import NotPermittedError, RuleBrokenError
from services.intake.request_errors import (
    InvalidError,
    NotFoundError,
    PromisesComputingError,
    VersionMismatchError,
)
from shared.web.problems import CallError


class IdempotencyKeyMissingError(CallError):
    """A POST needs the header Idempotency-Key: 1 to 255 visible characters, new for each new request."""

    code, status, field = "idempotency-key-missing", 400, "Idempotency-Key"


class IdempotencyKeyInUseError(CallError):
    """The first request with this key still runs; repeat this one in a moment."""

    code, status, field = "idempotency-key-in-use", 409, "Idempotency-Key"


class OnBehalfOfMissingError(CallError):
    """An app names the wallet user it acts for in the header Recourse-On-Behalf-Of."""

    code, status, field = "on-behalf-of-missing", 400, "Recourse-On-Behalf-Of"


class IfMatchRequiredError(CallError):
    """This decision needs the header If-Match with the ETag of the complaint you saw."""

    code, status, field = "if-match-required", 428, "If-Match"


class AsOfError(CallError):
    """An as_of is an instant with an offset, and not in the future."""

    code, status, field = "as-of-invalid", 422, "as_of"


class OccurredInFutureError(CallError):
    """Words cannot have been spoken later than now."""

    code, status, field = "occurred-in-future", 422, "occurred_at"


class RepresentsOneselfError(CallError):
    """The representative is the complainant; name the complainant only."""

    code, status, field = "represents-oneself", 422, "representative"


class CursorError(CallError):
    """The cursor is not one of ours, or belongs to other filters; start again without it."""

    code, status, field = "cursor-invalid", 400, "cursor"


class MalformedMultipartError(CallError):
    """An upload is multipart/form-data with the part kind, then the part file."""

    code, status = "malformed-multipart", 400


class FileTooLargeError(CallError):
    """The file is larger than this kind of evidence may be."""

    code, status, field = "file-too-large", 413, "file"


class UnsupportedMediaTypeError(CallError):
    """The file is not of a type that this kind of evidence takes; the type is found in the bytes."""

    code, status, field = "unsupported-media-type", 415, "file"


class EvidenceKindError(CallError):
    """There is no such kind of evidence."""

    code, status, field = "evidence-kind-unknown", 422, "kind"


class EvidenceRestrictedError(CallError):
    """This kind of evidence is for those with a further scope."""

    code, status = "evidence-restricted", 403


class RangeError(CallError):
    """The range lies outside the file."""

    code, status, field = "range-not-satisfiable", 416, "Range"


STATUS: Mapping[type[Exception], int] = {
    NotFoundError: 404,
    VersionMismatchError: 412,
    PromisesComputingError: 409,
    InvalidError: 422,
    NotPermittedError: 403,
    RuleBrokenError: 409,
}
