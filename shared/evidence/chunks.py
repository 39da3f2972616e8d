"""Encryption of a file in chunks (the STREAM construction): written once, readable from any byte, never cut unseen.

Every file has a key of its own, so the nonce is the number of the chunk and a mark on the last one.
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16
SEALED_BYTES = CHUNK_BYTES + TAG_BYTES


class DamagedEvidenceError(Exception):
    """A stored file was changed, cut or belongs to another key."""


class ChunkCipher:
    def __init__(self, key: bytes, place: bytes) -> None:
        self._aead = AESGCM(key)
        self._place = place

    def seal(self, number: int, plain: bytes, *, last: bool) -> bytes:
        return self._aead.encrypt(_nonce(number, last=last), plain, self._place)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        try:
            return self._aead.decrypt(_nonce(number, last=last), sealed, self._place)
        except InvalidTag as error:
            raise DamagedEvidenceError(f"chunk {number} cannot be opened") from error


class ChunkSealer:
    """Takes plain pieces of any size, and hands each sealed chunk to `keep`."""

    def __init__(self, cipher: ChunkCipher, keep: Callable[[bytes], None]) -> None:
        self._cipher = cipher
        self._keep = keep
        self._pending = bytearray()
        self._chunks = 0

    def write(self, piece: bytes) -> None:
        self._pending += piece
        while len(self._pending) > CHUNK_BYTES:
            self._seal(bytes(self._pending[:CHUNK_BYTES]), last=False)
            del self._pending[:CHUNK_BYTES]

    def finish(self) -> int:
        """Seal what is left as the last chunk; return the plain size in bytes."""
        size = self._chunks * CHUNK_BYTES + len(self._pending)
        self._seal(bytes(self._pending), last=True)
        return size

    def _seal(self, plain: bytes, *, last: bool) -> None:
        self._keep(self._cipher.seal(self._chunks, plain, last=last))
        self._chunks += 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
