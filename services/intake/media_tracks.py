"""What an MP4 or 3GP file holds: its tracks say so, wherever in the file the list of them comes."""

from collections.abc import Mapping

SOUND_OF: Mapping[str, str] = {"video/mp4": "audio/mp4", "video/3gpp": "audio/3gpp"}
"""By the containers of films, how the same container is called that has sound alone."""
FILM_OF = {sound: film for film, sound in SOUND_OF.items()}
CONTAINERS = SOUND_OF.keys() | FILM_OF.keys()

LISTS_OF_BOXES = frozenset({b"moov", b"trak", b"mdia"})
SHORT, LONG, HANDLER = 8, 16, 20
"""Bytes of a box that tell its type and size; its size where that needs more; what kind of track it speaks of."""
TO_THE_END = -1
MOST_BOXES = 100_000
"""Of a file in more pieces than this the rest is not looked at: that would take seconds."""


class Tracks:
    """Is fed a file piece by piece (ISO/IEC 14496-12) and keeps none of it but the box that is just beginning."""

    def __init__(self) -> None:
        self._begun = bytearray()
        self._to_skip = 0
        self._boxes = 0
        self._handlers: set[bytes] = set()

    def feed(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest and self._to_skip != TO_THE_END:
            if self._to_skip:
                skipped = min(self._to_skip, len(rest))
                self._to_skip -= skipped
            else:
                skipped = min(self._needed() - len(self._begun), len(rest))
                self._begun += rest[:skipped]
                self._read_box()
            rest = rest[skipped:]

    def media_type(self, sound: str) -> str | None:
        """What such a container is called in truth; None where it holds neither film nor sound."""
        if b"vide" in self._handlers:
            return FILM_OF[sound]
        return sound if b"soun" in self._handlers else None

    def _needed(self) -> int:
        if self._begun[4:8] == b"hdlr":
            return HANDLER
        return LONG if self._begun[:4] == b"\0\0\0\1" and len(self._begun) >= SHORT else SHORT

    def _read_box(self) -> None:
        """A size of 0 says that the box is the last one; one that is too small says nothing that could be followed."""
        if len(self._begun) < self._needed():
            return
        size, kind = int.from_bytes(self._begun[:4]), bytes(self._begun[4:8])
        if size == 1:
            size = int.from_bytes(self._begun[SHORT:LONG])
        if kind == b"hdlr":
            self._handlers.add(bytes(self._begun[16:HANDLER]))
        if kind not in LISTS_OF_BOXES:
            self._to_skip = size - len(self._begun) if size >= len(self._begun) else TO_THE_END
        self._begun.clear()
        self._boxes += 1
        if self._boxes > MOST_BOXES:
            self._to_skip = TO_THE_END
