"""The kinds of evidence: how large, of which types, who may read them; the type is found in the bytes."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import puremagic
from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.access.principals import Scope

FILE = Path(__file__).parent / "taxonomy" / "evidence.toml"
TEXT = "text/plain"
SCRIPT_STARTS = (b"#!", b"<")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CONTAINER = b"RIFF"  # of pictures, sounds and films alike: alone it says nothing


class EvidenceKind(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: int
    media_types: tuple[str, ...]
    read_scope: Scope | None = None

    def media_type(self, head: bytes) -> str | None:
        """Find a type that this kind takes in the first bytes of a file; None where they are something else."""
        found = _signatures(head)
        words = TEXT if TEXT in self.media_types and _is_text(head) else None
        return next((media_type for media_type in self.media_types if media_type in found), words)


def load_kinds(file: Path = FILE) -> Mapping[str, EvidenceKind]:
    return TypeAdapter(dict[str, EvidenceKind]).validate_python(tomllib.loads(file.read_text(encoding="utf-8")))


def _signatures(head: bytes) -> set[str]:
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return set()
    return {match.mime_type for match in matches if match.byte_match != CONTAINER}


def _is_text(head: bytes) -> bool:
    """Words may begin like some other file: a mark, a list with the column ID, a letter with From:."""
    if b"\0" in head or head.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(SCRIPT_STARTS):
        return False
    return any(_decodes(head, encoding) for encoding in ("utf-8", "gb18030"))


def _decodes(head: bytes, encoding: str) -> bool:
    """The last character may be cut; everything before it must decode."""
    try:
        head[:-4].decode(encoding)
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
