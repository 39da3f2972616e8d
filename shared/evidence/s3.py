"""Evidence in a bucket that speaks S3: one encrypted object each, which every replica of the API reads.

Large files go up in parts and are there once the last is; credentials are found by the SDK (environment, files, role).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from botocore.handlers import add_expect_header

from shared.evidence.chunks import CHUNK_BYTES, SEALED_BYTES, ChunkCipher, ChunkSealer
from shared.evidence.reading import read_part
from shared.evidence.store import EvidenceMissingError, EvidenceSink, EvidenceStore, EvidenceUnavailableError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

T = TypeVar("T")

PART_BYTES = 8 * 1_048_576
MISSING = {"NoSuchKey", "404", "NoSuchUpload"}
BEYOND = {"InvalidRange", "416"}


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """`endpoint` is empty for AWS itself; `timeout_ms` bounds connecting, and each wait for an answer."""

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    timeout_ms: int = 1_000


class S3Evidence(EvidenceStore):
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._client = _connect(bucket)

    def create(self, evidence_id: UUID, key: bytes) -> EvidenceSink:
        return S3Sink(self._client, self._bucket.name, self._key(evidence_id), ChunkCipher(key, evidence_id.bytes))

    def read(self, evidence_id: UUID, key: bytes, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Ask at once, so that what is missing or away is known before the first byte goes out."""
        with _reaching(evidence_id):
            stored_bytes, chunks = self._open(self._key(evidence_id), _sealed_range(start, end))
        return read_part(lambda _first: chunks, ChunkCipher(key, evidence_id.bytes), stored_bytes, start, end)

    def _open(self, name: str, wanted: str) -> tuple[int, Iterator[bytes]]:
        """The size of the whole object, and the chunks that were asked for: none where it ends before them."""
        bucket = self._bucket.name
        try:
            found = _ask(lambda: self._client.get_object(Bucket=bucket, Key=name, Range=wanted))
        except ClientError as error:
            if _code(error) not in BEYOND:
                raise
            return _ask(lambda: self._client.head_object(Bucket=bucket, Key=name))["ContentLength"], iter(())
        return int(found["ContentRange"].rpartition("/")[2]), _chunks(found["Body"].iter_chunks)

    def delete(self, evidence_id: UUID) -> None:
        name = self._key(evidence_id)
        with _reaching():
            _ask(lambda: self._client.delete_object(Bucket=self._bucket.name, Key=name))
            for upload_id in [upload for each, upload, _ in self._uploads(name) if each == name]:
                self._abort(name, upload_id)

    def _abort(self, name: str, upload_id: str) -> None:
        with suppress(EvidenceMissingError), _reaching():
            self._client.abort_multipart_upload(Bucket=self._bucket.name, Key=name, UploadId=upload_id)

    def written_before(self, instant: datetime) -> Iterator[UUID]:
        """Of an upload that is under way the time of its beginning counts."""
        with _reaching():
            for name, written_at in self._written(self._bucket.prefix):
                with suppress(ValueError):  # none of ours
                    if written_at < instant:
                        yield UUID(hex=name.removeprefix(self._bucket.prefix))

    def _written(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket.name, Prefix=prefix)
        for page in pages:
            yield from ((each["Key"], each["LastModified"]) for each in page.get("Contents", ()))
        yield from ((name, begun_at) for name, _, begun_at in self._uploads(prefix))

    def _uploads(self, prefix: str) -> Iterator[tuple[str, str, datetime]]:
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket.name, Prefix=prefix)
        for page in pages:
            yield from ((each["Key"], each["UploadId"], each["Initiated"]) for each in page.get("Uploads", ()))

    def _key(self, evidence_id: UUID) -> str:
        return f"{self._bucket.prefix}{evidence_id.hex}"


class S3Sink(EvidenceSink):
    """Holds one part in memory; a file of less than one goes up whole."""

    def __init__(self, client: "S3Client", bucket: str, name: str, cipher: ChunkCipher) -> None:
        self._client = client
        self._bucket = bucket
        self._name = name
        self._sealer = ChunkSealer(cipher, self._keep)
        self._sealed = bytearray()
        self._upload_id = ""
        self._parts: list[CompletedPartTypeDef] = []

    def write(self, piece: bytes) -> None:
        self._sealer.write(piece)

    def finish(self) -> int:
        size = self._sealer.finish()
        with _reaching():
            if self._upload_id:
                self._complete()
            else:
                whole = bytes(self._sealed)
                _ask(lambda: self._client.put_object(Bucket=self._bucket, Key=self._name, Body=whole))
        return size

    def abort(self) -> None:
        """Leave what cannot be reached to the sweep of strays."""
        if self._upload_id:
            with suppress(EvidenceMissingError, EvidenceUnavailableError), _reaching():
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._name, UploadId=self._upload_id)

    def _keep(self, sealed: bytes) -> None:
        self._sealed += sealed
        if len(self._sealed) >= PART_BYTES:
            with _reaching():
                self._send()

    def _send(self) -> None:
        bucket, name = self._bucket, self._name
        if not self._upload_id:
            begun = _ask(lambda: self._client.create_multipart_upload(Bucket=bucket, Key=name))
            self._upload_id = begun["UploadId"]
        number, part, upload = len(self._parts) + 1, bytes(self._sealed), self._upload_id
        sent = _ask(
            lambda: self._client.upload_part(Bucket=bucket, Key=name, UploadId=upload, PartNumber=number, Body=part)
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._sealed.clear()

    def _complete(self) -> None:
        if self._sealed:
            self._send()
        self._client.complete_multipart_upload(
            Bucket=self._bucket, Key=self._name, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
        )


def _sealed_range(start: int, end: int | None) -> str:
    """The bytes of the chunks in which a part of the plain file lies."""
    first = start // CHUNK_BYTES
    if end is None:
        return f"bytes={first * SEALED_BYTES}-"
    last = max(end - 1, start) // CHUNK_BYTES
    return f"bytes={first * SEALED_BYTES}-{(last + 1) * SEALED_BYTES - 1}"


def _connect(bucket: Bucket) -> "S3Client":
    seconds = bucket.timeout_ms / 1000
    client: S3Client = boto3.client(
        "s3",
        endpoint_url=bucket.endpoint or None,
        region_name=bucket.region,
        config=Config(
            connect_timeout=seconds,
            read_timeout=seconds,
            retries={"total_max_attempts": 1, "mode": "standard"},  # a caller hears soon, and asks again himself
            request_checksum_calculation="when_required",  # what is stored has a seal of its own, and many servers
            response_checksum_validation="when_required",  # know none of these checksums
            s3={"addressing_style": "path" if bucket.endpoint else "auto"},
        ),
    )
    client.meta.events.unregister("before-call.s3", add_expect_header)  # which waits a second on its own account
    return client


def _ask(question: Callable[[], T]) -> T:
    """Ask again, once and at once, where a connection that was kept had been closed at the other end."""
    try:
        return question()
    except ConnectionClosedError:
        return question()


def _chunks(iterate: Callable[[int], Iterator[bytes]]) -> Iterator[bytes]:
    with _reaching():
        yield from iterate(SEALED_BYTES)


@contextmanager
def _reaching(evidence_id: UUID | None = None) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _code(error) in MISSING:
            raise EvidenceMissingError(str(evidence_id)) from error
        raise EvidenceUnavailableError(str(error)) from error
    except BotoCoreError as error:
        raise EvidenceUnavailableError(str(error)) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
