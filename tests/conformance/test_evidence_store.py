"""What every evidence store keeps of its promise: exactly the bytes that were written, or an error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.eventstore.cipher import new_key
from shared.evidence.chunks import CHUNK_BYTES, SEALED_BYTES, DamagedEvidenceError
from shared.evidence.directory import DirectoryEvidence
from shared.evidence.s3 import PART_BYTES, S3Evidence
from shared.evidence.store import EvidenceMissingError, EvidenceStore
from tests import people
from tests.s3_server import S3Server

OpenEvidence = Callable[[], EvidenceStore]


def _directory(_request: pytest.FixtureRequest, directory: Path) -> OpenEvidence:
    return lambda: DirectoryEvidence(directory / "evidence")


def _s3(request: pytest.FixtureRequest, _directory: Path) -> OpenEvidence:
    bucket = request.getfixturevalue("s3").bucket()
    return lambda: S3Evidence(bucket)


IMPLEMENTATIONS = {"directory": _directory, "s3": _s3}
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 17, PART_BYTES * 2)
EVIDENCE_ID = UUID("0f5c8a52-5f6e-4f7e-9a51-0e0d6a7c9b11")
KEY = bytes(range(32))


@pytest.fixture(params=list(IMPLEMENTATIONS))
def open_evidence(request: pytest.FixtureRequest, tmp_path: Path) -> OpenEvidence:
    return IMPLEMENTATIONS[request.param](request, tmp_path)


@pytest.fixture
def evidence(open_evidence: OpenEvidence) -> EvidenceStore:
    return open_evidence()


def content(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def write(
    evidence: EvidenceStore, plain: bytes, *, evidence_id: UUID = EVIDENCE_ID, key: bytes = KEY, piece: int = 10_000
) -> int:
    sink = evidence.create(evidence_id, key)
    for start in range(0, len(plain), piece):
        sink.write(plain[start : start + piece])
    return sink.finish()


@contextmanager
def begun(evidence: EvidenceStore, evidence_id: UUID) -> Iterator[None]:
    """A file that is being written."""
    sink = evidence.create(evidence_id, KEY)
    sink.write(content(PART_BYTES + CHUNK_BYTES))
    yield
    sink.abort()


def read(evidence: EvidenceStore, *, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(evidence.read(EVIDENCE_ID, KEY, start=start, end=end))


@pytest.mark.parametrize("size", SIZES)
def test_a_file_is_read_as_it_was_written(evidence: EvidenceStore, size: int) -> None:
    assert write(evidence, content(size)) == size
    assert read(evidence) == content(size)


@pytest.mark.parametrize("piece", [1, 7, CHUNK_BYTES, 10 * CHUNK_BYTES])
def test_the_size_of_the_pieces_makes_no_difference(evidence: EvidenceStore, piece: int) -> None:
    plain = content(200) if piece == 1 else content(2 * CHUNK_BYTES + 5)
    write(evidence, plain, piece=piece)
    assert read(evidence) == plain


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    start=st.integers(0, 3 * CHUNK_BYTES + 40),
    end=st.none() | st.integers(0, 3 * CHUNK_BYTES + 40),
)
def test_any_part_can_be_read(evidence: EvidenceStore, start: int, end: int | None) -> None:
    plain = content(3 * CHUNK_BYTES + 17)
    write(evidence, plain)
    assert read(evidence, start=start, end=end) == plain[start:end]


def test_another_replica_reads_the_same_file(open_evidence: OpenEvidence) -> None:
    write(open_evidence(), content(100))
    assert read(open_evidence()) == content(100)


def test_what_was_not_finished_is_not_there(evidence: EvidenceStore) -> None:
    sink = evidence.create(EVIDENCE_ID, KEY)
    sink.write(content(3 * CHUNK_BYTES))
    with pytest.raises(EvidenceMissingError):
        read(evidence)
    sink.abort()
    with pytest.raises(EvidenceMissingError):
        read(evidence)


def test_an_upload_that_broke_off_can_be_made_again(evidence: EvidenceStore) -> None:
    broken = evidence.create(EVIDENCE_ID, KEY)
    broken.write(content(2 * CHUNK_BYTES))
    write(evidence, content(10))
    assert read(evidence) == content(10)
    broken.abort()


def test_a_deleted_file_is_missing(evidence: EvidenceStore) -> None:
    write(evidence, content(10))
    evidence.delete(EVIDENCE_ID)
    with pytest.raises(EvidenceMissingError):
        read(evidence)


def test_deleting_what_is_not_there_is_no_error(evidence: EvidenceStore) -> None:
    evidence.delete(uuid4())


def test_an_unfinished_file_can_be_deleted(evidence: EvidenceStore) -> None:
    with begun(evidence, EVIDENCE_ID):
        evidence.delete(EVIDENCE_ID)
    assert list(evidence.written_before(datetime.now(UTC) + timedelta(minutes=1))) == []


def test_files_are_listed_by_when_they_were_written_finished_or_not(evidence: EvidenceStore) -> None:
    other = UUID(int=7)
    write(evidence, content(10))
    with begun(evidence, other):
        assert set(evidence.written_before(datetime.now(UTC) + timedelta(minutes=1))) == {EVIDENCE_ID, other}
    assert list(evidence.written_before(datetime.now(UTC) - timedelta(minutes=1))) == []


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    evidence = DirectoryEvidence(tmp_path)
    (tmp_path / ".DS_Store").write_bytes(b"x")
    assert list(evidence.written_before(datetime.now(UTC) + timedelta(minutes=1))) == []


def test_another_key_opens_nothing(evidence: EvidenceStore) -> None:
    write(evidence, content(10), key=new_key())
    with pytest.raises(DamagedEvidenceError):
        read(evidence)


def test_nothing_stands_in_clear(evidence: EvidenceStore, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place = request.getfixturevalue("s3").directory if isinstance(evidence, S3Evidence) else tmp_path
    plain = "、".join(people.EVERYTHING).encode()
    write(evidence, plain)
    stored = b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())
    assert len(stored) > len(plain)
    assert not any(text.encode() in stored for text in people.EVERYTHING)


def _stored(directory: Path) -> Path:
    return directory / "evidence" / EVIDENCE_ID.hex


def _cut(size: int) -> Callable[[bytes], bytes]:
    return lambda sealed: sealed[:size]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "the first byte changed": lambda sealed: bytes([sealed[0] ^ 1]) + sealed[1:],
    "the last byte changed": lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
    "cut to nothing": _cut(0),
    "cut within a tag": _cut(9),
    "cut within the first chunk": _cut(100),
    "cut after the first chunk": _cut(SEALED_BYTES),
    "cut within the second chunk": _cut(SEALED_BYTES + 5),
    "a byte too many": lambda sealed: sealed + b"\0",
    "its chunks exchanged": lambda sealed: sealed[SEALED_BYTES : 2 * SEALED_BYTES] + sealed[:SEALED_BYTES],
    "its last chunk repeated": lambda sealed: sealed + sealed[2 * SEALED_BYTES :],
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_a_damaged_file_is_an_error_and_never_other_bytes(tmp_path: Path, damage: str) -> None:
    evidence = DirectoryEvidence(tmp_path / "evidence")
    write(evidence, content(2 * CHUNK_BYTES + 5))
    path = _stored(tmp_path)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(DamagedEvidenceError):
        read(evidence)


def test_a_file_under_the_name_of_another_is_an_error(tmp_path: Path) -> None:
    evidence, other = DirectoryEvidence(tmp_path / "evidence"), uuid4()
    write(evidence, content(10), evidence_id=other)
    (tmp_path / "evidence" / other.hex).rename(_stored(tmp_path))
    with pytest.raises(DamagedEvidenceError):
        read(evidence)


def test_a_file_of_a_directory_is_read_from_the_bucket_it_was_copied_to(tmp_path: Path, s3: S3Server) -> None:
    write(DirectoryEvidence(tmp_path), content(3 * CHUNK_BYTES))
    bucket = s3.bucket()
    client = boto3.client("s3", endpoint_url=bucket.endpoint, region_name=bucket.region)
    sealed = (tmp_path / EVIDENCE_ID.hex).read_bytes()
    client.put_object(Bucket=bucket.name, Key=f"{bucket.prefix}{EVIDENCE_ID.hex}", Body=sealed)
    assert read(S3Evidence(bucket), start=CHUNK_BYTES + 5) == content(3 * CHUNK_BYTES)[CHUNK_BYTES + 5 :]
