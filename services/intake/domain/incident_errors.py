"""What the rules of an incident refuse."""

from services.intake.domain.errors import RuleBrokenError


class IncidentClosedError(RuleBrokenError):
    """The incident is closed; open another one."""

    code = "incident-closed"


class NobodyToAnswerError(RuleBrokenError):
    """No complaint is grouped that this answer would go to; group some first."""

    code = "nobody-to-answer"


class AnswerRunningError(RuleBrokenError):
    """Some of the complaints are still being answered; close the incident when none remains."""

    code = "answer-running"
