"""Authenticated encryption of personal data: a master key that wraps keys, and the keys of data subjects."""

import os
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_BYTES = 8
TAG_BYTES = 16
SHORTEST_BYTES = NONCE_BYTES + TAG_BYTES


class UndecipherableError(Exception):
    """A ciphertext does not belong to this key and place, or was changed."""


def encrypt(key: bytes, plaintext: bytes, *, place: bytes) -> bytes:
    """AES-256-GCM; `place` binds the ciphertext to where it stands."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, place)


def decrypt(key: bytes, ciphertext: bytes, *, place: bytes) -> bytes:
    """Undo `encrypt`; raises UndecipherableError."""
    try:
        return AESGCM(key).decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], place)
    except (InvalidTag, ValueError) as error:
        raise UndecipherableError("the ciphertext does not belong here, or the master key is another one") from error


@dataclass(frozen=True)
class MasterKey:
    """Wraps every other key; 32 bytes that only the services of one installation know."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes, got {len(self.secret)}")

    def wrap(self, key: bytes, *, place: bytes) -> bytes:
        return encrypt(self.secret, key, place=place)

    def unwrap(self, wrapped: bytes, *, place: bytes) -> bytes:
        return decrypt(self.secret, wrapped, place=place)

    def derive(self, purpose: str) -> bytes:
        """Derive a key for keyed hashes of one purpose (HKDF, RFC 5869)."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(self.secret)


def new_key() -> bytes:
    return AESGCM.generate_key(bit_length=KEY_BYTES * 8)


@dataclass(frozen=True)
class SubjectKey:
    """The key of one data subject in one stream; its id stands before everything it encrypts."""

    key_id: bytes
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "SubjectKey":
        return cls(os.urandom(KEY_ID_BYTES), new_key())


@dataclass
class StreamKeys:
    """The keys of the data subjects of one stream; the new ones commit with the events they encrypt.

    A subject whose key was destroyed gets a new one when something new is written about them;
    what the old one encrypted stays unreadable.
    """

    stream_id: UUID
    known: dict[UUID, SubjectKey]
    created: dict[UUID, SubjectKey] = field(default_factory=dict)

    def encrypt(self, party_id: UUID, plaintext: bytes, *, place: bytes) -> bytes:
        key = self.known.get(party_id) or self.created.setdefault(party_id, SubjectKey.new())
        return key.key_id + encrypt(key.secret, plaintext, place=place)

    def decrypt(self, party_id: UUID, ciphertext: bytes, *, place: bytes) -> bytes | None:
        """Return the plaintext, or None once its key is destroyed; raises UndecipherableError."""
        key = self.known.get(party_id)
        if key is None:
            return None
        key_id, sealed = ciphertext[:KEY_ID_BYTES], ciphertext[KEY_ID_BYTES:]
        if key_id == key.key_id or len(sealed) < SHORTEST_BYTES:
            return decrypt(key.secret, sealed, place=place)
        if _opens(key.secret, sealed, place=place):
            raise UndecipherableError("the id of the key was changed")
        return None


def _opens(key: bytes, ciphertext: bytes, *, place: bytes) -> bool:
    try:
        decrypt(key, ciphertext, place=place)
    except UndecipherableError:
        return False
    return True
