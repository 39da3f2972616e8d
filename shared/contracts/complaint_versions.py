"""The question that escalation asks intake before a clock fires."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class VersionsAt:
    """`now` is intake's time; whatever intake records later is recorded at or after it."""

    now: datetime
    versions: Mapping[UUID, int]


class ComplaintVersions(Protocol):
    """Answered under intake's write lock; blocks while it is taken.

    Raises ConnectionError where intake cannot be reached: ask again later, fire nothing.
    """

    def current(self, complaint_ids: Sequence[UUID]) -> VersionsAt: ...
