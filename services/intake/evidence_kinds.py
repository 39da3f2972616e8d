"""The kinds of evidence: how large, of which types, who may read them; the type is found in the bytes."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import puremagic
from pydantic import BaseModel, ConfigDict, TypeAdapter

from services.intake.media_tracks import CONTAINERS, SOUND_OF, Tracks
from shared.access.principals import Scope

FILE = Path(__file__).parent / "taxonomy" / "evidence.toml"
TEXT = "text/plain"
SCRIPT_STARTS = (b"#!", b"<")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CONTAINER = b"RIFF"  # of pictures, sounds and films alike: alone it says nothing
HEIF, HEIC, MP4 = "image/heif", "image/heic", "video/mp4"
PICTURES_OF_SOME_KIND = frozenset({b"mif1", b"msf1"})  # HEIF or AVIF: what else the file names decides
HEVC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"})
MP4_BRANDS = frozenset({b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6"})
SPOKEN: Mapping[bytes, str] = {b"#!AMR\n": "audio/amr", b"#!AMR-WB\n": "audio/amr-wb"}


class EvidenceKind(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: int
    media_types: tuple[str, ...]
    read_scope: Scope | None = None

    def media_type(self, head: bytes) -> str | None:
        """Find a type that this kind takes in the first bytes of a file; None where they are something else.

        A container of films is taken for one of sounds: its tracks say later what it holds.
        """
        found = _signatures(head)
        found |= {SOUND_OF[each] for each in found if each in SOUND_OF}
        words = TEXT if TEXT in self.media_types and _is_text(head) else None
        return next((media_type for media_type in self.media_types if media_type in found), words)

    def confirmed(self, media_type: str, tracks: Tracks) -> str | None:
        """Name a file whose bytes have all come; None where it holds something that this kind does not take."""
        if media_type not in CONTAINERS:
            return media_type
        named = tracks.media_type(SOUND_OF.get(media_type, media_type))
        return named if named in self.media_types else None


def load_kinds(file: Path = FILE) -> Mapping[str, EvidenceKind]:
    return TypeAdapter(dict[str, EvidenceKind]).validate_python(tomllib.loads(file.read_text(encoding="utf-8")))


def _signatures(head: bytes) -> set[str]:
    own = _of_phones(head)
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return own
    found = {match.mime_type for match in matches if match.byte_match != CONTAINER}
    return own | (found - {MP4}) | ({HEIF} if HEIC in found else set())


def _of_phones(head: bytes) -> set[str]:
    """What phones make and the signatures that are known by name do not tell, or tell of too much."""
    if head[4:8] == b"ftyp":
        is_picture = head[8:12] in PICTURES_OF_SOME_KIND and bool(_brands(head) & HEVC_BRANDS)
        is_film_or_sound = head[8:12] in MP4_BRANDS
        return ({HEIF} if is_picture else set()) | ({MP4} if is_film_or_sound else set())
    return {media_type for word, media_type in SPOKEN.items() if head.startswith(word)}


def _brands(head: bytes) -> set[bytes]:
    """The brands that the first box of a file lists, four bytes each."""
    box = head[: int.from_bytes(head[:4])]
    return {box[start : start + 4] for start in range(8, len(box), 4)}


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
