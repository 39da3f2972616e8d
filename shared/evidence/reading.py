"""Reads any part of a sealed file, wherever its bytes lie."""

from collections.abc import Callable, Iterator

from shared.evidence.chunks import CHUNK_BYTES, SEALED_BYTES, TAG_BYTES, ChunkCipher, DamagedEvidenceError

Sealed = Callable[[int], Iterator[bytes]]
"""The sealed chunks from that number on, each whole but the last."""


def read_part(sealed: Sealed, cipher: ChunkCipher, stored_bytes: int, start: int, end: int | None) -> Iterator[bytes]:
    """Yield the plain bytes from `start` to `end`; raises DamagedEvidenceError."""
    last = max(stored_bytes - 1, 0) // SEALED_BYTES
    plain_bytes = stored_bytes - (last + 1) * TAG_BYTES
    shortest = last * CHUNK_BYTES + 1 if last else 0
    end = plain_bytes if end is None else min(end, plain_bytes)
    if plain_bytes < shortest:
        raise DamagedEvidenceError(f"the file was cut to {stored_bytes} bytes")
    first = start // CHUNK_BYTES
    if first * CHUNK_BYTES >= end and first > 0:
        return
    for number, chunk in enumerate(sealed(first), first):
        offset = number * CHUNK_BYTES
        if offset >= end and number > 0:
            return
        plain = cipher.open(number, chunk, last=number == last)
        yield plain[max(start - offset, 0) : end - offset]
