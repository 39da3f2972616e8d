"""Who was erased: a list outside of the database, so that a backup from before an erasure does not undo it."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.intake.domain.complaint import Complaint
from shared.eventstore.mapper import StoredParts
from shared.eventstore.rebuild import all_events
from shared.eventstore.store import RecordedEvent, Store
from shared.messaging.facts import stored_id

PAGE = 1000


class ErasuresMissingError(Exception):
    """The database is older than the list of erasures: repeat them before it runs."""


@dataclass(frozen=True)
class Erasure:
    """Ids and times, and nothing else of anybody."""

    erasure_id: UUID
    complaint_id: UUID
    party_ids: tuple[UUID, ...]
    reason: str
    erased_at: datetime

    def line(self) -> str:
        fields = {**vars(self), "party_ids": [str(each) for each in self.party_ids]}
        return json.dumps(fields, default=str, separators=(",", ":"))

    @classmethod
    def of_line(cls, line: str) -> "Erasure":
        """Raises ValueError."""
        try:
            fields = json.loads(line)
            return cls(
                UUID(fields["erasure_id"]),
                UUID(fields["complaint_id"]),
                tuple(UUID(each) for each in fields["party_ids"]),
                fields["reason"],
                datetime.fromisoformat(fields["erased_at"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the line of an erasure: {line!r}") from error


def recorded_erasures(store: Store) -> Iterator[Erasure]:
    """Yield every erasure that the store has recorded, in order."""
    return (_erasure(stored) for stored in all_events(store) if _is_erasure(stored))


def _is_erasure(stored: RecordedEvent) -> bool:
    return stored.topic == Complaint.PersonalDataErased.TOPIC


def _erasure(stored: RecordedEvent) -> Erasure:
    public = StoredParts.of(stored).public
    parties = tuple(UUID(each) for each in public["party_ids"])
    stream_id = UUID(str(stored.originator_id))
    return Erasure(stored_id(stored), stream_id, parties, public["reason"], stored.recorded_at)


def missing_erasures(store: Store, wanted: Iterable[Erasure]) -> list[Erasure]:
    """The erasures of complaints that the store knows, and of which it holds neither the first nor a repetition."""
    return [erasure for erasure in wanted if _is_missing(store, erasure)]


def _is_missing(store: Store, wanted: Erasure) -> bool:
    stream = store.stream(wanted.complaint_id)
    done = (_erasure(each) for each in stream if _is_erasure(each))
    since = [each for each in done if each.erased_at >= wanted.erased_at]
    return bool(stream) and not any(set(wanted.party_ids) & set(each.party_ids) for each in since)


class ErasureList:
    """A file that only grows, one line for each erasure."""

    def __init__(self, file: Path, store: Store) -> None:
        self._file = file
        self._store = store
        self._position = 0

    def read(self) -> list[Erasure]:
        return read_list(self._file) if self._file.exists() else []

    def require_repeated(self) -> None:
        """Raise ErasuresMissingError where the database is older than the list."""
        missing = missing_erasures(self._store, self.read())
        if missing:
            raise ErasuresMissingError(
                f"{len(missing)} erasures of {self._file} are not in this database, which was restored from an older"
                " backup; repeat them before it runs: `recourse erasures repeat`"
            )

    def bring_up_to_date(self) -> None:
        """Add what is not listed yet; a process looks through everything once, and then through what is new."""
        known = {erasure.erasure_id for erasure in self.read()}
        while page := self._store.follow(self._position, PAGE):
            found = (_erasure(stored) for stored in page if _is_erasure(stored))
            self._add(erasure for erasure in found if erasure.erasure_id not in known)
            self._position = page[-1].position

    def _add(self, erasures: Iterable[Erasure]) -> None:
        lines = [f"{erasure.line()}\n" for erasure in erasures]
        if not lines:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())


def read_list(file: Path) -> list[Erasure]:
    """Raises ValueError where a line is no erasure."""
    return [Erasure.of_line(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
