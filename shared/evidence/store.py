"""The port to where evidence lies: encrypted files that any replica of the API can read.

- What `finish` has returned for survives a crash; what was not finished is not there.
- `read` yields exactly the bytes that were written, or raises DamagedEvidenceError.
- `delete` of what is not there is no error.
- Every call raises EvidenceUnavailableError where the place cannot be reached, soon; `read` does so before it yields.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol
from uuid import UUID


class EvidenceMissingError(LookupError):
    """No file is stored under this id."""


class EvidenceUnavailableError(ConnectionError):
    """The place of evidence cannot be reached or is full; try again later."""


class EvidenceSink(Protocol):
    """Takes a file piece by piece; holds one chunk in memory."""

    def write(self, piece: bytes) -> None: ...

    def finish(self) -> int:
        """Make the file durable and readable; return its size in bytes."""

    def abort(self) -> None:
        """Throw away what was written."""


class EvidenceStore(Protocol):
    def create(self, evidence_id: UUID, key: bytes) -> EvidenceSink: ...

    def read(self, evidence_id: UUID, key: bytes, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the plain bytes from `start` to `end` (exclusive); raises EvidenceMissingError."""

    def delete(self, evidence_id: UUID) -> None:
        """Remove a file, finished or not."""

    def written_before(self, instant: datetime) -> Iterator[UUID]:
        """Yield the ids of the files, finished or not, that were last written before an instant."""
