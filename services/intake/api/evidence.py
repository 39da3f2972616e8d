"""Routes for evidence: upload first, attach later, download whole or in ranges."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from uuid_utils.compat import uuid7

from services.intake.api.answers import UploadedOut
from services.intake.api.calls import require_key
from services.intake.api.problems import EvidenceRestrictedError, RangeError
from services.intake.api.routes import problems
from services.intake.api.uploads import MultipartUpload
from services.intake.api.visits import Visit, visit
from services.intake.evidence_desk import Upload, Uploaded
from services.intake.request_errors import ComplaintNotFoundError, EvidenceNotFoundError
from shared.access.principals import Scope
from shared.eventstore.command import Command, Decision, Receipt
from shared.evidence.store import EvidenceUnavailableError

router = APIRouter(tags=["evidence"])

Uploader = Annotated[Visit, visit(Scope.SUBMIT, Scope.HANDLE, Scope.SERVICE)]
Reader = Annotated[Visit, visit(Scope.READ, Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)]
LARGEST_UPLOAD_BYTES = 2**30  # each kind has a limit of its own, kept while it streams
BYTE_RANGE = re.compile(r"([0-9]{0,100})-([0-9]{0,100})")

MULTIPART: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["kind", "file"],
                    "properties": {
                        "kind": {"type": "string", "description": "The kind of evidence; comes before the file"},
                        "file": {"type": "string", "format": "binary"},
                    },
                },
                "encoding": {"file": {"contentType": "application/octet-stream"}},
            }
        },
    }
}

ANY_TYPE: dict[str, Any] = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, as the type that was found in it", "content": ANY_TYPE},
    206: {"description": "The part of the file that was asked for", "content": ANY_TYPE},
}


@router.post(
    "/evidence",
    status_code=201,
    summary="Upload evidence; attach it within 48 hours",
    operation_id="upload_evidence",
    response_model=UploadedOut,
    responses=problems(400, 409, 413, 415),
    openapi_extra=MULTIPART,
)
async def upload(visit: Uploader) -> Response:
    require_key(visit.request)
    begun = await run_in_threadpool(visit.counter.desk.begin, uuid7())
    try:
        receipt = await _take_in(visit, begun)
    except EvidenceUnavailableError:  # what may lie there is left to the sweep of strays
        raise
    except BaseException:
        await run_in_threadpool(begun.discard)
        raise
    if receipt.replayed:
        await run_in_threadpool(begun.discard)
    uploaded = await visit.read(visit.counter.desk.find, receipt.stream_id)
    replayed = {"Idempotent-Replayed": "true"} if receipt.replayed else {}
    return visit.json(_shown(uploaded, visit), status=201, headers=replayed)


async def _take_in(visit: Visit, begun: Upload) -> Receipt:
    counter = visit.counter
    incoming = MultipartUpload(visit.request.headers.get("Content-Type", ""), begun, counter.kinds)
    async for piece in visit.request.stream():
        await run_in_threadpool(incoming.feed, piece)
    file = await run_in_threadpool(incoming.finish)
    key = counter.calls.key(visit.request, visit.caller, {"kind": incoming.kind, "sha256": file.digest})
    tenant, owner = visit.caller.principal.tenant, counter.calls.owner(visit.caller)
    enter = counter.desk.enter(begun, file, tenant=tenant, owner=owner, kind=incoming.kind)
    decision = Decision(begun.evidence_id, 0, steps=(enter,))
    return await asyncio.wrap_future(counter.intake.execute(Command(decide=lambda: decision, key=key)))


@router.get(
    "/evidence/{evidence_id}",
    summary="Describe a file",
    operation_id="get_evidence",
    response_model=UploadedOut,
    responses=problems(404),
)
async def get(evidence_id: UUID, visit: Reader) -> Response:
    uploaded = await visit.read(_visible, visit, evidence_id)
    _require_scope(uploaded, visit)
    return visit.json(_shown(uploaded, visit))


@router.get(
    "/evidence/{evidence_id}/content",
    summary="Download a file, whole or in a range",
    operation_id="get_evidence_content",
    response_class=Response,
    responses=problems(404, 416) | FILE,
)
async def content(
    evidence_id: UUID, visit: Reader, byte_range: Annotated[str | None, Header(alias="Range")] = None
) -> Response:
    uploaded = await visit.read(_visible, visit, evidence_id)
    _require_scope(uploaded, visit)
    if uploaded.file is None:
        raise EvidenceNotFoundError
    size = uploaded.file.size_bytes
    part = _range(byte_range, size)
    start, end = part or (0, size)
    pieces = await visit.read(lambda: visit.counter.desk.read(evidence_id, start=start, end=end))
    headers = {
        "Content-Length": str(end - start),
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(uploaded.file.file_name)}",
        "X-Content-Type-Options": "nosniff",
    }
    headers |= {"Content-Range": f"bytes {start}-{end - 1}/{size}"} if part else {}
    return StreamingResponse(_streamed(pieces), 206 if part else 200, headers, uploaded.file.media_type)


def _streamed(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    return iterate_in_threadpool(pieces)


def _visible(visit: Visit, evidence_id: UUID) -> Uploaded:
    """A file is seen by whoever uploaded it and, once attached, by whoever sees the complaint's evidence."""
    uploaded = visit.counter.desk.find(evidence_id)
    if uploaded.tenant != visit.caller.principal.tenant:
        raise EvidenceNotFoundError
    if uploaded.complaint_id is None:
        if uploaded.owner != visit.counter.calls.owner(visit.caller):
            raise EvidenceNotFoundError
        return uploaded
    if evidence_id not in _shown_with(uploaded.complaint_id, visit):
        raise EvidenceNotFoundError
    return uploaded


def _shown_with(complaint_id: UUID, visit: Visit) -> set[UUID]:
    """Somebody else's complaint answers as no file at all: an id must not tell that there is one."""
    try:
        sight = visit.counter.reading.now(complaint_id, visit.caller)
    except ComplaintNotFoundError as error:
        raise EvidenceNotFoundError from error
    return visit.counter.reading.evidence_ids(sight, visit.caller)


def _require_scope(uploaded: Uploaded, visit: Visit) -> None:
    kind = visit.counter.kinds.get(uploaded.kind)
    if kind and kind.read_scope and not visit.caller.principal.may(kind.read_scope):
        raise EvidenceRestrictedError(f"a {uploaded.kind} is for those with the scope {kind.read_scope}")


def _range(header: str | None, size: int) -> tuple[int, int] | None:
    """Read one byte range (RFC 9110); other units ask for nothing, several ranges at once are not satisfiable."""
    unit, _, asked = (header or "").partition("=")
    if unit.strip().lower() != "bytes":
        return None
    found = BYTE_RANGE.fullmatch(asked.strip())
    if found is None or found.groups() == ("", ""):
        raise RangeError
    first, last = found.groups()
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if start >= end:
        raise RangeError(f"the file has {size} bytes")
    return start, end


def _shown(uploaded: Uploaded, visit: Visit) -> UploadedOut:
    file = uploaded.file
    lifetime = timedelta(hours=visit.counter.unattached_hours)
    return UploadedOut(
        evidence_id=uploaded.evidence_id,
        kind=uploaded.kind,
        file_name=file and file.file_name,
        media_type=file and file.media_type,
        size_bytes=file and file.size_bytes,
        sha256=file and file.digest,
        complaint_id=uploaded.complaint_id,
        uploaded_at=uploaded.uploaded_at,
        expires_at=None if uploaded.complaint_id else uploaded.uploaded_at + lifetime,
    )
