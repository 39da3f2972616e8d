"""What the rules of a complaint refuse.

IntakeError
├── RuleBrokenError              the complaint does not allow it now
│   ├── ComplaintClosedError     └ … and so on: one class per rule
│   └── ...
└── NotPermittedError            this caller may never do it
"""

from collections.abc import Mapping
from uuid import UUID


class IntakeError(Exception):
    """A command was refused; the docstring of each subclass is its message."""

    code: str
    field: str | None = None
    members: Mapping[str, str] = {}
    """What a program needs to go on, beside the words for people."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or type(self).__doc__)


class RuleBrokenError(IntakeError):
    """A rule of the complaint refuses this."""


class NotPermittedError(IntakeError):
    """This is not yours to do: ask somebody with the right to."""

    code = "actor-not-permitted"


class ComplaintClosedError(RuleBrokenError):
    """The complaint has ended; reopen it, or file a new one that follows it."""

    code = "complaint-closed"


class ComplaintResolvedError(RuleBrokenError):
    """The complaint is resolved; accept or reject the resolution first."""

    code = "complaint-resolved"


class ComplaintNotResolvedError(RuleBrokenError):
    """The complaint is still open; wait for its resolution."""

    code = "complaint-not-resolved"


class ComplaintNotEndedError(RuleBrokenError):
    """The complaint has not ended, so there is nothing to reopen."""

    code = "complaint-not-ended"


class TooLateToDeclineError(RuleBrokenError):
    """Work on the complaint has begun; resolve it instead of declining it."""

    code = "too-late-to-decline"


class RootCauseOnlyError(RuleBrokenError):
    """The complaint has ended; only its root cause can still be classified."""

    code = "root-cause-only"


class ComplaintAssignedError(RuleBrokenError):
    """Somebody else works on the complaint; a supervisor can release it, or assign it to you."""

    code = "complaint-assigned"


class NoOpenRequestError(RuleBrokenError):
    """No request for information is open; use follow-up or add-evidence."""

    code = "no-open-information-request"


class NoOpenWaitError(RuleBrokenError):
    """No third party is awaited."""

    code = "no-open-third-party-wait"


class FreezeNotRequestedError(RuleBrokenError):
    """No freeze was requested; request it first."""

    code = "freeze-not-requested"


class FreezeSettledError(RuleBrokenError):
    """The freeze was answered already, and differently; request it again."""

    code = "freeze-already-answered"


class IdentityNotVerifiedError(RuleBrokenError):
    """The complainant came from outside an authenticated session; verify the identity first."""

    code = "identity-not-verified"


class RepresentativeNotProvenError(RuleBrokenError):
    """The representative's authority is not proven; verify the identity first."""

    code = "representative-not-proven"


class EvidenceRequiredError(RuleBrokenError):
    """Recorded words that end a complaint need evidence: attach the letter or the call."""

    code = "evidence-required"


class AnotherHandlerRequiredError(RuleBrokenError):
    """The first resolution was rejected; another handler must decide."""

    code = "another-handler-required"


class SupervisorRequiredError(RuleBrokenError):
    """The resolution was rejected twice; a supervisor must decide."""

    code = "supervisor-required"


class ResolutionRejectedError(RuleBrokenError):
    """This resolution was rejected already; a supervisor decides what follows."""

    code = "resolution-already-rejected"


class ResolutionSupersededError(RuleBrokenError):
    """Another resolution has been given since; the time to answer it runs anew."""

    code = "resolution-superseded"


class NotRejectedTwiceError(RuleBrokenError):
    """Only a second rejection lets a supervisor close or reopen a resolved complaint."""

    code = "not-rejected-twice"


class AlreadyRatedError(RuleBrokenError):
    """The complaint was rated already; a rating is given once."""

    code = "already-rated"


class NotRateableError(RuleBrokenError):
    """Only a resolved or closed complaint can be rated."""

    code = "not-rateable"


class ReopeningWindowOverError(RuleBrokenError):
    """The window for reopening is over; file a new complaint that names this one in `follows`."""

    code = "reopening-window-over"

    def __init__(self, detail: str | None = None, *, follows: UUID | None = None) -> None:
        super().__init__(detail)
        self.members = {"follows": str(follows)} if follows else {}


class RemedyUnknownError(RuleBrokenError):
    """The complaint promises no remedy with this id."""

    code = "remedy-unknown"
    field = "remedy_id"


class RemedyFulfilledError(RuleBrokenError):
    """The remedy was fulfilled already; another payment, or its failure, is not recorded over that."""

    code = "remedy-already-fulfilled"
    field = "remedy_id"


class RemedyAmountError(RuleBrokenError):
    """This is not the amount that was promised; report a remedy once all of it has been paid."""

    code = "remedy-amount-differs"
    field = "amount"


class RemedyNotFailedError(RuleBrokenError):
    """Only a remedy that failed is replaced by another promise; record that it failed first."""

    code = "remedy-not-failed"
    field = "remedy_id"


class RemedyReplacedError(RuleBrokenError):
    """Another promise stands for this remedy by now; fulfil that one."""

    code = "remedy-replaced"
    field = "remedy_id"


class ReferralUnknownError(RuleBrokenError):
    """The complaint has no open referral with this id."""

    code = "referral-unknown"
    field = "referral_id"


class PartyUnknownError(RuleBrokenError):
    """The complaint has no party with this id."""

    code = "party-unknown"
    field = "party_id"


class LegalHoldError(RuleBrokenError):
    """A legal hold forbids erasure; lift it first."""

    code = "legal-hold"


class LegalHoldUnknownError(RuleBrokenError):
    """The complaint is under no legal hold with this id."""

    code = "legal-hold-unknown"
    field = "hold_id"


class LinkUnknownError(RuleBrokenError):
    """The complaint has no such link."""

    code = "link-unknown"


class LinkProposalUnknownError(RuleBrokenError):
    """No link with that complaint is proposed."""

    code = "link-proposal-unknown"
    field = "complaint_id"


class LinkRefusedError(RuleBrokenError):
    """Two complaints can be linked once, and never a complaint to itself."""

    code = "link-refused"


class DuplicateRefusedError(RuleBrokenError):
    """Only open complaints of the same complainant can be duplicates; link them as related."""

    code = "duplicate-refused"


class ExtensionNotOfferedError(RuleBrokenError):
    """The policy offers no extension for this clock."""

    code = "extension-not-offered"
    field = "clock_id"


class ExtensionUsedUpError(RuleBrokenError):
    """The clock was extended as often as its policy allows."""

    code = "extension-used-up"
    field = "clock_id"


class ExtensionTooLongError(RuleBrokenError):
    """The extension is longer than the policy's cap."""

    code = "extension-too-long"
    field = "amount"


class MediumRefusedError(RuleBrokenError):
    """The policy does not allow this medium for this kind of letter."""

    code = "medium-refused"
    field = "medium"


class LetterUnknownError(RuleBrokenError):
    """The complaint ordered no letter with this id."""

    code = "letter-unknown"
    field = "letter_id"
