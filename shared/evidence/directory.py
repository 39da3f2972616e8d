"""Evidence in a directory: one encrypted file each, named by its id."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from shared.evidence.chunks import CHUNK_BYTES, SEALED_BYTES, TAG_BYTES, ChunkCipher, DamagedEvidenceError
from shared.evidence.store import EvidenceMissingError, EvidenceSink, EvidenceStore

PARTIAL = ".partial"


class DirectorySink(EvidenceSink):
    def __init__(self, target: Path, cipher: ChunkCipher) -> None:
        self._target = target
        self._partial = target.with_suffix(PARTIAL)
        self._file: BinaryIO = self._partial.open("wb")
        self._cipher = cipher
        self._pending = bytearray()
        self._chunks = 0

    def write(self, piece: bytes) -> None:
        self._pending += piece
        while len(self._pending) > CHUNK_BYTES:
            self._seal(bytes(self._pending[:CHUNK_BYTES]), last=False)
            del self._pending[:CHUNK_BYTES]

    def finish(self) -> int:
        size = self._chunks * CHUNK_BYTES + len(self._pending)
        self._seal(bytes(self._pending), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.rename(self._target)
        _make_durable(self._target.parent)
        return size

    def abort(self) -> None:
        self._file.close()
        self._partial.unlink(missing_ok=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.seal(self._chunks, plain, last=last))
        self._chunks += 1


class DirectoryEvidence(EvidenceStore):
    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory

    def create(self, evidence_id: UUID, key: bytes) -> EvidenceSink:
        return DirectorySink(self._path(evidence_id), ChunkCipher(key, evidence_id.bytes))

    def read(self, evidence_id: UUID, key: bytes, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        path = self._path(evidence_id)
        try:
            file = path.open("rb")
        except FileNotFoundError as error:
            raise EvidenceMissingError(str(evidence_id)) from error
        return _read(file, ChunkCipher(key, evidence_id.bytes), path.stat().st_size, start, end)

    def delete(self, evidence_id: UUID) -> None:
        self._path(evidence_id).unlink(missing_ok=True)
        self._path(evidence_id).with_suffix(PARTIAL).unlink(missing_ok=True)

    def written_before(self, instant: datetime) -> Iterator[UUID]:
        with os.scandir(self._directory) as entries:
            for entry in entries:
                with suppress(FileNotFoundError, ValueError):  # finished or deleted meanwhile, or none of ours
                    if entry.stat().st_mtime < instant.timestamp():
                        yield UUID(hex=entry.name.removesuffix(PARTIAL))

    def _path(self, evidence_id: UUID) -> Path:
        return self._directory / evidence_id.hex


def _make_durable(directory: Path) -> None:
    """A new name survives a loss of power only once its directory is on the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(file: BinaryIO, cipher: ChunkCipher, stored_bytes: int, start: int, end: int | None) -> Iterator[bytes]:
    last = max(stored_bytes - 1, 0) // SEALED_BYTES
    plain_bytes = stored_bytes - (last + 1) * TAG_BYTES
    shortest = last * CHUNK_BYTES + 1 if last else 0
    end = plain_bytes if end is None else min(end, plain_bytes)
    with file:
        if plain_bytes < shortest:
            raise DamagedEvidenceError(f"the file was cut to {stored_bytes} bytes")
        for number in range(start // CHUNK_BYTES, last + 1):
            offset = number * CHUNK_BYTES
            if offset >= end and number > 0:
                return
            file.seek(number * SEALED_BYTES)
            plain = cipher.open(number, file.read(SEALED_BYTES), last=number == last)
            yield plain[max(start - offset, 0) : end - offset]
