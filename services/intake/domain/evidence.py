"""Evidence as events carry it: a public reference with a commitment, and the personal rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class EvidenceReference:
    """`commitment` is the hex SHA-256 over salt and digest; without the salt it tells nothing of the file."""

    evidence_id: UUID
    kind: str
    commitment: str


@dataclass(frozen=True)
class EvidenceFile:
    """`digest` is the hex SHA-256 of the plain bytes, `salt` is hex."""

    evidence_id: UUID
    file_name: str
    media_type: str
    size_bytes: int
    digest: str
    salt: str


@dataclass(frozen=True)
class Evidence:
    reference: EvidenceReference
    file: EvidenceFile


def references(evidence: Iterable[Evidence]) -> tuple[EvidenceReference, ...]:
    return tuple(item.reference for item in evidence)


def files(evidence: Iterable[Evidence]) -> tuple[EvidenceFile, ...]:
    return tuple(item.file for item in evidence)
