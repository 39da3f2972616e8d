"""The bytes of every policy and calendar that a clock was started by, kept at first use and never changed."""

from collections.abc import Iterable

from services.escalation.domain.case_events import CaseStream
from services.escalation.policy_files import PolicyFileError, Shelf, SourceFile, shelf_of
from shared.eventstore.command import Step
from shared.eventstore.store import Schema, Store, Transaction

PINNED_FILES = Schema(
    "pinned_files",
    (
        """CREATE TABLE IF NOT EXISTS {app}_pinned_files (
            digest TEXT PRIMARY KEY, file_name TEXT NOT NULL, content TEXT NOT NULL, pinned_at TIMESTAMPTZ NOT NULL)""",
    ),
)


class PinnedFiles:
    """Running clocks count by what is kept here, whatever the files say since."""

    def __init__(self, store: Store, files: Shelf) -> None:
        self._store = store
        self._files = files
        self._table = f"{store.application}_pinned_files"
        self._kept: frozenset[str] = frozenset()

    def shelf(self) -> Shelf:
        with self._store.read() as reader:
            rows = reader.execute(f"SELECT * FROM {self._table} ORDER BY pinned_at, digest")
        self._kept = frozenset(row["digest"] for row in rows)
        return shelf_of(SourceFile(row["file_name"], row["content"].encode()) for row in rows)

    def require_unchanged(self) -> None:
        """Raise PolicyFileError where a file has other bytes than the same version had when it was used."""
        pinned = self.shelf()
        for kind, now, before in (
            ("policy", self._files.policy_digests(), pinned.policy_digests()),
            ("calendar", self._files.calendar_digests(), pinned.calendar_digests()),
        ):
            for (name, version), digest in before.items():
                if now.get((name, version), digest) != digest:
                    raise PolicyFileError(
                        f"{kind} {name} {version} has promised by other bytes: sha256 {digest} was used,"
                        f" {now[name, version]} is in the file; give the changed file a new version"
                    )

    def keep(self, events: Iterable[object]) -> tuple[Step, ...]:
        """The step that keeps what these events pin for the first time."""
        wanted = _digests(events)
        if wanted and not wanted <= self._kept:
            self.shelf()
        files = [file for digest in sorted(wanted - self._kept) if (file := self._files.content(digest))]
        return (self._step(files),) if files else ()

    def _step(self, files: Iterable[SourceFile]) -> Step:
        def step(transaction: Transaction) -> None:
            for file in files:
                transaction.execute(
                    f"INSERT INTO {self._table} (digest, file_name, content, pinned_at)"
                    " VALUES (:digest, :name, :content, :at) ON CONFLICT DO NOTHING",
                    {
                        "digest": file.digest,
                        "name": file.name,
                        "content": file.content.decode(),
                        "at": transaction.recorded_at,
                    },
                )

        return step


def _digests(events: Iterable[object]) -> frozenset[str]:
    found: set[str] = set()
    for event in events:
        if isinstance(event, CaseStream.ClockStarted | CaseStream.ClockRecalculated):
            found |= {pinned.digest for pinned in (event.policy, event.calendar) if pinned}
    return frozenset(found)
