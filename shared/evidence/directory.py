"""Evidence in a directory: one encrypted file each, named by its id."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from shared.evidence.chunks import SEALED_BYTES, ChunkCipher, ChunkSealer
from shared.evidence.reading import read_part
from shared.evidence.store import EvidenceMissingError, EvidenceSink, EvidenceStore, EvidenceUnavailableError

PARTIAL = ".partial"


class DirectorySink(EvidenceSink):
    def __init__(self, target: Path, cipher: ChunkCipher) -> None:
        self._target = target
        self._partial = target.with_suffix(PARTIAL)
        with reaching_disk():
            self._file: BinaryIO = self._partial.open("wb")
        self._sealer = ChunkSealer(cipher, self._keep)

    def write(self, piece: bytes) -> None:
        self._sealer.write(piece)

    def finish(self) -> int:
        size = self._sealer.finish()
        with reaching_disk():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._partial.rename(self._target)
            _make_durable(self._target.parent)
        return size

    def abort(self) -> None:
        with reaching_disk():
            self._partial.unlink(missing_ok=True)
            self._file.close()

    def _keep(self, sealed: bytes) -> None:
        with reaching_disk():
            self._file.write(sealed)


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
        except OSError as error:
            raise EvidenceUnavailableError(str(error)) from error
        return _read(file, ChunkCipher(key, evidence_id.bytes), os.fstat(file.fileno()).st_size, start, end)

    def delete(self, evidence_id: UUID) -> None:
        with reaching_disk():
            self._path(evidence_id).unlink(missing_ok=True)
            self._path(evidence_id).with_suffix(PARTIAL).unlink(missing_ok=True)

    def written_before(self, instant: datetime) -> Iterator[UUID]:
        with reaching_disk(), os.scandir(self._directory) as entries:
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


def _chunks(file: BinaryIO, first: int) -> Iterator[bytes]:
    file.seek(first * SEALED_BYTES)
    while True:
        yield file.read(SEALED_BYTES)


def _read(file: BinaryIO, cipher: ChunkCipher, stored_bytes: int, start: int, end: int | None) -> Iterator[bytes]:
    with file, reaching_disk():
        yield from read_part(lambda first: _chunks(file, first), cipher, stored_bytes, start, end)


@contextmanager
def reaching_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EvidenceUnavailableError(str(error)) from error
