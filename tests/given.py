"""given(...).when(...).then(...): what happened, what is asked, which events come of it."""

from collections.abc import Callable
from typing import Any

import pytest

from services.intake.domain.complaint import Complaint
from services.intake.domain.errors import IntakeError
from tests.builders import complaint

Step = Callable[[Complaint], object]


class Outcome:
    def __init__(self, subject: Complaint, error: IntakeError | None) -> None:
        self.complaint = subject
        self.error = error
        self.events: list[Any] = list(subject.collect_events())

    def then(self, *expected: type | tuple[type, dict[str, Any]]) -> "Outcome":
        """Expect these events and no other; with a dict, some of their fields too."""
        assert self.error is None, f"refused: {self.error}"
        wanted = [each if isinstance(each, tuple) else (each, {}) for each in expected]
        assert [type(event).__name__ for event in self.events] == [kind.__name__ for kind, _ in wanted]
        for event, (_, fields) in zip(self.events, wanted, strict=True):
            assert {name: getattr(event, name) for name in fields} == fields
        return self

    def then_nothing(self) -> "Outcome":
        return self.then()

    def then_refused(self, error: type[IntakeError]) -> "Outcome":
        assert type(self.error) is error, f"expected {error.__name__}, got {self.error!r} and {self.events}"
        assert self.events == []
        return self

    def status(self, status: str) -> "Outcome":
        assert self.complaint.status == status
        return self


class Scenario:
    def __init__(self, subject: Complaint) -> None:
        self._subject = subject

    def when(self, act: Step) -> Outcome:
        try:
            act(self._subject)
        except IntakeError as error:
            return Outcome(self._subject, error)
        return Outcome(self._subject, None)


def given(*steps: Step, subject: Complaint | None = None) -> Scenario:
    """A submitted complaint (or this one) to which these things have happened."""
    subject = subject or complaint()
    for step in steps:
        step(subject)
    subject.collect_events()
    return Scenario(subject)


def all_events(subject: Complaint, *steps: Step) -> list[Any]:
    for step in steps:
        step(subject)
    return list(subject.collect_events())


__all__ = ["Outcome", "Scenario", "Step", "all_events", "given", "pytest"]
