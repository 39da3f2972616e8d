"""One file on its way through multipart/form-data: parsed, typed, counted and sealed piece by piece."""

from collections.abc import Mapping

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.intake.api.problems import (
    EvidenceKindError,
    FileTooLargeError,
    MalformedMultipartError,
    UnsupportedMediaTypeError,
)
from services.intake.domain.evidence import EvidenceFile
from services.intake.evidence_desk import Upload
from services.intake.evidence_kinds import EvidenceKind
from services.intake.media_tracks import CONTAINERS, Tracks

HEAD_BYTES = 8192
LONGEST_KIND = 64
LONGEST_FILE_NAME = 200
LONGEST_BOUNDARY = 70  # RFC 2046


class MultipartUpload:
    """Feeds the pieces of a request body to an upload; the part `kind` must come before the part `file`."""

    def __init__(self, content_type: str, upload: Upload, kinds: Mapping[str, EvidenceKind]) -> None:
        media_type, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if media_type != b"multipart/form-data" or not 1 <= len(boundary) <= LONGEST_BOUNDARY:
            raise MalformedMultipartError
        self._upload = upload
        self._kinds = kinds
        self._part = ""
        self._seen: set[str] = set()
        self._ended = False
        self._kind = bytearray()
        self._head = bytearray()
        self._taken = 0
        self._header = bytearray()
        self._value = bytearray()
        self._file_name: str | None = None
        self._media_type: str | None = None
        self._tracks = Tracks()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_part_data": lambda data, start, end: self._take(data[start:end]),
                "on_end": self._end,
            },
        )

    @property
    def kind(self) -> str:
        return self._kind.decode(errors="replace").strip()

    def feed(self, piece: bytes) -> None:
        """Raises CallError as soon as something is wrong with what came so far."""
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise MalformedMultipartError(str(error)) from error

    def finish(self) -> EvidenceFile:
        """Raises CallError where the body stopped before its end: half a file is no evidence."""
        if not self._ended:
            raise MalformedMultipartError("the body stops before its last boundary")
        if self._file_name is None:
            raise MalformedMultipartError("there is no part called file")
        if self._media_type is None:
            self._decide_type()
        return self._upload.finish(self._file_name, self._confirmed_type(str(self._media_type)))

    def _begin_part(self) -> None:
        self._part = ""

    def _end(self) -> None:
        self._ended = True

    def _end_header(self) -> None:
        name, value = bytes(self._header).lower(), bytes(self._value)
        self._header.clear()
        self._value.clear()
        if name != b"content-disposition":
            return
        _, options = parse_options_header(value)
        self._part = options.get(b"name", b"").decode(errors="replace")
        self._require_once(self._part)
        if self._part == "file":
            self._require_kind()
            file_name = options.get(b"filename", b"").decode(errors="replace").replace("\0", "")
            self._file_name = file_name[-LONGEST_FILE_NAME:] or "file"

    def _require_once(self, part: str) -> None:
        if part in self._seen:
            raise MalformedMultipartError(f"the part {part} comes twice")
        self._seen.update({part} & {"kind", "file"})

    def _require_kind(self) -> None:
        if not self._kind:
            raise MalformedMultipartError("the part kind must come before the part file")
        if self.kind not in self._kinds:
            raise EvidenceKindError(f"{self.kind!r} is not one of {', '.join(self._kinds)}")

    def _take(self, data: bytes) -> None:
        if self._part == "kind":
            self._kind.extend(data)
            if len(self._kind) > LONGEST_KIND:
                raise EvidenceKindError
        elif self._part == "file":
            self._take_file(data)

    def _take_file(self, data: bytes) -> None:
        self._taken += len(data)
        if self._taken > self._kinds[self.kind].max_bytes:
            raise FileTooLargeError(f"a {self.kind} has at most {self._kinds[self.kind].max_bytes} bytes")
        if self._media_type is not None:
            self._keep(data)
            return
        self._head.extend(data)
        if len(self._head) >= HEAD_BYTES:
            self._decide_type()

    def _decide_type(self) -> None:
        self._media_type = self._kinds[self.kind].media_type(bytes(self._head))
        if self._media_type is None:
            raise self._other_type()
        self._keep(bytes(self._head))

    def _confirmed_type(self, media_type: str) -> str:
        confirmed = self._kinds[self.kind].confirmed(media_type, self._tracks)
        if confirmed is None:
            raise self._other_type()
        return confirmed

    def _other_type(self) -> UnsupportedMediaTypeError:
        return UnsupportedMediaTypeError(f"a {self.kind} is one of {', '.join(self._kinds[self.kind].media_types)}")

    def _keep(self, piece: bytes) -> None:
        if self._media_type in CONTAINERS:
            self._tracks.feed(piece)
        self._upload.write(piece)
